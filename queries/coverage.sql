-- Blocks read
--
-- Which blocks were read through which filter; ranges that meet are one. A filter that was never
-- asked for has one row without a range; files and a simulation do not say what they leave out.
--
-- columns:
--   filter          VARCHAR  text   which logs
--   due_from        BIGINT   block  where its history begins; NULL for a file
--   from_block      BIGINT   block  first block of the range
--   to_block        BIGINT   block  last block of the range, included
--   blocks          BIGINT   count  how many blocks that is
--   missing_before  BIGINT   count  not read between the range before, or due_from, and this
--   missing_after   BIGINT   count  not read between this and the next range, or the last sync
--   known           VARCHAR  text   proved, agreed by two hosts, or single: given by one source
--   source          VARCHAR  text   who gave it

WITH due AS (
    SELECT
        unnest(['pool', 'bond']) AS filter,
        first_block AS due_from
    FROM store_info
    UNION ALL
    SELECT
        'sfc' AS filter,
        min(block) AS due_from
    FROM stubs HAVING count(*) > 0
),

ranges AS (
    SELECT
        due_from,
        from_block,
        to_block,
        known,
        coverage.source,
        coalesce(coverage.filter, due.filter) AS filter,
        coalesce(from_block, due_from) AS read_from,
        coalesce(to_block, due_from - 1) AS read_to,
        coalesce(lag(to_block) OVER ranged, due_from - 1) AS earlier,
        if(due_from IS NULL, NULL, synced_block + 1) AS due_to,
        coalesce(lead(from_block) OVER ranged, due_to) AS later
    FROM due
    FULL JOIN coverage ON due.filter = coverage.filter
    CROSS JOIN store_info
    WHERE from_block IS NOT NULL OR NOT simulated
    WINDOW ranged AS (PARTITION BY coverage.filter ORDER BY from_block)
)

SELECT
    filter,
    due_from,
    from_block,
    to_block,
    read_to - read_from + 1 AS blocks,
    if(earlier IS NULL, NULL, greatest(0, read_from - earlier - 1)) AS missing_before,
    if(later IS NULL, NULL, greatest(0, later - read_to - 1)) AS missing_after,
    known,
    source
FROM ranges
ORDER BY filter, from_block, to_block;
