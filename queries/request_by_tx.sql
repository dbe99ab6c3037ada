-- Requests of a transaction
--
-- Which requests a transaction made, paid or had rejected. No row without a transaction, nor
-- for one that did none of it.
--
-- params:
--   tx          VARCHAR        hash     transaction, in any case; default none
-- columns:
--   wr_id       BIGINT         id       request
--   event       VARCHAR        text     what the transaction did: requested, refused or paid
--   at          TIMESTAMPTZ    UTC      block time of the transaction
--   block       BIGINT         block    its block
--   status      VARCHAR        text     of the request now: pending, manual (rejected) or paid
--   staker      VARCHAR        address  who made it; NULL if the request is not in the store
--   token       VARCHAR        token    what was burned for it
--   payout_ftm  DOUBLE         FTM      paid or to be paid, whole
--   payout_wei  DECIMAL(38,0)  wei      the same to the last digit

WITH params AS (SELECT lower(trim(getvariable('tx')::VARCHAR)) AS tx),

events (wr_id, step, happened_at, block, payout_wei) AS (
    SELECT wr_id, 0, requested_at, requested_block, payout_wei
    FROM requests INNER JOIN params ON requests.requested_tx = params.tx
    UNION ALL
    SELECT wr_id, if(refused, 1, 2), moved_at, block, payout_wei
    FROM head_moves INNER JOIN params ON head_moves.tx = params.tx
)

SELECT
    events.wr_id,
    ['requested', 'refused', 'paid'][events.step + 1] AS event,
    events.happened_at AS at,
    events.block,
    requests.status,
    requests.staker,
    requests.token,
    events.payout_wei / 1e18 AS payout_ftm,
    events.payout_wei
FROM events LEFT JOIN requests ON events.wr_id = requests.wr_id
ORDER BY events.wr_id, events.step, requests.requested_block;
