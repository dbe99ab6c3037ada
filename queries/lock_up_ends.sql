-- Ends of lock-ups
--
-- Each lock-up that was made, with the day it ends: rewards are claimed then, so money is known
-- to come before it does. The earliest end first.
--
-- params:
--   since       DATE         UTC  first day of ends; default the first end's
--   until       DATE         UTC  last day of ends; default the last end's
-- columns:
--   locked_at   TIMESTAMPTZ  UTC  when it began, and so became known
--   ends_at     TIMESTAMPTZ  UTC  when it ends or ended
--   amount_ftm  DOUBLE       FTM  stake locked; NULL if not known

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
)

SELECT
    locked_at,
    ends_at,
    amount_wei / 1e18 AS amount_ftm
FROM lock_ups CROSS JOIN params
WHERE
    ends_at IS NOT NULL
    AND coalesce(ends_at >= since_at, TRUE)
    AND coalesce(ends_at < before_at, TRUE)
ORDER BY ends_at, locked_at, stub, validator_id, block;
