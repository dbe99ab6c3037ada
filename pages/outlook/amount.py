"""The parts of the Outlook page that answer for an amount: its figures, and the odds around it."""

from __future__ import annotations

import math

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS
from ui.odds import scored, window_charts, window_words
from ui.odds.scored import Odds
from ui.parts import drawing, links, words
from ui.parts.tiles import fact_tiles

USUAL_FTM, MOST_FTM = 1_000.0, 3.2e9  # the latter more than all FTM there is
_DAYS = (7, 14, 21, 35, 60, 90, 120)
_AMOUNTS = (10.0, 100.0, 1_000.0, 10_000.0, 100_000.0)


def amount_input(notices: DeltaGenerator) -> float:
    """The payout asked about in FTM, under `amount` in the URL."""
    asked = st.query_params.get("amount")
    if asked is not None and not _is_amount(asked):
        links.refuse(
            notices, "amount", asked, "an amount above 0 and up to 3.2 billion", f"{USUAL_FTM:,.0f}"
        )
        del st.query_params["amount"]
    return st.number_input(
        "Payout in FTM",
        0.000001,
        MOST_FTM,
        USUAL_FTM,
        100.0,
        format="%.6g" if asked and len(asked) > 12 else "%.12g",
        key="amount",
        bind="query-params",
        width=220,
        help="What you would be paid, after the fee.",
    )


def _is_amount(text: str) -> bool:
    try:
        return 0.000001 <= float(text) <= MOST_FTM
    except ValueError:
        return False


def tiles(odds_now: Odds, window: ReleaseWindow | None, payout_ftm: float) -> None:
    """The window's four figures."""
    official = OFFICIAL_DAYS
    chance = window_words.label(window)
    if window is not None and window_words.has_odds(window):
        chance = window_words.chance(window, official)
    facts = [
        ("Even odds by", *_by(odds_now, window, 0.5)),
        ("Nine in ten by", *_by(odds_now, window, 0.9)),
        (f"Chance within {official} days", chance, "the official answer"),
        ("Has to come first", *_need(odds_now, payout_ftm)),
    ]
    fact_tiles(facts)


def _by(odds_now: Odds, window: ReleaseWindow | None, p: float) -> tuple[str, str]:
    if window is None or not window_words.has_odds(window):
        return window_words.label(window), ""
    days = window.quantile(p)
    if not math.isfinite(days):
        return f"after {words.day(odds_now.day(scored.FAN_DAYS))}", "no date is given that far"
    since = "of the last block" if odds_now.behind_days > 1 else ""
    told = f"within {words.duration(days)} {since}" if since else f"in {words.duration(days)}"
    return words.day(odds_now.day(days)), told


def _need(odds_now: Odds, payout_ftm: float) -> tuple[str, str]:
    present = odds_now.present
    if present.waiting_ftm is None:
        return words.UNKNOWN, ""
    need, unseen = present.need(present.waiting_ftm, payout_ftm)
    if unseen:
        return f"up to {words.ftm(need)}", "the pool's balance is unknown"
    return words.ftm(need), "the pool's own money is taken off"


def odds_by_amount(odds_now: Odds, payout_ftm: float) -> None:
    """The picture of the odds, and beside it the days of some odds as a table."""
    windows = {
        amount: odds_now.present.new_window(amount) for amount in sorted({*_AMOUNTS, payout_ftm})
    }
    picture, table = st.columns([3, 2], gap="medium")
    grid = _grid(odds_now, windows)
    with picture:
        if grid.is_empty():
            st.markdown("There are none to give: see above why.")
        else:
            drawing.draw(
                window_charts.heat,
                grid,
                alt="; ".join(
                    f"{row['amount']}: {row['said']}"
                    for row in grid.filter(pl.col("day") == f"{_DAYS[3]} d").iter_rows(named=True)
                ),
            )
    rows = [
        (_amount(amount), *(_told(odds_now, window, p) for p in (0.5, 0.9)))
        for amount, window in windows.items()
    ]
    table.dataframe(
        pl.DataFrame(rows, schema=["payout", "half", "most"], orient="row"),
        hide_index=True,
        height="content",
        alt="The days of even odds and of nine in ten by amount",
        column_config={
            "payout": st.column_config.TextColumn("Payout"),
            "half": st.column_config.TextColumn("Even odds by"),
            "most": st.column_config.TextColumn("Nine in ten by"),
        },
    )


def _grid(odds_now: Odds, windows: dict[float, ReleaseWindow | None]) -> pl.DataFrame:
    """The chance of being paid by some days for some amounts, where there are odds."""
    rows = [
        (
            _amount(amount),
            f"{days} d",
            (share := window.probability_within(days)),
            f"{(said := window_words.percent(share))} by {words.day(odds_now.day(days))}",
            said.replace("under ", "<").replace("over ", ">"),
        )
        for amount, window in windows.items()
        if window is not None and window_words.has_odds(window)
        for days in _DAYS
    ]
    schema = dict.fromkeys(["amount", "day"], pl.String) | {"share": pl.Float64}
    schema |= dict.fromkeys(["said", "short"], pl.String)
    return pl.DataFrame(rows, schema=schema, orient="row")


def _told(odds_now: Odds, window: ReleaseWindow | None, p: float) -> str:
    """The day of some odds, or why there is none."""
    if window is None or not window_words.has_odds(window):
        return window_words.label(window)
    days = window.quantile(p)
    return words.day(odds_now.day(days)) if math.isfinite(days) else f"after {scored.FAN_DAYS} d"


def _amount(ftm: float) -> str:
    """An amount that someone chose, as they would write it."""
    return f"{ftm:,.12g} FTM"
