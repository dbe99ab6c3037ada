-- Days since the last of each
--
-- How long nothing was requested, paid, claimed or returned at the last sync. Restaked rewards
-- feed nothing and do not count.
--
-- columns:
--   event    VARCHAR      text  payout, request, returned stake or reward claim
--   last_at  TIMESTAMPTZ  UTC   block time of the last one; NULL if there was none
--   days     DOUBLE       days  from then to the last sync; NULL if there was none

WITH lasts (event, last_at) AS (
    SELECT 'payout', max(paid_at) FROM payouts
    UNION ALL
    SELECT 'request', max(requested_at) FROM requests
    UNION ALL
    SELECT 'returned stake', max(returned_at) FROM returned_stakes
    UNION ALL
    SELECT 'reward claim', max(claimed_at) FROM reward_claims WHERE NOT restaked
)

SELECT
    lasts.event,
    lasts.last_at,
    date_diff('second', lasts.last_at, store_info.synced_at) / 86400 AS days
FROM lasts CROSS JOIN store_info
ORDER BY lasts.event;
