-- Pending requests
--
-- The queue as it stands at the last sync, head first. Place and FTM ahead count every
-- request, whatever its token. What was refused and waits for a claim by hand is no longer
-- in the queue.
--
-- params:
--   token         ENUM('aFTMb', 'aFTMc')  token    whose requests to list; default both
-- columns:
--   wr_id         BIGINT                  id       request
--   place         BIGINT                  count    place in the queue, the head is 1
--   staker        VARCHAR                 address  who asked
--   token         VARCHAR                 token    what was burned for it
--   payout_ftm    DOUBLE                  FTM      to be paid, whole
--   ahead_ftm     DOUBLE                  FTM      to be paid before it; NULL if not known
--   requested_at  TIMESTAMPTZ             UTC      block time of the request
--   waited_days   DOUBLE                  days     from the request to the last sync
--   requested_tx  VARCHAR                 hash     transaction of the request

WITH params AS (
    SELECT getvariable('token')::ENUM('aFTMb', 'aFTMc') AS token
),

queue AS (
    SELECT
        *,
        -- by ids, which are consecutive: a lost request keeps its place
        wr_id - (SELECT coalesce(max(wr_id), -1) FROM head_moves WHERE NOT by_hand) AS place
    FROM requests
    WHERE status = 'pending'
)

SELECT
    queue.wr_id,
    queue.place,
    queue.staker,
    queue.token,
    queue.payout_wei / 1e18 AS payout_ftm,
    queue.ahead_wei / 1e18 AS ahead_ftm,
    queue.requested_at,
    date_diff('second', queue.requested_at, store_info.synced_at) / 86400 AS waited_days,
    queue.requested_tx
FROM queue CROSS JOIN store_info CROSS JOIN params
WHERE queue.token = coalesce(params.token, queue.token)
ORDER BY queue.place;
