-- Daily flows
--
-- What moved on each UTC day; no day is left out. Restaked rewards feed nothing
-- and are left out. What was staked lies in the pool at first and can pay requests.
--
-- params:
--   since          DATE         UTC    first day; default the first log's
--   until          DATE         UTC    last day; default the last sync's
-- columns:
--   day            TIMESTAMPTZ  UTC    start of the day
--   requests       BIGINT       count  requests made
--   requested_ftm  DOUBLE       FTM    their payouts; NULL if one is unknown
--   payouts        BIGINT       count  payments that reached a staker
--   paid_ftm       DOUBLE       FTM    paid, to those who claimed by hand too
--   claims         BIGINT       count  reward claims of the stubs
--   claimed_ftm    DOUBLE       FTM    rewards claimed
--   returned_ftm   DOUBLE       FTM    stake that came back to the stubs
--   staked_ftm     DOUBLE       FTM    staked with the pool

WITH params AS (
    SELECT
        greatest(getvariable('since')::DATE, min(block_time) AT TIME ZONE 'UTC') AS since,
        least(getvariable('until')::DATE + INTERVAL 1 HOUR, synced_at AT TIME ZONE 'UTC') AS until,
        generate_series(date_trunc('day', since), until, INTERVAL 1 DAY) AS shown
    FROM raw_logs CROSS JOIN store_info GROUP BY synced_at
),

flows (part, moved_at, wei) AS (
    SELECT 'request', requested_at, payout_wei FROM requests
    UNION ALL
    SELECT 'payout', paid_at, payout_wei FROM payouts
    UNION ALL
    SELECT 'claim', claimed_at, reward_wei FROM reward_claims WHERE NOT restaked
    UNION ALL
    SELECT 'return', returned_at, amount_wei FROM returned_stakes
    UNION ALL
    SELECT 'stake', staked_at, amount_wei FROM stakes
    UNION ALL
    SELECT 'shown', unnest(shown) AT TIME ZONE 'UTC', 0 FROM params
),

days AS (
    SELECT
        part, date_trunc('day', make_timestamp(epoch_us(moved_at))) AS day, -- UTC, the fast way
        count(*) AS moves, sum(least(wei, 1e34::DECIMAL(38, 0))) AS wei -- see README.md
    FROM flows GROUP BY ALL
)

SELECT
    day AT TIME ZONE 'UTC' AS day,
    sum(if(part = 'request', moves, 0))::BIGINT AS requests,
    try_cast(sum(if(part = 'request', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS requested_ftm,
    sum(if(part = 'payout', moves, 0))::BIGINT AS payouts,
    try_cast(sum(if(part = 'payout', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS paid_ftm,
    sum(if(part = 'claim', moves, 0))::BIGINT AS claims,
    try_cast(sum(if(part = 'claim', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS claimed_ftm,
    try_cast(sum(if(part = 'return', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS returned_ftm,
    try_cast(sum(if(part = 'stake', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS staked_ftm
FROM days GROUP BY day HAVING bool_or(part = 'shown')
ORDER BY day;
