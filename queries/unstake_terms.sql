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

ratio AS (
    SELECT ratio_wei FROM ratios
    ORDER BY block DESC, rowid DESC LIMIT 1
),

setters AS ( -- the last rule that is known to set a shift, and what came later and may
    SELECT block FROM fee_rules
    QUALIFY coalesce(block >= max(if(fee_shift_wei IS NULL, NULL, block)) OVER (), TRUE)
),

setting AS ( -- the last log that sets one: a rule of the first form leaves it as it is
    SELECT
        coalesce(max(block), 0) AS first_block,
        coalesce(max(block * 16777216 + log_index), -1) AS position
    FROM raw_logs SEMI JOIN setters ON raw_logs.block = setters.block
    SEMI JOIN store_info ON address = pool WHERE starts_with(topic0, '0xb33273a7')
),

since AS ( -- the first TokensBurned2 after it: the generation before it counted nothing
    SELECT try_cast(topic2 AS BIGINT) AS first_id
    FROM raw_logs SEMI JOIN store_info ON address = pool
    INNER JOIN setting ON block >= first_block AND block * 16777216 + log_index > position
    WHERE starts_with(topic0, '0xd34d49a7') AND topic2 IS NOT NULL ORDER BY block, log_index LIMIT 1
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
        if(setting.position < 0, 0, rule.fee_shift_wei)
        + try_cast(burned.gross_wei AS DECIMAL(33, 0))
    )::DECIMAL(38, 0) AS fee_shift_wei,
    store_info.synced_block AS block
FROM store_info CROSS JOIN burned CROSS JOIN setting
LEFT JOIN rule ON TRUE LEFT JOIN ratio ON TRUE;
