-- Paid within 35 days
--
-- How often the official promise, 1 to 35 days, was kept: of the requests that are at least
-- that old, how many were released in time, paid or rejected by their receiver, whose money
-- was there then. Younger ones are left out, paid or not: only the quick ones are paid yet.
--
-- params:
--   days         BIGINT   days   days that are in time; default 35
-- columns:
--   bucket       VARCHAR  text   payout, smallest first, the lower bound included, then `all`
--   requests     BIGINT   count  requests made at least so many days before the last sync
--   paid_within  BIGINT   count  those released in so many days
--   share        DOUBLE   share  of the requests; NULL if there are none

WITH params AS (SELECT coalesce(getvariable('days')::BIGINT, 35) AS days),

waits AS (
    SELECT
        1 + (payout_wei >= 100e18::DECIMAL(38, 0))::TINYINT
        + (payout_wei >= 1000e18::DECIMAL(38, 0))::TINYINT
        + (payout_wei >= 10000e18::DECIMAL(38, 0))::TINYINT AS class, -- NULL: unknown
        (epoch_us(coalesce(manual_at, paid_at)) - epoch_us(requested_at)) // 60000000 AS wait,
        (epoch_us(synced_at) - epoch_us(requested_at)) // 60000000 AS age
    FROM requests CROSS JOIN store_info
)

SELECT
    coalesce(
        ['under 100 FTM', '100 to 1,000 FTM', '1,000 to 10,000 FTM', '10,000 FTM and more'][class],
        if(grouping(class) = 1, 'all', 'unknown amount')
    ) AS bucket,
    count(*) AS requests,
    count(*) FILTER (WHERE wait / 1440 <= days) AS paid_within,
    count(*) FILTER (WHERE wait / 1440 <= days) / nullif(count(*), 0) AS share
FROM waits CROSS JOIN params
WHERE age / 1440 >= if(days > 0, days, error('days: want 1 or more'))
GROUP BY GROUPING SETS ((class), ())
ORDER BY grouping(class), class;
