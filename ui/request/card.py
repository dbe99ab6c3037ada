"""One request as the Track page shows it: the answer first, then what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any, Literal
from urllib.parse import urlencode, urljoin

import polars as pl
import streamlit as st

from ui.odds import scored, shown_forecasts, window_card
from ui.parts import downloads, links, words
from ui.parts.tiles import fact_tiles
from ui.request import calendar, sentences
from ui.request.calendar import Likely
from ui.request.calendar_file import Event, as_ics
from ui.shown.store_view import StoreView

Row = Mapping[str, Any]

_COLOUR: dict[str | None, Literal["orange", "red", "green"]] = {
    "pending": "orange",
    "manual": "red",
    "paid": "green",
    None: "red",
}


def show(
    view: StoreView,
    wr_id: int,
    history: pl.DataFrame,
    fetch: Callable[[], None] | None = None,
) -> None:
    """The request with this `history`, which the store holds; `fetch` draws what fetches a refused
    payout, where this page can."""
    mine = view.ask("requests_by_address", address=history["staker"][0])
    request = mine.filter(wr_id=wr_id).row(-1, named=True)  # the first, if it is there twice
    head = view.ask_row("blocking_head") if request["status"] == "pending" else None
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(f"Request {wr_id:,}", width="content", anchor=False)
        st.badge(sentences.STATUS[request["status"]], color=_COLOUR[request["status"]])
    st.markdown(sentences.answer(request))
    _tiles(request, history, head)
    if note := sentences.late(view.info, request):
        st.warning(note)
    if head is not None:
        st.markdown(sentences.blocked_by(request, head))
    likely = _window(view, request) if request["status"] == "pending" else None
    if request["status"] == "manual":
        _by_hand(view, wr_id, fetch)
    _history(view, history, request)
    if request["status"] == "pending":
        _while_it_waits(wr_id)
    _identifiers(view, request, history)
    _files(view, request, likely)


def _window(view: StoreView, request: Row) -> Likely | None:
    """When it is expected to be paid; returns the day for a calendar, if there is one."""
    st.subheader("Expected release window")
    now = scored.odds_of(view)
    if now is None:
        window_card.unscored(view.source)
        return None
    window = now.present.window(request["ahead_ftm"], request["payout_ftm"])
    window_card.show(now, window, request["requested_at"])
    if window is not None:
        shown_forecasts.log(
            now, request["wr_id"], request["ahead_ftm"], request["payout_ftm"], window
        )
    return calendar.likely(window)


def _tiles(request: Row, history: pl.DataFrame, head: Row | None) -> None:
    asked = words.day_and_time(request["requested_at"])
    payout = ("Payout", words.payout(request["payout_ftm"]))
    waited = words.duration(request["waited_days"])
    if request["status"] == "paid":
        facts = [
            (*payout, "sent whole"),
            ("Requested", *asked),
            ("Paid", *words.day_and_time(request["paid_at"])),
            ("Waited", waited, "from the request to the payment"),
        ]
    elif request["status"] == "manual":
        facts = [
            (*payout, "set aside, not sent"),
            ("Requested", *asked),
            ("Refused", *words.day_and_time(request["refused_at"])),
            ("Waited", waited, "up to the last block"),
        ]
    elif request["status"] is None:
        facts = [
            (*payout, "whether it was sent is unknown"),
            ("Requested", *asked),
            ("Paid", words.UNKNOWN, ""),
            ("Waited", words.UNKNOWN, ""),
        ]
    else:
        queue = f"of {head['behind_requests'] + 1:,}" if head else ""
        facts = [
            ("Place in the queue", words.count(request["place"]), queue),
            ("To be paid before it", words.ftm(request["ahead_ftm"]), _moved(request, history)),
            (*payout, "fixed, paid whole"),
            ("Waited", waited, f"since {asked[0]}, {asked[1]}"),
        ]
    fact_tiles(facts)


def _moved(request: Row, history: pl.DataFrame) -> str:
    """How much of what stood ahead is gone."""
    then, now = history["ahead_ftm"][0], request["ahead_ftm"]
    if then is None or now is None:
        return ""
    return f"was {words.ftm(then)} when asked for"


def _history(view: StoreView, history: pl.DataFrame, request: Row) -> None:
    st.subheader("What happened")
    lines = []
    for event in history.iter_rows(named=True):
        when = sentences.when(view.info, view.now, event["at"])
        link = _explorer(view, "tx", event["tx"], "Transaction on the explorer")
        lines.append(f"- {sentences.happened(event, when)} {link}".rstrip())
    if request["status"] == "pending":
        upto = words.moment(view.info.synced_at)
        lines.append(f"- **Still waiting** at the last block read, {upto}.")
    st.markdown("\n".join(lines))


def _while_it_waits(wr_id: int) -> None:
    st.subheader("While it waits")
    st.markdown(
        "- It earns nothing more: its FTM were fixed when it was asked for.\n"
        "- It cannot be cancelled or changed, and is paid whole, never in parts.\n"
        "- The pool sends the FTM to the address that asked. There is nothing to claim or sign.\n"
        "- If that address is a contract that refuses them, they are set aside, and anyone can "
        f"send them again with `withdrawManual({wr_id})`."
    )


def _by_hand(view: StoreView, wr_id: int, fetch: Callable[[], None] | None) -> None:
    pool = _explorer(view, "address", view.info.pool, "The pool on the explorer")
    st.subheader("How to get it")
    st.markdown(
        "The pool sends with little gas, and the receiving address, probably a contract wallet, "
        "did not accept. The FTM are kept for it and wait in no queue any more.\n\n"
        "1. Make sure that the address can receive FTM. The money goes to it, whoever sends it.\n"
        f"2. Have `withdrawManual` of the pool's contract called with the number `{wr_id}`, from "
        "any account: with a wallet here, or on an explorer's page of the contract. It costs gas, "
        f"and needs no permission. {pool}\n"
        "3. After the next sync this page shows it as paid."
    )
    if fetch is not None:
        fetch()
    elif not view.info.simulated:
        query = {"network": view.source.name, "step": "4", "request": str(wr_id)}
        st.page_link(links.page("unstake"), label="Fetch it with a wallet", query_params=query)
    st.caption("The pool's contract")
    st.code(view.info.pool, language=None, wrap_lines=True)


def _identifiers(view: StoreView, request: Row, history: pl.DataFrame) -> None:
    """Whole, with a button that copies each."""
    st.subheader("Addresses and transactions")
    staker = history["staker"][0]
    refusals = history.filter(event="refused")["tx"]
    shown = [
        ("Staker", "address", staker),
        ("Transaction of the request", "tx", request["requested_tx"]),
        ("Transaction of the refusal", "tx", refusals[0] if refusals.len() else None),
        ("Transaction of the payment", "tx", request["paid_tx"]),
    ]
    for label, kind, text in shown:
        if text is not None:
            with st.container(gap="xsmall"):
                st.caption(f"{label} {_explorer(view, kind, text, 'on the explorer')}".rstrip())
                st.code(text, language=None, wrap_lines=True)


def _files(view: StoreView, request: Row, likely: Likely | None) -> None:
    """What can be taken along: a calendar entry and the history."""
    st.subheader("Take it along")
    told = "The history above as CSV or Parquet."
    link = link_back(view, request["wr_id"])
    entry = calendar.entry(view.info, request, link, view.now, likely)
    with st.container(horizontal=True, vertical_alignment="center"):
        if entry is not None:
            told = f"{calendar_file(view, request['wr_id'], entry)} {told}"
        downloads.offer_query(view, "request_history", wr_id=request["wr_id"])
    st.caption(told)


def calendar_file(view: StoreView, wr_id: int, entry: Event) -> str:
    """A button that downloads the entry; returns what is in it, in a sentence."""
    st.download_button(
        "Calendar file",
        partial(as_ics, entry),
        f"unstake-request-{wr_id}-{view.info.network}.ics",
        "text/calendar",
        key="calendar",
        on_click="ignore",
        icon=":material/event:",
    )
    day = words.moment(entry.at) if isinstance(entry.at, datetime) else _all_day(entry.at)
    return f"The calendar file holds one entry, {day}: “{entry.summary}”."


def _all_day(day: date) -> str:
    return f"all day on {day.day} {day:%b %Y}"


def link_back(view: StoreView, wr_id: int) -> str:
    """Track with this request, for use outside of it; empty where it has no address."""
    here = st.context.url and urljoin(st.context.url, "track")
    query = urlencode({"network": view.source.name, "find": wr_id})
    return f"{here}?{query}" if here else ""


def _explorer(view: StoreView, kind: str, text: str, label: str) -> str:
    """A Markdown link, where the network has an explorer."""
    explorer = view.info.explorer.rstrip("/")
    return f"[{label}]({explorer}/{kind}/{text})" if explorer else ""
