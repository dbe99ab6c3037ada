"""The parts of the Queue page that need words: its figures, its head and its list."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from pages.queue import charts
from ui.parts import drawing, words
from ui.parts.spans import Span
from ui.parts.tiles import four_tiles
from ui.shown.store_view import Row


def answer(metrics: Row, head: Row | None) -> str:
    """The page's one sentence: how long the queue is and what would move it."""
    if not metrics["requests"]:
        return "Nobody waits: every request so far was paid or passed."
    waiting = (
        f"{words.plural(metrics['requests'], 'request')} "
        f"{'waits' if metrics['requests'] == 1 else 'wait'} for {_in_all(metrics['waiting_ftm'])}"
    )
    if head is None:
        return f"{waiting}. The log of the first of them is missing: see Status."
    if head["missing_ftm"] is None:
        return f"{waiting}. What the pool can pay is unknown."
    if head["missing_ftm"] > 0:
        return (
            f"{waiting}. Nobody is paid before the first of them, and for that the pool lacks "
            f"{words.ftm(head['missing_ftm'], 'up')}."
        )
    return f"{waiting}. The pool holds enough for the first of them."


def _in_all(waiting_ftm: float | None) -> str:
    return "an unknown amount" if waiting_ftm is None else words.ftm(waiting_ftm)


def figures(metrics: Row, days: int) -> None:
    """The four metrics, each against what it was."""
    tiles = four_tiles()
    then = f"vs {days} d before"
    tiles[0].metric(
        "FTM waiting",
        words.ftm(metrics["waiting_ftm"]),
        **_change(metrics, "waiting_ftm", words.ftm, then),
        delta_color="inverse",
        border=True,
        help="Payouts of all pending requests. They are fixed when a request is made.",
        height="stretch",
    )
    tiles[1].metric(
        "Requests waiting",
        words.count(metrics["requests"]),
        **_change(metrics, "requests", lambda count: f"{count:,.0f}", then),
        delta_color="inverse",
        border=True,
        height="stretch",
    )
    tiles[2].metric(
        f"Reward claims in {days} days",
        words.ftm(metrics["claimed_ftm"]),
        **_change(metrics, "claimed_ftm", words.ftm, then),
        border=True,
        help="Staking rewards that the pool's stubs claimed: one of the sources of payouts.",
        height="stretch",
    )
    tiles[3].metric(
        "Age of the oldest request",
        "nobody waits" if not metrics["requests"] else words.duration(metrics["oldest_days"]),
        **_change(metrics, "oldest_days", words.duration, then),
        delta_color="inverse",
        border=True,
        height="stretch",
    )


def _change(metrics: Row, name: str, show: Callable[[float], str], against: str) -> dict[str, Any]:
    """A metric's delta and what it is against."""
    now, before = metrics[name], metrics[f"{name}_before"]
    if now is None or before is None:
        return {"delta": None, "delta_description": f"{against}: {words.UNKNOWN}"}
    moved = show(abs(now - before))
    if moved in (show(0), "under a minute"):
        return {"delta": 0, "delta_description": against}
    return {"delta": f"{'-' if now < before else '+'}{moved}", "delta_description": against}


def depth_chart(depth: pl.DataFrame, flows: pl.DataFrame, span: Span, payouts: bool) -> None:
    """The queue's depth above what feeds it."""
    drawing.draw(
        charts.depth_against_claims,
        depth,
        flows,
        depth_step=span.depth_step,
        flow_step=span.flow_step,
        payouts=payouts,
        alt=charts.takeaway(span, depth, flows),
    )


def head_card(head: Row) -> None:
    """The request that blocks the rest, and how much money is missing for it."""
    missing = head["missing_ftm"]
    behind = "Nobody waits behind it."
    if head["behind_requests"]:
        behind = (
            "Requests are paid whole and in order, so "
            f"{words.plural(head['behind_requests'], 'request')} for "
            f"{words.ftm(head['behind_ftm'])} behind it cannot be paid before."
        )
    with st.container(border=True):
        st.subheader("What is paid next" if missing == 0 else "What blocks the queue")
        st.markdown(
            f"Request {head['wr_id']:,} is next: {words.payout(head['payout_wei'])} for "
            f"`{words.short(head['staker'])}`, asked for on {words.moment(head['requested_at'])}, "
            f"{words.duration(head['waited_days'])} before the last block. {behind}",
            help=f"`{head['staker']}`",
        )
        if missing is None:
            st.markdown(f"**Missing for it: unknown.** {_why_unknown(head)}")
        else:
            _money(head, missing)


def _money(head: Row, missing: float) -> None:
    """What the pool can spend, as a share of what the head needs."""
    usable = max(0.0, head["balance_ftm"] - head["stashed_ftm"])
    share = min(1.0, usable / head["payout_ftm"]) if head["payout_ftm"] else 1.0
    st.progress(
        share,
        f"The pool can spend {words.ftm(usable, 'down')} of the {words.payout(head['payout_wei'])}",
    )
    st.markdown(
        f"**Missing for it: {words.ftm(missing, 'up')}.**"
        if missing
        else "**Nothing is missing:** the operator's next run pays it."
    )
    stashed = head["stashed_ftm"]
    kept = f", less {words.ftm(stashed)} set aside for refused payouts" if stashed else ""
    st.caption(
        f"The pool's balance was {words.ftm(head['balance_ftm'], 'down')} at "
        f"{words.moment(head['balance_at'])}{kept}."
    )


