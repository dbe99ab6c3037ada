-- Rewards that the stubs claimed or restaked at the staking contract.
SELECT
    logs.block_time AS claimed_at,
    logs.block,
    logs.tx,
    topic_address(logs.topic1) AS stub,
    topic_number(logs.topic2) AS validator_id,
    try((word(logs.data, 0) + word(logs.data, 1) + word(logs.data, 2))::DECIMAL(38, 0))
        AS reward_wei,
    logs.event = 'RestakedRewards' AS restaked
FROM decodable_logs AS logs
SEMI JOIN stubs ON topic_address(logs.topic1) = stubs.stub
WHERE logs.contract = 'sfc' AND logs.event IN ('ClaimedRewards', 'RestakedRewards')
ORDER BY logs.position
