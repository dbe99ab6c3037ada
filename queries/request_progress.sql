-- Progress of a request
--
-- How far the queue has come towards one request since it was made: its places, and what was paid
-- to those before it. One that its receiver rejected left the queue too. No row without an id.
--
-- params:
--   wr_id         BIGINT       id     request; default none
-- columns:
--   wr_id         BIGINT       id     request
--   place_then    BIGINT       count  place in the queue when it was made, the head is 1
--   place         BIGINT       count  place now; NULL once the queue has passed it
--   paid          BIGINT       count  requests before it paid since it was made
--   paid_ftm      DOUBLE       FTM    paid to them; NULL if one is unknown
--   refused       BIGINT       count  requests before it rejected by their receiver since then
--   refused_ftm   DOUBLE       FTM    kept for those; NULL if one is unknown
--   last_paid_at  TIMESTAMPTZ  UTC    block time of the last of those payments; NULL if none

WITH params AS (SELECT getvariable('wr_id')::BIGINT AS wr_id),

request AS ( -- a log may be there twice
    SELECT requests.* FROM requests INNER JOIN params ON requests.wr_id = params.wr_id
    ORDER BY requested_block, requested_tx LIMIT 1
),

passed AS ( -- a move in the block of the request counts as before it
    SELECT
        (SELECT coalesce(max(wr_id), -1) FROM head_moves) AS passed,
        coalesce(max(head_moves.wr_id), -1) AS passed_then
    FROM head_moves INNER JOIN request ON head_moves.block <= request.requested_block
),

pushes AS (
    SELECT
        head_moves.refused, head_moves.moved_at,
        least(head_moves.payout_wei, 1e34::DECIMAL(38, 0)) AS wei -- see README.md
    FROM head_moves INNER JOIN request
        ON head_moves.block > request.requested_block AND head_moves.wr_id < request.wr_id
    WHERE NOT head_moves.by_hand
),

sums AS (
    SELECT
        count(*) FILTER (WHERE NOT refused) AS paid, count(*) FILTER (WHERE refused) AS refused,
        coalesce(sum(wei) FILTER (WHERE NOT refused), 0) AS paid_wei,
        coalesce(sum(wei) FILTER (WHERE refused), 0) AS refused_wei,
        max(moved_at) FILTER (WHERE NOT refused) AS last_paid_at
    FROM pushes
)

SELECT
    request.wr_id,
    -- by ids, which are consecutive: a lost request keeps its place
    request.wr_id - passed.passed_then AS place_then,
    if(request.wr_id > passed.passed, request.wr_id - passed.passed, NULL) AS place,
    sums.paid::BIGINT AS paid,
    try_cast(sums.paid_wei AS DECIMAL(33, 0)) / 1e18 AS paid_ftm,
    sums.refused::BIGINT AS refused,
    try_cast(sums.refused_wei AS DECIMAL(33, 0)) / 1e18 AS refused_ftm,
    sums.last_paid_at
FROM request CROSS JOIN passed CROSS JOIN sums;
