-- Requests of an address
--
-- Every request that one staker made, newest first, with its place in the queue at the last
-- sync. No row without an address, nor for one that made no request.
--
-- params:
--   address       VARCHAR        address  who made it, in any case; default none
-- columns:
--   wr_id         BIGINT         id       request
--   status        VARCHAR        text     pending, manual (rejected, to be claimed) or paid
--   token         VARCHAR        token    what was burned for it
--   payout_ftm    DOUBLE         FTM      paid or to be paid, whole
--   place         BIGINT         count    place in the queue, the head is 1; NULL if passed
--   ahead_ftm     DOUBLE         FTM      to be paid before it; NULL if not known
--   requested_at  TIMESTAMPTZ    UTC      block time of the request
--   refused_at    TIMESTAMPTZ    UTC      when its receiver rejected it; NULL if never
--   paid_at       TIMESTAMPTZ    UTC      when it was paid; NULL if not yet
--   waited_days   DOUBLE         days     to the payment; up to the last sync if not paid
--   requested_tx  VARCHAR        hash     transaction of the request
--   paid_tx       VARCHAR        hash     transaction of the payment; NULL if not yet
--   payout_wei    DECIMAL(38,0)  wei      the payout to the last digit
--   burned_wei    DECIMAL(38,0)  wei      what was burned, in the token's own 1e-18
--   block         BIGINT         block    of the request

WITH params AS (
    SELECT lower(trim(getvariable('address')::VARCHAR)) AS address
),

queue AS (
    SELECT
        wr_id,
        requested_tx,
        -- by ids, which are consecutive: a lost request keeps its place
        wr_id - (SELECT coalesce(max(wr_id), -1) FROM head_moves WHERE NOT by_hand) AS place
    FROM requests
    WHERE status = 'pending'
)

SELECT
    requests.wr_id,
    requests.status,
    requests.token,
    requests.payout_wei / 1e18 AS payout_ftm,
    queue.place,
    requests.ahead_wei / 1e18 AS ahead_ftm,
    requests.requested_at,
    requests.manual_at AS refused_at,
    requests.paid_at,
    date_diff(
        'second', requests.requested_at, coalesce(requests.paid_at, store_info.synced_at)
    ) / 86400 AS waited_days,
    requests.requested_tx,
    requests.paid_tx,
    requests.payout_wei,
    if(requests.token = 'aFTMb', requests.gross_wei, requests.shares_wei) AS burned_wei,
    requests.requested_block AS block
FROM requests CROSS JOIN store_info CROSS JOIN params
LEFT JOIN queue ON requests.wr_id = queue.wr_id AND requests.requested_tx = queue.requested_tx
WHERE requests.staker = params.address
ORDER BY requests.wr_id DESC, requests.requested_block DESC, requests.requested_tx DESC;
