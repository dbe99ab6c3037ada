-- How many requests, and of how much, by token and state
SELECT token, status, count(*) AS requests, sum(payout_wei) / 1e18 AS payout_ftm
FROM requests
GROUP BY ALL
ORDER BY ALL;

-- Requests of 1,000 FTM and more: how many were paid within 35 days, by half-year
SELECT
    year(requested_at) || ' H' || if(month(requested_at) <= 6, 1, 2) AS half_year,
    count(*) FILTER (coalesce(manual_at, paid_at) - requested_at <= INTERVAL 35 DAY) / count(*)
        AS share,
    count(*) AS requests
FROM requests, store_info
WHERE payout_wei >= 1000e18 AND synced_at - requested_at >= INTERVAL 35 DAY
GROUP BY half_year
ORDER BY half_year;

-- Do payouts follow reward claims, some weeks later
WITH weeks AS (
    SELECT week, sum(claimed) / 1e18 AS claimed, sum(paid) / 1e18 AS paid
    FROM (
        SELECT date_trunc('week', claimed_at) AS week, reward_wei AS claimed, 0 AS paid
        FROM reward_claims WHERE NOT restaked
        UNION ALL
        SELECT date_trunc('week', paid_at), 0, payout_wei FROM payouts
        UNION ALL
        SELECT unnest(generate_series(
            (SELECT date_trunc('week', min(requested_at)) FROM requests), synced_at, INTERVAL 7 DAY
        )), 0, 0 FROM store_info
    )
    GROUP BY week
)
SELECT weeks_later, corr(now.claimed, later.paid) AS correlation, count(*) AS weeks
FROM range(9) AS lags (weeks_later), weeks AS now, weeks AS later
WHERE later.week = now.week + to_days(7 * weeks_later::INTEGER)
GROUP BY weeks_later
ORDER BY weeks_later;

-- Who waits for the most
SELECT staker, sum(payout_wei) / 1e18 AS waiting_ftm, count(*) AS requests
FROM requests
WHERE status = 'pending'
GROUP BY staker
ORDER BY waiting_ftm DESC, staker
LIMIT 10;

-- The queue as it was on 1 March 2024
SELECT
    wr_id, staker, token, requested_at, payout_wei / 1e18 AS payout_ftm,
    sum(payout_wei) OVER (ORDER BY wr_id) / 1e18 AS with_all_before_ftm
FROM requests, (SELECT TIMESTAMPTZ '2024-03-01 00:00:00Z' AS day)
WHERE requested_at < day AND coalesce(coalesce(manual_at, paid_at) >= day, status = 'pending')
ORDER BY wr_id;

-- How long requests waited, those still waiting beside them
SELECT
    epoch(coalesce(manual_at, paid_at, synced_at) - requested_at)::BIGINT // 86400 // 5 * 5
        AS from_day,
    count_if(status <> 'pending') AS paid,
    count_if(status = 'pending') AS waiting_so_far
FROM requests, store_info
GROUP BY from_day
ORDER BY from_day;

-- The pool's balance, day by day
SELECT
    date_trunc('day', sampled_at) AS day,
    max_by(balance_wei, block) / 1e18 AS balance_ftm
FROM pool_balances
GROUP BY day
ORDER BY day;

-- Burn fees by day
SELECT
    date_trunc('day', requested_at) AS day,
    sum(fee_wei) / 1e18 AS fees_ftm,
    sum(fee_wei) / sum(gross_wei) AS share,
    count(*) AS requests
FROM requests
GROUP BY day
ORDER BY day;

-- How many stakers came again
SELECT
    count_if(requests > 1) / count(*) AS share,
    count_if(requests > 1) AS came_again,
    count(*) AS stakers
FROM (SELECT staker, count(*) AS requests FROM requests GROUP BY staker);

-- Payouts by day of the week
SELECT dayname(paid_at) AS weekday, sum(payout_wei) / 1e18 AS paid_ftm, count(*) AS payouts
FROM payouts
GROUP BY weekday, isodow(paid_at)
ORDER BY isodow(paid_at);

-- What came in and what was paid, by month
SELECT
    month,
    sum(claimed) / 1e18 AS claimed_ftm,
    sum(returned) / 1e18 AS returned_ftm,
    sum(staked) / 1e18 AS staked_ftm,
    sum(paid) / 1e18 AS paid_ftm
FROM (
    SELECT
        date_trunc('month', claimed_at) AS month,
        reward_wei AS claimed, 0 AS returned, 0 AS staked, 0 AS paid
    FROM reward_claims WHERE NOT restaked
    UNION ALL
    SELECT date_trunc('month', returned_at), 0, amount_wei, 0, 0 FROM returned_stakes
    UNION ALL
    SELECT date_trunc('month', staked_at), 0, 0, amount_wei, 0 FROM stakes
    UNION ALL
    SELECT date_trunc('month', paid_at), 0, 0, 0, payout_wei FROM payouts
)
GROUP BY month
ORDER BY month;

-- How long requests of the last year waited, by what stood ahead of them
SELECT
    ahead_wei_at_request / 1e18 AS ahead_ftm,
    epoch(coalesce(manual_at, paid_at) - requested_at) / 86400 AS waited_days,
    token, wr_id
FROM requests, store_info
WHERE status <> 'pending' AND requested_at >= synced_at - INTERVAL 365 DAY
ORDER BY ahead_ftm, wr_id;

-- The longest pauses between payouts
SELECT
    lag(paid_at) OVER (ORDER BY paid_at) AS pause_from,
    paid_at AS pause_until,
    epoch(pause_until - pause_from) / 86400 AS pause_days
FROM payouts
WHERE NOT manual
QUALIFY pause_from IS NOT NULL
ORDER BY pause_days DESC, pause_until
LIMIT 20;
