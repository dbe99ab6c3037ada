-- Stake that a stub locked at a validator, and when that lock ends.
SELECT
    logs.block_time AS locked_at,
    try(logs.block_time + to_seconds(try_cast(word(logs.data, 0) AS BIGINT))) AS ends_at,
    logs.block,
    logs.tx,
    topic_address(logs.topic1) AS stub,
    topic_number(logs.topic2) AS validator_id,
    word(logs.data, 1) AS amount_wei,
    try_cast(word(logs.data, 0) AS BIGINT) AS duration_s
FROM decodable_logs AS logs
SEMI JOIN stubs ON topic_address(logs.topic1) = stubs.stub
WHERE logs.contract = 'sfc' AND logs.event = 'LockedUpStake'
ORDER BY logs.position
