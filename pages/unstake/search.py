"""Looking for an unstake by its address and amount: the store's own logs first, then a node for
the blocks after them."""

from __future__ import annotations

from data import TrackerError
from data.config import Network
from data.live.by_log import Made
from data.live.verdict import Expected
from pages.unstake import node
from ui.shown.store_view import StoreView


def find(
    view: StoreView, network: Network, expected: Expected, since: int, newest: int | None
) -> tuple[tuple[Made, ...], str]:
    """Each such unstake from block `since` on, and why later ones than the store's cannot be told
    ("" where they can). `newest` is the newest block that a node told of, where one did: the store
    may be ahead of it."""
    stored = _stored(view, expected, since)
    first = max(since, (view.info.synced_block or 0) + 1)
    first = first if newest is None else min(first, newest)
    try:
        later = node.made(network, expected, first)
    except TrackerError as error:
        return stored, str(error)
    known = {one.wr_id for one in stored}
    return (*stored, *(one for one in later if one.wr_id not in known)), ""


def _stored(view: StoreView, expected: Expected, since: int) -> tuple[Made, ...]:
    requests = view.ask("requests_by_address", address=expected.sender)
    return tuple(
        Made(row["block"], row["requested_tx"], row["wr_id"])
        for row in requests.reverse().iter_rows(named=True)
        if row["block"] >= since
        and (row["token"], row["burned_wei"]) == (expected.token, expected.amount_wei)
    )
