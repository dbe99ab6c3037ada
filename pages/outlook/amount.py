"""What the Outlook page says of an amount: its figures, and the odds of smaller and larger ones."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import altair as alt
import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from answers import window_words, words
from answers.scored import Odds
from data.pool.burn import BOND
from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS
from ui.parts import drawing, links, tables
from ui.parts.charts import MOST_FORMS, NO_TOOLTIP, Picture, layered, of_rows
from ui.parts.colours import GAP, HEAT, HEAT_OPACITY, ON_HEAT, TEXT
from ui.parts.tiles import fact_tiles

_USUAL_FTM = 1_000.0
_LEAST_FTM, _MOST_FTM = 0.000001, 3.2e9  # the latter is more than all FTM there is
_DAYS = (7, 14, 21, 35, 60, 90, 120)
_AMOUNTS = (10.0, 100.0, 1_000.0, 10_000.0, 100_000.0)


def amount_input(notices: DeltaGenerator) -> float:
    """The payout asked about in FTM, under `amount` in the URL."""
    wanted = "an amount above 0 and up to 3.2 billion"
    text = links.check("amount", _is_amount, wanted, f"{_USUAL_FTM:,.0f}", notices)
    links.drop_other("amount", (int, float))
    return st.number_input(
        "Payout in FTM",
        _LEAST_FTM,
        _MOST_FTM,
        _USUAL_FTM,
        100.0,
        format="%.6g" if text and len(text) > 12 else "%.12g",
        key="amount",
        bind="query-params",
        width=220,
        help="What you would be paid, after the fee.",
    )


def amount_of(text: str | None) -> float | None:
    """The payout that a link's text means, the usual one of none; None of a text that is none."""
    if text is None:
        return _USUAL_FTM
    return float(text) if _is_amount(text) else None


def _is_amount(text: str) -> bool:
    try:
        return _LEAST_FTM <= float(text) <= _MOST_FTM
    except ValueError:
        return False


def tiles(odds: Odds, window: ReleaseWindow | None, payout_ftm: float) -> None:
    """The window's four figures."""
    chance, until = window_words.label(window), ""
    if window_words.has_odds(window):
        _, days = window_words.official_days(window, odds.now)
        chance = window_words.chance(window, days)
        until = f"official time, by {words.day(odds.day(days))}"
    fact_tiles(
        [
            ("90 % chance by", *_day_of(odds, window, 0.9)),
            ("50 % chance by", *_day_of(odds, window, 0.5)),
            (f"Chance within {OFFICIAL_DAYS} days", chance, until),
            ("Still has to come in", *_need(odds, payout_ftm)),
        ]
    )


def way_on(network: str, payout_ftm: float) -> None:
    """The way to Unstake with this amount: an aFTMb is an FTM, of which the fee is still taken."""
    amount = f"{payout_ftm:.6f}".rstrip("0").rstrip(".")
    st.page_link(
        links.page("unstake"),
        label=f"Unstake {payout_ftm:,.12g} aFTMb, step by step: as many FTM, less the fee",
        icon=":material/arrow_forward:",
        query_params={"network": network, "token": BOND, "amount": amount},
    )


def _day_of(odds: Odds, window: ReleaseWindow | None, share: float) -> tuple[str, str]:
    """The day by which the chance is `share`, or why there is none, and how far it is."""
    if not window_words.has_odds(window):
        return window_words.label(window), ""
    days = window.quantile(share)
    if not math.isfinite(days):
        return window_words.beyond(window), "as far as we forecast"
    wait = words.duration(days)
    is_old = odds.behind_days > 1
    return words.day(
        odds.day(days)
    ), f"within {wait} of the newest block here" if is_old else f"in {wait}"


def _need(odds: Odds, payout_ftm: float) -> tuple[str, str]:
    waiting_ftm = odds.present.waiting_ftm
    if waiting_ftm is None:
        return words.UNKNOWN, ""
    need_ftm, unseen_ftm = odds.present.need(waiting_ftm, payout_ftm)
    if unseen_ftm:
        return f"up to {words.ftm(need_ftm, 'up')}", "the pool's balance is unknown"
    return words.ftm(need_ftm, "up"), "pool's balance deducted"


