-- Each event by which the queue's head passed a request, in the chain's order.
--
-- A `Withdrawn` after a `ManualWithdrawalExpected` of the same request is a claim made by
-- hand: it may come in any order and moves no head.
WITH settlements AS (
    SELECT
        topic_number(topic2) AS wr_id,
        event = 'ManualWithdrawalExpected' AS refused,
        word(data, 0) AS payout_wei,
        position,
        block_time AS moved_at,
        block,
        tx
    FROM decodable_logs
    WHERE contract = 'pool' AND event IN ('Withdrawn', 'ManualWithdrawalExpected')
)

SELECT
    *,
    coalesce(
        bool_or(refused) OVER (
            PARTITION BY wr_id ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ), FALSE
    ) AND NOT refused AS by_hand
FROM settlements
ORDER BY position