def _why_unknown(head: Row) -> str:
    if head["balance_ftm"] is None:
        return (
            "The pool's balance was not read: balances are in no log, so sync with an endpoint "
            "that answers `eth_getBalance`."
        )
    if None not in (head["payout_ftm"], head["stashed_ftm"], head["behind_ftm"]):
        return (
            f"The pool's balance was last read at {words.moment(head['balance_at'])}, when it was "
            f"{words.ftm(head['balance_ftm'], 'down')}. What came and went since is in no log."
        )
    return "An amount in the log is beyond what can be held as a number: see Status."


def scope(token: str | None) -> str:
    """What a chart of one token alone is of."""
    if token is None:
        return ""
    return f" Depth and payouts are of {token} alone; claims belong to no token."


def refused_note(metrics: Row) -> None:
    """Requests that left the queue unpaid, because their receiver refused the money."""
    if metrics["manual_requests"]:
        st.caption(
            f"{words.plural(metrics['manual_requests'], 'more request')} for "
            f"{words.ftm(metrics['manual_ftm'], 'down')} left the queue unpaid: the receiver "
            "refused the transfer. The money is set aside, and anyone can send it with "
            "`withdrawManual`."
        )


def pending_table(
    pending: pl.DataFrame, explorer: str, network: str, ends_on: date | None = None
) -> None:
    """Everyone who waits, in the order of payment; addresses are whole and copy whole. `before`
    is the chance before the chain's reported end, `ends_on`."""
    if not pending.height:
        st.markdown("Nobody.")
        return
    payout_ftm, payout_form = words.payouts(pending["payout_wei"])
    ahead_ftm, ahead_form = _all_told(pending["ahead_ftm"])
    linked = bool(explorer)
    link = pl.format(f"{explorer.rstrip('/')}/tx/{{}}", "requested_tx")
    st.dataframe(
        pending.select(
            "place",
            pl.format(f"track?network={quote(network)}&find={{}}", "wr_id").alias("wr_id"),
            payout_ftm.alias("payout_ftm"),
            *(name for name in ("half_by", "most_by", "before") if name in pending.columns),
            "waited_days",
            ahead_ftm.alias("ahead_ftm"),
            "token",
            "requested_at",
            "staker",
            requested_tx=link if linked else pl.col("requested_tx"),
        ),
        hide_index=True,
        alt="Pending requests in the order in which they will be paid",
        column_config={
            "place": st.column_config.NumberColumn("Place", width=60, pinned=True),
            "wr_id": st.column_config.LinkColumn(
                "Request", display_text=r"find=(\d+)", width=75, help="Opens it in Track."
            ),
            "staker": st.column_config.TextColumn("Staker", width=330),
            "token": st.column_config.TextColumn("Token", width=70),
            "payout_ftm": _sum("Payout, FTM", payout_form),
            "ahead_ftm": _sum("Ahead, FTM", ahead_form),
            "half_by": st.column_config.DateColumn("Even odds by", format="D MMM YYYY"),
            "most_by": st.column_config.DateColumn("Nine in ten by", format="D MMM YYYY"),
            "before": f"Before {words.day(ends_on)}" if ends_on else None,
            "waited_days": st.column_config.NumberColumn("Waited, days", format="%.1f"),
            "requested_at": st.column_config.DatetimeColumn(
                "Requested, UTC", format="D MMM YYYY, HH:mm", timezone="UTC"
            ),
            "requested_tx": (
                st.column_config.LinkColumn("Transaction", display_text=r"/tx/(0x.{8})", width=110)
                if linked
                else st.column_config.TextColumn("Transaction", width=520)
            ),
        },
    )


def _sum(label: str, form: str | None) -> ColumnConfig:
    """A column of numbers in this format, or of text without one."""
    if form is None:
        return st.column_config.TextColumn(label, alignment="right")
    return st.column_config.NumberColumn(label, format=form)


def _all_told(amounts: pl.Series) -> tuple[pl.Series, str | None]:
    """What stands ahead, and a number format with two places, or as many as the smallest amount
    needs to show. Where a float has not so many of the largest, it is the text of each instead."""
    smallest = amounts.filter(amounts > 0).min()
    if not isinstance(smallest, float) or smallest >= 0.005:
        return amounts, "%,.2f"
    places = min(18, 1 - math.floor(math.log10(smallest)))
    if max(each for each in amounts if each is not None) >= 10.0 ** (words.FLOAT_DIGITS - places):
        told = [None if each is None else words.number(each, "up") for each in amounts]
        return pl.Series(amounts.name, told, pl.String), None
    return amounts, f"%,.{places}f"
