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

WITH params AS (
    SELECT
        coalesce(getvariable('days')::BIGINT, 35) AS days,
        greatest(least(days, 9999999), 0) * 86400000000 AS age_us,
        make_timestamptz(epoch_us(synced_at) - age_us) AS old_at,
        make_timestamptz(epoch_us(old_at) // 86400000000 * 86400000000) AS old_day
    FROM store_info
),

counts (class, wait, requests) AS ( -- to the minute, also the age: so many are made by old_at
    SELECT class, wait_minutes, requests FROM waits INNER JOIN params ON day < old_day
    UNION ALL
    SELECT
        (payout_wei >= 100e18::DECIMAL(38, 0))::INT + (payout_wei >= 1000e18::DECIMAL(38, 0))::INT
        + (payout_wei >= 10000e18::DECIMAL(38, 0))::INT + 1, -- NULL: unknown
        (epoch_us(coalesce(manual_at, paid_at)) - epoch_us(requested_at)) // 60000000, 1
    FROM (
        SELECT requests.* FROM requests INNER JOIN params ON requested_at < old_day
        WHERE manual_at IS NULL AND paid_at IS NULL
        UNION ALL
        SELECT requests.* FROM requests
        INNER JOIN params ON requested_at >= old_day AND requested_at <= old_at
    ) AS each
),

sums AS (
    SELECT
        class, sum(requests) AS requests,
        sum(if(wait / 1440 <= days, requests, 0)) AS paid_within
    FROM counts CROSS JOIN params
    WHERE if(days > 0, TRUE, error('days: want 1 or more'))
    GROUP BY class
)

SELECT
    coalesce(
        ['under 100 FTM', '100 to 1,000 FTM', '1,000 to 10,000 FTM', '10,000 FTM and more'][class],
        if(grouping(class) = 1, 'all', 'unknown amount')
    ) AS bucket,
    coalesce(sum(requests), 0)::BIGINT AS requests,
    coalesce(sum(paid_within), 0)::BIGINT AS paid_within,
    sum(paid_within) / sum(requests) AS share
FROM sums GROUP BY GROUPING SETS ((class), ())
ORDER BY grouping(class), class;
