-- One row a request, with its fate and what stood ahead of it.
--
-- ahead = payouts of the requests between the head and this one. The head at the time of
-- a request is the last id that a head event had passed by then, plus one. An amount that
-- does not fit (or could not be summed: 1e33 wei is 300,000 times all FTM) makes the sums
-- over it unknown (NULL), never smaller; so does a lost request. A request that the head has
-- passed and whose settlement is lost has no status: what became of it is not known.
--
-- `queue_from`, where it is set, leaves out the requests before that id: what stood ahead of one
-- is then right as far as it is counted from there on.
WITH burns AS (
    SELECT
        topic_number(topic2) AS wr_id,
        topic_address(topic1) AS staker,
        CASE
            WHEN event = 'TokensBurned2' AND topic_number(topic3) = 0 THEN 'aFTMc'
            ELSE 'aFTMb'
        END AS token,
        word(data, 0) AS gross_wei,
        word(data, 2) AS fee_wei,
        (word(data, 0) - word(data, 2))::DECIMAL(38, 0) AS payout_wei,
        word(data, 1) AS shares_wei,
        block_time AS requested_at,
        block AS requested_block,
        tx AS requested_tx,
        position
    FROM decodable_logs
    WHERE
        contract = 'pool' AND event IN ('TokensBurned', 'TokensBurned2')
        AND topic_number(topic2) >= coalesce(getvariable('queue_from')::BIGINT, 0)
),

heads AS (
    SELECT
        position,
        max(wr_id) OVER (ORDER BY position) + 1 AS head
    FROM head_moves
    WHERE NOT by_hand AND wr_id >= coalesce(getvariable('queue_from')::BIGINT, 0) - 1
),

queue AS (
    SELECT
        *,
        coalesce(payout_wei <= 1e33::DECIMAL(38, 0), FALSE) AS summable,
        coalesce(sum(payout_wei) FILTER (WHERE summable) OVER earlier, 0)::DECIMAL(38, 0)
            AS before_wei,
        coalesce(sum((NOT summable)::INTEGER) OVER earlier, 0) AS before_unsummable,
        wr_id + 1 - dense_rank() OVER (ORDER BY wr_id) AS before_lost,
        before_unsummable + before_lost AS before_unknown
    FROM burns
    WINDOW earlier AS (ORDER BY wr_id, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),

placed AS (
    SELECT
        queue.*,
        least(coalesce(heads.head, 0), queue.wr_id) AS head_then,
        least((SELECT coalesce(max(head), 0) FROM heads), queue.wr_id) AS head_now
    FROM queue
    ASOF LEFT JOIN heads ON queue.position > heads.position
),

marks AS (
    SELECT
        wr_id,
        min(before_wei) AS before_wei,
        min(before_unknown) AS before_unknown
    FROM queue
    GROUP BY wr_id
),

settled AS (
    SELECT
        wr_id,
        min(moved_at) FILTER (WHERE refused) AS manual_at,
        min_by(moved_at, position) FILTER (WHERE NOT refused) AS paid_at,
        min_by(block, position) FILTER (WHERE NOT refused) AS paid_block,
        min_by(tx, position) FILTER (WHERE NOT refused) AS paid_tx
    FROM head_moves
    WHERE wr_id >= coalesce(getvariable('queue_from')::BIGINT, 0)
    GROUP BY wr_id
)

SELECT
    placed.wr_id,
    placed.staker,
    placed.token,
    placed.gross_wei,
    placed.fee_wei,
    placed.payout_wei,
    placed.shares_wei,
    placed.requested_at,
    placed.requested_block,
    placed.requested_tx,
    CASE
        WHEN settled.paid_at IS NOT NULL THEN 'paid'
        WHEN settled.manual_at IS NOT NULL THEN 'manual'
        WHEN placed.wr_id >= (SELECT coalesce(max(head), 0) FROM heads) THEN 'pending'
    END AS status,
    settled.manual_at,
    settled.paid_at,
    settled.paid_block,
    settled.paid_tx,
    CASE
        WHEN placed.before_unknown = at_head_then.before_unknown
            THEN (placed.before_wei - at_head_then.before_wei)::DECIMAL(38, 0)
    END AS ahead_wei_at_request,
    CASE
        WHEN settled.wr_id IS NOT NULL THEN 0::DECIMAL(38, 0)
        WHEN placed.wr_id < (SELECT coalesce(max(head), 0) FROM heads) THEN NULL
        WHEN placed.before_unknown = at_head_now.before_unknown
            THEN (placed.before_wei - at_head_now.before_wei)::DECIMAL(38, 0)
    END AS ahead_wei
FROM placed
LEFT JOIN marks AS at_head_then ON placed.head_then = at_head_then.wr_id
LEFT JOIN marks AS at_head_now ON placed.head_now = at_head_now.wr_id
LEFT JOIN settled ON placed.wr_id = settled.wr_id
ORDER BY placed.wr_id, placed.position
