-- Reward claims by stub or validator
--
-- What each of the pool's stubs claimed, or each validator paid them, the most first. Restaked
-- rewards add to the stake and bring the queue nothing; they are counted apart.
--
-- params:
--   per           ENUM('stub', 'validator')  text     a row for each of which; default stub
--   since         DATE                       UTC      first day; default the first claim's
--   until         DATE                       UTC      last day; default the last claim's
-- columns:
--   stub          VARCHAR                    address  the contract that claimed; NULL by validator
--   validator_id  BIGINT                     id       validator that paid; NULL by stub
--   claims        BIGINT                     count    claims, those restaked left out
--   reward_ftm    DOUBLE                     FTM      claimed by them; NULL if one is unknown
--   share         DOUBLE                     share    of all claims; NULL if that is 0 or unknown
--   restakes      BIGINT                     count    claims restaked at once
--   restaked_ftm  DOUBLE                     FTM      restaked by them; NULL if one is unknown
--   partners      BIGINT                     count    validators of the stub, or stubs there
--   first_at      TIMESTAMPTZ                UTC      block time of the first claim or restake
--   last_at       TIMESTAMPTZ                UTC      block time of the last one

WITH params AS (
    SELECT
        coalesce(getvariable('per')::ENUM('stub', 'validator'), 'stub') = 'stub' AS by_stub,
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
),

pairs AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        reward_claims.stub, reward_claims.validator_id, restaked, count(*) AS moves,
        sum(least(reward_wei, 1e34::DECIMAL(38, 0))) AS wei,
        min(claimed_at) AS first_at, max(claimed_at) AS last_at
    FROM reward_claims CROSS JOIN params
    WHERE coalesce(claimed_at >= since_at, TRUE) AND coalesce(claimed_at < before_at, TRUE)
    GROUP BY ALL
),

sums AS (
    SELECT
        if(by_stub, pairs.stub, NULL) AS stub, if(by_stub, NULL, validator_id) AS validator_id,
        sum(if(restaked, 0, moves)) AS claims, sum(if(restaked, 0, wei)) AS claimed_wei,
        sum(if(restaked, moves, 0)) AS restakes, sum(if(restaked, wei, 0)) AS restaked_wei,
        count(DISTINCT if(by_stub, pairs.validator_id::VARCHAR, pairs.stub)) AS partners,
        min(first_at) AS first_at, max(last_at) AS last_at
    FROM pairs CROSS JOIN params GROUP BY ALL
)

SELECT
    stub, validator_id, claims::BIGINT AS claims,
    try_cast(claimed_wei AS DECIMAL(33, 0)) / 1e18 AS reward_ftm,
    try_cast(claimed_wei AS DECIMAL(33, 0))
    / nullif(try_cast(sum(claimed_wei) OVER () AS DECIMAL(33, 0)), 0) AS share,
    restakes::BIGINT AS restakes,
    try_cast(restaked_wei AS DECIMAL(33, 0)) / 1e18 AS restaked_ftm,
    partners, first_at, last_at
FROM sums
ORDER BY claimed_wei DESC, restaked_wei DESC, stub ASC, validator_id ASC;
