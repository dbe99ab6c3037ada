"""A request that the chain has and the store does not yet: step 4 of the Unstake page until the
next sync."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import streamlit as st

from data.live.by_log import Made
from data.live.outcome import Outcome
from data.live.reading import Reading
from data.live.receipts import Requested
from data.pool.amounts import DECIMALS, format_short
from forecast import ReleaseWindow
from pages.unstake import form, node, step1_terms
from pages.unstake.node import Live
from ui.odds import scored, window_card
from ui.odds.scored import Odds
from ui.parts import words
from ui.request import calendar, card, sentences
from ui.request.calendar import Likely
from ui.shown.store_view import StoreView

_ONE = 10**DECIMALS


def show(view: StoreView, found: Outcome, request: Requested) -> None:
    """Where it stands as a node tells it now, when it is paid, and what happens next."""
    st.subheader(f"Request {request.wr_id:,}", anchor=False)
    st.markdown(
        f"It is on the chain: {format_short(request.payout_wei)} FTM will be paid, whole. "
        f"{sentences.read_up_to(view.info)}"
    )
    known = _read(view, request)
    if known.reading is not None and not _waits(known.reading, request):
        st.markdown("It has **left the queue** since: the next sync tells whether it was paid.")
        return
    if known.reading is None:
        st.caption(f"Its place is unknown: {words.fault(known.why_not)}.")
    _calendar(view, found, request, _window(view, known, found, request))
    st.subheader("What happens next", anchor=False)
    st.markdown(
        "1. The operator claims rewards, and pays the queue from its head.\n"
        f"2. The FTM are sent to `{request.staker}`. You sign nothing more.\n"
        "3. This page follows it: keep its link. The next sync adds its history."
    )


def follow(made: Iterable[Made]) -> None:
    """A button to step 4 for each of these unstakes."""
    for each in made:
        wr_id, at = each.request.wr_id, each.block
        fields = {"tx": each.tx_hash, "request": ""}
        form.go(f"Follow request {wr_id:,} of block {at:,}", 4, fields, primary=True)


def _read(view: StoreView, request: Requested) -> Live:
    network = node.network_of(view)
    queue = step1_terms.waiting_ids(view)
    queue = range(min(queue.start, request.wr_id), request.wr_id + 1)
    return node.live(network, request.token, 0, None, queue)


def _waits(reading: Reading, request: Requested) -> bool:
    """Says the place of one that waits."""
    if reading.first_wr_id is None:
        st.caption("Its place is unknown: the node does not tell where the queue begins.")
        return True
    place = request.wr_id - reading.first_wr_id + 1
    if place < 1:
        return False
    ahead_wei = reading.ahead_wei(request.wr_id)
    ahead = "an unknown amount" if ahead_wei is None else f"{format_short(ahead_wei)} FTM"
    st.markdown(
        f"It stands at **place {place:,}** of the queue at block {reading.block:,}: {ahead} "
        "to be paid before it."
    )
    return True


def _window(view: StoreView, known: Live, found: Outcome, request: Requested) -> Likely | None:
    """When it is expected to be paid; returns the day for a calendar, if there is one."""
    st.subheader("Expected release window", anchor=False)
    now = scored.odds_of(view)
    if now is None:
        window_card.unscored(view.source)
        return None
    window = _odds(now, known, request)
    window_card.show(now, window, found.at or now.at)
    return calendar.likely(window)


def _odds(now: Odds, known: Live, request: Requested) -> ReleaseWindow | None:
    """By what the node says stands before it; the money is forecast from the store."""
    reading = known.reading
    ahead_wei = None if reading is None else reading.ahead_wei(request.wr_id)
    spendable_wei = None if reading is None else reading.spendable_wei
    if reading is None or ahead_wei is None or spendable_wei is None:
        st.caption("As if asked for at the store's last block: what waits before it is not known.")
        return now.present.new_window(request.payout_wei / _ONE)
    if not step1_terms.is_near(reading, now):
        st.caption("As if asked for at the store's last block: the node's is over an hour from it.")
        return now.present.new_window(request.payout_wei / _ONE)
    present = replace(now.present, spendable_ftm=max(0.0, spendable_wei / _ONE))
    return present.window(ahead_wei / _ONE, request.payout_wei / _ONE)


def _calendar(view: StoreView, found: Outcome, request: Requested, likely: Likely | None) -> None:
    if found.at is None:
        st.caption("The calendar file comes with the next sync: no node tells the block's time.")
        return
    row = {
        "wr_id": request.wr_id,
        "status": "pending",
        "requested_at": found.at,
        "requested_tx": found.tx_hash,
        "payout_ftm": request.payout_wei / _ONE,
    }
    link = card.link_back(view, request.wr_id)
    known = f"Known from block {found.block}, {words.moment(found.at)}."
    entry = calendar.entry(view.info, row, link, view.now, likely, known)
    if entry is not None:
        st.caption(card.calendar_file(view, request.wr_id, entry))
