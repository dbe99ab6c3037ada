-- Evidence
--
-- How sure it is what was read: each filter's blocks by how they are known, up to the last sync.
-- Nothing of a simulation, which has no second source.
--
-- params:
--   since    DATE     UTC    first day; default the first there is
-- columns:
--   filter   VARCHAR  text   pool, bond (the bond token) or sfc (the staking contract)
--   known    VARCHAR  text   proved, agreed by two hosts, single (one source), unread (by any node)
--   blocks   BIGINT   count  how many blocks that is
--   share    DOUBLE   share  of the filter's blocks
--   sources  VARCHAR  text   who gave them; NULL where they are proved, or nobody kept it

WITH params AS (
    SELECT getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at
),

shown AS (
    SELECT
        if(since_at IS NULL, 0, coalesce(
            (SELECT min(block) FROM raw_logs WHERE block_time >= since_at), synced_block
        )) AS first_shown
    FROM params CROSS JOIN store_info
),

due AS (
    SELECT first_due.filter, greatest(block, first_shown) AS due_from, synced_block AS due_to
    FROM (
        SELECT unnest(['pool', 'bond']) AS filter, first_block AS block FROM store_info
        UNION ALL
        SELECT 'sfc', min(block) FROM stubs
    ) AS first_due CROSS JOIN shown CROSS JOIN store_info
    WHERE block <= synced_block AND NOT simulated
),

pieces AS ( -- what was read is taken off what is unread
    SELECT
        due.filter,
        least(to_block, due_to) - greatest(from_block, due_from) + 1 AS length,
        unnest([known, 'unread']) AS known,
        unnest([source, '']) AS source,
        unnest([length, -length]) AS blocks
    FROM due INNER JOIN coverage
        ON due.filter = coverage.filter AND from_block <= due_to AND to_block >= due_from
    UNION ALL
    SELECT filter, 0, 'unread', '', due_to - due_from + 1 FROM due
)

SELECT
    filter, known, sum(blocks)::BIGINT AS blocks,
    sum(blocks) / sum(sum(blocks)) OVER (PARTITION BY filter) AS share,
    nullif(array_to_string(list_sort(list_distinct(
        flatten(list(string_split(source, ', ')))
    )), ', '), '') AS sources
FROM pieces
GROUP BY filter, known HAVING sum(blocks) > 0
ORDER BY filter, known;
