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

moves (moved_at, wei) AS (
    SELECT claimed_at, reward_wei FROM reward_claims CROSS JOIN params
    WHERE NOT restaked AND source <> 'payouts'
    UNION ALL
    SELECT returned_at, amount_wei FROM returned_stakes CROSS JOIN params
    WHERE source = 'inflows'
    UNION ALL
    SELECT moved_at, payout_wei FROM head_moves CROSS JOIN params
    WHERE NOT by_hand AND source = 'payouts'
),

paced AS ( -- 1e34: an unknown amount, see README.md
    SELECT
        moved_at,
        least(wei, 1e34::DECIMAL(38, 0)) AS wei,
        epoch_us(moved_at) AS at_us,
        coalesce(at_us - lag(at_us) OVER (ORDER BY at_us) > gap * 60e6, TRUE)::INTEGER AS anew
    FROM moves CROSS JOIN params
    WHERE if(gap > 0, TRUE, error('gap_minutes: want 1 or more'))
),

numbered AS (
    SELECT *, sum(anew) OVER (ORDER BY at_us RANGE UNBOUNDED PRECEDING) AS batch FROM paced
)

SELECT
    max(moved_at) AS funded_at,
    try_cast(sum(wei) AS DECIMAL(33, 0)) / 1e18 AS amount_ftm
FROM numbered
GROUP BY batch
ORDER BY funded_at;
