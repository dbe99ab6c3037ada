-- Money that can pay
--
-- What may predict when requests are paid, as batches in time, the oldest first: rewards that
-- the stubs claimed, inflows: those and stake returned, or the operator's own payouts. What
-- comes within some minutes of the one before belongs to its batch, which ends with its last.
--
-- params:
--   source       ENUM('claims', 'inflows', 'payouts')  text     which; default claims
--   gap_minutes  BIGINT                                minutes  longest pause in one; default 60
-- columns:
--   funded_at    TIMESTAMPTZ                           UTC      block time of the batch's last
--   amount_ftm   DOUBLE                                FTM      of the batch; NULL if unknown

WITH params AS (
    SELECT
        coalesce(getvariable('source')::ENUM('claims', 'inflows', 'payouts'), 'claims') AS source,
        coalesce(getvariable('gap_minutes')::BIGINT, 60) AS gap
),

moves (slot, wei, first_at, last_at) AS ( -- 1e34: an unknown amount, see README.md
    SELECT epoch_us(hour), amount_wei + unknown * 1e34::DECIMAL(38, 0), first_at, last_at
    FROM hourly_flows CROSS JOIN params
    WHERE
        gap >= 60 AND CASE source
            WHEN 'payouts' THEN flow IN ('push', 'push refused')
            ELSE flow = 'reward' OR source = 'inflows' AND flow = 'stake returned'
        END
    UNION ALL
    SELECT
        epoch_us(moved_at) // (gap * 60000000), sum(least(wei, 1e34::DECIMAL(38, 0))),
        min(moved_at), max(moved_at)
    FROM (
        SELECT claimed_at AS moved_at, reward_wei AS wei, source <> 'payouts' AS is_asked
        FROM reward_claims CROSS JOIN params WHERE gap < 60 AND NOT restaked
        UNION ALL
        SELECT returned_at, amount_wei, source = 'inflows'
        FROM returned_stakes CROSS JOIN params WHERE gap < 60
        UNION ALL
        SELECT moved_at, payout_wei, source = 'payouts'
        FROM head_moves CROSS JOIN params WHERE gap < 60 AND NOT by_hand
    ) AS each CROSS JOIN params WHERE is_asked GROUP BY ALL
),

slots AS ( -- none is longer than the gap, so no batch ends within one
    SELECT
        sum(wei) AS wei, max(last_at) AS last_at,
        epoch_us(min(first_at)) - lag(epoch_us(max(last_at))) OVER (ORDER BY slot) AS pause_us
    FROM moves GROUP BY slot
),

numbered AS (
    SELECT *, count_if(coalesce(pause_us > gap * 60e6, TRUE)) OVER (ORDER BY last_at) AS batch
    FROM slots CROSS JOIN params
    WHERE if(gap > 0, TRUE, error('gap_minutes: want 1 or more'))
)

SELECT max(last_at) AS funded_at, try_cast(sum(wei) AS DECIMAL(33, 0)) / 1e18 AS amount_ftm
FROM numbered GROUP BY batch ORDER BY funded_at;
