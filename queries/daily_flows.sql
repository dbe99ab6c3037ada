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
        greatest(getvariable('since')::DATE, first_at AT TIME ZONE 'UTC') AS since,
        least(getvariable('until')::DATE + INTERVAL 1 HOUR, synced_at AT TIME ZONE 'UTC') AS until,
        generate_series(date_trunc('day', since), until, INTERVAL 1 DAY) AS shown
    FROM (SELECT min(block_time) AS first_at FROM raw_logs) AS logs CROSS JOIN store_info
    WHERE first_at IS NOT NULL
),

flows (flow, hour, moves, wei) AS ( -- 1e34: an unknown amount, see README.md
    SELECT flow, hour, moves, amount_wei + unknown * 1e34::DECIMAL(38, 0) FROM hourly_flows
    UNION ALL
    SELECT 'shown', unnest(shown) AT TIME ZONE 'UTC', 0, 0 FROM params
),

days AS (
    SELECT
        if(flow IN ('push', 'claimed by hand'), 'payout', flow) AS part,
        date_trunc('day', make_timestamp(epoch_us(hour))) AS day, -- UTC, the fast way
        sum(moves) AS moves, sum(wei) AS wei
    FROM flows GROUP BY ALL
)

SELECT
    day AT TIME ZONE 'UTC' AS day,
    sum(if(part = 'request', moves, 0))::BIGINT AS requests,
    try_cast(sum(if(part = 'request', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS requested_ftm,
    sum(if(part = 'payout', moves, 0))::BIGINT AS payouts,
    try_cast(sum(if(part = 'payout', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS paid_ftm,
    sum(if(part = 'reward', moves, 0))::BIGINT AS claims,
    try_cast(sum(if(part = 'reward', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS claimed_ftm,
    try_cast(sum(if(part = 'stake returned', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS returned_ftm,
    try_cast(sum(if(part = 'stake', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS staked_ftm
FROM days GROUP BY day HAVING bool_or(part = 'shown')
ORDER BY day;
