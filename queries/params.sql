-- Inputs of the queries
--
-- Each input, what it is set to, and which queries take it. First stands what is set and no query
-- takes: a misspelt name is ignored in silence. In the app none is set.
--
-- columns:
--   name      VARCHAR  text  as SET VARIABLE takes it
--   value     VARCHAR  text  what it is set to; NULL where the defaults hold
--   taken_by  VARCHAR  text  queries; NULL where none takes it, so that it is misspelt

WITH inputs (name, taken_by) AS (
    VALUES
    ('address', 'request_steps, requests_by_address, requests_in_wei'),
    ('days', 'paid_within_35_days, queue_metrics'),
    ('first', 'pending_requests'),
    ('gap_minutes', 'funding, operator_runs, run_sources'),
    ('per', 'claims_summary'),
    ('rows', 'pending_requests'),
    (
        'since',
        'claims_summary, daily_flows, depth_against_claims, evidence, fee_history, '
        || 'lock_up_calendar, lock_up_ends, operator_runs, payouts, queue_depth, '
        || 'ratio_history, release_curve, request_needs, reward_claims, '
        || 'spendable_at_requests'
    ),
    ('source', 'funding'),
    ('step', 'depth_against_claims, queue_depth'),
    ('table_name', 'dictionary'),
    ('token', 'depth_against_claims, payouts, pending_requests, queue_depth'),
    ('tx', 'request_by_tx'),
    (
        'until',
        'claims_summary, daily_flows, depth_against_claims, fee_history, '
        || 'lock_up_calendar, lock_up_ends, operator_runs, payouts, queue_depth, '
        || 'ratio_history, release_curve, request_needs, reward_claims, '
        || 'spendable_at_requests'
    ),
    ('wr_id', 'request_history, request_progress, request_steps, requests_in_wei')
)

SELECT
    coalesce(inputs.name, variables.name) AS name,
    variables.value,
    inputs.taken_by
FROM inputs FULL JOIN duckdb_variables() AS variables
    ON inputs.name = lower(variables.name)
ORDER BY inputs.taken_by IS NULL DESC, variables.value IS NULL, name;
