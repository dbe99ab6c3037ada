"""Several addresses and requests at once, in the link: a line for each, and what is none of them.

And the requests of a connected wallet's account, which nobody has to type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import polars as pl
import streamlit as st

from answers import scored, sentences, words
from answers.scored import Odds
from answers.store_view import StoreView
from data.config import load_network, network_names
from data.pool.identifiers import Address, RequestId, Transaction, Unreadable, read_identifier
from data.pool.pasted import visible
from ui.browser import wallet
from ui.parts import drawing, links, tables

MOST = 12
_LONGEST = 1_000
# As a number with a thousands mark, or as two numbers with a comma between them.
_TWO_WAYS = re.compile(r"(?<![0-9A-Za-z,])[0-9]{1,3}(?:,[0-9]{3})+(?![0-9A-Za-z,])")


@dataclass(frozen=True)
class Watched:
    """What a watch list names, each once, and what of it is none, with the reason."""

    items: tuple[Address | RequestId, ...]
    wrong: tuple[tuple[str, str], ...]


def read(text: str, network: str) -> Watched:
    """The addresses and ids in a text, with spaces, commas or semicolons between them."""
    items: dict[Address | RequestId, None] = {}
    wrong: dict[str, str] = {}
    for part in re.split(r"[\s;]+", visible(text)):
        if _TWO_WAYS.fullmatch(part):
            wrong[part] = "This can be one request or several: put spaces between ids."
            continue
        for each in filter(None, part.split(",")):
            match read_identifier(each, network):
                case Address() | RequestId() as item:
                    items[item] = None
                case Transaction():
                    wrong[each] = "This is a transaction: watch the request that it made."
                case Unreadable(why):
                    wrong[each] = why
                case None:
                    pass
    for item in list(items)[MOST:]:
        text_of = item.text if isinstance(item, Address) else str(item.number)
        wrong[text_of] = f"A list has at most {MOST}."
    return Watched(tuple(items)[:MOST], tuple(wrong.items()))


def own_account(store: StoreView) -> str | None:
    """The account of a wallet that is connected here, in lower case; no wallet of a simulation, nor
    of a day of the past."""
    if store.info.simulated or store.at is not None or store.source.name not in network_names():
        return None
    with st.expander("Requests of your wallet"):
        st.caption("A wallet only tells its address here, and nothing is signed.")
        report = wallet.panel(load_network(store.source.name), key="wallet track")
    return report.connection.account.lower() if report.connection else None


def show(store: StoreView, notices: Any) -> None:
    """The list's field, under `watch` in the URL, and a line for each of its items."""
    fits = f"a text of at most {_LONGEST:,} letters"
    links.check("watch", lambda text: len(text) <= _LONGEST, fits, "no watch list", notices)
    st.subheader("Watch list")
    text = st.text_input(
        "Addresses and request ids, with spaces between them",
        key="watch",
        bind="query-params",
        placeholder="2210 2314 0x…",
        autocomplete="off",
        width=720,
        help=f"Up to {MOST}. They stand in this page's link: keep it, and nothing is kept here.",
    )
    watched = read(text, store.source.name)
    for part, why in watched.wrong:
        st.warning(f"`{links.plain(part)}` is left out. {why}")
    if watched.items:
        _table(store, watched.items, text)


def _table(store: StoreView, items: tuple[Address | RequestId, ...], text_of_list: str) -> None:
    """A line an item; a click leads to it, and the list comes along."""
    odds = scored.odds_of(store)
    watched = [(item, _requests(store, item)) for item in items]
    key = (store.version, store.link, odds and odds.key, text_of_list)
    drawing.once(key, _draw_table, store, odds, watched, text_of_list)


def _draw_table(
    store: StoreView,
    odds: Odds | None,
    watched: list[tuple[Address | RequestId, pl.DataFrame]],
    text_of_list: str,
) -> None:
    rows = [_line(odds, item, requests) for item, requests in watched]
    here = urlencode(store.link | {"watch": text_of_list})
    for row in rows:
        row["find"] = f"?find={row['find']}&{here}"
    payout_ftm, form = words.payouts(pl.Series([row.pop("wei") for row in rows], dtype=pl.Object))
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    date = st.column_config.DateColumn
    payout = number("FTM waiting", format=form) if form else text("FTM waiting")
    schema = {"find": pl.String, "status": pl.String, "place": pl.Int64}
    schema |= {"most_by": pl.Date, "half_by": pl.Date}
    tables.show(
        pl.DataFrame(rows, schema=schema).with_columns(payout_ftm.alias("payout_ftm")),
        height="content",
        placeholder="",
        alt="What is watched, a line each",
        column_config={
            "find": st.column_config.LinkColumn(
                "Watched", display_text=r"find=(\w{1,10})", width=90, pinned=True
            ),
            "status": text("Status", width=125),
            "place": number("Place", format="%,d", width=60),
            "most_by": date("90 % by", format="D MMM YYYY", width=100),
            "half_by": date("50 % by", format="D MMM YYYY", width=100),
            "payout_ftm": payout,
        },
    )
    st.caption("Of an address: place and dates of the first of its requests that wait.")


def _line(odds: Odds | None, item: Address | RequestId, requests: pl.DataFrame) -> dict[str, Any]:
    requests = requests.unique("wr_id", keep="last", maintain_order=True)
    waiting = requests.filter(status="pending").sort("wr_id")
    if isinstance(item, Address):
        find = item.text
        status = f"{waiting.height:,} of {requests.height:,} waiting"
        if requests.is_empty():
            status = "made no request"
    else:
        find = str(item.number)
        status = "no such request"
        if requests.height:
            status = sentences.STATUS.get(requests["status"][0], words.UNKNOWN)
    payouts = waiting["payout_wei"]
    first: Mapping[str, Any] = waiting.row(0, named=True) if waiting.height else {}
    dated: Mapping[str, Any] = {}
    if odds is not None and waiting.height:
        dated = scored.windows_of(odds, waiting.head(1)).row(0, named=True)
    return {
        "find": find,
        "status": status,
        "place": first.get("place"),
        "most_by": dated.get("most_by"),
        "half_by": dated.get("half_by"),
        "wei": None if payouts.null_count() or not waiting.height else sum(map(int, payouts)),
    }


def _requests(store: StoreView, item: Address | RequestId) -> pl.DataFrame:
    """Every request of an address, or those of an id."""
    if isinstance(item, Address):
        found = store.ask("requests_by_address", address=item.text)
    else:
        history = store.ask("request_history", wr_id=item.number)
        staker = history["staker"][0] if history.height else None
        found = store.ask("requests_by_address", address=staker or "")
        found = found.filter(wr_id=item.number)
    return found
