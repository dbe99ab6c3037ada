-- Reward claims
--
-- Each claim of staking rewards by one of the pool's stubs, newest first. A restaked claim
-- adds to the stake and brings the queue nothing.
--
-- params:
--   since         DATE         UTC      first day; default the first claim's
--   until         DATE         UTC      last day; default the last claim's
-- columns:
--   claimed_at    TIMESTAMPTZ  UTC      block time of the claim
--   stub          VARCHAR      address  the contract that claimed, one of the pool's stakers
--   validator_id  BIGINT       id       validator that paid the reward
--   reward_ftm    DOUBLE       FTM      base, lock-up and extra reward together
--   restaked      BOOLEAN      flag     staked again at once, nothing for the queue
--   block         BIGINT       block    block of the claim
--   tx            VARCHAR      hash     transaction of the claim

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
)

SELECT
    claimed_at,
    stub,
    validator_id,
    reward_wei / 1e18 AS reward_ftm,
    restaked,
    block,
    tx
FROM reward_claims CROSS JOIN params
WHERE coalesce(claimed_at >= since_at, TRUE) AND coalesce(claimed_at < before_at, TRUE)
ORDER BY block DESC, tx DESC, stub DESC, validator_id DESC, restaked DESC, reward_wei DESC;
