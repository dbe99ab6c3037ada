"""Step 4 of the Unstake page: what became of a signed unstake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import streamlit as st

from data import ConfigError, TrackerError
from data.config import Network
from data.live.outcome import Outcome
from data.live.verdict import Expected
from data.pool.amounts import format_short
from data.pool.identifiers import parse_hash
from pages.unstake import form as unstake_form
from pages.unstake import inputs, node, step4_not_synced, step4_refused, step5_late, wishes
from pages.unstake.form import Form
from ui.parts import links, words
from ui.request import card, sentences
from ui.shown.store_view import StoreView

LOOKED_EVERY = "15s"


def progress(view: StoreView, form: Form) -> None:
    """Step 4: the receipt against what was asked, and where the request stands now."""
    inputs.text(
        "Transaction hash",
        "tx",
        width=640,
        help="Of the unstake. It is a claim: the chain is asked what it really did.",
        placeholder="0x…",
    )
    if not form.tx and form.wr_id is None:
        _nothing_yet(view)
        return
    if form.tx:
        try:
            parse_hash(form.tx)
        except ConfigError as error:
            st.error(words.fault(str(error)))
            return
        if form.tx_hash and form.tx_hash not in wishes.followed():
            wishes.followed().append(form.tx_hash)
    network = node.network_of(view)
    if network is None or network.simulated:
        _by_store(view, form)
    else:
        st.fragment(_followed, run_every=LOOKED_EVERY)(view, form, network)


def _nothing_yet(view: StoreView) -> None:
    st.caption("Paste the hash, and its request, its place and its window appear here.")
    query = {"network": view.source.name}
    st.page_link(
        links.page("track"), label="Find a request by its address, on Track", query_params=query
    )
    newest = view.ask_row("newest_request")
    if view.info.simulated and newest is not None:
        fields = {"request": str(newest["wr_id"])}
        unstake_form.go(f"Show an example: request {newest['wr_id']:,}", 4, fields)


def _by_store(view: StoreView, form: Form) -> None:
    """What the store alone knows."""
    if not form.tx:
        assert form.wr_id is not None
        _stands(view, form.wr_id)
        return
    payouts = step5_late.made_by(view, form.tx)
    if len(payouts) > 1:
        _which(payouts)
    elif payouts:
        _stands(view, next(iter(payouts)))
    else:
        st.info(f"The store knows no such unstake. {sentences.read_up_to(view.info)}")


def _followed(view: StoreView, form: Form, network: Network) -> None:
    """Asks the chain anew, as long as the page is open."""
    if unstake_form.left(form):
        st.rerun()
    if not form.tx:
        _by_store(view, form)
        return
    asked = Expected(form.holder, form.token, form.amount_wei)
    _, expected = wishes.signed().get(form.tx_hash or "", (network.name, asked))
    try:
        found = node.outcome(network, form.tx, expected)
    except TrackerError as error:
        why_not = words.fault(str(error))
        st.warning(f"The chain cannot be asked now: {why_not}. It is asked again soon.")
        _by_store(view, form)
        return
    if found.kind == "not found" and step5_late.made_by(view, form.tx):
        st.info("No endpoint knows this transaction any more. The store does:")
        _by_store(view, form)
        return
    _told(found, expected)
    mine = {one.wr_id: one for one in found.requests}
    if found.kind == "not found":
        _elsewhere(view, form, network, expected)
    elif found.fetches is not None:
        _which({found.fetches: "what became of it"})
    elif (wr_id := found.wr_id if form.wr_id not in mine else form.wr_id) is not None:
        _stands(view, wr_id, replace(found, request=mine[wr_id]))
    elif mine:
        payouts = {wr_id: f"{format_short(one.payout_wei)} FTM" for wr_id, one in mine.items()}
        _which(payouts, tx=form.tx)


def _which(requests: Mapping[int, str], tx: str = "") -> None:
    if len(requests) > 1:
        st.markdown("It made several requests. Which one do you mean?")
    for wr_id, told in requests.items():
        unstake_form.go(f"Request {wr_id:,}: {told}", 4, {"tx": tx, "request": str(wr_id)})


def _told(found: Outcome, expected: Expected) -> None:
    told = words.escaped(found.sentence)
    if found.kind in ("success", "fetched"):
        st.success(told, icon=":material/check:")
        if found.kind == "success" and (missing := _not_compared(expected)):
            st.caption(f"It was not compared with what was asked for: the link holds no {missing}.")
    elif found.kind in ("not found", "pending"):
        st.info(told, icon=":material/hourglass_empty:")
    else:
        st.error(told, icon=":material/error:")
        if found.kind == "reverted" and found.fetches is None:
            unstake_form.go("Back to the checks", 2, unstake_form.FORGOTTEN)


def _not_compared(expected: Expected) -> str:
    lacking = {"address": expected.sender, "amount": expected.amount_wei}
    return " and no ".join(name for name, given in lacking.items() if given is None)


def _elsewhere(view: StoreView, form: Form, network: Network, expected: Expected) -> None:
    """A wallet that speeds a transaction up sends it anew, under another hash: the same unstake
    is looked for in the pool's own log."""
    if form.since is None or _not_compared(expected):
        st.markdown(
            "If the wallet's activity shows another hash for it, because it was sped up there, "
            "paste that one. Track finds a request by its address too, once a sync has read it."
        )
        _on_track(view, form)
        return
    newest = node.live(network, expected.token, 0, None, None)
    if newest.reading is None:
        st.caption(f"Its other hash cannot be asked for: {words.fault(newest.why_not)}.")
        return
    since = min(form.since, newest.reading.block)
    try:
        made = node.made(network, expected, since)
    except TrackerError as error:
        st.caption(f"Whether it has another hash cannot be told: {words.fault(str(error))}.")
        _on_track(view, form)
        return
    if others := [each for each in made if each.tx_hash != form.tx_hash]:
        st.markdown(
            "The chain holds **the same unstake of this address under another hash**: a wallet "
            "that speeds a transaction up, or sends it again, gives it a new one."
        )
        step4_not_synced.follow(others)
        return
    st.markdown(
        f"Nor does the chain hold the same unstake under another hash, from block {since:,} "
        "on. It is looked for again every 15 seconds. If the wallet says that it was cancelled "
        "or dropped, nothing was unstaked:"
    )
    unstake_form.go("Back to the checks", 2, unstake_form.FORGOTTEN)


def _on_track(view: StoreView, form: Form) -> None:
    query = {"network": view.source.name} | ({"find": form.holder} if form.holder else {})
    st.page_link(links.page("track"), label="Look for it on Track", query_params=query)


def _stands(view: StoreView, wr_id: int, found: Outcome | None = None) -> None:
    """Where the request stands: by the store, which has its history, until then by the chain."""
    history = view.ask("request_history", wr_id=wr_id)
    if not history.height:
        if found is not None and found.request is not None:
            step4_not_synced.show(view, found, found.request)
        else:
            read = sentences.read_up_to(view.info)
            st.info(f"The store does not know request {wr_id:,}. {read}")
        return
    card.show(view, wr_id, history, partial(step4_refused.show, view, wr_id))
    request = step5_late.row(view, wr_id)
    if request is not None and request["status"] == "pending":
        unstake_form.go("It takes too long", 5, {"request": str(wr_id)})
