-- What fed each operator run
--
-- What came to pool and stubs from the end of the run before to this one's, and what went back
-- to the staking contract. The rest lay there before, or still does. Transfers leave no log.
--
-- params:
--   gap_minutes    BIGINT       minutes  longest pause within a run; default 60
-- columns:
--   started_at     TIMESTAMPTZ  UTC      block time of the first payout, as in operator_runs
--   ended_at       TIMESTAMPTZ  UTC      block time of the last one
--   needed_ftm     DOUBLE       FTM      paid, or kept for who rejected it; NULL if unknown
--   claimed_ftm    DOUBLE       FTM      rewards claimed and not restaked; NULL if unknown
--   returned_ftm   DOUBLE       FTM      stake that came back to the stubs; NULL if unknown
--   staked_ftm     DOUBLE       FTM      staked with the pool; NULL if unknown
--   delegated_ftm  DOUBLE       FTM      delegated anew, restakes left out; NULL if unknown

WITH params AS (SELECT coalesce(getvariable('gap_minutes')::BIGINT, 60) AS gap),

pushes AS (
    SELECT
        moved_at, payout_wei, epoch_us(moved_at) AS us,
        coalesce(us - lag(us) OVER (ORDER BY position) > gap * 60e6, TRUE)::DOUBLE AS anew
    FROM head_moves CROSS JOIN params
    WHERE NOT by_hand AND if(gap > 0, TRUE, error('gap_minutes: want 1 or more'))
),

runs AS (
    SELECT
        min(moved_at) AS started_at, max(moved_at) AS ended_at, max(us) AS end_us,
        sum(least(payout_wei, 1e34::DECIMAL(38, 0))) AS needed_wei, -- unknown: see README.md
        lag(end_us, 1, 0) OVER (ORDER BY run) AS since_us,
        range(since_us // 86400000000, end_us // 86400000000 + 1) AS days
    FROM (SELECT *, sum(anew) OVER (ORDER BY us) AS run FROM pushes) AS numbered GROUP BY run
),

moves (part, us, wei) AS ( -- those of data/ingest/money.sql: a restake is logged twice
    SELECT if(restaked, 4, 1), epoch_us(claimed_at), if(restaked, -reward_wei, reward_wei)
    FROM reward_claims
    UNION ALL
    SELECT 2, epoch_us(returned_at), amount_wei FROM returned_stakes
    UNION ALL
    SELECT 3, epoch_us(staked_at), amount_wei FROM stakes
    UNION ALL
    SELECT
        4, epoch_us(block_time),
        try(unhex(regexp_extract(data, '^0x0{32}(.{32})', 1))::BIT::UHUGEINT::DECIMAL(38, 0))
    FROM raw_logs SEMI JOIN store_info ON address = sfc
    SEMI JOIN stubs ON topic1 = '0x' || repeat('0', 24) || substr(stub, 3)
    WHERE topic0 = '0x9a8f44850296624dadfd9c246d17e47171d35727a181bd090aa14bbbe00238bb'
)

SELECT
    started_at, ended_at, try_cast(needed_wei AS DECIMAL(33, 0)) / 1e18 AS needed_ftm,
    try_cast(sum(if(part = 1, least(wei, much), 0)) AS DECIMAL(33, 0)) / 1e18 AS claimed_ftm,
    try_cast(sum(if(part = 2, least(wei, much), 0)) AS DECIMAL(33, 0)) / 1e18 AS returned_ftm,
    try_cast(sum(if(part = 3, least(wei, much), 0)) AS DECIMAL(33, 0)) / 1e18 AS staked_ftm,
    try_cast(sum(if(part = 4, least(wei, much), 0)) AS DECIMAL(33, 0)) / 1e18 AS delegated_ftm
FROM (SELECT *, unnest(days) AS day, 1e34::DECIMAL(38, 0) AS much FROM runs) AS each
LEFT JOIN moves ON us // 86400000000 = day AND us > since_us AND us <= end_us
GROUP BY started_at, ended_at, needed_wei ORDER BY started_at DESC;
