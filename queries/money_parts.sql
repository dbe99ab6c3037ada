-- What came, what went, what is held
--
-- The money of the pool and its stubs at the last block where the node gave what they hold: what
-- came by the logs (above 0), what went (below 0), what is held, and what is held beyond the sum of
-- what came and went. A difference of 0 proves that no log of these is missing. No rows where
-- nobody gave the balances, or an amount is not known; the check "money" says why.
--
-- columns:
--   part        VARCHAR        text   what it is
--   block       BIGINT         block  block after which the balances were read
--   amount_wei  DECIMAL(38,0)  wei    in all up to that block
--   amount_ftm  DOUBLE         FTM    the same

SELECT
    part,
    block,
    amount_wei,
    amount_wei / 1e18 AS amount_ftm
FROM money
WHERE part <> 'held'
ORDER BY
    list_position(
        [
            'stakes received', 'rewards claimed', 'stake returned', 'paid out', 'delegated anew',
            'held by the pool', 'held by the stubs', 'difference'
        ], part
    ),
    part;
