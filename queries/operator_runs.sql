-- Operator runs
--
-- Payouts come in runs, when money has come in: the operator pays one request after another until
-- the money is gone. Newest first, claims by hand left out. What fed each is in run_sources.
--
-- params:
--   since                DATE         UTC    first day of starts; default the first run's
--   until                DATE         UTC    last day of starts; default the last run's
--   gap_minutes          BIGINT       minutes  longest pause within a run; default 60
-- columns:
--   started_at           TIMESTAMPTZ  UTC    block time of the first payout
--   ended_at             TIMESTAMPTZ  UTC    block time of the last one
--   payouts              BIGINT       count  requests paid
--   paid_ftm             DOUBLE       FTM    paid; NULL if one is unknown
--   refused              BIGINT       count  requests rejected by their receiver
--   stashed_ftm          DOUBLE       FTM    kept for those; NULL if one is unknown
--   days_since_previous  DOUBLE       days   from the end of the run before; NULL if the first

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at,
        coalesce(getvariable('gap_minutes')::BIGINT, 60) AS gap, 1e34::DECIMAL(38, 0) AS much
),

pushes AS ( -- by spans no longer than the gap: no run ends within one
    SELECT first_at, last_at, flow = 'push' AS paid, moves, amount_wei + unknown * much AS wei
    FROM hourly_flows CROSS JOIN params WHERE flow IN ('push', 'push refused') AND gap >= 60
    UNION ALL -- 1e34: an unknown amount, see README.md
    SELECT min(moved_at), max(moved_at), NOT refused, count(*), sum(least(payout_wei, much))
    FROM head_moves CROSS JOIN params
    WHERE NOT by_hand AND gap < 60 AND if(gap > 0, TRUE, error('gap_minutes: want 1 or more'))
    GROUP BY epoch_us(moved_at) // (gap * 60000000), refused
),

paused AS (
    SELECT *, epoch_us(first_at) - max(epoch_us(last_at)) OVER past AS pause_us
    FROM pushes WINDOW past AS (ORDER BY first_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),

runs AS (
    SELECT
        min(first_at) AS started_at, max(last_at) AS ended_at,
        sum(if(paid, moves, 0)) AS payouts, sum(if(paid, wei, 0)) AS paid_wei,
        sum(if(paid, 0, moves)) AS refused, sum(if(paid, 0, wei)) AS stashed_wei,
        lag(ended_at) OVER (ORDER BY run) AS previous_at
    FROM (
        SELECT *, count_if(coalesce(pause_us > gap * 60e6, TRUE)) OVER (ORDER BY first_at) AS run
        FROM paused CROSS JOIN params
    ) AS numbered GROUP BY run
)

SELECT
    started_at, ended_at,
    payouts::BIGINT AS payouts, try_cast(paid_wei AS DECIMAL(33, 0)) / 1e18 AS paid_ftm,
    refused::BIGINT AS refused, try_cast(stashed_wei AS DECIMAL(33, 0)) / 1e18 AS stashed_ftm,
    date_diff('second', previous_at, started_at) / 86400 AS days_since_previous
FROM runs CROSS JOIN params
WHERE coalesce(started_at >= since_at, TRUE) AND coalesce(started_at < before_at, TRUE)
ORDER BY started_at DESC;
