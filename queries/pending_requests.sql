-- Requests waiting
--
-- The queue as it stands at the last sync, head first or the largest first. Place and FTM ahead
-- count every request, whatever its token. What was rejected and waits for a claim by hand is no
-- longer in the queue. One of an unknown amount did not fit, so it is larger than any other.
--
-- params:
--   token         ENUM('aFTMb', 'aFTMc')   token    whose requests to list; default both
--   first         ENUM('head', 'largest')  text     which come first; default head
--   rows          BIGINT                   count    how many; default the whole queue
-- columns:
--   wr_id         BIGINT                   id       request
--   place         BIGINT                   count    place in the queue, the head is 1
--   staker        VARCHAR                  address  who made it
--   token         VARCHAR                  token    what was burned for it
--   payout_ftm    DOUBLE                   FTM      to be paid, whole; NULL if not known
--   share         DOUBLE                   share    of all that waits; NULL if that is not known
--   ahead_ftm     DOUBLE                   FTM      to be paid before it; NULL if not known
--   requested_at  TIMESTAMPTZ              UTC      block time of the request
--   waited_days   DOUBLE                   days     from the request to the last sync
--   requested_tx  VARCHAR                  hash     transaction of the request
--   payout_wei    DECIMAL(38,0)            wei      the payout to the last digit

WITH params AS (
    SELECT
        getvariable('token')::ENUM('aFTMb', 'aFTMc') AS token,
        coalesce(getvariable('first')::ENUM('head', 'largest'), 'head') AS first,
        coalesce(getvariable('rows')::BIGINT, (SELECT 1 + count(*) FROM requests)) AS shown
),

queue AS (
    SELECT
        *,
        least(payout_wei, 1e34::DECIMAL(38, 0)) AS wei, -- an unknown amount, see README.md
        sum(if(ahead_wei IS NULL, 1e34::DECIMAL(38, 0), wei)) OVER () AS waiting_wei,
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
    queue.payout_wei / nullif(try_cast(queue.waiting_wei AS DECIMAL(33, 0)), 0) AS share,
    queue.ahead_wei / 1e18 AS ahead_ftm,
    queue.requested_at,
    date_diff('second', queue.requested_at, store_info.synced_at) / 86400 AS waited_days,
    queue.requested_tx,
    queue.payout_wei
FROM queue CROSS JOIN store_info CROSS JOIN params
WHERE queue.token = coalesce(params.token, queue.token)
ORDER BY
    if(params.first = 'largest', queue.wei, 0) DESC,
    queue.place ASC, queue.requested_block ASC, queue.requested_tx ASC
LIMIT (SELECT if(shown > 0, shown, error('rows: want 1 or more')) FROM params);
