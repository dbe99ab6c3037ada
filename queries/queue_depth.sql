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
        greatest(getvariable('since')::DATE, min(first_at) AT TIME ZONE 'UTC') AS since,
        least(getvariable('until')::DATE + INTERVAL 23 HOUR, synced_at AT TIME ZONE 'UTC') AS until,
        1e34::DECIMAL(38, 0) AS much
    FROM hourly_flows CROSS JOIN store_info WHERE flow = 'request' GROUP BY synced_at
),

shown AS (
    SELECT generate_series(date_trunc(step, since), until, ('1 ' || step)::INTERVAL) AS slots
    FROM params
),

moves (part, way, moves, moved_at, wei, token) AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        if(flow IN ('request', 'release'), 'queue', 'stash'),
        if(flow IN ('request', 'refusal'), 1, -1),
        moves, hour, amount_wei + unknown * much, hourly_flows.token
    FROM hourly_flows CROSS JOIN params
    WHERE flow IN ('request', 'release', 'refusal', 'late payment')
    UNION ALL -- behind a lost request
    SELECT 'queue', 1, 0, requested_at, much - least(payout_wei, much), requests.token
    FROM requests CROSS JOIN params WHERE ahead_wei IS NULL
    UNION ALL
    SELECT 'shown', 0, 0, unnest(slots) AT TIME ZONE 'UTC', 0, NULL FROM shown
),

buckets AS (
    SELECT
        part, way * moves AS moves, way * wei AS wei,
        date_trunc(step, make_timestamp(epoch_us(moved_at))) AS bucket -- UTC, the fast way
    FROM moves INNER JOIN params ON coalesce(moves.token = params.token, TRUE)
)

SELECT
    bucket AT TIME ZONE 'UTC' AS at,
    (sum(sum(if(part = 'queue', moves, 0))) OVER upto)::BIGINT AS requests,
    try_cast(sum(sum(if(part = 'queue', wei, 0))) OVER upto AS DECIMAL(33, 0)) / 1e18 AS depth_ftm,
    try_cast(sum(sum(if(part = 'stash', wei, 0))) OVER upto AS DECIMAL(33, 0)) / 1e18 AS manual_ftm
FROM buckets GROUP BY bucket WINDOW upto AS (ORDER BY bucket)
QUALIFY bool_or(part = 'shown') ORDER BY bucket;
