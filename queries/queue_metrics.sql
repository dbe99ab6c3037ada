-- Queue in numbers
--
-- The queue at the last sync and some days before it, and what was paid out in those days
-- and in as many before them. What lies before the first log is NULL. Always one row.
--
-- params:
--   days                BIGINT  days   how long ago to compare with; default 35
-- columns:
--   waiting_ftm         DOUBLE  FTM    payouts of waiting requests; NULL if one is unknown
--   waiting_ftm_before  DOUBLE  FTM    the same, `days` ago
--   requests            BIGINT  count  requests waiting
--   requests_before     BIGINT  count  the same, `days` ago
--   paid_ftm            DOUBLE  FTM    paid out in the last `days`, also by hand
--   paid_ftm_before     DOUBLE  FTM    the same, in as many days before those
--   oldest_days         DOUBLE  days   age of the oldest waiting request; NULL if none waits
--   oldest_days_before  DOUBLE  days   the same, `days` ago
--   manual_requests     BIGINT  count  rejected by their receiver and not yet claimed by hand
--   manual_ftm          DOUBLE  FTM    their payouts; NULL if one is unknown

WITH params AS (
    SELECT
        coalesce(getvariable('days')::BIGINT, 35) AS days, unnest([0, 1, 2]) AS ago,
        synced_at - to_hours(24 * ago * if(days > 0, days, error('days: want 1 or more'))) AS moment
    FROM store_info
),

recent AS ( -- what was paid before all moments counts at none of them
    SELECT requests.* FROM requests INNER JOIN params ON ago = 2
    WHERE if(paid_at IS NULL, TRUE, greatest(manual_at, paid_at) > moment)
),

placed AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        *, least(payout_wei, 1e34::DECIMAL(38, 0)) AS wei,
        status IS NOT NULL AND requested_at <= moment
        AND coalesce(coalesce(manual_at, paid_at) > moment, TRUE) AS waits,
        manual_at <= moment AND coalesce(paid_at > moment, TRUE) AS kept
    FROM params LEFT JOIN recent ON TRUE
    WHERE ago = 0 OR moment >= (SELECT min(block_time) FROM raw_logs)
),

states AS (
    SELECT
        ago, date_diff('second', min(requested_at) FILTER (WHERE waits), moment) AS oldest_s,
        count(*) FILTER (WHERE waits) AS requests, count(*) FILTER (WHERE kept) AS manual_requests,
        sum(if(waits, if(ahead_wei IS NULL, 1e34::DECIMAL(38, 0), wei), 0)) AS waiting_wei,
        sum(if(kept, wei, 0)) AS manual_wei, sum(if(paid_at <= moment, wei, 0)) AS paid_wei
    FROM placed GROUP BY ago, moment
)

SELECT
    try_cast(now.waiting_wei AS DECIMAL(33, 0)) / 1e18 AS waiting_ftm,
    try_cast(was.waiting_wei AS DECIMAL(33, 0)) / 1e18 AS waiting_ftm_before,
    now.requests, was.requests AS requests_before,
    try_cast(now.paid_wei - coalesce(was.paid_wei, 0) AS DECIMAL(33, 0)) / 1e18 AS paid_ftm,
    try_cast(was.paid_wei - old.paid_wei AS DECIMAL(33, 0)) / 1e18 AS paid_ftm_before,
    now.oldest_s / 86400 AS oldest_days, was.oldest_s / 86400 AS oldest_days_before,
    now.manual_requests, try_cast(now.manual_wei AS DECIMAL(33, 0)) / 1e18 AS manual_ftm
FROM states AS now
LEFT JOIN states AS was ON was.ago = 1 LEFT JOIN states AS old ON old.ago = 2 WHERE now.ago = 0;
