-- Ratio over time
--
-- What aFTMc (ankrFTM) was worth in FTM, by each update of the ratio. The ratio is shares per
-- FTM: it starts at 1 and falls as rewards come in.
--
-- params:
--   since            DATE         UTC    first day; default the first update's
--   until            DATE         UTC    last day; default the last update's
-- columns:
--   updated_at       TIMESTAMPTZ  UTC    block time of the update
--   ratio            DOUBLE       ratio  aFTMc per FTM; NULL if not known
--   certificate_ftm  DOUBLE       FTM    what 1 aFTMc was worth; NULL if not known
--   block            BIGINT       block  block of the update
--   tx               VARCHAR      hash   transaction of the update

WITH params AS (
    SELECT
        getvariable('since')::DATE::TIMESTAMP AT TIME ZONE 'UTC' AS since_at,
        (getvariable('until')::DATE + INTERVAL 1 DAY) AT TIME ZONE 'UTC' AS before_at
)

SELECT
    updated_at,
    ratio_wei / 1e18 AS ratio,
    1e18 / nullif(ratio_wei, 0) AS certificate_ftm,
    block,
    tx
FROM ratios CROSS JOIN params
WHERE coalesce(updated_at >= since_at, TRUE) AND coalesce(updated_at < before_at, TRUE)
ORDER BY block, tx, ratio_wei;
