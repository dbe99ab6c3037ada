"""Step 4 of the Unstake page: what became of a signed unstake, and where its request stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial

import streamlit as st

from answers import calendar, ending_words, sentences, words
from answers.calendar import Likely
from answers.scored import Odds
from answers.store_view import StoreView
from data import TrackerError
from data.config import Network
from data.live.outcome import Outcome
from data.live.reading import Reading
from data.live.receipts import Requested
from data.live.verdict import Expected, Kind
from data.pool.amounts import ONE, format_short
from data.pool.identifiers import Unreadable, read_hash
from forecast import ReleaseWindow
from pages.unstake import inputs, node, refused, search, shared
from pages.unstake.form import Form, another, has_moved_on, step_button
from pages.unstake.now import Now, is_near, read_now
from ui.odds import window_card
from ui.parts import links
from ui.request import card

LOOKED_EVERY = "15s"
# The store may know of a transaction what a node's answer does not tell.
_OF_THE_STORE: dict[Kind, str] = {
    "not found": "No endpoint knows this transaction any more. The store does:",
    "no request": "It is an unstake of the pool's first version, which the store knows:",
    "another contract": "It went through another contract. The store knows the unstake it made:",
}


def show(now: Now) -> None:
    """The receipt against what was to be signed, and where the request stands now."""
    form = now.form
    inputs.text(
        "Transaction hash",
        "tx",
        width=640,
        help="Of the unstake. It is a claim: the chain is asked what it really did.",
        placeholder="0x…",
    )
    if not form.tx and form.wr_id is None:
        _nothing_yet(now.view)
        return
    if form.tx:
        found = read_hash(form.tx)
        if isinstance(found, Unreadable):
            st.error(
                "This is no hash: a transaction hash is 0x and 64 hex digits: copy the whole of "
                f"it. {found.why}"
            )
        if not isinstance(found, str):
            return
        shared.followed().setdefault(found)
    if now.network is None or now.network.simulated:
        _by_store(now)
    else:
        st.fragment(_by_node, run_every=LOOKED_EVERY)(now.view, form)


def _nothing_yet(view: StoreView) -> None:
    st.caption("Paste your transaction hash to see your place and the expected date.")
    query = {"network": view.source.name}
    st.page_link(
        links.page("track"), label="Find a request by its address, on Track", query_params=query
    )
    newest = view.ask_row("newest_request")
    if view.info.simulated and newest is not None:
        fields = {"request": str(newest["wr_id"])}
        step_button(f"Show an example: request {newest['wr_id']:,}", 4, fields)


def _by_store(now: Now) -> None:
    """What the store alone knows."""
    if not now.form.tx:
        assert now.form.wr_id is not None
        _request(now, now.form.wr_id)
        return
    payouts = shared.requests_made_by(now.view, now.form.tx_hash or "")
    if len(payouts) > 1:
        _which(payouts)
    elif payouts:
        _request(now, next(iter(payouts)))
    else:
        st.info(f"The store knows no such unstake. {sentences.read_up_to(now.view)}")


def _by_node(view: StoreView, form: Form) -> None:
    """Asks the chain anew, as long as the page is open: it runs by itself, on a reading of its
    own."""
    if has_moved_on(form):
        st.rerun()
    now = read_now(view, form)
    network = now.network
    if network is None or not form.tx:
        _by_store(now)
        return
    signed = shared.followed().get(form.tx_hash or "")
    expected = signed[1] if signed else form.expected
    try:
        outcome = node.outcome(network, form.tx_hash or form.tx, expected)
    except TrackerError as error:
        shared.no_node(
            "The chain cannot be asked now. It is asked again soon.",
            ending_words.no_node(view.ending, str(error)),
        )
        _by_store(now)
        return
    if outcome.kind in _OF_THE_STORE and shared.requests_made_by(view, form.tx_hash or ""):
        st.info(_OF_THE_STORE[outcome.kind])
        _by_store(now)
        return
    _outcome(form, outcome, expected)
    if otherwise := shared.came_otherwise(network.name, outcome):
        st.warning(otherwise)
    made = {one.wr_id: one for one in outcome.requests}
    if outcome.kind == "not found":
        _under_another_hash(now, network, expected)
    elif outcome.fetches is not None:
        _which({outcome.fetches: "what became of it"})
    elif (wr_id := outcome.wr_id if form.wr_id not in made else form.wr_id) is not None:
        _request(now, wr_id, replace(outcome, request=made[wr_id]))
    elif made:
        payouts = {wr_id: f"{format_short(one.payout_wei)} FTM" for wr_id, one in made.items()}
        _which(payouts, tx=form.tx)


def _which(requests: Mapping[int, str], tx: str = "") -> None:
    if len(requests) > 1:
        st.markdown("It made several requests. Which one do you mean?")
    for wr_id, payout in requests.items():
        step_button(f"Request {wr_id:,}: {payout}", 4, {"tx": tx, "request": str(wr_id)})


def _outcome(form: Form, outcome: Outcome, expected: Expected) -> None:
    sentence = words.escaped(outcome.sentence)
    if outcome.kind in ("success", "fetched"):
        st.success(sentence, icon=":material/check:")
        if outcome.kind == "success" and (missing := _not_compared(expected)):
            st.caption(f"It was not compared with what you entered: the link holds no {missing}.")
    elif outcome.kind in ("not found", "pending"):
        st.info(sentence, icon=":material/hourglass_empty:")
    else:
        st.error(sentence, icon=":material/error:")
        if outcome.kind == "reverted" and outcome.fetches is None:
            step_button("Back to the checks", 2, another(form))


def _not_compared(expected: Expected) -> str:
    lacking = {"address": expected.sender, "amount": expected.amount_wei}
    return " and no ".join(name for name, given in lacking.items() if given is None)


def _under_another_hash(now: Now, network: Network, expected: Expected) -> None:
    """A wallet that speeds a transaction up sends it anew, under another hash: the same unstake
    is looked for in the pool's own log."""
    form = now.form
    st.caption(
        "A multisig, such as a Safe, shows a hash of its own until its owners have signed: paste "
        "the hash of the transaction that carried it out."
    )
    if form.since is None or _not_compared(expected):
        st.markdown(
            "If the wallet's activity shows another hash for it, because it was sped up there, "
            "paste that one. Track finds a request by its address too, once a sync has read it."
        )
        _on_track(now)
        return
    newest = node.live(network, expected.token, 0, None, None)
    if newest.reading is None:
        st.caption(f"Its other hash cannot be asked for: {words.fault(newest.why_not)}.")
        return
    newest_block = newest.reading.block
    since = min(form.since, newest_block)
    made, why_not = search.find(now.view, network, expected, since, newest_block)
    # One that was signed here under a hash of its own is another unstake.
    own = {tx for tx, signed in shared.followed().items() if signed} | {form.tx_hash}
    if others := [each for each in made if each.tx_hash not in own]:
        st.markdown(
            "The chain holds **the same unstake of this address under another hash**: a wallet "
            "that speeds a transaction up, or sends it again, gives it a new one."
        )
        shared.follow_buttons(others)
    if why_not:
        shared.not_found_out("Whether it has another hash is not known now.", why_not)
        _on_track(now)
    if others or why_not:
        return
    st.markdown(
        f"Nor does the chain hold the same unstake under another hash, from block {since:,} "
        "on. It is looked for again every 15 seconds. If the wallet says that it was cancelled "
        "or dropped, nothing was unstaked:"
    )
    step_button("Back to the checks", 2, another(form))


