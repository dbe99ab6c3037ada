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
--   fee_shift_wei           DECIMAL(38,0)  wei    burned since the rule; 0 if the rule has none
--   block                   BIGINT         block  of the last sync; NULL before the first

WITH rule AS ( -- the rows are stored in the chain's order, also those of one block
    SELECT * FROM fee_rules
    ORDER BY block DESC, rowid DESC LIMIT 1
),

ratio AS (
    SELECT ratio_wei FROM ratios
    ORDER BY block DESC, rowid DESC LIMIT 1
),

pool_logs AS ( -- of the rule's own block: what was burned there before the rule does not count
    SELECT raw_logs.* FROM raw_logs
    INNER JOIN rule ON raw_logs.block = rule.block
    INNER JOIN store_info ON raw_logs.address = store_info.pool
),

burns AS (
    SELECT requests.gross_wei
    FROM requests INNER JOIN rule ON requests.requested_block > rule.block
    UNION ALL
    SELECT requests.gross_wei
    FROM requests INNER JOIN rule ON requests.requested_block = rule.block
    INNER JOIN pool_logs ON pool_logs.topic2 = format('0x{:064x}', requests.wr_id)
    WHERE pool_logs.topic3 IS NOT NULL AND pool_logs.log_index > (
        -- the rule's log: no other event of the pool has five words
        SELECT max(log_index) FROM pool_logs WHERE length(data) = 2 + 5 * 64
    )
),

burned AS ( -- 1e34: an unknown amount, see README.md
    SELECT coalesce(sum(least(gross_wei, 1e34::DECIMAL(38, 0))), 0) AS gross_wei FROM burns
)

SELECT
    nullif(ratio.ratio_wei, 0) AS ratio_wei,
    rule.min_fee_ratio_wei,
    rule.max_fee_ratio_wei,
    rule.fee_increase_start_wei,
    rule.fee_increase_stop_wei,
    CASE
        WHEN rule.fee_shift_wei IS NULL THEN 0
        ELSE try(rule.fee_shift_wei + try_cast(burned.gross_wei AS DECIMAL(33, 0)))
    END::DECIMAL(38, 0) AS fee_shift_wei,
    store_info.synced_block AS block
FROM store_info CROSS JOIN burned LEFT JOIN rule ON TRUE LEFT JOIN ratio ON TRUE;
