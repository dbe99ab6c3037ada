-- Reward claims by validator
--
-- What each validator paid the pool's stubs, the most first. Restaked rewards add to the
-- stake and bring the queue nothing; they are counted apart.
--
-- params:
--   since         DATE         UTC    first day; default the first claim's
--   until         DATE         UTC    last day; default the last claim's
-- columns:
--   validator_id  BIGINT       id     validator that paid the rewards
--   claims        BIGINT       count  claims, those restaked left out
--   reward_ftm    DOUBLE       FTM    claimed by them; NULL if one is unknown
--   share         DOUBLE       share  of all that was claimed; NULL if that is 0 or unknown
--   restakes      BIGINT       count  claims restaked at once
--   restaked_ftm  DOUBLE       FTM    restaked by them; NULL if one is unknown
--   stubs         BIGINT       count  stubs that claimed or restaked here
--   first_at      TIMESTAMPTZ  UTC    block time of the first claim or restake
--   last_at       TIMESTAMPTZ  UTC    block time of the last one

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
),

sums AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        validator_id,
        count(*) FILTER (WHERE NOT restaked) AS claims,
        sum(if(restaked, 0, least(reward_wei, 1e34::DECIMAL(38, 0)))) AS claimed_wei,
        count(*) FILTER (WHERE restaked) AS restakes,
        sum(if(restaked, least(reward_wei, 1e34::DECIMAL(38, 0)), 0)) AS restaked_wei,
        count(DISTINCT stub) AS stubs,
        min(claimed_at) AS first_at,
        max(claimed_at) AS last_at
    FROM reward_claims CROSS JOIN params
    WHERE coalesce(claimed_at >= since_at, TRUE) AND coalesce(claimed_at < before_at, TRUE)
    GROUP BY validator_id
)

SELECT
    validator_id,
    claims,
    try_cast(claimed_wei AS DECIMAL(33, 0)) / 1e18 AS reward_ftm,
    try_cast(claimed_wei AS DECIMAL(33, 0))
    / nullif(try_cast(sum(claimed_wei) OVER () AS DECIMAL(33, 0)), 0) AS share,
    restakes,
    try_cast(restaked_wei AS DECIMAL(33, 0)) / 1e18 AS restaked_ftm,
    stubs,
    first_at,
    last_at
FROM sums
ORDER BY claimed_wei DESC, restaked_wei DESC, validator_id ASC;
