-- The pool's stub contracts, each a delegator at the staking contract.
SELECT
    try_cast(word(data, 0) AS BIGINT) AS stub_id,
    topic_address(topic1) AS stub,
    block_time AS deployed_at,
    block,
    tx
FROM decodable_logs
WHERE contract = 'pool' AND event = 'Deployed'
ORDER BY position
