"""One request as the Track page shows it: where it stands first, then what that rests on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Literal
from urllib.parse import urlencode, urljoin

import polars as pl
import streamlit as st

from answers import calendar, came_since, scored, sentences, words
from answers.calendar import Event, Likely
from answers.store_view import Row, StoreView
from ui.odds import when_made, window_card
from ui.parts import downloads, links
from ui.parts.tiles import fact_tiles
from ui.request import since, subscribe, support

_COLOUR: dict[str | None, Literal["orange", "red", "green"]] = {
    "pending": "orange",
    "manual": "red",
    "paid": "green",
    None: "red",
}


def show(
    store: StoreView,
    wr_id: int,
    history: pl.DataFrame,
    fetch: Callable[[], None] | None = None,
) -> None:
    """The request with this `history`, which is not empty.

    `fetch` draws what fetches a rejected payout, on a page that can.
    """
    requests = store.ask("requests_by_address", address=history["staker"][0])
    request = requests.filter(wr_id=wr_id).row(-1, named=True)  # the first, if it is there twice
    waits = request["status"] == "pending"
    head = store.ask_row("blocking_head") if waits else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(f"Request {wr_id:,}", width="content", anchor=False)
        st.badge(sentences.STATUS[request["status"]], color=_COLOUR[request["status"]])
    st.markdown(sentences.answer(request))
    if then := came_since.since_then(store, request, history["staker"][0]):
        st.info(then)
    fact_tiles(_facts(request, history, head), f"tiles {wr_id}")
    when_made.show(store, request)
    if note := sentences.late(store.info, request):
        st.warning(note)
        if store.at is None:
            with st.expander("Ask the operator's support"):
                support.show(store, request | {"staker": history["staker"][0]})
    if head is not None:
        st.markdown(sentences.blocked_by(request, head))
    likely = _window(store, request) if waits else None
    if waits:
        since.show(store, wr_id)
    if request["status"] == "manual":
        _by_hand(store, wr_id, fetch)
    _history(store, history, request)
    if waits:
        _while_it_waits(wr_id)
    _identifiers(store, request, history)
    _files(store, request, likely)


def _facts(request: Row, history: pl.DataFrame, head: Row | None) -> list[tuple[str, str, str]]:
    """Four facts: what each is, its value, and what stands beside it."""
    status = request["status"]
    day, time = words.day_and_time(request["requested_at"])
    payout, waited = words.payout(request["payout_wei"]), words.duration(request["waited_days"])
    if status == "pending":
        then = history["ahead_ftm"][0]
        known = then is not None and request["ahead_ftm"] is not None
        queue = f"of {head['behind_requests'] + 1:,}" if head else ""
        before = f"{words.ftm(then, 'up')} when it was made" if known else ""
        return [
            ("Place in the queue", words.count(request["place"]), queue),
            ("To be paid before it", words.ftm(request["ahead_ftm"], "up"), before),
            ("Payout", payout, "fixed, paid in one sum"),
            ("Waited", waited, f"since {day}, {time}"),
        ]
    if status == "paid":
        sent = "sent in one sum"
        end = ("Paid", *words.day_and_time(request["paid_at"]))
        wait = ("Waited", waited, "from the request to the payment")
    elif status == "manual":
        sent = "kept, not sent"
        end = ("Rejected", *words.day_and_time(request["refused_at"]))
        wait = ("Waited", waited, "up to the newest block")
    else:
        sent = "whether it was sent is unknown"
        end, wait = ("Paid", words.UNKNOWN, ""), ("Waited", words.UNKNOWN, "")
    return [("Payout", payout, sent), ("Made", day, time), end, wait]


def _window(store: StoreView, request: Row) -> Likely | None:
    """When it is expected to be paid; returns the day for a calendar, if there is one."""
    st.subheader("When it is paid")
    odds = scored.odds_of(store)
    if odds is None:
        window_card.unscored(store)
        return None
    window = odds.present.window(request["ahead_ftm"], request["payout_ftm"])
    window_card.show(odds, window, request["requested_at"])
    return calendar.likely(window)


def _history(store: StoreView, history: pl.DataFrame, request: Row) -> None:
    st.subheader("What happened")
    lines = []
    for event in history.iter_rows(named=True):
        when = sentences.when(store.info, store.now, event["at"])
        link = _explorer(store, "tx", event["tx"], "Transaction on the explorer")
        lines.append(f"- {sentences.happened(event, when)} {link}".rstrip())
    if request["status"] == "pending":
        last = words.moment(store.info.synced_at)
        lines.append(f"- **Still waiting** at the newest block here, {last}.")
    st.markdown("\n".join(lines))


def _while_it_waits(wr_id: int) -> None:
    st.subheader("While it waits")
    st.markdown(
        "- It earns no rewards: its FTM were fixed when it was made.\n"
        "- It cannot be cancelled or changed, and is paid in one sum, never in parts.\n"
        "- The pool sends the FTM to the address that made it. There is nothing to claim or sign.\n"
        "- If that address is a contract that rejects them, they are kept, and anyone can "
        f"trigger the payment again with `withdrawManual({wr_id})`."
    )


def _by_hand(store: StoreView, wr_id: int, fetch: Callable[[], None] | None) -> None:
    pool = _explorer(store, "address", store.info.pool, "The pool on the explorer")
    st.subheader("How to get it")
    st.markdown(
        "The pool sends with little gas, and the receiving address, probably a contract wallet, "
        "rejected it. The FTM are kept for it, outside of the queue.\n\n"
        "1. Make sure that the address can receive FTM. The money goes to it, whoever sends it.\n"
        f"2. Have `withdrawManual` of the pool's contract called with the number `{wr_id}`, from "
        "any account: with a wallet here, or on an explorer's page of the contract. It costs gas, "
        f"and needs no permission. {pool}\n"
        "3. After the next sync this page shows it as paid."
    )
    if fetch is not None:
        fetch()
    elif not store.info.simulated and store.at is None:
        query = {"network": store.source.name, "step": "4", "request": str(wr_id)}
        st.page_link(links.page("unstake"), label="Fetch it with a wallet", query_params=query)
    st.caption("The pool's contract")
    st.code(store.info.pool, language=None, wrap_lines=True)


def _identifiers(store: StoreView, request: Row, history: pl.DataFrame) -> None:
    """Whole, with a button that copies each."""
    st.subheader("Addresses and transactions")
    refusals = history.filter(event="refused")["tx"]
    identifiers = [
        ("Staker", "address", history["staker"][0]),
        ("Transaction of the request", "tx", request["requested_tx"]),
        ("Transaction of the rejection", "tx", refusals[0] if refusals.len() else None),
        ("Transaction of the payment", "tx", request["paid_tx"]),
    ]
    for label, kind, text in identifiers:
        if text is not None:
            with st.container(gap="xsmall"):
                st.caption(f"{label} {_explorer(store, kind, text, 'on the explorer')}".rstrip())
                st.code(text, language=None, wrap_lines=True)


def _files(store: StoreView, request: Row, likely: Likely | None) -> None:
    """What can be taken along: a calendar entry and the history, and what can be subscribed to."""
    st.subheader("Take it along")
    contents = "The history above as CSV or Parquet."
    link = link_back(store, request["wr_id"])
    entry = None
    if store.at is None:  # a calendar goes on
        entry = calendar.entry(store.info, request, link, store.now, likely, ending=store.ending)
    with st.container(horizontal=True, vertical_alignment="center"):
        if entry is not None:
            contents = f"{calendar_file(store, request['wr_id'], entry)} {contents}"
        downloads.offer_query(store, "request_history", wr_id=request["wr_id"])
    st.caption(contents)
    if store.at is None:
        subscribe.to_request(store, request)


def calendar_file(store: StoreView, wr_id: int, entry: Event) -> str:
    """A button that downloads the entry; returns what is in it, in a sentence."""
    st.download_button(
        "Calendar file",
        partial(calendar.as_ics, entry),
        f"unstake-request-{wr_id}-{store.info.network}.ics",
        "text/calendar",
        key="calendar",
        on_click="ignore",
        icon=":material/event:",
    )
    at = entry.at
    when = words.moment(at) if isinstance(at, datetime) else f"all day on {words.day(at)}"
    return f"The calendar file holds one entry, {when}: “{entry.summary}”."


def link_back(store: StoreView, wr_id: int) -> str:
    """The address of Track with this request, for use elsewhere; "" where the app has none."""
    track = st.context.url and urljoin(st.context.url, "track")
    query = urlencode({"network": store.source.name, "find": wr_id})
    return f"{track}?{query}" if track else ""


def _explorer(store: StoreView, kind: str, text: str, label: str) -> str:
    """A Markdown link, where the network has an explorer."""
    explorer = store.info.explorer.rstrip("/")
    return f"[{label}]({explorer}/{kind}/{text})" if explorer else ""
