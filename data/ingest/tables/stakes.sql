-- FTM staked at the pool. The first event's form does not say for which token.
SELECT
    block_time AS staked_at,
    block,
    tx,
    topic_address(topic1) AS staker,
    word(data, 0) AS amount_wei,
    CASE
        WHEN event = 'StakeReceived' THEN NULL
        WHEN topic_number(topic2) = 1 THEN 'aFTMb'
        ELSE 'aFTMc'
    END AS token
FROM decodable_logs
WHERE contract = 'pool' AND event IN ('StakeReceived', 'StakeReceived2')
ORDER BY position
