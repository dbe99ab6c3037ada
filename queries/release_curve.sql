-- Share still waiting
--
-- Kaplan-Meier curves: how much of the requests of an amount waits longer than some days.
-- Pending requests count for as long as they waited. Released is what the queue's head passed,
-- paid or rejected: its money was there. Of many steps, one in every 0.25 % is shown.
--
-- params:
--   since          DATE     UTC    first day of requests; default the first request's
--   until          DATE     UTC    last day of requests; default the last request's
-- columns:
--   bucket         VARCHAR  text   payout, smallest first, the lower bound included
--   wait_days      DOUBLE   days   whole minutes, from 0 to the longest wait there is
--   at_risk        BIGINT   count  requests known to have waited that long
--   released       BIGINT   count  requests released after that long or sooner
--   share_waiting  DOUBLE   share  share that waits longer, from 1 down

WITH params AS (
    SELECT
        coalesce(getvariable('since')::DATE, '-infinity')::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        coalesce(getvariable('until')::DATE + 1, 'infinity')::TIMESTAMP AT TIME ZONE 'UTC' AS end_at
),

waits AS (
    SELECT
        1 + (payout_wei >= 100e18::DECIMAL(38, 0))::TINYINT
        + (payout_wei >= 1000e18::DECIMAL(38, 0))::TINYINT
        + (payout_wei >= 10000e18::DECIMAL(38, 0))::TINYINT AS class, -- NULL: unknown
        coalesce(manual_at, paid_at) AS released_at,
        (epoch_us(coalesce(released_at, synced_at)) - epoch_us(requested_at)) // 60000000 AS wait
    FROM requests CROSS JOIN store_info
    INNER JOIN params ON requested_at >= since_at AND requested_at < end_at -- reads no others
),

exposed AS ( -- DOUBLE, as sums of integers are slow
    SELECT
        class, wait, count(released_at) AS released,
        sum(count(*)::DOUBLE) OVER (PARTITION BY class ORDER BY wait DESC) AS at_risk
    FROM waits GROUP BY class, wait
),

curve AS (
    SELECT
        class, wait, at_risk, sum(released) OVER upto AS released,
        round(product(1 - released / at_risk) OVER upto, 12) AS share_waiting,
        floor(share_waiting * 400) AS step
    FROM exposed WINDOW upto AS (PARTITION BY class ORDER BY wait)
    UNION ALL
    SELECT class, -1, max(at_risk), 0, 1, 400 FROM exposed GROUP BY class -- where it begins
)

SELECT
    coalesce(
        ['under 100 FTM', '100 to 1,000 FTM', '1,000 to 10,000 FTM', '10,000 FTM and more'][class],
        'unknown amount'
    ) AS bucket,
    greatest(wait, 0) / 1440 AS wait_days, at_risk::BIGINT AS at_risk,
    released::BIGINT AS released, share_waiting
FROM curve WINDOW upto AS (PARTITION BY class ORDER BY wait)
QUALIFY step IS DISTINCT FROM lag(step) OVER upto OR lead(wait) OVER upto IS NULL
ORDER BY class, wait;
