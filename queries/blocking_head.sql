-- Request that blocks the rest
--
-- The head of the queue, and what is missing to pay it. The pool pays whole requests in
-- order, and only with money that is not kept for rejected ones. No row when nothing
-- waits or the head's log is lost; when nothing is missing, it waits for the operator alone.
--
-- columns:
--   wr_id            BIGINT         id       the head: the first pending request
--   staker           VARCHAR        address  who made it
--   payout_ftm       DOUBLE         FTM      to be paid, whole
--   requested_at     TIMESTAMPTZ    UTC      block time of the request
--   waited_days      DOUBLE         days     from the request to the last sync
--   balance_ftm      DOUBLE         FTM      in the pool when last sampled; NULL if never
--   balance_at       TIMESTAMPTZ    UTC      when it was
--   stashed_ftm      DOUBLE         FTM      kept for rejected requests; NULL if unknown
--   missing_ftm      DOUBLE         FTM      payout and stash less balance; NULL if unknown
--   behind_requests  BIGINT         count    requests that wait behind it
--   behind_ftm       DOUBLE         FTM      their payouts; NULL if one is unknown
--   payout_wei       DECIMAL(38,0)  wei      the payout to the last digit

WITH waiting AS ( -- 1e34: an unknown amount, see README.md
    SELECT *, least(if(ahead_wei IS NULL, NULL, payout_wei), 1e34::DECIMAL(38, 0)) AS wei
    FROM requests
    WHERE status = 'pending'
),

head AS (SELECT * FROM waiting WHERE ahead_wei = 0 ORDER BY wr_id LIMIT 1),

latest AS (SELECT * FROM pool_balances ORDER BY block DESC LIMIT 1),

sums AS (SELECT max(wr_id) AS newest, sum(wei) AS pending_wei FROM waiting),

stash AS ( -- what was rejected, less what of it was claimed by hand
    SELECT
        coalesce(sum(
            if(flow = 'refusal', 1, -1) * (amount_wei + unknown * 1e34::DECIMAL(38, 0))
        ), 0) AS stashed_wei
    FROM hourly_flows
    WHERE flow IN ('refusal', 'late payment')
)

SELECT
    head.wr_id,
    head.staker,
    head.payout_wei / 1e18 AS payout_ftm,
    head.requested_at,
    date_diff('second', head.requested_at, store_info.synced_at) / 86400 AS waited_days,
    latest.balance_wei / 1e18 AS balance_ftm,
    latest.sampled_at AS balance_at,
    try_cast(stash.stashed_wei AS DECIMAL(33, 0)) / 1e18 AS stashed_ftm,
    CASE WHEN latest.block >= store_info.synced_block THEN try_cast(
        greatest(head.wei + stash.stashed_wei, latest.balance_wei) - latest.balance_wei
        AS DECIMAL(33, 0)
    ) / 1e18 END AS missing_ftm,
    sums.newest - head.wr_id AS behind_requests,
    try_cast(sums.pending_wei - head.wei AS DECIMAL(33, 0)) / 1e18 AS behind_ftm,
    head.payout_wei
FROM head CROSS JOIN sums CROSS JOIN stash CROSS JOIN store_info LEFT JOIN latest ON TRUE;
