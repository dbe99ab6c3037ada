-- Fee over time
--
-- What it cost to unstake 1,000 FTM at the end of each UTC day on which a rule was set or a
-- request made. It rises with the shift: what the rule began with, and was burned since.
--
-- params:
--   since            DATE         UTC    first day; default the first rule's or request's
--   until            DATE         UTC    last day; default the last rule's or request's
-- columns:
--   day              TIMESTAMPTZ  UTC    start of the day
--   fee_of_1000_ftm  DOUBLE       FTM    fee on 1,000 FTM; NULL if not known
--   shift_ftm        DOUBLE       FTM    the shift; NULL if there is none or not known
--   rule_at          TIMESTAMPTZ  UTC    when the rule in force was set; NULL if not known

WITH params AS (
    SELECT
        getvariable('since')::DATE AS since, getvariable('until')::DATE AS until,
        try_cast(min(topic2) AS UBIGINT) AS counts_from, 1e34::DECIMAL(38, 0) AS much
    FROM raw_logs WHERE starts_with(topic0, '0xd34d49a7')
),

moves (block, moved_at, ruled, gross_wei) AS ( -- 1e34: an unknown amount, see README.md
    SELECT block, updated_at, 1, 0 FROM fee_rules
    UNION ALL
    SELECT requested_block, requested_at, 0, if(wr_id >= counts_from, least(gross_wei, much), 0)
    FROM requests CROSS JOIN params
),

days AS (
    SELECT
        turn, date_trunc('day', make_timestamp(epoch_us(moved_at))) AS day, -- UTC, the fast way
        sum(sum(gross_wei)) OVER (PARTITION BY turn ORDER BY day) AS burned_wei
    FROM (SELECT *, sum(ruled) OVER (ORDER BY block ASC, ruled DESC) AS turn FROM moves) AS turns
    GROUP BY turn, day QUALIFY turn = max(turn) OVER (PARTITION BY day)
),

rules AS ( -- of the second form is a rule that sets a shift, too large to know or not
    SELECT *, row_number() OVER (ORDER BY block, tx) AS turn, fee_shift_wei IS NULL AND tx NOT IN (
        SELECT tx FROM raw_logs WHERE starts_with(topic0, '0xb33273a7')
    ) AS sets_none FROM fee_rules
),

states AS (
    SELECT
        day, updated_at, min_fee_ratio_wei AS low, max_fee_ratio_wei AS high,
        fee_increase_start_wei AS rises, fee_increase_stop_wei AS stops,
        if(sets_none, nullif(burned_wei, 0), fee_shift_wei + burned_wei) AS sum_wei,
        try_cast(sum_wei AS DECIMAL(33, 0)) AS shift_wei,
        1000e18::DECIMAL(38, 0) + if(sets_none AND burned_wei = 0, 0, shift_wei) AS point
    FROM days LEFT JOIN rules ON days.turn = rules.turn
)

SELECT
    day AT TIME ZONE 'UTC' AS day,
    CASE
        WHEN point >= stops THEN high WHEN point <= rises THEN low
        ELSE low + (high - low) * ((point - rises) / (stops - rises))
    END / 1e15 AS fee_of_1000_ftm, shift_wei / 1e18 AS shift_ftm, updated_at AS rule_at
FROM states CROSS JOIN params
WHERE coalesce(day >= since, TRUE) AND coalesce(day <= until, TRUE) ORDER BY states.day;
