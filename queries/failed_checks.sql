-- Checks that did not pass
--
-- What a sync found wrong with the store, and below it what it could not check. Figures that
-- rest on a failed check may be wrong; nothing was dropped or corrected because of it.
--
-- columns:
--   name     VARCHAR  text   what must hold
--   status   VARCHAR  text   failed, or unknown where nobody could be asked
--   block    BIGINT   block  where it does not; NULL if at no one block
--   wr_id    BIGINT   id     request it concerns; NULL if none
--   message  VARCHAR  text   what was found

SELECT
    name,
    status,
    block,
    wr_id,
    message
FROM checks
WHERE status <> 'passed'
ORDER BY
    status = 'unknown' ASC,
    name ASC,
    block ASC NULLS LAST,
    wr_id ASC NULLS LAST,
    message ASC;
