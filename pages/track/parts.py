"""The Track page's field, and what it shows of an address, a transaction or a request."""

from __future__ import annotations

from functools import partial
from typing import Literal
from urllib.parse import urlencode

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from answers import scored, sentences, words
from answers.scored import Odds
from answers.store_view import StoreView
from data.pool.identifiers import TAKES
from ui.parts import downloads, drawing, long_tables, tables
from ui.parts.tiles import fact_tiles
from ui.request import card, subscribe

_MOST_LINKS = 12
_number, _text = st.column_config.NumberColumn, st.column_config.TextColumn
_time = partial(
    st.column_config.DatetimeColumn, format="D MMM YYYY, HH:mm", timezone="UTC", width=145
)
_COLUMNS: dict[str, ColumnConfig] = {
    "wr_id": st.column_config.LinkColumn(
        "Request", display_text=r"find=(\d+)", width=75, pinned=True
    ),
    "event": _text("What it did", width=90),
    "status": _text("Status", width=75),
    "place": _number("Place", format="%,d", width=60),
    "most_by": st.column_config.DateColumn("90 % by", format="D MMM YYYY", width=100),
    "half_by": st.column_config.DateColumn("50 % by", format="D MMM YYYY", width=100),
    "waited_days": _number("Waited, days", format="%.1f"),
    "requested_at": _time("Made, UTC"),
    "refused_at": _time("Rejected, UTC"),
    "paid_at": _time("Paid, UTC"),
    "at": _time("Time, UTC"),
    "token": _text("Token", width=70),
    "staker": _text("Staker", width=130),
    "requested_tx": _text("Transaction", width=100),
    "paid_tx": _text("Payment", width=100),
}


def field() -> str:
    """What to look for, under `find` in the URL."""
    return st.text_input(
        "Address, transaction hash or request id",
        key="find",
        bind="query-params",
        placeholder="0x… or 2210",
        autocomplete="off",
        width=720,
    )


def refused(why: str) -> None:
    """Why the text in the field is not looked up. The text itself is not repeated."""
    st.warning(f"{why} This field takes {TAKES}.")


def examples(store: StoreView) -> None:
    """Examples from this store, to click."""
    st.markdown(
        "Type or paste what you have, or an explorer's link to it, and press Enter. For example:"
    )
    newest, head = store.ask_row("newest_request"), store.ask_row("blocking_head")
    with st.container(horizontal=True, gap="small"):
        if head is not None:
            _link(f"{words.short(head['staker'])}, first in line", head["staker"])
        if newest is not None:
            tx = newest["requested_tx"]
            _link(f"Request {newest['wr_id']:,}, the newest", str(newest["wr_id"]))
            _link(f"{words.short(tx)}, the transaction of that", tx)


def request(store: StoreView, wr_id: int) -> None:
    """One request, or why there is none."""
    history = store.ask("request_history", wr_id=wr_id)
    if history.height and history["staker"][0] is not None:
        card.show(store, wr_id, history)
        return
    newest = store.ask_row("newest_request")
    assert newest is not None, "the router shows no_requests"
    if not history.height and wr_id > newest["wr_id"]:
        st.info(
            f"There is no request {wr_id:,}: the newest is {newest['wr_id']:,}, made on "
            f"{words.moment(newest['requested_at'])}. {sentences.read_up_to(store)}"
        )
    else:
        st.warning(sentences.missing(wr_id))


def address(store: StoreView, staker: str) -> None:
    """Every request of an address, newest first; a single one at once as it stands."""
    answer = store.ask("requests_by_address", address=staker)
    # A log may be there twice, which fails a check: the first of them counts.
    requests = answer.unique("wr_id", keep="last", maintain_order=True)
    if not requests.height:
        st.info(f"`{staker}` {_no_requests(store, staker)} {sentences.read_up_to(store)}")
        return
    if requests.height == 1:
        st.markdown(f"{words.short(staker)} made one request.")
        request(store, requests["wr_id"][0])
        return
    st.subheader(f"Requests of {words.short(staker)}")
    st.markdown(sentences.of_address(requests))
    key = (store.version, store.link, staker)
    drawing.once(key, _totals, requests)
    _links(requests.filter(pl.col("status") != "paid"))
    odds = scored.odds_of(store) if "pending" in requests["status"] else None
    drawing.once((key, odds and odds.key), _requests_table, store, requests, odds)
    st.code(staker, language=None, wrap_lines=True)
    downloads.offer_query(store, "requests_by_address", "", requests.height, address=staker)
    if store.at is None:
        subscribe.to_address(store, staker)