def _on_track(now: Now) -> None:
    holder = now.form.holder
    query = {"network": now.view.source.name} | ({"find": holder} if holder else {})
    st.page_link(links.page("track"), label="Look for it on Track", query_params=query)


def _request(now: Now, wr_id: int, outcome: Outcome | None = None) -> None:
    """Where the request stands: by the store, which has its history, until then by the chain."""
    view = now.view
    history = view.ask("request_history", wr_id=wr_id)
    if not history.height:
        if outcome is not None and outcome.request is not None:
            _not_synced(now, outcome, outcome.request)
        else:
            synced = sentences.read_up_to(view)
            st.info(f"The store does not know request {wr_id:,}. {synced}")
        return
    if history["staker"][0] is None:
        st.warning(sentences.missing(wr_id))
        return
    request = shared.request_row(view, wr_id)
    waits = request if request is not None and request["status"] == "pending" else None
    passed = waits is not None and _passed_since(now, wr_id, waits["payout_wei"])
    if passed:
        st.markdown("Below is what the store knew before.")
    card.show(view, wr_id, history, partial(refused.show, now.network, view.ending, wr_id))
    if waits is not None and not passed:
        step_button("It takes too long", 5, {"request": str(wr_id)})


def _passed_since(now: Now, wr_id: int, payout_wei: Decimal | None) -> bool:
    """Of one that waits by the store: what a node tells, where the queue's head has passed it."""
    if now.network is None or now.network.simulated:
        return False
    reading = now.live.reading
    if reading is None or reading.first_wr_id is None or wr_id >= reading.first_wr_id:
        return False
    _left(now, reading, wr_id, None if payout_wei is None else int(payout_wei))
    return True


