-- What the store holds
--
-- Each table with its size and the times its rows span; ask them anything with DuckDB.
--
-- columns:
--   table_name  VARCHAR      text   table
--   rows        BIGINT       count  rows in it
--   first_at    TIMESTAMPTZ  UTC    block time of its earliest row; NULL if it has none
--   last_at     TIMESTAMPTZ  UTC    block time of its latest row; NULL if it has none

SELECT
    'checks' AS table_name,
    count(*) AS rows,
    NULL::TIMESTAMPTZ AS first_at,
    NULL::TIMESTAMPTZ AS last_at
FROM checks
UNION ALL
SELECT 'contract_views', count(*), NULL, NULL FROM contract_views
UNION ALL
SELECT 'contradictions', count(*), NULL, NULL FROM contradictions
UNION ALL
SELECT 'coverage', count(*), NULL, NULL FROM coverage
UNION ALL
SELECT 'fee_rules', count(*), min(updated_at), max(updated_at) FROM fee_rules
UNION ALL
SELECT 'head_moves', count(*), min(moved_at), max(moved_at) FROM head_moves
UNION ALL
SELECT 'hourly_flows', count(*), min(first_at), max(last_at) FROM hourly_flows
UNION ALL
SELECT 'lock_ups', count(*), min(locked_at), max(locked_at) FROM lock_ups
UNION ALL
SELECT 'money', count(*), NULL, NULL FROM money
UNION ALL
SELECT 'payouts', count(*), min(paid_at), max(paid_at) FROM payouts
UNION ALL
SELECT 'pool_balances', count(*), min(sampled_at), max(sampled_at) FROM pool_balances
UNION ALL
SELECT 'ratios', count(*), min(updated_at), max(updated_at) FROM ratios
UNION ALL
SELECT 'raw_logs', count(*), min(block_time), max(block_time) FROM raw_logs
UNION ALL
SELECT 'rebuilt', count(*), NULL, NULL FROM rebuilt
UNION ALL
SELECT 'requests', count(*), min(requested_at), max(requested_at) FROM requests
UNION ALL
SELECT 'returned_stakes', count(*), min(returned_at), max(returned_at) FROM returned_stakes
UNION ALL
SELECT 'reward_claims', count(*), min(claimed_at), max(claimed_at) FROM reward_claims
UNION ALL
SELECT 'searched_in_vain', count(*), NULL, NULL FROM searched_in_vain
UNION ALL
SELECT 'stakes', count(*), min(staked_at), max(staked_at) FROM stakes
UNION ALL
SELECT 'store_info', count(*), min(synced_at), max(synced_at) FROM store_info
UNION ALL
SELECT 'stubs', count(*), min(deployed_at), max(deployed_at) FROM stubs
UNION ALL
SELECT 'waits', count(*), min(day), max(day) FROM waits
ORDER BY table_name;
