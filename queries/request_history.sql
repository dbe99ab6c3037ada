-- History of a request
--
-- What happened to one request, in order. It reaches the head of the queue when the one
-- before it is paid or rejected, at once if that was so already. No row without an id.
--
-- params:
--   wr_id       BIGINT         id       request; default none
-- columns:
--   event       VARCHAR        text     requested, reached the head, refused or paid
--   at          TIMESTAMPTZ    UTC      block time of the event
--   after_days  DOUBLE         days     since the request; NULL if that is not in the store
--   payout_ftm  DOUBLE         FTM      paid or to be paid, whole, as this event has it
--   ahead_ftm   DOUBLE         FTM      to be paid before it at that time; NULL if not known
--   gross_ftm   DOUBLE         FTM      what was burned for it; NULL if not known
--   fee_ftm     DOUBLE         FTM      kept of that as a fee; NULL if not known
--   staker      VARCHAR        address  who request
--   token       VARCHAR        token    what was burned for it
--   block       BIGINT         block    block of the event
--   tx          VARCHAR        hash     transaction of the event
--   payout_wei  DECIMAL(38,0)  wei      the payout to the last digit, as the next two are
--   gross_wei   DECIMAL(38,0)  wei      what was burned for it; NULL if not known
--   fee_wei     DECIMAL(38,0)  wei      kept of that as a fee; NULL if not known

WITH params AS (SELECT getvariable('wr_id')::BIGINT AS wr_id),

request AS (
    SELECT requests.* FROM requests INNER JOIN params ON requests.wr_id = params.wr_id
    ORDER BY requested_block, requested_tx LIMIT 1
),

freed AS ( -- the place before it
    SELECT head_moves.* FROM head_moves INNER JOIN params ON head_moves.wr_id = params.wr_id - 1
    WHERE NOT head_moves.by_hand ORDER BY position LIMIT 1
),

events (step, event, happened_at, payout_wei, ahead_wei, block, tx) AS (
    SELECT
        0, 'requested', requested_at, payout_wei, ahead_wei_at_request, requested_block,
        requested_tx
    FROM request
    UNION ALL
    SELECT 1, 'reached the head', requested_at, payout_wei, 0, requested_block, requested_tx
    FROM request WHERE wr_id = 0 OR requested_block > (SELECT block FROM freed)
    UNION ALL
    SELECT 1, 'reached the head', freed.moved_at, request.payout_wei, 0, freed.block, freed.tx
    FROM request INNER JOIN freed ON request.requested_block <= freed.block
    UNION ALL
    SELECT 2, if(refused, 'refused', 'paid'), moved_at, payout_wei, 0, block, tx
    FROM head_moves WHERE wr_id = (SELECT wr_id FROM params)
)

SELECT
    events.event, events.happened_at AS at,
    date_diff('second', request.requested_at, events.happened_at) / 86400 AS after_days,
    events.payout_wei / 1e18 AS payout_ftm, events.ahead_wei / 1e18 AS ahead_ftm,
    request.gross_wei / 1e18 AS gross_ftm, request.fee_wei / 1e18 AS fee_ftm,
    request.staker, request.token, events.block, events.tx, events.payout_wei,
    request.gross_wei, request.fee_wei
FROM events LEFT JOIN request ON TRUE
ORDER BY events.step, events.block, events.event, events.tx;
