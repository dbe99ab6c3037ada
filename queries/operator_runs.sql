-- Operator runs
--
-- Payouts come in runs, when money has come in: the operator pays one request after another
-- until the money is gone. Newest first. What was claimed by hand is no part of a run. What fed
-- each is told by run_sources.
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
        coalesce(getvariable('gap_minutes')::BIGINT, 60) AS gap
),

pushes AS (
    SELECT
        *,
        least(payout_wei, 1e34::DECIMAL(38, 0)) AS wei, -- an unknown amount, see README.md
        epoch_us(moved_at) - lag(epoch_us(moved_at)) OVER (ORDER BY position) AS pause_us,
        coalesce(pause_us > gap * 60e6, TRUE)::INTEGER AS anew
    FROM head_moves CROSS JOIN params
    WHERE NOT by_hand AND if(gap > 0, TRUE, error('gap_minutes: want 1 or more'))
),

numbered AS (
    SELECT *, sum(anew) OVER (ORDER BY position ROWS UNBOUNDED PRECEDING) AS run FROM pushes
),

runs AS (
    SELECT
        min(moved_at) AS started_at, max(moved_at) AS ended_at,
        count_if(NOT refused) AS payouts, sum(if(refused, 0, wei)) AS paid_wei,
        count_if(refused) AS refused, sum(if(refused, wei, 0)) AS stashed_wei,
        lag(max(moved_at)) OVER (ORDER BY run) AS previous_at
    FROM numbered GROUP BY run
)

SELECT
    started_at, ended_at,
    payouts::BIGINT AS payouts, try_cast(paid_wei AS DECIMAL(33, 0)) / 1e18 AS paid_ftm,
    refused::BIGINT AS refused, try_cast(stashed_wei AS DECIMAL(33, 0)) / 1e18 AS stashed_ftm,
    date_diff('second', previous_at, started_at) / 86400 AS days_since_previous
FROM runs CROSS JOIN params
WHERE coalesce(started_at >= since_at, TRUE) AND coalesce(started_at < before_at, TRUE)
ORDER BY started_at DESC;
