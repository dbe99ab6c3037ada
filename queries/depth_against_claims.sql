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
        getvariable('token')::ENUM('aFTMb', 'aFTMc') AS asked,
        greatest(getvariable('since')::DATE, min(requested_at) AT TIME ZONE 'UTC') AS since,
        least(getvariable('until')::DATE + INTERVAL 23 HOUR, synced_at AT TIME ZONE 'UTC') AS until,
        generate_series(date_trunc(step, since), until, ('1 ' || step)::INTERVAL) AS shown
    FROM requests CROSS JOIN store_info GROUP BY synced_at
),

flows (part, way, moved_at, wei, token) AS (
    SELECT 'queue', 1, requested_at, if(ahead_wei IS NULL, NULL, payout_wei), token FROM requests
    UNION ALL
    SELECT 'queue', -1, coalesce(manual_at, paid_at), payout_wei, token FROM requests
    UNION ALL
    SELECT 'paid', 0, paid_at, payout_wei, token FROM requests
    UNION ALL
    SELECT 'claimed', 0, claimed_at, reward_wei, NULL FROM reward_claims WHERE NOT restaked
    UNION ALL
    SELECT 'other', 0, returned_at, amount_wei, NULL FROM returned_stakes
    UNION ALL
    SELECT 'other', 0, staked_at, amount_wei, NULL FROM stakes
    UNION ALL
    SELECT 'shown', 0, unnest(shown) AT TIME ZONE 'UTC', 0, NULL FROM params
),

hours AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        part, way, token, make_timestamp(epoch_us(moved_at) // 3600000000 * 3600000000) AS hour,
        date_trunc(step, hour) AS slot, count(*) AS n, sum(least(wei, 1e34::DECIMAL(38, 0))) AS wei
    FROM flows CROSS JOIN params GROUP BY ALL
)

SELECT
    slot AT TIME ZONE 'UTC' AS at,
    (sum(sum(way * n)) OVER upto)::BIGINT AS requests,
    try_cast(sum(sum(way * wei)) OVER upto AS DECIMAL(33, 0)) / 1e18 AS depth_ftm,
    try_cast(sum(if(part = 'claimed', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS claimed_ftm,
    try_cast(sum(if(part = 'other', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS other_ftm,
    try_cast(sum(if(part = 'paid', wei, 0)) AS DECIMAL(33, 0)) / 1e18 AS paid_ftm
FROM hours INNER JOIN params ON coalesce(hours.token = params.asked, TRUE)
WHERE hour <= until AND (part IN ('queue', 'shown') OR hour >= date_trunc('day', since))
GROUP BY slot WINDOW upto AS (ORDER BY slot) QUALIFY bool_or(part = 'shown') ORDER BY slot;
