-- Fees paid
--
-- What the requests of each UTC day cost, as a share of what was burned for them. Days
-- without a request are left out.
--
-- params:
--   since      DATE         UTC    first day; default the first request's
--   until      DATE         UTC    last day; default the last request's
-- columns:
--   day        TIMESTAMPTZ  UTC    start of the day
--   requests   BIGINT       count  requests made
--   gross_ftm  DOUBLE       FTM    burned for them; NULL if one is unknown
--   fee_ftm    DOUBLE       FTM    kept of that as a fee; NULL if one is unknown
--   fee_share  DOUBLE       share  fee of what was burned; NULL if not known or nothing was

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
),

days AS (
    SELECT
        date_trunc('day', make_timestamp(epoch_us(requested_at))) AS utc_day, -- UTC, the fast way
        count(*) AS requests,
        -- 1e34: an unknown amount, see README.md
        try_cast(sum(least(gross_wei, 1e34::DECIMAL(38, 0))) AS DECIMAL(33, 0)) AS gross_wei,
        try_cast(sum(least(fee_wei, 1e34::DECIMAL(38, 0))) AS DECIMAL(33, 0)) AS fee_wei
    FROM requests CROSS JOIN params
    WHERE coalesce(requested_at >= since_at, TRUE) AND coalesce(requested_at < before_at, TRUE)
    GROUP BY utc_day
)

SELECT
    utc_day AT TIME ZONE 'UTC' AS day,
    requests,
    gross_wei / 1e18 AS gross_ftm,
    fee_wei / 1e18 AS fee_ftm,
    fee_wei / nullif(gross_wei, 0) AS fee_share
FROM days
ORDER BY utc_day;
