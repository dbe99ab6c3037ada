-- Lock-up calendar
--
-- When the latest lock-up of each stub at each validator ends or ended, the earliest first:
-- rewards are claimed when it does. A lock-up made before the one before ended adds to it.
-- Stake freed early, for a penalty, is not taken off. Restaked rewards are left out.
--
-- params:
--   since          DATE         UTC      first day of ends; default the first end's
--   until          DATE         UTC      last day of ends; default the last end's
-- columns:
--   stub           VARCHAR      address  the contract that locked its stake
--   validator_id   BIGINT       id       validator it is staked with
--   locked_at      TIMESTAMPTZ  UTC      when the lock-up began
--   ends_at        TIMESTAMPTZ  UTC      when it ends or ended; NULL if not known
--   days_to_end    DOUBLE       days     from the last sync, negative if it ended
--   amount_ftm     DOUBLE       FTM      locked; NULL if not known
--   claimed_ftm    DOUBLE       FTM      rewards claimed here since; NULL if one is unknown
--   last_claim_at  TIMESTAMPTZ  UTC      last claim here; NULL if there was none

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
),

turns AS (
    SELECT *, if(locked_at > lag(ends_at) OVER turn, locked_at, NULL) AS anew_at
    FROM lock_ups WINDOW turn AS (PARTITION BY stub, validator_id ORDER BY block, ends_at)
),

chained AS (
    SELECT *, coalesce(max(anew_at) OVER pair, min(locked_at) OVER pair) AS began_at
    FROM turns WINDOW pair AS (PARTITION BY stub, validator_id)
),

latest AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        stub, validator_id, began_at, last(ends_at ORDER BY block, ends_at) AS ends_at,
        sum(least(amount_wei, 1e34::DECIMAL(38, 0))) AS locked_wei
    FROM chained WHERE locked_at >= began_at GROUP BY stub, validator_id, began_at
),

claims AS (SELECT * FROM reward_claims WHERE NOT restaked)

SELECT
    latest.stub, latest.validator_id, latest.began_at AS locked_at,
    any_value(latest.ends_at) AS ends_at, -- the same in all rows of a group
    (epoch_us(any_value(latest.ends_at)) - epoch_us(any_value(synced_at))) / 86400e6 AS days_to_end,
    try_cast(any_value(latest.locked_wei) AS DECIMAL(33, 0)) / 1e18 AS amount_ftm,
    try_cast(sum(
        if(claims.claimed_at >= latest.began_at, least(claims.reward_wei, 1e34::DECIMAL(38, 0)), 0)
    ) AS DECIMAL(33, 0)) / 1e18 AS claimed_ftm,
    max(claims.claimed_at) AS last_claim_at
FROM latest CROSS JOIN store_info CROSS JOIN params
LEFT JOIN claims
    ON latest.stub = claims.stub AND latest.validator_id IS NOT DISTINCT FROM claims.validator_id
WHERE coalesce(latest.ends_at >= since_at, TRUE) AND coalesce(latest.ends_at < before_at, TRUE)
GROUP BY latest.stub, latest.validator_id, latest.began_at
ORDER BY any_value(latest.ends_at), latest.stub, latest.validator_id;
