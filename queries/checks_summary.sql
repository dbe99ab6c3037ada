-- Checks
--
-- Each check of the last sync with its verdict, failed ones first, then the unknown.
--
-- columns:
--   name         VARCHAR  text   what must hold
--   status       VARCHAR  text   passed, failed, or unknown where nobody could be asked
--   failures     BIGINT   count  rows of it in failed_checks that failed
--   first_block  BIGINT   block  the first block of those; NULL if at no one block
--   message      VARCHAR  text   what was found, of several failures the first

WITH ranked AS (
    SELECT
        *,
        list_position(['failed', 'unknown', 'passed'], status) AS place
    FROM checks
)

SELECT
    name,
    arg_min(status, place) AS status,
    count(*) FILTER (WHERE status = 'failed') AS failures,
    min(block) FILTER (WHERE status = 'failed') AS first_block,
    first(
        message ORDER BY place ASC, block ASC NULLS LAST, wr_id ASC NULLS LAST, message ASC
    ) AS message
FROM ranked
GROUP BY name
ORDER BY min(place), name;
