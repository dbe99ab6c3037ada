"""The queue, and what an unstake made now gives and when it is paid."""

from __future__ import annotations

from answers import terms, typed_amount
from answers.store_view import StoreView
from api.forms import Head, Pool, QueueNow, ReleaseWindow, Token
from api.problems import Problem
from api.values import amount, iso
from api.windows import odds_of, window_of
from data.pool.amounts import ONE


def queue_now(store: StoreView) -> QueueNow:
    """The queue at the store's newest block."""
    row = store.ask("queue_in_wei").row(0, named=True)
    head = None
    if row["head_id"] is not None:
        head = Head(
            id=row["head_id"],
            payout=amount(row["head_wei"]),
            requested_at=iso(row["head_at"]),
            missing=amount(row["missing_wei"]),
        )
    pool = Pool(
        balance=amount(row["balance_wei"]),
        sampled_at=iso(row["balance_at"]),
        kept=amount(row["stashed_wei"]),
        spendable=amount(row["spendable_wei"]),
    )
    return QueueNow(
        requests=row["requests"],
        waiting=amount(row["waiting_wei"]),
        head=head,
        pool=pool,
        rejected=row["stashed"],
        newest_request=row["newest_id"],
    )


def release_window(store: StoreView, token: Token, amount_wei: int) -> ReleaseWindow:
    """What burning `amount_wei` of a token gives at the newest block, and when it is paid. Raises
    Problem for more than was ever staked, and where the fee takes all."""
    row = store.ask("unstake_terms").row(0, named=True)
    given = terms.given(None, terms.read_terms(row), token, amount_wei)
    if too_much := typed_amount.over_staked(store, given.gross_wei):
        raise Problem(400, "bad-amount", too_much)
    if given.payout_wei == 0:
        raise Problem(400, "bad-amount", "The fee takes all of this amount. Ask for a larger one.")
    odds = odds_of(store)
    window = None
    if odds is not None and given.payout_wei is not None:
        window = odds.present.new_window(given.payout_wei / ONE)
    queue = store.ask("queue_in_wei").row(0, named=True)
    requested_at = odds.now if odds else store.now
    return ReleaseWindow(
        token=token,
        amount=amount(amount_wei),
        gross=amount(given.gross_wei),
        fee=amount(given.fee_wei),
        payout=amount(given.payout_wei),
        terms=given.reason or given.origin,
        place=None if queue["waiting_wei"] is None else queue["requests"] + 1,
        ahead=amount(queue["waiting_wei"]),
        window=window_of(store, odds, window, requested_at, given.payout_wei is not None),
    )
