-- Money that reached a staker: `manual` when claimed by hand after a refused push.
SELECT
    moved_at AS paid_at,
    block,
    tx,
    wr_id,
    payout_wei,
    by_hand AS manual
FROM head_moves
WHERE NOT refused
ORDER BY position
