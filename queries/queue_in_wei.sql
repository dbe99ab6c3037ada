-- Queue in whole wei
--
-- The queue and the pool's money at the last sync, to the last digit. Always one row.
--
-- columns:
--   requests       BIGINT         count  requests that wait
--   waiting_wei    DECIMAL(38,0)  wei    their payouts; NULL if one is unknown
--   head_id        BIGINT         id     the first of them; NULL if nobody waits or its log is lost
--   head_wei       DECIMAL(38,0)  wei    its payout; NULL likewise
--   head_at        TIMESTAMPTZ    UTC    when it was made; NULL likewise
--   balance_wei    DECIMAL(38,0)  wei    in the pool when last sampled; NULL if never
--   balance_at     TIMESTAMPTZ    UTC    when it was
--   stashed        BIGINT         count  rejected requests, whose money is kept
--   stashed_wei    DECIMAL(38,0)  wei    their payouts; NULL if one is unknown
--   spendable_wei  DECIMAL(38,0)  wei    balance less stash; NULL unless sampled at the last block
--   missing_wei    DECIMAL(38,0)  wei    what the head needs beyond that; NULL if unknown
--   newest_id      BIGINT         id     the newest request; NULL if there is none

WITH unpaid AS ( -- 1e34: an unknown amount, see README.md
    SELECT status, least(if(ahead_wei IS NULL, NULL, payout_wei), 1e34::DECIMAL(38, 0)) AS wei
    FROM requests WHERE paid_at IS NULL AND status IN ('pending', 'manual')
),

latest AS (SELECT * FROM pool_balances ORDER BY block DESC LIMIT 1),

head AS (
    SELECT wr_id, payout_wei, requested_at FROM requests WHERE status = 'pending' AND ahead_wei = 0
    ORDER BY wr_id, requested_block, requested_tx LIMIT 1
),

sums AS (
    SELECT
        (SELECT max(wr_id) FROM requests) AS newest_id,
        count(*) FILTER (WHERE status = 'pending') AS requests,
        count(*) FILTER (WHERE status = 'manual') AS stashed,
        coalesce(sum(wei) FILTER (WHERE status = 'pending'), 0) AS waiting_wei,
        coalesce(sum(wei) FILTER (WHERE status = 'manual'), 0) AS stashed_wei
    FROM unpaid
),

known AS (
    SELECT
        sums.* REPLACE (
            try_cast(waiting_wei AS DECIMAL(33, 0))::DECIMAL(38, 0) AS waiting_wei,
            try_cast(stashed_wei AS DECIMAL(33, 0))::DECIMAL(38, 0) AS stashed_wei
        ),
        balance_wei, sampled_at, latest.block >= synced_block AS is_new
    FROM sums CROSS JOIN store_info LEFT JOIN latest ON TRUE
)

SELECT
    requests, waiting_wei, head.wr_id AS head_id, head.payout_wei AS head_wei,
    head.requested_at AS head_at, balance_wei, sampled_at AS balance_at, stashed, stashed_wei,
    if(is_new, greatest(balance_wei, stashed_wei) - stashed_wei, NULL) AS spendable_wei,
    CASE
        WHEN NOT is_new THEN NULL WHEN head.payout_wei + stashed_wei <= balance_wei THEN 0
        ELSE head.payout_wei + stashed_wei - balance_wei
    END AS missing_wei,
    newest_id
FROM known LEFT JOIN head ON TRUE;
