-- How many of a UTC day's requests were released after how many whole minutes, by amount: those
-- that the queue's head has passed, paid or refused. A question about all waits reads these rows,
-- which are narrow and fewer; who still waits stands in `requests` alone.
--
-- `waits_from`, where it is set, leaves out the days before it: then only those are wanted that
-- what was appended has changed.
WITH waits AS (
    SELECT
        epoch_us(requested_at) // 86400000000 AS day_number,
        1 + (payout_wei >= 100e18::DECIMAL(38, 0))::INTEGER
        + (payout_wei >= 1000e18::DECIMAL(38, 0))::INTEGER
        + (payout_wei >= 10000e18::DECIMAL(38, 0))::INTEGER AS class,
        (epoch_us(coalesce(manual_at, paid_at)) - epoch_us(requested_at)) // 60000000
            AS wait_minutes
    FROM requests
    WHERE
        requested_at >= coalesce(getvariable('waits_from')::TIMESTAMPTZ, '-infinity'::TIMESTAMPTZ)
        AND (manual_at IS NOT NULL OR paid_at IS NOT NULL)
)

SELECT
    make_timestamptz(day_number * 86400000000) AS day,
    class,
    wait_minutes,
    count(*) AS requests
FROM waits
GROUP BY day_number, class, wait_minutes
ORDER BY day_number, class, wait_minutes
