"""The parts of the Queue page that need words: its figures, its head and its list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import polars as pl
import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from answers import words
from answers.store_view import Row, StoreView
from data.pool.amounts import DECIMALS
from ui.parts.tiles import four_tiles


def answer(metrics: Row, head: Row | None) -> str:
    """Who is first in line, and how much money must come in before anyone is paid."""
    if not metrics["requests"]:
        return "Nobody is waiting: every request so far is paid, or was rejected by its receiver."
    waiting = (
        f"{words.plural(metrics['requests'], 'request')} ({_in_all(metrics['waiting_ftm'])}) "
        f"{'is' if metrics['requests'] == 1 else 'are'} waiting"
    )
    if head is None:
        return f"{waiting}. The log of the first in line is missing: see Status."
    first = f"{waiting}. The first in line needs {words.ftm(_payout(head), 'down')}"
    if head["missing_ftm"] is None:
        return f"{first}. What the pool can pay is unknown."
    if head["missing_ftm"] > 0:
        return (
            f"{first} and the pool has {words.ftm(_usable(head), 'down')}: **"
            f"{words.ftm(head['missing_ftm'], 'up')} must still come in** before anyone is paid."
        )
    return f"{first}, and the pool has enough for that."


def _payout(head: Row) -> Decimal | None:
    """What the first is paid, in FTM and exactly."""
    wei = head["payout_wei"]
    return None if wei is None else Decimal(wei).scaleb(-DECIMALS)


def _in_all(waiting_ftm: float | None) -> str:
    return "an unknown amount" if waiting_ftm is None else words.ftm(waiting_ftm)


def _usable(head: Row) -> float:
    """What the pool can spend, of a head whose `missing_ftm` is known."""
    usable: float = max(0.0, head["balance_ftm"] - head["stashed_ftm"])
    return usable


def figures(metrics: Row, lasts: pl.DataFrame, days: int) -> None:
    """The four metrics, each against what it was, or when it was."""
    tiles = four_tiles()
    then = f"vs {days} d before"
    tiles.metric(
        "FTM waiting",
        words.ftm(metrics["waiting_ftm"]),
        **_change(metrics, "waiting_ftm", words.ftm, then),
        delta_color="inverse",
        border=True,
        help="Payouts of all waiting requests. They are fixed when a request is made.",
        height="stretch",
    )
    tiles.metric(
        "Requests waiting",
        words.count(metrics["requests"]),
        **_change(metrics, "requests", lambda count: f"{count:,.0f}", then),
        delta_color="inverse",
        border=True,
        height="stretch",
    )
    tiles.metric(
        f"Paid out in {days} days",
        words.ftm(metrics["paid_ftm"], "down"),
        **_change(metrics, "paid_ftm", words.ftm, then),
        border=True,
        help="All that reached stakers, whatever it was paid from.",
        height="stretch",
    )
    paid = next(last for last in lasts.to_dicts() if last["event"] == "payout")
    never = paid["last_at"] is None
    tiles.metric(
        "Last payment",
        "none yet" if never else f"{words.duration(paid['days'])} ago",
        None if never else words.day(paid["last_at"]),
        delta_color="off",
        delta_arrow="off",
        border=True,
        help="Before the newest block here.",
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


def head_card(head: Row) -> None:
    """The request that blocks the rest, and how much money is missing for it."""
    missing = head["missing_ftm"]
    behind = "Nobody waits behind it."
    if head["behind_requests"]:
        behind = (
            f"{words.plural(head['behind_requests'], 'request')} behind it "
            f"({words.ftm(head['behind_ftm'])}) cannot be paid before: requests are paid whole and "
            "in order."
        )
    with st.container(border=True):
        st.subheader("What is paid next" if missing == 0 else "What blocks the queue")
        st.markdown(
            f"Request {head['wr_id']:,} is first in line: {words.payout(head['payout_wei'])} for "
            f"`{words.short(head['staker'])}`, made on {words.moment(head['requested_at'])}. It "
            f"has waited {words.duration(head['waited_days'])}. {behind}",
            help=f"`{head['staker']}`",
        )
        if missing is None:
            st.markdown(f"**How much must still come in is unknown.** {_why_unknown(head)}")
        else:
            _money(head, missing)


def _money(head: Row, missing: float) -> None:
    """What the pool can spend, as a share of what the head needs."""
    usable = _usable(head)
    share = min(1.0, usable / head["payout_ftm"]) if head["payout_ftm"] else 1.0
    st.progress(
        share,
        f"The pool has {words.ftm(usable, 'down')} of the {words.payout(head['payout_wei'])}",
    )
    st.markdown(
        f"**{words.ftm(missing, 'up')} must still come in.**"
        if missing
        else "**Nothing is missing:** the operator's next run pays it."
    )
    stashed = head["stashed_ftm"]
    kept = f", less {words.ftm(stashed, 'down')} kept for rejected payouts" if stashed else ""
    st.caption(
        f"The pool's balance was {words.ftm(head['balance_ftm'], 'down')} at "
        f"{words.moment(head['balance_at'])}{kept}."
    )


def _why_unknown(head: Row) -> str:
    if head["balance_ftm"] is None:
        return (
            "The pool's balance was not read, and balances are in no log"
            + words.to_operator(": sync with an endpoint that answers `eth_getBalance`")
            + "."
        )
    if None not in (head["payout_ftm"], head["stashed_ftm"], head["behind_ftm"]):
        return (
            f"The pool's balance was last read at {words.moment(head['balance_at'])}, when it was "
            f"{words.ftm(head['balance_ftm'], 'down')}. What came and went since is in no log."
        )
    return "An amount in the log is beyond what can be held as a number: see Status."


def rejected_note(metrics: Row) -> None:
    """Requests that left the queue unpaid, because their receiver rejected the money."""
    if metrics["manual_requests"]:
        one = metrics["manual_requests"] == 1
        st.caption(
            f"{words.plural(metrics['manual_requests'], 'request')} "
            f"({words.ftm(metrics['manual_ftm'], 'down')}) could not be delivered: the receiving "
            f"address rejected {'it' if one else 'them'}. The money is kept for "
            f"{'it' if one else 'them'}, and anyone can trigger the payment with `withdrawManual`."
        )


def pending_table(pending: pl.DataFrame, store: StoreView, ends_on: date | None = None) -> None:
    """Everyone who waits, in the order of payment; addresses are whole and copy whole. `before`
    is the chance before the chain's reported end, `ends_on`."""
    if not pending.height:
        st.markdown("Nobody.")
        return
    payout_ftm, payout_form = words.payouts(pending["payout_wei"])
    ahead_ftm, ahead_form = words.rounded_up(pending["ahead_ftm"])
    explorer = store.info.explorer
    linked = bool(explorer)
    link = pl.format(f"{explorer.rstrip('/')}/tx/{{}}", "requested_tx")
    st.dataframe(
        pending.select(
            "place",
            pl.format(f"track?{urlencode(store.link)}&find={{}}", "wr_id").alias("wr_id"),
            payout_ftm.alias("payout_ftm"),
            *(name for name in ("most_by", "half_by", "before") if name in pending.columns),
            "waited_days",
            ahead_ftm.alias("ahead_ftm"),
            "token",
            "requested_at",
            "staker",
            requested_tx=link if linked else pl.col("requested_tx"),
        ),
        hide_index=True,
        alt="Waiting requests in the order in which they will be paid",
        column_config={
            "place": st.column_config.NumberColumn("Place", width=60, pinned=True),
            "wr_id": st.column_config.LinkColumn(
                "Request", display_text=r"find=(\d+)", width=75, help="Opens it in Track."
            ),
            "staker": st.column_config.TextColumn("Staker", width=330),
            "token": st.column_config.TextColumn("Token", width=70),
            "payout_ftm": _sum("Payout, FTM", payout_form),
            "ahead_ftm": _sum("Ahead, FTM", ahead_form),
            "most_by": st.column_config.DateColumn("90 % by", format="D MMM YYYY"),
            "half_by": st.column_config.DateColumn("50 % by", format="D MMM YYYY"),
            "before": f"Before {words.day(ends_on)}" if ends_on else None,
            "waited_days": st.column_config.NumberColumn("Waited, days", format="%.1f"),
            "requested_at": st.column_config.DatetimeColumn(
                "Made, UTC", format="D MMM YYYY, HH:mm", timezone="UTC"
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
