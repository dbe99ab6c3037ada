"""The parts of the Outlook page that answer for an amount: its figures, and the odds around it."""

from __future__ import annotations

import math

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from forecast import ReleaseWindow
from ui import drawing, frame, links, odds, window_charts, window_words, words
from ui.odds import Odds

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
    facts = [
        ("Even odds by", *_by(odds_now, window, 0.5)),
        ("Nine in ten by", *_by(odds_now, window, 0.9)),
    ]
    official = window_words.OFFICIAL_DAYS
    chance = (
        window_words.chance(window, official)
        if window is not None and window_words.has_odds(window)
        else words.UNKNOWN
    )
    facts.append((f"Chance within {official} days", chance, "the official answer"))
    facts.append(("Has to come first", *_need(odds_now, payout_ftm)))
    for tile, (label, value, beside) in zip(frame.four_tiles(), facts, strict=True):
        tile.metric(
            label,
            value,
            beside,
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )


def _by(odds_now: Odds, window: ReleaseWindow | None, p: float) -> tuple[str, str]:
    if window is None or not window_words.has_odds(window):
        return words.UNKNOWN, ""
    days = window.quantile(p)
    if not math.isfinite(days):
        return f"after {words.day(odds_now.day(odds.FAN_DAYS))}", "no date is given that far"
    return ("now", "") if days == 0 else (words.day(odds_now.day(days)), window_words.in_days(days))


def _need(odds_now: Odds, payout_ftm: float) -> tuple[str, str]:
    present = odds_now.present
    if present.waiting_ftm is None:
        return words.UNKNOWN, ""
    need, unseen = present.need(present.waiting_ftm, payout_ftm)
    if unseen:
        return f"up to {words.ftm(need)}", "the pool's balance is unknown"
    return words.ftm(need), "the pool's own money is taken off"


def odds_grid(odds_now: Odds, payout_ftm: float) -> pl.DataFrame:
    """The chance of being paid by some days for some amounts, a row each."""
    amounts = sorted({*_AMOUNTS, payout_ftm})
    rows = []
    for amount in amounts:
        window = odds_now.present.new_window(amount)
        if window is None or not window_words.has_odds(window):
            continue
        for days in _DAYS:
            share = window.probability_within(days)
            said = window_words.percent(share)
            rows.append(
                (
                    _amount(amount),
                    f"{days} d",
                    share,
                    f"{said} by {words.day(odds_now.day(days))}",
                    said.replace("under ", "<").replace("over ", ">"),
                )
            )
    schema = {
        "amount": pl.String(),
        "day": pl.String(),
        "share": pl.Float64(),
        "said": pl.String(),
        "short": pl.String(),
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _amount(ftm: float) -> str:
    """An amount that someone chose, as they would write it."""
    return f"{ftm:,.12g} FTM"


def odds_by_amount(odds_now: Odds, payout_ftm: float) -> None:
    """The picture of the odds, and beside it the same as a table with dates."""
    grid = odds_grid(odds_now, payout_ftm)
    if grid.is_empty():
        st.markdown("There are none to give: see above why.")
        return
    picture, table = st.columns([3, 2], gap="medium")
    with picture:
        drawing.draw(
            window_charts.heat,
            grid,
            alt="The chance of being paid, by amount and days: the table beside it says the same",
        )
    rows = []
    for amount in sorted({*_AMOUNTS, payout_ftm}):
        window = odds_now.present.new_window(amount)
        assert window is not None
        days = [window.quantile(p) for p in (0.5, 0.9)]
        rows.append(
            (_amount(amount), *(odds_now.day(d) if math.isfinite(d) else None for d in days))
        )
    by = {"payout": pl.String(), "half": pl.Date(), "most": pl.Date()}
    table.dataframe(
        pl.DataFrame(rows, schema=by, orient="row"),
        hide_index=True,
        height="content",
        placeholder=f"after {odds.FAN_DAYS} d",
        alt="The days of even odds and of nine in ten by amount",
        column_config={
            "payout": st.column_config.TextColumn("Payout"),
            "half": st.column_config.DateColumn("Even odds by", format="D MMM YYYY"),
            "most": st.column_config.DateColumn("Nine in ten by", format="D MMM YYYY"),
        },
    )
