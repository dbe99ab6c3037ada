-- Steps of requests
--
-- What happened to one request, or to all of an address, newest first: also when 1/4, 1/2 and 3/4
-- of its places were gone. A step whose log is missing is left out. No row without id or address.
--
-- params:
--   wr_id       BIGINT         id       request; default none
--   address     VARCHAR        address  who made them, in any case; default none
-- columns:
--   wr_id       BIGINT         id       request
--   event       VARCHAR        text     requested, 1/4, 1/2, 3/4, reached the head, refused or paid
--   at          TIMESTAMPTZ    UTC      block time of the event
--   after_days  DOUBLE         days     since the request
--   place       BIGINT         count    place in the queue then, the head is 1; NULL once it left
--   place_then  BIGINT         count    place when it was made
--   payout_wei  DECIMAL(38,0)  wei      paid or to be paid, as this event has it

WITH params AS (
    SELECT getvariable('wr_id')::BIGINT AS id, getvariable('address')::VARCHAR AS address
),

chosen AS ( -- a log may be there twice
    SELECT requests.* FROM requests INNER JOIN params
        ON requests.wr_id = params.id OR requests.staker = lower(trim(params.address))
    QUALIFY row_number() OVER (PARTITION BY wr_id ORDER BY requested_block, requested_tx) = 1
),

marks (block, wr_id, passed) AS (
    SELECT block, NULL, max(wr_id) FROM head_moves WHERE NOT by_hand GROUP BY block
    UNION ALL
    SELECT requested_block, wr_id, NULL FROM chosen
),

placed AS ( -- by ids, which are consecutive; a move in the block of the request is before it
    SELECT wr_id, wr_id - coalesce(max(passed) OVER (ORDER BY block), -1) AS place_then
    FROM marks QUALIFY wr_id IS NOT NULL
),

due AS (SELECT *, unnest([1, 2, 3, 4]) AS step FROM placed WHERE place_then > 1),

steps (wr_id, step, place, happened_at, block, wei) AS (
    SELECT wr_id, unnest(if(place_then = 1, [0, 4], [0])), place_then, NULL, NULL, NULL FROM placed
    UNION ALL
    SELECT due.wr_id, step, due.wr_id - head_moves.wr_id AS to_place, moved_at, block, NULL
    FROM due INNER JOIN head_moves
        ON due.wr_id - if(step = 4, 1, place_then * (4 - step) // 4) = head_moves.wr_id
    WHERE NOT by_hand AND (step = 4 OR to_place > 1)
    UNION ALL
    SELECT wr_id, if(refused, 5, 6), NULL, moved_at, block, payout_wei FROM head_moves
)

SELECT
    c.wr_id,
    ['requested', '1/4', '1/2', '3/4', 'reached the head', 'refused', 'paid'][step + 1] AS event,
    coalesce(happened_at, requested_at) AS at,
    coalesce(epoch_us(happened_at) - epoch_us(requested_at), 0) / 86400e6 AS after_days, place,
    place_then, if(step < 5, payout_wei, wei) AS payout_wei
FROM chosen AS c INNER JOIN steps AS s ON c.wr_id = s.wr_id
INNER JOIN placed AS p ON c.wr_id = p.wr_id
ORDER BY coalesce(s.block, requested_block) DESC, c.wr_id DESC, step DESC, wei DESC;
