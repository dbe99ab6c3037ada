-- Payouts
--
-- Each payment that reached a staker, newest first. A payment whose request is not in the
-- store is kept, with staker, token and wait unknown.
--
-- params:
--   since       DATE                    UTC      first day; default the first payout's
--   until       DATE                    UTC      last day; default the last payout's
--   token       ENUM('aFTMb', 'aFTMc')  token    whose requests; default both
-- columns:
--   paid_at     TIMESTAMPTZ             UTC      block time of the payment
--   wr_id       BIGINT                  id       request that was paid
--   staker      VARCHAR                 address  who made it and was paid
--   token       VARCHAR                 token    what was burned for it
--   payout_ftm  DOUBLE                  FTM      paid, whole
--   wait_days   DOUBLE                  days     from the request to the payment
--   manual      BOOLEAN                 flag     claimed by hand, after a rejected push
--   block       BIGINT                  block    block of the payment
--   tx          VARCHAR                 hash     transaction of the payment

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at,
        getvariable('token')::ENUM('aFTMb', 'aFTMc') AS token
)

SELECT
    payouts.paid_at,
    payouts.wr_id,
    requests.staker,
    requests.token,
    payouts.payout_wei / 1e18 AS payout_ftm,
    (epoch_us(payouts.paid_at) - epoch_us(requests.requested_at)) / 86400e6 AS wait_days,
    payouts.manual,
    payouts.block,
    payouts.tx
FROM payouts CROSS JOIN params
LEFT JOIN requests ON payouts.wr_id = requests.wr_id
WHERE
    coalesce(payouts.paid_at >= params.since_at, TRUE)
    AND coalesce(payouts.paid_at < params.before_at, TRUE)
    AND (params.token IS NULL OR requests.token = params.token)
ORDER BY payouts.block DESC, payouts.wr_id DESC, payouts.rowid DESC;
