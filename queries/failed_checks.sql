-- Checks that did not pass
--
-- What a sync found wrong with the store, and below it what it could not check. Figures that
-- rest on a failed check may be wrong; nothing was dropped or corrected because of it.
--
-- columns:
--   name     VARCHAR      text   what must hold
--   status   VARCHAR      text   failed, or unknown where nobody could be asked
--   block    BIGINT       block  where it does not; NULL if at no one block
--   wr_id    BIGINT       id     request it concerns; NULL if none
--   message  VARCHAR      text   what was found
--   at       TIMESTAMPTZ  UTC    time of that block; NULL if no log of it is here

WITH times AS (
    SELECT block, min(block_time) AS block_time FROM raw_logs
    WHERE block IN (SELECT block FROM checks WHERE status <> 'passed') GROUP BY block
)

SELECT
    name,
    status,
    checks.block,
    wr_id,
    message,
    times.block_time AS at
FROM checks LEFT JOIN times ON checks.block = times.block
WHERE status <> 'passed'
ORDER BY
    status = 'unknown' ASC,
    name ASC,
    checks.block ASC NULLS LAST,
    wr_id ASC NULLS LAST,
    message ASC;
