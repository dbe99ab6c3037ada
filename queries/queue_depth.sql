-- Queue depth
--
-- Requests and FTM waiting at the end of each UTC hour or day, none left out; the last one
-- ends at the last sync. A request waits from the moment it is made until the queue's head
-- passes it: paid, or rejected by its receiver and then in manual_ftm until claimed by hand.
--
-- params:
--   since       DATE                    UTC    first day; default the first request's
--   until       DATE                    UTC    last day; default the last sync's
--   token       ENUM('aFTMb', 'aFTMc')  token  whose requests; default both
--   step        ENUM('hour', 'day')     text   length of a bucket; default day
-- columns:
--   at          TIMESTAMPTZ             UTC    start of the bucket
--   requests    BIGINT                  count  requests waiting at its end
--   depth_ftm   DOUBLE                  FTM    their payouts; NULL if one is unknown
--   manual_ftm  DOUBLE                  FTM    rejected and not yet claimed at its end

WITH params AS (
    SELECT
        coalesce(getvariable('step')::ENUM('hour', 'day'), 'day') AS step,
        getvariable('token')::ENUM('aFTMb', 'aFTMc') AS token,
        greatest(getvariable('since')::DATE, min(requested_at) AT TIME ZONE 'UTC') AS since,
        least(getvariable('until')::DATE + INTERVAL 23 HOUR, synced_at AT TIME ZONE 'UTC') AS until,
        generate_series(date_trunc(step, since), until, ('1 ' || step)::INTERVAL) AS shown
    FROM requests CROSS JOIN store_info GROUP BY synced_at
),

moves (part, way, moved_at, wei, token) AS (
    SELECT 'queue', 1, requested_at, if(ahead_wei IS NULL, NULL, payout_wei), token FROM requests
    UNION ALL
    SELECT 'queue', -1, coalesce(manual_at, paid_at), payout_wei, token FROM requests
    UNION ALL
    SELECT 'stash', 1, manual_at, payout_wei, token FROM requests
    UNION ALL
    SELECT 'stash', -1, paid_at, payout_wei, token FROM requests WHERE manual_at IS NOT NULL
    UNION ALL
    SELECT 'shown', 0, unnest(shown) AT TIME ZONE 'UTC', 0, NULL FROM params
),

buckets AS (
    SELECT
        moves.* REPLACE (way * least(wei, 1e34::DECIMAL(38, 0)) AS wei), -- see README.md
        date_trunc(step, make_timestamp(epoch_us(moved_at))) AS bucket -- UTC, the fast way
    FROM moves CROSS JOIN params
    WHERE moved_at IS NOT NULL AND coalesce(moves.token = params.token, TRUE)
)

SELECT
    bucket AT TIME ZONE 'UTC' AS at,
    (sum(sum(if(part = 'queue', way, 0))) OVER upto)::BIGINT AS requests,
    try_cast(sum(sum(if(part = 'queue', wei, 0))) OVER upto AS DECIMAL(33, 0)) / 1e18 AS depth_ftm,
    try_cast(sum(sum(if(part = 'stash', wei, 0))) OVER upto AS DECIMAL(33, 0)) / 1e18 AS manual_ftm
FROM buckets GROUP BY bucket WINDOW upto AS (ORDER BY bucket)
QUALIFY bool_or(part = 'shown')
ORDER BY bucket;