def odds_by_amount(odds: Odds, payout_ftm: float) -> None:
    """The chance by some days for some amounts, and beside it the days of 90 % and 50 % chance."""
    named = windows_beside(odds, payout_ftm)
    rows = chances(odds, named)
    picture, table = st.columns([3, 2], gap="medium")
    with picture:
        if rows.is_empty():
            st.markdown("There are none to give: see above why.")
        else:
            by_a_day = rows.filter(day=f"{_DAYS[3]} d").select("amount", "chance").rows()
            drawing.draw(heat, rows, alt="; ".join(": ".join(row) for row in by_a_day))
    days = {
        name: [_day_of(odds, window, share)[0] for window in named.values()]
        for name, share in (("most", 0.9), ("half", 0.5))
    }
    with table:
        tables.show(
            pl.DataFrame({"payout": list(named), **days}),
            height="content",
            alt="The days of 90 % and 50 % chance by amount",
            column_config={"payout": "Payout", "most": "90 % by", "half": "50 % by"},
        )


def windows_beside(odds: Odds, payout_ftm: float) -> dict[str, ReleaseWindow | None]:
    """The windows of a payout and of smaller and larger ones, in their order, by name."""
    windows = {amount: odds.present.new_window(amount) for amount in {*_AMOUNTS, payout_ftm}}
    return {f"{amount:,.12g} FTM": windows[amount] for amount in sorted(windows)}


def chances(odds: Odds, windows: dict[str, ReleaseWindow | None]) -> pl.DataFrame:
    """The chance of being paid by each of `_DAYS`, a row a chance, where there are odds."""
    rows = []
    for amount, window in windows.items():
        if not window_words.has_odds(window):
            continue
        for days in _DAYS:
            share = window.probability_within(days)
            chance = window_words.percent(share)
            by = f"{chance} by {words.day(odds.day(days))}"
            # In two lines where it has words: a cell is narrow on a phone.
            cell = chance.replace("under ", "under\n").replace("over ", "over\n")
            rows.append((amount, f"{days} d", share, by, cell))
    text = pl.String
    schema = {"amount": text, "day": text, "share": pl.Float64, "chance": text, "cell": text}
    return pl.DataFrame(rows, schema=schema, orient="row")


def heat(chances: pl.DataFrame) -> Picture:
    """Chance of being paid (`share`, 0 to 1) for each `amount` by each `day`, as colour and text.

    Amounts and days keep their order. `chance` is it in words with its date, `cell` without.
    """
    return Picture(_heat_form(chances["amount"].n_unique()), {"chances": chances})


@lru_cache(MOST_FORMS)
def _heat_form(amounts: int) -> dict[str, Any]:
    base = of_rows("chances").encode(
        x=alt.X(
            "day:N",
            title=None,
            sort=None,
            axis=alt.Axis(orient="top", labelAngle=0, labelLimit=70, ticks=False, domain=False),
        ),
        y=alt.Y(
            "amount:N",
            title=None,
            sort=None,
            axis=alt.Axis(ticks=False, domain=False, labelLimit=120),
        ),
    )
    shares, thickness = HEAT_OPACITY
    cells = base.mark_rect(fill=HEAT, stroke=GAP).encode(
        fillOpacity=alt.FillOpacity(
            "share:Q", scale=alt.Scale(domain=shares, range=thickness), legend=None
        ),
        tooltip=[
            alt.Tooltip("amount:N", title="Payout"),
            alt.Tooltip("day:N", title="By"),
            alt.Tooltip("chance:N", title="Chance"),
        ],
    )
    middle = alt.ExprRef("indexof(datum.cell, '\\n') < 0 ? 0 : -6")
    figures = base.mark_text(
        fontSize=12, lineBreak="\n", lineHeight=12, dy=middle, aria=False
    ).encode(
        text="cell:N",
        color=alt.condition("datum.share > 0.5", alt.value(ON_HEAT), alt.value(TEXT)),
        tooltip=NO_TOOLTIP,
    )
    return layered([cells, figures], 32 * amounts + 60).to_dict()
