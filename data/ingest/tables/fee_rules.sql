-- The burn fee's rule: ratios scaled by 1e18; the first form has no fee shift.
SELECT
    block_time AS updated_at,
    block,
    tx,
    word(data, 0) AS min_fee_ratio_wei,
    word(data, 1) AS max_fee_ratio_wei,
    threshold(data, 2) AS fee_increase_start_wei,
    -- From 0 on to an end that is never reached the contract can charge nothing: it refuses.
    CASE
        WHEN threshold(data, 2) > 0 OR threshold(data, 3) < 99999999999999999999999999999999999999
            THEN threshold(data, 3)
    END AS fee_increase_stop_wei,
    CASE WHEN length(data) > 258 THEN word(data, 4) END AS fee_shift_wei
FROM decodable_logs
WHERE contract = 'pool' AND event = 'FeeRuleUpdated'
ORDER BY position
