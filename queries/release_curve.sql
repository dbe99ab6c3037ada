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

counts (class, wait, released, waiting) AS ( -- DOUBLE, as sums of integers are slow
    SELECT class, wait_minutes, requests, 0
    FROM waits INNER JOIN params ON day >= since_at AND day < end_at -- reads no others
    UNION ALL
    SELECT
        (payout_wei >= 100e18::DECIMAL(38, 0))::INT + (payout_wei >= 1000e18::DECIMAL(38, 0))::INT
        + (payout_wei >= 10000e18::DECIMAL(38, 0))::INT + 1, -- NULL: unknown
        (epoch_us(synced_at) - epoch_us(requested_at)) // 60000000, 0, 1
    FROM requests INNER JOIN params ON requested_at >= since_at AND requested_at < end_at
    CROSS JOIN store_info WHERE manual_at IS NULL AND paid_at IS NULL
),

exposed AS (
    SELECT
        class, wait, sum(released)::DOUBLE AS released,
        sum(sum(released + waiting)::DOUBLE) OVER (PARTITION BY class ORDER BY wait DESC) AS at_risk
    FROM counts GROUP BY class, wait
),

curve AS (
    SELECT
        *, round(product(1 - released / at_risk) OVER upto, 12) AS share_waiting,
        sum(released) OVER upto AS released_so_far, floor(share_waiting * 400) AS step
    FROM exposed WINDOW upto AS (PARTITION BY class ORDER BY wait)
    UNION ALL
    SELECT class, -1, 0, max(at_risk), 1, 0, 400 FROM exposed GROUP BY class -- where it begins
)

SELECT
    coalesce(
        ['under 100 FTM', '100 to 1,000 FTM', '1,000 to 10,000 FTM', '10,000 FTM and more'][class],
        'unknown amount'
    ) AS bucket,
    greatest(wait, 0) / 1440 AS wait_days, at_risk::BIGINT AS at_risk,
    released_so_far::BIGINT AS released, share_waiting
FROM curve WINDOW upto AS (PARTITION BY class ORDER BY wait)
QUALIFY step IS DISTINCT FROM lag(step) OVER upto OR lead(wait) OVER upto IS NULL
ORDER BY class, wait;
