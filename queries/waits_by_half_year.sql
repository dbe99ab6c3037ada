-- Waits by half-year and amount
--
-- How long it took until 50 % and 90 % of the requests of a half-year were released:
-- paid, or rejected by their receiver, whose money was there then. Kaplan-Meier estimates:
-- pending requests count for as long as they have waited. Waits are in tens of minutes.
--
-- columns:
--   half_year       VARCHAR  text   half-year of the request in UTC, such as 2024 H1
--   bucket          VARCHAR  text   payout, smallest first, the lower bound included
--   requests        BIGINT   count  requests made in it
--   paid            BIGINT   count  released so far, those rejected included
--   pending         BIGINT   count  still in the queue
--   wait_days_50    DOUBLE   days   until 50 % were released; NULL if not known yet
--   wait_days_90    DOUBLE   days   until 90 % were released; NULL if not known yet
--   share_paid_35d  DOUBLE   share  released within 35 days; NULL if not known yet

WITH waits AS (
    SELECT
        1 + (payout_wei >= 100e18::DECIMAL(38, 0))::TINYINT
        + (payout_wei >= 1000e18::DECIMAL(38, 0))::TINYINT
        + (payout_wei >= 10000e18::DECIMAL(38, 0))::TINYINT AS class, -- NULL: unknown
        make_timestamp(epoch_us(requested_at)) AS asked_at, -- UTC, the fast way
        year(asked_at) * 2 + (month(asked_at) > 6)::INTEGER AS half,
        coalesce(manual_at, paid_at) AS released_at,
        (epoch_us(coalesce(released_at, synced_at)) - epoch_us(requested_at)) // 600000000 AS wait
    FROM requests CROSS JOIN store_info
),

exposed AS ( -- DOUBLE, as sums of integers are slow
    SELECT
        half, class, wait, count(*) AS requests, count(released_at) AS released,
        sum(count(*)::DOUBLE) OVER (PARTITION BY half, class ORDER BY wait DESC) AS at_risk
    FROM waits GROUP BY half, class, wait
),

curve AS (
    SELECT *, round(product(1 - released / at_risk) OVER upto, 12) AS waiting
    FROM exposed WINDOW upto AS (PARTITION BY half, class ORDER BY wait)
)

SELECT
    half // 2 || ' H' || (half % 2 + 1) AS half_year,
    coalesce(
        ['under 100 FTM', '100 to 1,000 FTM', '1,000 to 10,000 FTM', '10,000 FTM and more'][class],
        'unknown amount'
    ) AS bucket,
    sum(requests)::BIGINT AS requests,
    sum(released)::BIGINT AS paid,
    sum(requests - released)::BIGINT AS pending,
    min(wait) FILTER (WHERE waiting <= 0.5) / 144 AS wait_days_50,
    min(wait) FILTER (WHERE waiting <= 0.1) / 144 AS wait_days_90,
    if(
        max(wait) >= 35 * 144 OR min(waiting) = 0,
        round(1 - coalesce(min(waiting) FILTER (WHERE wait <= 35 * 144), 1), 12), NULL
    ) AS share_paid_35d
FROM curve GROUP BY half, class
ORDER BY half, class;
