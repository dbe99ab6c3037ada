"""The money on the Outlook page: what came, what is to come, and at which level who is paid."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import streamlit as st

from ui.odds import scored, window_charts
from ui.odds.scored import Odds
from ui.parts import drawing, words

_PAST_DAYS = 120
_APART = 0.06  # of the picture's height: nearer to each other two levels are named as one
_SOURCES = {
    "payouts": "money that the operator paid out, and what lies in the pool unpaid",
    "claims": "rewards that the stubs claimed",
    "inflows": "rewards claimed and stake returned",
}


def draw(odds_now: Odds, payout_ftm: float) -> None:
    """What came, the fan of what is to come, and the level at which the amount is paid."""
    came = _came(odds_now)
    so_far = float(came["ftm"][-1])
    fan = scored.fan(odds_now)
    above = fan.with_columns(pl.col("low", "q25", "q50", "q75", "high") + so_far)
    top = max(above["high"].to_list())
    levels = _levels(odds_now, payout_ftm, so_far, top)
    by_then = fan.row(-1, named=True)
    between = f"{words.ftm(by_then['low'])} to {words.ftm(by_then['high'])}"
    drawing.draw(
        window_charts.fan,
        came,
        above,
        levels.filter(pl.col("ftm") <= 1.5 * top),
        alt=(
            f"{words.ftm(so_far)} came in the {_PAST_DAYS} days before the last block. In the next "
            f"{scored.FAN_DAYS} days nine futures in ten bring {between}."
        ),
    )
    futures = len(odds_now.present.curve.arrived_ftm)
    unseen = levels.filter(pl.col("ftm") > 1.5 * top)["name"].to_list()
    beyond = f" Above the picture: where {unseen[-1]}." if unseen else ""
    st.caption(
        f"Grey: what came in the {_PAST_DAYS} days before the last block, {words.ftm(so_far)}. "
        f"Blue: what {futures:,} drawn futures bring after it, even odds as a line, half of them "
        f"dark, nine in ten light: {between} within {scored.FAN_DAYS} days.{beyond}"
    )


def _came(odds_now: Odds) -> pl.DataFrame:
    """`at` and the FTM that had come by then, since the picture's first moment."""
    since = odds_now.at - timedelta(days=_PAST_DAYS)
    funding = odds_now.view.ask("funding", source=odds_now.present.source).drop_nulls()
    steps = funding.filter(pl.col("funded_at") > since, pl.col("funded_at") <= odds_now.at).select(
        pl.col("funded_at").alias("at"), pl.col("amount_ftm").cum_sum().alias("ftm")
    )
    unspent = odds_now.present.unspent_ftm  # in the pool, and so no payout yet
    so_far = float(steps["ftm"][-1]) if steps.height else 0.0
    ends = pl.DataFrame({"at": [since, odds_now.at], "ftm": [0.0, so_far + unspent]}).with_columns(
        pl.col("at").cast(steps.schema["at"]), pl.col("ftm").cast(pl.Float64)
    )
    return pl.concat([ends.head(1), steps, ends.tail(1)])


def _levels(odds_now: Odds, payout_ftm: float, so_far: float, top: float) -> pl.DataFrame:
    """The sums at which all who wait are paid, and then the amount asked about."""
    present = odds_now.present
    rows = []
    if present.waiting_ftm is not None:
        waiting, mine = (
            so_far + present.need(present.waiting_ftm, amount)[0] for amount in (0.0, payout_ftm)
        )
        most = "at most here " if present.spendable_ftm is None else ""
        rows = [
            (waiting, f"{most}all who wait now are paid"),
            (mine, f"{most}{words.ftm(payout_ftm)} asked for now are paid"),
        ]
        if mine - waiting < _APART * max(top, mine):
            rows = [(mine, f"{most}all who wait and {words.ftm(payout_ftm)} more are paid")]
    return pl.DataFrame(rows, schema={"ftm": pl.Float64, "name": pl.String}, orient="row")


def source_note(odds_now: Odds) -> str:
    """Which money is read, and why that one."""
    told = {source: crps for source, crps, _ in odds_now.scores.sources.rows() if crps is not None}
    name = _SOURCES[odds_now.present.source]
    if not told:
        return (
            f"Read from {name}. Which money predicts best could not be decided yet: the history "
            "is too short."
        )
    if len(told) == 1:
        return f"Read from {name}: of no other money there is enough history to compare with."
    compared = ", ".join(f"{source} {crps:.1f} d" for source, crps in told.items())
    return (
        f"Read from {name}: of all candidates it predicted best on the earlier part of the "
        f"history (mean error: {compared})."
    )
