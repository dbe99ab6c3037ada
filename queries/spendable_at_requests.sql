-- Money in the pool when requests were made
--
-- What the pool could spend when a request was made: the balance sampled in the day before, less
-- what was kept for rejected requests, and less what was paid or rejected since. What came in
-- since then is not in it. In the order of the queue.
--
-- params:
--   since          DATE         UTC  first day of requests; default the first request's
--   until          DATE         UTC  last day of requests; default the last request's
-- columns:
--   wr_id          BIGINT       id   request
--   requested_at   TIMESTAMPTZ  UTC  block time of the request
--   sampled_at     TIMESTAMPTZ  UTC  of the last balance before it; NULL without one
--   spendable_ftm  DOUBLE       FTM  that it could spend; NULL if no balance was sampled that day

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
),

passed AS ( -- 1e34: an unknown amount, see README.md
    SELECT block, sum(sum(least(payout_wei, 1e34::DECIMAL(38, 0)))) OVER (ORDER BY block) AS wei
    FROM head_moves WHERE NOT by_hand GROUP BY block
),

sent AS (
    SELECT block, sum(sum(least(payout_wei, 1e34::DECIMAL(38, 0)))) OVER (ORDER BY block) AS wei
    FROM payouts GROUP BY block
),

sampled AS ( -- with all that was ever sent: less all that the head ever passed, it can be spent
    SELECT
        pool_balances.block,
        pool_balances.sampled_at,
        pool_balances.balance_wei + coalesce(sent.wei, 0) AS wei
    FROM pool_balances ASOF LEFT JOIN sent ON pool_balances.block >= sent.block
),

placed AS (
    SELECT
        requests.*,
        sampled.sampled_at,
        try_cast(sampled.wei - coalesce(passed.wei, 0) AS DECIMAL(33, 0)) AS wei,
        epoch_us(requests.requested_at) - epoch_us(sampled.sampled_at) <= 86400e6 AS is_of_the_day
    FROM requests
    ASOF LEFT JOIN passed ON requests.requested_block > passed.block
    ASOF LEFT JOIN sampled ON requests.requested_block > sampled.block
)

SELECT
    wr_id,
    requested_at,
    sampled_at,
    CASE WHEN is_of_the_day THEN if(wei < 0, 0, wei) END / 1e18 AS spendable_ftm
FROM placed CROSS JOIN params
WHERE
    coalesce(requested_at >= since_at, TRUE)
    AND coalesce(requested_at < before_at, TRUE)
ORDER BY wr_id, requested_block, requested_tx;
