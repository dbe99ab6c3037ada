"""Looking for an unstake by its address and amount: the store's own logs first, then a node for
the blocks after them."""

from __future__ import annotations

from answers.store_view import StoreView
from data import TrackerError
from data.config import Network
from data.live.by_log import Made
from data.live.verdict import Expected
from pages.unstake import node


def find(
    view: StoreView, network: Network, expected: Expected, since: int, newest: int | None
) -> tuple[tuple[Made, ...], str]:
    """Each such unstake from block `since` on, and why later ones than the store's are not known
    ("" where they can). `newest` is the newest block that a node told of, where one did: the store
    may be ahead of it."""
    stored = _stored(view, expected, since)
    first = _unread_from(view, since)
    first = first if newest is None else min(first, newest)
    try:
        later = node.made(network, expected, first)
    except TrackerError as error:
        return stored, str(error)
    known = {one.wr_id for one in stored}
    return (*stored, *(one for one in later if one.wr_id not in known)), ""


def _unread_from(view: StoreView, since: int) -> int:
    """The first block from `since` on that was not read from a node. Files do not say what they
    leave out."""
    ranges = view.ask("coverage").filter(filter="pool").sort("from_block")
    for first, last in ranges.select("from_block", "to_block").drop_nulls().rows():
        if first <= since <= last:
            since = last + 1
    return since


def _stored(view: StoreView, expected: Expected, since: int) -> tuple[Made, ...]:
    requests = view.ask("requests_by_address", address=expected.sender)
    return tuple(
        Made(row["block"], row["requested_tx"], row["wr_id"])
        for row in requests.reverse().iter_rows(named=True)
        if row["block"] >= since
        and (row["token"], row["burned_wei"]) == (expected.token, expected.amount_wei)
    )