def transaction(store: StoreView, tx: str) -> None:
    """What a transaction did in the queue, and its request or requests."""
    events = store.ask("request_by_tx", tx=tx)
    if not events.height:
        st.info(
            f"Transaction `{words.short(tx)}` made or paid no request that the store "
            f"holds. One that did something else, such as staking, shows nothing here. "
            f"{sentences.read_up_to(store)}"
        )
        return
    st.markdown(sentences.of_transaction(events))
    ids = events["wr_id"].unique().sort().to_list()
    if len(ids) == 1:
        request(store, ids[0])
        return
    _links(events)
    _events_table(store, events)
    st.code(tx, language=None, wrap_lines=True)
    downloads.offer_query(store, "request_by_tx", "", events.height, tx=tx)


def _no_requests(store: StoreView, staker: str) -> str:
    info = store.info
    names = {info.pool: "the pool", info.bond: "aFTMb", info.cert: "aFTMc", info.sfc: "the SFC"}
    if staker in names:
        return f"is the contract of {names[staker]}, and made no request itself."
    return "made no request."


def _totals(requests: pl.DataFrame) -> None:
    facts = []
    for label, status in (
        ("FTM waiting", "pending"),
        ("FTM rejected and kept", "manual"),
        ("FTM paid", "paid"),
    ):
        payouts = requests.filter(status=status)["payout_wei"]
        total = None if payouts.null_count() else sum(map(int, payouts))
        facts.append((label, words.payout(total), words.plural(payouts.len(), "request")))
    first = requests["requested_at"].min()
    times = words.plural(requests.height, "request")
    facts.append(("Made", times, f"the first on {words.day(first)}"))  # type: ignore[arg-type]
    fact_tiles(facts)


def _links(requests: pl.DataFrame) -> None:
    """A button for each of the first requests; the table has all of them."""
    with st.container(horizontal=True, gap="small"):
        each = requests.unique("wr_id", maintain_order=True)  # a log may be there twice
        for row in each.head(_MOST_LINKS).iter_rows(named=True):
            state = sentences.STATUS.get(row["status"], words.UNKNOWN)
            if row.get("place"):
                state = f"place {row['place']:,}"
            _link(f"Request {row['wr_id']:,}, {state}", str(row["wr_id"]))


def _link(label: str, find: str) -> None:
    """A button that puts `find` into the field, and so into the URL.

    A page_link to the page that is shown would leave `find` out of the URL.
    """
    st.button(label, key=f"find {find}", on_click=_look_up, args=(find,))


def _look_up(find: str) -> None:
    st.session_state["find"] = find


def _requests_table(store: StoreView, requests: pl.DataFrame, odds: Odds | None) -> None:
    columns = ["wr_id", "status", "most_by", "half_by", "place", "payout_ftm", "ahead_ftm"]
    columns += ["waited_days", "requested_at", "refused_at", "paid_at", "token"]
    columns += ["requested_tx", "paid_tx"]
    rows = requests.with_columns(ahead_ftm=pl.when(pl.col("place").is_not_null()).then("ahead_ftm"))
    if odds is not None:
        dated = scored.windows_of(odds, requests.filter(status="pending")).select(
            "wr_id", "most_by", "half_by"
        )
        rows = rows.join(dated, on="wr_id", how="left", maintain_order="left")
    # No column in which no request has anything.
    for name in ("most_by", "half_by", "place", "ahead_ftm", "refused_at"):
        if name not in rows.columns or rows[name].is_null().all():
            columns.remove(name)
    _table(store, rows, columns, "Requests of this address, newest first")


def _events_table(store: StoreView, events: pl.DataFrame) -> None:
    columns = ["wr_id", "event", "payout_ftm", "status", "token", "staker", "at"]
    events = events.with_columns(
        pl.col("event").replace({"requested": "made", "refused": "rejected"})
    )
    _table(store, events, columns, "What the transaction did to each request", height="content")


def _table(
    store: StoreView,
    rows: pl.DataFrame,
    columns: list[str],
    alt: str,
    height: Literal["auto", "content"] = "auto",
) -> None:
    """These columns of a query's answer, each row with a link to its request."""
    rows = long_tables.first_rows(rows, "row")
    link = pl.format(f"?{urlencode(store.link)}&find={{}}", "wr_id")
    payout_ftm, form = words.payouts(rows["payout_wei"])
    payout = (
        _number("Payout, FTM", format=form) if form else _text("Payout, FTM", alignment="right")
    )
    config = _COLUMNS | {"payout_ftm": payout}
    if "ahead_ftm" in columns:
        ahead_ftm, ahead_form = words.rounded_up(rows["ahead_ftm"])
        rows = rows.with_columns(ahead_ftm=ahead_ftm)
        config["ahead_ftm"] = (
            _number("Ahead, FTM", format=ahead_form)
            if ahead_form
            else _text("Ahead, FTM", alignment="right")
        )
    named = rows.with_columns(
        wr_id=link, payout_ftm=payout_ftm, status=pl.col("status").replace(sentences.STATUS)
    )
    tables.show(
        named.select(columns),
        height=height,
        placeholder="",
        alt=alt,
        column_config=config,
    )
