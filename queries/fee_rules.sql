-- Fee rules
--
-- Each rule for the burn fee, newest first. The fee is a share of the amount: the least up to
-- a start, the most from a stop on, and on a straight line between them. Counted is the
-- amount, and with it the shift: what was burned since the rule was set.
--
-- columns:
--   updated_at          TIMESTAMPTZ  UTC    when the rule was set
--   min_fee_share       DOUBLE       share  the least fee; NULL if not known, as below
--   max_fee_share       DOUBLE       share  the most
--   increase_start_ftm  DOUBLE       FTM    amount and shift up to which it is the least
--   increase_stop_ftm   DOUBLE       FTM    amount and shift from which it is the most
--   first_shift_ftm     DOUBLE       FTM    the shift to begin with; NULL if the rule has none
--   block               BIGINT       block  block of the rule
--   tx                  VARCHAR      hash   transaction of the rule

SELECT
    updated_at,
    min_fee_ratio_wei / 1e18 AS min_fee_share,
    max_fee_ratio_wei / 1e18 AS max_fee_share,
    fee_increase_start_wei / 1e18 AS increase_start_ftm,
    fee_increase_stop_wei / 1e18 AS increase_stop_ftm,
    fee_shift_wei / 1e18 AS first_shift_ftm,
    block,
    tx
FROM fee_rules
ORDER BY block DESC, tx DESC;
