-- Queue depth against reward claims
--
-- The queue at the end of each UTC hour, day or week, and what came in (of no token) and was paid.
--
-- params:
--   since         DATE                         UTC    first day; default the first request's
--   until         DATE                         UTC    last day; default the last sync's
--   token         ENUM('aFTMb', 'aFTMc')       token  whose requests; default both
--   step          ENUM('hour', 'day', 'week')  text   bucket, weeks from Monday; default day
-- columns:
--   at            TIMESTAMPTZ                  UTC    start of the bucket; cut to the days asked
--   requests      BIGINT                       count  requests waiting at its end
--   depth_ftm     DOUBLE                       FTM    their payouts; NULL if one is unknown
--   claimed_ftm   DOUBLE                       FTM    rewards claimed in it and not restaked
--   other_ftm     DOUBLE                       FTM    stake that came back and new stakes
--   paid_ftm      DOUBLE                       FTM    payouts in it, those claimed by hand too

WITH params AS (
    SELECT
        coalesce(getvariable('step')::ENUM('hour', 'day', 'week'), 'day') AS step,
        getvariable('token')::ENUM('aFTMb', 'aFTMc')::VARCHAR AS asked,
        greatest(getvariable('since')::DATE, min(first_at) AT TIME ZONE 'UTC') AS since,
        least(getvariable('until')::DATE + INTERVAL 23 HOUR, synced_at AT TIME ZONE 'UTC') AS until,
        epoch_us(date_trunc('day', since)) AS since_us, epoch_us(until) AS until_us
    FROM hourly_flows CROSS JOIN store_info WHERE flow = 'request' GROUP BY synced_at
),

flows (flow, token, hour_us, moves, known, unknown) AS (
    SELECT flow, token, epoch_us(hour), moves, amount_wei, unknown FROM hourly_flows
    UNION ALL -- behind a lost request
    SELECT 'request', token, epoch_us(requested_at) // 3600000000 * 3600000000, 0, -payout_wei, 1
    FROM requests WHERE ahead_wei IS NULL AND payout_wei < 1e33::DECIMAL(38, 0)
    UNION ALL
    SELECT 'shown', NULL, epoch_us(unnest(
        generate_series(date_trunc(step, since), until, ('1 ' || step)::INTERVAL)
    )), 0, 0, 0 FROM params
),

slots AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        flow, moves, date_trunc(step, make_timestamp(hour_us)) AS slot,
        known + unknown * 1e34::DECIMAL(38, 0) AS wei,
        CASE flow WHEN 'request' THEN 1 WHEN 'release' THEN -1 ELSE 0 END AS way
    FROM flows CROSS JOIN params
    WHERE if( -- a CASE, as joins are slow
        hour_us <= until_us AND coalesce(token = asked, TRUE),
        flow IN ('request', 'release', 'shown') OR hour_us >= since_us, FALSE
    )
)

SELECT
    slot AT TIME ZONE 'UTC' AS at,
    (sum(sum(way * moves)) OVER upto)::BIGINT AS requests,
    try_cast(sum(sum(way * wei)) OVER upto AS DECIMAL(33, 0)) / 1e18 AS depth_ftm,
    try_cast(sum(if(flow = 'reward', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS claimed_ftm,
    try_cast(sum(if(flow IN ('stake returned', 'stake'), wei, 0)) AS DECIMAL(33, 0)) / 1e18
        AS other_ftm,
    try_cast(sum(if(flow = 'payment', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS paid_ftm
FROM slots GROUP BY slot WINDOW upto AS (ORDER BY slot)
QUALIFY bool_or(flow = 'shown') ORDER BY slot;
