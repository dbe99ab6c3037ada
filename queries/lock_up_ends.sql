-- Ends of lock-ups
--
-- Each lock-up that was made, with the day it ends: rewards are claimed then, so money is known
-- to come before it does. The earliest end first.
--
-- columns:
--   locked_at   TIMESTAMPTZ  UTC  when it began, and so became known
--   ends_at     TIMESTAMPTZ  UTC  when it ends or ended
--   amount_ftm  DOUBLE       FTM  stake locked; NULL if not known

SELECT
    locked_at,
    ends_at,
    amount_wei / 1e18 AS amount_ftm
FROM lock_ups
WHERE ends_at IS NOT NULL
ORDER BY ends_at, locked_at, stub, validator_id, block;
