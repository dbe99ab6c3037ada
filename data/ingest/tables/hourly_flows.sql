-- What moved in each UTC hour: so many moves, and what they add up to. The tables are summed up
-- here once, so that a question about all of them need not read them all.
--
-- `flows_from`, where it is set, leaves out the hours before it: then only those are wanted that
-- what was appended has changed.
WITH flows (flow, token, moved_at, wei) AS (
    SELECT 'request', token, requested_at, payout_wei FROM requests
    UNION ALL
    SELECT 'release', token, coalesce(manual_at, paid_at), payout_wei FROM requests
    UNION ALL
    SELECT 'payment', token, paid_at, payout_wei FROM requests
    UNION ALL
    SELECT 'refusal', token, manual_at, payout_wei FROM requests
    UNION ALL
    SELECT 'late payment', token, paid_at, payout_wei FROM requests WHERE manual_at IS NOT NULL
    UNION ALL
    SELECT
        CASE WHEN by_hand THEN 'claimed by hand' WHEN refused THEN 'push refused' ELSE 'push' END,
        NULL, moved_at, payout_wei
    FROM head_moves
    UNION ALL
    SELECT if(restaked, 'reward restaked', 'reward'), NULL, claimed_at, reward_wei
    FROM reward_claims
    UNION ALL
    SELECT 'stake returned', NULL, returned_at, amount_wei FROM returned_stakes
    UNION ALL
    SELECT 'stake', NULL, staked_at, amount_wei FROM stakes
),

hours AS (
    SELECT
        epoch_us(moved_at) // 3600000000 AS hour_number,
        flow,
        token,
        count(*) AS moves,
        coalesce(sum(wei) FILTER (WHERE wei < 1e33::DECIMAL(38, 0)), 0)::DECIMAL(38, 0)
            AS amount_wei,
        count(*) - count(*) FILTER (WHERE wei < 1e33::DECIMAL(38, 0)) AS unknown,
        min(moved_at) AS first_at,
        max(moved_at) AS last_at
    FROM flows
    WHERE moved_at >= coalesce(getvariable('flows_from')::TIMESTAMPTZ, '-infinity'::TIMESTAMPTZ)
    GROUP BY hour_number, flow, token
)

SELECT
    make_timestamptz(hour_number * 3600000000) AS hour,
    flow,
    token,
    moves,
    amount_wei,
    unknown,
    first_at,
    last_at
FROM hours
ORDER BY hour, flow, token
