-- Requests in whole wei
--
-- One request, or all of an address, newest first, with its place at the last sync; to the last
-- digit. No row without either, nor where there is no such request.
--
-- params:
--   wr_id         BIGINT         id       the request; default none
--   address       VARCHAR        address  who made them, in any case; default none
-- columns:
--   wr_id         BIGINT         id       request
--   status        VARCHAR        text     pending, manual (rejected), paid; NULL if not known
--   staker        VARCHAR        address  who made it
--   token         VARCHAR        token    what was burned for it
--   gross_wei     DECIMAL(38,0)  wei      worth of what was burned; NULL if not known
--   fee_wei       DECIMAL(38,0)  wei      kept of that as a fee; NULL if not known
--   payout_wei    DECIMAL(38,0)  wei      paid or to be paid, whole; NULL if not known
--   place         BIGINT         count    place in the queue, the head is 1; NULL if passed
--   ahead_wei     DECIMAL(38,0)  wei      to be paid before it; NULL if not known or passed
--   requested_at  TIMESTAMPTZ    UTC      block time of the request
--   refused_at    TIMESTAMPTZ    UTC      when its receiver rejected it; NULL if never
--   paid_at       TIMESTAMPTZ    UTC      when it was paid; NULL if not yet
--   block         BIGINT         block    of the request
--   requested_tx  VARCHAR        hash     transaction of the request
--   paid_tx       VARCHAR        hash     transaction of the payment; NULL if not yet

WITH params AS (
    SELECT
        getvariable('wr_id')::BIGINT AS wr_id,
        lower(trim(getvariable('address')::VARCHAR)) AS address
),

passed AS ( -- by ids, which are consecutive: a lost request keeps its place
    SELECT coalesce(max(wr_id), -1) AS wr_id FROM head_moves
),

chosen AS ( -- joined, so that no other row is read
    SELECT requests.* FROM requests INNER JOIN params ON requests.wr_id = params.wr_id
    WHERE coalesce(requests.staker = params.address, TRUE)
    UNION ALL
    SELECT requests.* FROM requests INNER JOIN params ON requests.staker = params.address
    WHERE params.wr_id IS NULL
)

SELECT
    requests.wr_id,
    requests.status,
    requests.staker,
    requests.token,
    requests.gross_wei, requests.fee_wei, requests.payout_wei,
    if(requests.status = 'pending', requests.wr_id - passed.wr_id, NULL) AS place,
    if(requests.status = 'pending', requests.ahead_wei, NULL) AS ahead_wei,
    requests.requested_at,
    requests.manual_at AS refused_at,
    requests.paid_at,
    requests.requested_block AS block,
    requests.requested_tx,
    requests.paid_tx
FROM chosen AS requests CROSS JOIN passed
ORDER BY requests.wr_id DESC, requests.requested_block DESC, requests.requested_tx DESC;
