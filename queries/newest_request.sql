-- Newest request
--
-- The request with the highest id, after which no other was made up to the last sync. No row
-- when the store holds no request.
--
-- columns:
--   wr_id         BIGINT       id       the newest request
--   status        VARCHAR      text     pending, manual (rejected, to be claimed) or paid
--   staker        VARCHAR      address  who made it
--   payout_ftm    DOUBLE       FTM      paid or to be paid, whole
--   requested_at  TIMESTAMPTZ  UTC      block time of the request
--   requested_tx  VARCHAR      hash     transaction of the request

SELECT
    wr_id,
    status,
    staker,
    payout_wei / 1e18 AS payout_ftm,
    requested_at,
    requested_tx
FROM requests
ORDER BY wr_id DESC, requested_block ASC, requested_tx ASC
LIMIT 1;