def _not_synced(now: Now, outcome: Outcome, request: Requested) -> None:
    """A request that the chain has and the store does not yet: where it stands as a node tells it
    now, when it is paid, and what happens next."""
    st.subheader(f"Request {request.wr_id:,}", anchor=False)
    st.markdown(
        f"It is on the chain: {format_short(request.payout_wei)} FTM will be paid, whole. "
        f"{sentences.read_up_to(now.view)}"
    )
    queue = range(min(now.queue.start, request.wr_id), request.wr_id + 1)
    live = node.live(now.network, request.token, 0, None, queue, payouts=now.payouts)
    reading = live.reading
    if reading is not None and not _waits(reading, request):
        _left(now, reading, request.wr_id, request.payout_wei)
        return
    if reading is None:
        st.caption(f"Its place is unknown: {words.fault(live.why_not)}.")
    _calendar(now.view, outcome, request, _window(now, reading, outcome, request))
    st.subheader("What happens next", anchor=False)
    st.markdown(
        "1. The operator claims rewards, and pays the queue from its head.\n"
        f"2. The FTM are sent to `{request.staker}`. You sign nothing more.\n"
        "3. Bookmark this page to follow it. The next sync adds its history."
    )


def _left(now: Now, reading: Reading, wr_id: int, payout_wei: int | None) -> None:
    """The queue's head has passed it: a node knows at once whether its receiver rejected it. The
    node may be another one, and behind."""
    network, unknown = now.network, "the next sync tells whether it was paid."
    assert network is not None
    try:
        payout = node.set_aside(network, wr_id, None)
    except TrackerError as error:
        st.markdown(f"It has **left the queue** since: {unknown}")
        st.caption(f"A node cannot tell now: {words.fault(str(error))}.")
        return
    if payout.waits:
        st.warning(
            "Its payment was **rejected by the receiver**. The pool keeps "
            f"{words.payout(payout_wei)} for it."
        )
        refused.show(network, now.view.ending, wr_id)
    elif payout.waits is None or payout.payout_wei != 0 or (payout.block or 0) < reading.block:
        st.markdown(f"It has **left the queue** since: {unknown}")
    else:
        st.markdown(
            "It has **left the queue**, and the pool keeps nothing back for it: "
            f"{words.payout(payout_wei)} were paid. The next sync tells when."
        )


def _waits(reading: Reading, request: Requested) -> bool:
    """Whether it waits still; shows the place of one that does."""
    if reading.first_wr_id is None:
        st.caption("Its place is unknown: the node does not tell where the queue begins.")
        return True
    place = request.wr_id - reading.first_wr_id + 1
    if place < 1:
        return False
    ahead_wei = reading.ahead_wei(request.wr_id)
    ahead = "an unknown amount" if ahead_wei is None else words.ahead(ahead_wei)
    st.markdown(
        f"It stands at **place {place:,}** of the queue at block {reading.block:,}: {ahead} "
        "to be paid before it."
    )
    return True


def _window(
    now: Now, reading: Reading | None, outcome: Outcome, request: Requested
) -> Likely | None:
    """When it is expected to be paid; returns the day for a calendar, if there is one."""
    st.subheader("When it is paid", anchor=False)
    odds = now.odds
    if odds is None:
        window_card.unscored(now.view)
        return None
    window = _odds(odds, reading, request)
    window_card.show(odds, window, outcome.at or odds.at)
    return calendar.likely(window)


def _odds(odds: Odds, reading: Reading | None, request: Requested) -> ReleaseWindow | None:
    """By what the node says stands before it; the money is forecast from the store."""
    ahead_wei = None if reading is None else reading.ahead_wei(request.wr_id)
    spendable_wei = None if reading is None else reading.spendable_wei
    if reading is None or ahead_wei is None or spendable_wei is None:
        st.caption("As if it was made at the newest block here: what waits before it is unknown.")
        return odds.present.new_window(request.payout_wei / ONE)
    if not is_near(reading, odds):
        st.caption("As if it was made at the newest block here: the node's is over an hour away.")
        return odds.present.new_window(request.payout_wei / ONE)
    present = replace(odds.present, spendable_ftm=max(0.0, spendable_wei / ONE))
    return present.window(ahead_wei / ONE, request.payout_wei / ONE)


def _calendar(view: StoreView, outcome: Outcome, request: Requested, likely: Likely | None) -> None:
    if outcome.at is None:
        st.caption("The calendar file comes with the next sync: no node tells the block's time.")
        return
    row = {
        "wr_id": request.wr_id,
        "status": "pending",
        "requested_at": outcome.at,
        "requested_tx": outcome.tx_hash,
        "payout_wei": request.payout_wei,
    }
    link = card.link_back(view, request.wr_id)
    known = f"Known from block {outcome.block}, {words.moment(outcome.at)}."
    entry = calendar.entry(view.info, row, link, view.now, likely, known, view.ending)
    if entry is not None:
        st.caption(card.calendar_file(view, request.wr_id, entry))
