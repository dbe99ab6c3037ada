-- Each amount that came to the pool and its stubs (above 0) or left them, as a log tells it.
-- Why it is these and no others: money.py.
SELECT block, 'stakes received' AS part, amount_wei FROM stakes
UNION ALL
SELECT block, 'rewards claimed', reward_wei FROM reward_claims WHERE NOT restaked
UNION ALL
SELECT block, 'stake returned', amount_wei FROM returned_stakes
UNION ALL
SELECT block, 'paid out', -payout_wei FROM payouts
UNION ALL
SELECT block, 'delegated anew', -word(data, 0)
FROM decodable_logs
SEMI JOIN stubs ON topic_address(decodable_logs.topic1) = stubs.stub
WHERE contract = 'sfc' AND event = 'Delegated'
UNION ALL
-- A restake is logged twice, by `Delegated` too, and never was in the stub.
SELECT block, 'delegated anew', reward_wei FROM reward_claims WHERE restaked
