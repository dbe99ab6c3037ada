-- Ends of lock-ups
--
-- Each lock-up that was made or made longer, with the day it ends and all of the stub's stake at
-- that validator which is locked until then: rewards are claimed when it ends, so money is known to
-- come before it does. An end that was moved before it came is of no stake. The earliest end first.
--
-- params:
--   since       DATE         UTC  first day of ends; default the first end's
--   until       DATE         UTC  last day of ends; default the last end's
-- columns:
--   locked_at   TIMESTAMPTZ  UTC  when it was made, and so its end became known
--   ends_at     TIMESTAMPTZ  UTC  when it ends or ended
--   amount_ftm  DOUBLE       FTM  stake locked by then; NULL if not known
--   moved_at    TIMESTAMPTZ  UTC  when another lock-up moved that end; NULL if none did

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
),

turns AS (
    SELECT
        *,
        lead(locked_at) OVER turn AS next_at,
        coalesce(locked_at > lag(ends_at) OVER turn, FALSE)::INTEGER AS anew
    FROM lock_ups WINDOW turn AS (PARTITION BY stub, validator_id ORDER BY block, ends_at)
),

chained AS (
    SELECT
        *,
        sum(anew) OVER (PARTITION BY stub, validator_id ORDER BY block, ends_at) AS chain
    FROM turns
),

held AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        *,
        sum(least(amount_wei, 1e34::DECIMAL(38, 0))) OVER (
            PARTITION BY stub, validator_id, chain ORDER BY block, ends_at
        ) AS locked_wei
    FROM chained
)

SELECT
    locked_at,
    ends_at,
    try_cast(locked_wei AS DECIMAL(33, 0)) / 1e18 AS amount_ftm,
    if(next_at <= ends_at, next_at, NULL) AS moved_at
FROM held CROSS JOIN params
WHERE
    ends_at IS NOT NULL
    AND coalesce(ends_at >= since_at, TRUE)
    AND coalesce(ends_at < before_at, TRUE)
ORDER BY ends_at, locked_at, stub, validator_id, block;
