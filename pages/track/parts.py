"""The Track page's field, and what it shows of an address, a transaction, or of nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import streamlit as st

from data.pool.identifiers import TAKES
from ui.parts import downloads, words
from ui.parts.tiles import four_tiles
from ui.request import card, sentences
from ui.shown.store_view import StoreView

_MOST_LINKS = 12


def field() -> str:
    """What the reader looks for, in the URL as `find`."""
    return st.text_input(
        "Address, transaction hash or request id",
        key="find",
        bind="query-params",
        placeholder="0x… or 2210",
        autocomplete="off",
    )


def refused(why: str) -> None:
    """Why what stands in the field is not looked up. The field shows it: it is not repeated."""
    st.warning(f"{why} This field takes {TAKES}.")


def examples(view: StoreView) -> None:
    """What may be typed, from this store, to click."""
    st.markdown(
        "Type or paste what you have, or an explorer's link to it, and press Enter. For example:"
    )
    newest, head = view.ask_row("newest_request"), view.ask_row("blocking_head")
    with st.container(horizontal=True, gap="small"):
        if head is not None:
            _link(f"{words.short(head['staker'])}, who is next in the queue", head["staker"])
        if newest is not None:
            tx = newest["requested_tx"]
            _link(f"Request {newest['wr_id']:,}, the newest", str(newest["wr_id"]))
            _link(f"{words.short(tx)}, the transaction of that", tx)


def request(view: StoreView, wr_id: int) -> None:
    """One request, or why there is none."""
    history = view.ask("request_history", wr_id=wr_id)
    if history.height and history["staker"][0] is not None:
        card.show(view, wr_id, history)
        return
    newest = view.ask_row("newest_request")
    assert newest is not None, "the router shows no_requests"
    if not history.height and wr_id > newest["wr_id"]:
        st.info(
            f"There is no request {wr_id:,}: the newest is {newest['wr_id']:,}, made on "
            f"{words.moment(newest['requested_at'])}. {sentences.read_up_to(view.info)}"
        )
    else:
        st.warning(
            f"Request {wr_id:,} is missing from the store, though newer ones are there: a log was "
            "not read. Status says what failed, and another sync reads the blocks again."
        )


def address(view: StoreView, staker: str) -> None:
    """Every request of an address, newest first."""
    # A log may be there twice, which fails a check: the first of them counts.
    found = view.ask("requests_by_address", address=staker)
    requests = found.unique("wr_id", keep="last", maintain_order=True)
    if not requests.height:
        st.info(f"`{staker}` {_never(view, staker)} {sentences.read_up_to(view.info)}")
        return
    st.subheader(f"Requests of {words.short(staker)}")
    st.markdown(sentences.of_address(requests))
    _totals(requests)
    _links(requests.filter(pl.col("status") != "paid"))
    _requests_table(view, requests)
    st.code(staker, language=None, wrap_lines=True)
    downloads.offer_query(view, "requests_by_address", address=staker)


def transaction(view: StoreView, tx: str) -> None:
    """What a transaction did in the queue, then the request it did it to."""
    events = view.ask("request_by_tx", tx=tx)
    if not events.height:
        st.info(
            f"Transaction `{words.short(tx)}` made, paid or refused no request that the store "
            f"holds. One that did something else, such as staking, shows nothing here. "
            f"{sentences.read_up_to(view.info)}"
        )
        return
    st.markdown(sentences.of_transaction(events))
    ids = events["wr_id"].unique().sort().to_list()
    if len(ids) == 1:
        request(view, ids[0])
        return
    _links(events)
    _events_table(view, events)
    st.code(tx, language=None, wrap_lines=True)
    downloads.offer_query(view, "request_by_tx", tx=tx)


def _never(view: StoreView, staker: str) -> str:
    info = view.info
    named = {info.pool: "the pool", info.bond: "aFTMb", info.cert: "aFTMc", info.sfc: "the SFC"}
    if staker in named:
        return f"is the contract of {named[staker]}, and never asked to unstake itself."
    return "never asked to unstake."


def _totals(requests: pl.DataFrame) -> None:
    tiles = four_tiles()
    for tile, label, status in zip(
        tiles,
        ("FTM waiting", "FTM refused and set aside", "FTM paid"),
        ("pending", "manual", "paid"),
        strict=False,
    ):
        those = requests.filter(status=status)
        known = not those["payout_ftm"].null_count()
        _tile(
            tile.metric,
            label,
            words.ftm(float(those["payout_ftm"].sum())) if known else words.UNKNOWN,
            words.plural(those.height, "request"),
        )
    asked = requests["requested_at"]
    since = f"the first on {words.day(asked.min())}"  # type: ignore[arg-type]
    _tile(tiles[3].metric, "Asked", words.plural(requests.height, "time"), since)


def _tile(metric: Callable[..., Any], label: str, value: str, beside: str) -> None:
    metric(label, value, beside, delta_color="off", delta_arrow="off", border=True)


def _links(requests: pl.DataFrame) -> None:
    """One click to each, as long as there are not too many: the table has them all."""
    with st.container(horizontal=True, gap="small"):
        each = requests.unique("wr_id", maintain_order=True)  # a log may be there twice
        for row in each.head(_MOST_LINKS).iter_rows(named=True):
            told = sentences.STATUS.get(row["status"], words.UNKNOWN)
            if row.get("place"):
                told = f"place {row['place']:,}"
            _link(f"Request {row['wr_id']:,}, {told}", str(row["wr_id"]))


def _link(label: str, find: str) -> None:
    """A click puts `find` into the field, and so into the URL.

    Not a page_link: one to the page it is on leaves `find` out of the URL.
    """
    st.button(label, key=f"find {find}", on_click=_look_up, args=(find,))


def _look_up(find: str) -> None:
    st.session_state["find"] = find


def _linked(view: StoreView) -> pl.Expr:
    return pl.format(f"?network={view.source.name}&find={{}}", "wr_id").alias("wr_id")


def _requests_table(view: StoreView, requests: pl.DataFrame) -> None:
    refusal = [] if requests["refused_at"].is_null().all() else ["refused_at"]
    shown = requests.with_columns(
        _linked(view),
        pl.col("status").replace(sentences.STATUS),
        ahead_ftm=pl.when(pl.col("place").is_not_null()).then("ahead_ftm"),
    )
    st.dataframe(
        shown.select(
            *("wr_id", "status", "payout_ftm", "place", "ahead_ftm", "waited_days"),
            *("requested_at", *refusal, "paid_at", "token", "requested_tx", "paid_tx"),
        ),
        hide_index=True,
        placeholder="",
        alt="Requests of this address, newest first",
        column_config={
            "wr_id": _ID,
            "status": st.column_config.TextColumn("Status", width=80),
            "payout_ftm": st.column_config.NumberColumn("Payout, FTM", format="%,.2f"),
            "place": st.column_config.NumberColumn("Place", format="%,d", width=60),
            "ahead_ftm": st.column_config.NumberColumn("Ahead, FTM", format="%,.2f"),
            "waited_days": st.column_config.NumberColumn("Waited, days", format="%.1f"),
            "requested_at": _time("Requested, UTC"),
            "refused_at": _time("Refused, UTC"),
            "paid_at": _time("Paid, UTC"),
            "token": st.column_config.TextColumn("Token", width=70),
            "requested_tx": st.column_config.TextColumn("Transaction", width=100),
            "paid_tx": st.column_config.TextColumn("Payment", width=100),
        },
    )


def _events_table(view: StoreView, events: pl.DataFrame) -> None:
    shown = events.with_columns(_linked(view), pl.col("status").replace(sentences.STATUS))
    st.dataframe(
        shown.select("wr_id", "event", "payout_ftm", "status", "token", "staker", "at"),
        hide_index=True,
        height="content",
        placeholder="",
        alt="What the transaction did to each request",
        column_config={
            "wr_id": _ID,
            "event": st.column_config.TextColumn("What it did", width=90),
            "payout_ftm": st.column_config.NumberColumn("Payout, FTM", format="%,.2f"),
            "status": st.column_config.TextColumn("Status now", width=90),
            "token": st.column_config.TextColumn("Token", width=70),
            "staker": st.column_config.TextColumn("Staker", width=130),
            "at": _time("Time, UTC"),
        },
    )


_ID = st.column_config.LinkColumn("Request", display_text=r"find=(\d+)", width=75, pinned=True)


def _time(label: str) -> Any:
    form = "D MMM YYYY, HH:mm"
    return st.column_config.DatetimeColumn(label, format=form, timezone="UTC", width=145)
