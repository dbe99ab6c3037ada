"""How sure it is what was read: shares in words, where sources differed, and what to do next."""

from __future__ import annotations

import shlex

import polars as pl
import streamlit as st

from answers import window_words, words
from answers.sources import Source
from data.config import default_store, is_public, network_names
from data.pool.amounts import format_wei

_OF = {"pool": "The queue is", "sfc": "Reward claims are", "bond": "The bond's ratio is"}
_ADDS_UP = (
    " The money of the pool and its stubs adds up, so no claim or return that brought some is "
    "missing."
)
_KNOWN = ("proved", "agreed", "single", "unread")


def sentence(evidence: pl.DataFrame, adds_up: bool) -> str:
    """How the queue, the claims and the ratio are known, with the share of the blocks of each, and
    whether the money `adds_up`."""
    known = " ".join(
        f"{beginning} {_shares(rows)}."
        for filter_, beginning in _OF.items()
        if (rows := evidence.filter(filter=filter_)).height
    )
    return known + (_ADDS_UP if adds_up else "")


def _shares(rows: pl.DataFrame) -> str:
    found = {row["known"]: row for row in rows.iter_rows(named=True)}
    parts = [
        _how(known, row["sources"])
        + ("" if row["share"] == 1 else f" for {window_words.percent(row['share'])}")
        for known in _KNOWN
        if (row := found.get(known))
    ]
    return ", ".join(parts) + (" of the blocks" if len(parts) > 1 else "")


def _how(known: str, sources: str | None) -> str:
    if known == "proved":
        return "proved by the contract's own counts"
    if known == "agreed":
        return "confirmed by a second host"
    if known == "unread":
        return "asked of no node"
    told_by = f" ({words.escaped(sources)})" if sources and not is_public() else ""
    return f"given by one host alone{told_by}"


def money_table(money: pl.DataFrame) -> None:
    """What came, what went and what is held, to the wei, and whether it adds up."""
    st.markdown(
        f"What came and what went by the logs up to block {money['block'][0]:,}, beside what the "
        "pool and its stubs held there. A difference of 0 says that none of these logs is missing. "
        "More held than came may be a plain transfer, which leaves no log."
    )
    st.table(
        pl.DataFrame(
            {
                "Part": [part.capitalize() for part in money["part"]],
                "FTM": [format_wei(int(wei)) for wei in money["amount_wei"]],
            }
        ),
        border="horizontal",
        hide_index=True,
    )


def to_do(evidence: pl.DataFrame, source: Source, network: str) -> None:
    """The command that asks others, where something rests on one source."""
    if evidence.filter(known="single").is_empty() or is_public() or source.is_copy:
        return  # a copy is verified where it is synced
    st.markdown(
        "What one host alone gave is asked of others by this command, in this program's folder. "
        "A host that is not configured is named with `--rpc-url`."
    )
    st.code(command(source, network), language="bash")


def command(source: Source, network: str) -> str:
    """The command that verifies a store in a terminal."""
    usual = network in network_names() and source.path == default_store(network)
    store = "" if usual else f" --store {shlex.quote(words.inside(source.path))}"
    return f".venv/bin/python -m data.sync verify --network {shlex.quote(network)}{store}"


def differed(times: int) -> str:
    """What stands above the table of contradictions."""
    return (
        f"Sources differed {words.plural(times, 'time')}. What could be settled was read "
        "again or corrected; what is not yet is a failed check."
    )


def contradictions_table(contradictions: pl.DataFrame) -> None:
    """Each time two sources did not tell the same, and whether it is known who was right."""
    rows = contradictions.rows(named=True)
    st.table(
        pl.DataFrame(
            {
                "Block": [f"{row['block']:,}" for row in rows],
                "What was found": [
                    f"**{words.escaped(row['source'] or 'an earlier source')}**: "
                    f"{words.escaped(row['reason'])}"
                    for row in rows
                ],
                "Settled": ["yes" if row["settled"] else "not yet" for row in rows],
            }
        ),
        border="horizontal",
        hide_index=True,
    )
