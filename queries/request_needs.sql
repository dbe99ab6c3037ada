-- Money needed by each request
--
-- What the pool had to gather for a request when it was made: the payouts ahead of it and its
-- own. Some of that was in the pool already, but never as much as the request at the head wanted,
-- for that would have been paid. In the order of the queue.
--
-- params:
--   since         DATE         UTC    first day of requests; default the first request's
--   until         DATE         UTC    last day of requests; default the last request's
-- columns:
--   wr_id         BIGINT       id     request
--   requested_at  TIMESTAMPTZ  UTC    block time of the request
--   released_at   TIMESTAMPTZ  UTC    when the head passed it, paid or rejected; NULL if it waits
--   payout_ftm    DOUBLE       FTM    to be paid, whole; NULL if not known
--   ahead_ftm     DOUBLE       FTM    to be paid before it, at that time; NULL if not known
--   head_ftm      DOUBLE       FTM    payout of the head at that time, maybe its own; NULL likewise

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
),

passed AS (
    SELECT
        block,
        max(wr_id) + 1 AS head
    FROM head_moves
    WHERE NOT by_hand
    GROUP BY block
),

placed AS (
    SELECT
        requests.*,
        least(coalesce(passed.head, 0), requests.wr_id) AS head_then
    FROM requests ASOF LEFT JOIN passed ON requests.requested_block > passed.block
)

SELECT
    placed.wr_id,
    placed.requested_at,
    coalesce(placed.manual_at, placed.paid_at) AS released_at,
    placed.payout_wei / 1e18 AS payout_ftm,
    placed.ahead_wei_at_request / 1e18 AS ahead_ftm,
    if(ahead_ftm = 0, placed.payout_wei, heads.payout_wei) / 1e18 AS head_ftm
FROM placed CROSS JOIN params
LEFT JOIN requests AS heads ON placed.head_then = heads.wr_id
WHERE
    coalesce(placed.requested_at >= since_at, TRUE)
    AND coalesce(placed.requested_at < before_at, TRUE)
ORDER BY placed.wr_id, placed.requested_block, placed.requested_tx;
