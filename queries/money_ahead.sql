-- Money before a new unstake
--
-- What a request made at the last sync would wait for, besides its own payout: the payouts of all
-- who wait, less what the pool can spend already. Always one row.
--
-- columns:
--   requests       BIGINT       count  requests that wait
--   waiting_ftm    DOUBLE       FTM    their payouts; NULL if one is unknown
--   head_ftm       DOUBLE       FTM    of the first; NULL if nobody waits or not known
--   balance_ftm    DOUBLE       FTM    in the pool when last sampled; NULL if never
--   balance_at     TIMESTAMPTZ  UTC    when it was
--   stashed_ftm    DOUBLE       FTM    kept for rejected requests; NULL if unknown
--   spendable_ftm  DOUBLE       FTM    balance less stash; NULL unless sampled at the last block

WITH latest AS (
    SELECT * FROM pool_balances
    ORDER BY block DESC LIMIT 1
),

waiting AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        count(*) AS requests,
        any_value(payout_wei) FILTER (WHERE ahead_wei = 0) AS head_wei,
        sum(least(if(ahead_wei IS NULL, NULL, payout_wei), 1e34::DECIMAL(38, 0))) AS waiting_wei
    FROM requests
    WHERE status = 'pending'
),

stash AS ( -- what was rejected, less what of it was claimed by hand
    SELECT
        sum(
            if(flow = 'refusal', 1, -1) * (amount_wei + unknown * 1e34::DECIMAL(38, 0))
        ) AS stashed_wei
    FROM hourly_flows
    WHERE flow IN ('refusal', 'late payment')
),

known AS (
    SELECT
        requests,
        head_wei,
        try_cast(coalesce(waiting_wei, 0) AS DECIMAL(33, 0)) AS waiting_wei,
        try_cast(coalesce(stashed_wei, 0) AS DECIMAL(33, 0)) AS stashed_wei
    FROM waiting CROSS JOIN stash
)

SELECT
    known.requests,
    known.waiting_wei / 1e18 AS waiting_ftm,
    known.head_wei / 1e18 AS head_ftm,
    latest.balance_wei / 1e18 AS balance_ftm,
    latest.sampled_at AS balance_at,
    known.stashed_wei / 1e18 AS stashed_ftm,
    CASE
        WHEN latest.block < store_info.synced_block THEN NULL
        WHEN latest.balance_wei < known.stashed_wei THEN 0
        ELSE latest.balance_wei - known.stashed_wei
    END / 1e18 AS spendable_ftm
FROM known CROSS JOIN store_info LEFT JOIN latest ON TRUE;
