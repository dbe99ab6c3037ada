-- Undelegated stake that the staking contract paid back to a stub.
SELECT
    logs.block_time AS returned_at,
    logs.block,
    logs.tx,
    topic_address(logs.topic1) AS stub,
    topic_number(logs.topic2) AS validator_id,
    word(logs.data, 0) AS amount_wei
FROM decodable_logs AS logs
SEMI JOIN stubs ON topic_address(logs.topic1) = stubs.stub
WHERE logs.contract = 'sfc' AND logs.event = 'Withdrawn'
ORDER BY logs.position
