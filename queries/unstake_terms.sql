-- Terms of an unstake
--
-- On which terms the pool burns, as the logs up to the last sync tell: what the token is worth,
-- the last rule of the fee, and how far its shift has come. In whole wei, as the contract
-- computes the fee. Always one row.
--
-- columns:
--   ratio_wei               DECIMAL(38,0)  wei    shares per FTM, by 1e18; NULL if not known
--   min_fee_ratio_wei       DECIMAL(38,0)  wei    the least fee as a share, by 1e18
--   max_fee_ratio_wei       DECIMAL(38,0)  wei    the most
--   fee_increase_start_wei  DECIMAL(38,0)  wei    amount and shift up to which it is the least
--   fee_increase_stop_wei   DECIMAL(38,0)  wei    amount and shift from which it is the most
--   fee_shift_wei           DECIMAL(38,0)  wei    what was burned and counts; 0 if nothing does
--   block                   BIGINT         block  of the last sync; NULL before the first

WITH rule AS ( -- the rows are stored in the chain's order, also those of one block
    SELECT * FROM fee_rules ORDER BY block DESC, rowid DESC LIMIT 1
),

ratio AS (SELECT ratio_wei FROM ratios ORDER BY block DESC, rowid DESC LIMIT 1),

next AS ( -- the first request since that rule, if it is known to set a shift
    SELECT min(wr_id) AS wr_id, min_by(requested_block, wr_id) AS block
    FROM requests INNER JOIN rule ON requested_block >= block WHERE fee_shift_wei IS NOT NULL
),

pool_logs AS ( -- those that count, by their form: rules that set a shift, and TokensBurned2
    SELECT raw_logs.*, starts_with(topic0, '0xb33273a7') AS is_rule, (block, log_index) AS place
    FROM raw_logs INNER JOIN store_info ON raw_logs.address = store_info.pool
    WHERE starts_with(topic0, '0xb33273a7') OR starts_with(topic0, '0xd34d49a7')
),

blocks AS (SELECT unnest([rule.block, next.block]) AS block FROM rule CROSS JOIN next),

near AS ( -- the logs of these two blocks alone: all would take seconds of millions
    SELECT pool_logs.* FROM pool_logs SEMI JOIN blocks ON pool_logs.block = blocks.block
),

last_near AS (SELECT max(place) AS place FROM near WHERE is_rule),

found AS ( -- where they tell both: no earlier request can follow the rule
    SELECT last_near.place, next.wr_id AS first_id
    FROM next CROSS JOIN last_near
    INNER JOIN near ON next.wr_id = try_cast(near.topic2 AS BIGINT)
    WHERE NOT near.is_rule AND near.place > last_near.place
),

setting AS ( -- the log of a rule that sets a shift; one of the first form leaves it as it is
    SELECT coalesce((SELECT max(place) FROM found), max(place)) AS place
    FROM pool_logs WHERE is_rule AND NOT EXISTS (FROM found)
),

since AS ( -- the generation before TokensBurned2 counted nothing
    SELECT coalesce((SELECT min(first_id) FROM found), try_cast(min(topic2) AS BIGINT)) AS first_id
    FROM pool_logs CROSS JOIN setting
    WHERE
        NOT is_rule AND coalesce(pool_logs.place > setting.place, TRUE)
        AND NOT EXISTS (FROM found)
),

burned AS ( -- 1e34: an unknown amount, see README.md
    SELECT coalesce(sum(least(requests.gross_wei, 1e34::DECIMAL(38, 0))), 0) AS gross_wei
    FROM requests INNER JOIN since ON requests.wr_id >= since.first_id
)

SELECT
    nullif(ratio.ratio_wei, 0) AS ratio_wei,
    rule.min_fee_ratio_wei, rule.max_fee_ratio_wei,
    rule.fee_increase_start_wei, rule.fee_increase_stop_wei,
    try(
        if(setting.place IS NULL, 0, rule.fee_shift_wei)
        + try_cast(burned.gross_wei AS DECIMAL(33, 0))
    )::DECIMAL(38, 0) AS fee_shift_wei,
    store_info.synced_block AS block
FROM store_info CROSS JOIN burned CROSS JOIN setting
LEFT JOIN rule ON TRUE LEFT JOIN ratio ON TRUE;
