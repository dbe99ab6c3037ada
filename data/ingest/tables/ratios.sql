-- Shares per FTM, scaled by 1e18, as the bond token announced them.
SELECT
    block_time AS updated_at,
    block,
    tx,
    word(data, 0) AS ratio_wei
FROM decodable_logs
WHERE contract = 'bond' AND event = 'RatioUpdate'
ORDER BY position
