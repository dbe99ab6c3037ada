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

WITH counts (asked_at, class, wait, released, waiting) AS ( -- asked_at: UTC, the fast way
    SELECT make_timestamp(epoch_us(day)), class, wait_minutes // 10, requests, 0 FROM waits
    UNION ALL
    SELECT
        make_timestamp(epoch_us(requested_at)),
        (payout_wei >= 100e18::DECIMAL(38, 0))::INT + (payout_wei >= 1000e18::DECIMAL(38, 0))::INT
        + (payout_wei >= 10000e18::DECIMAL(38, 0))::INT + 1, -- NULL: unknown
        (epoch_us(synced_at) - epoch_us(requested_at)) // 600000000, 0, 1
    FROM requests CROSS JOIN store_info WHERE manual_at IS NULL AND paid_at IS NULL
),

exposed AS ( -- DOUBLE, as sums of integers are slow
    SELECT
        year(asked_at) * 2 + (month(asked_at) > 6)::INTEGER AS half, class, wait,
        sum(released)::DOUBLE AS released, sum(waiting) AS waits,
        sum(sum(released + waiting)::DOUBLE) OVER longer AS at_risk
    FROM counts GROUP BY half, class, wait
    WINDOW longer AS (PARTITION BY half, class ORDER BY wait DESC)
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
    sum(released + waits)::BIGINT AS requests,
    sum(released)::BIGINT AS paid,
    sum(waits)::BIGINT AS pending,
    min(wait) FILTER (WHERE waiting <= 0.5) / 144 AS wait_days_50,
    min(wait) FILTER (WHERE waiting <= 0.1) / 144 AS wait_days_90,
    if(
        max(wait) >= 35 * 144 OR min(waiting) = 0,
        round(1 - coalesce(min(waiting) FILTER (WHERE wait <= 35 * 144), 1), 12), NULL
    ) AS share_paid_35d
FROM curve GROUP BY half, class
ORDER BY half, class;
