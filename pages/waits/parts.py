"""The parts of the Waits page that need words: its answer, its filter and its tables."""

from __future__ import annotations

from math import ceil

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.elements.lib.column_types import ColumnConfig

from pages.waits import charts, releases
from ui.parts import drawing, links, words
from ui.parts.spans import ALL, Span

_AXES = {"35": 35, "90": 90, "365": 365}


def answer(curve: pl.DataFrame, within: pl.DataFrame, days: int) -> str:
    """The page's one sentence: the usual wait of the usual request, and the official promise."""
    usual = (
        releases.by_bucket(curve, days).sort("requests", maintain_order=True).row(-1, named=True)
    )
    of_them = f"the requests {_of(usual['bucket'])}, the most frequent amount,"
    half = f"How long half of {of_them} wait is not known yet"
    if usual["days_50"] is not None:
        whole_days = max(1, ceil(usual["days_50"]))
        half = f"Half of {of_them} were released within {words.plural(whole_days, 'day')}"
    total = within.row(-1, named=True)
    if total["share"] is None:
        return f"{half}; no request is {days} days old yet."
    return (
        f"{half}; of all requests at least {days} days old, {_percent(total['share'])} "
        f"were paid within the official {days} days."
    )


def promise(within: pl.DataFrame, days: int) -> None:
    """How often the official answer was right: overall, and by amount."""
    total = within.row(-1, named=True)
    if total["share"] is None:
        st.info(
            f"No request is {days} days old yet: whether the official answer of {days} days "
            "holds is not known yet."
        )
        return
    overall, by_amount = st.columns([1, 2])
    overall.metric(
        f"Paid within {days} days",
        _percent(total["share"]),
        f"{total['paid_within']:,} of {words.plural(total['requests'], 'request')}",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help=f"The official answer is {days} days, whatever the amount.",
    )
    by_amount.dataframe(
        within.filter(pl.col("bucket") != "all").select(
            _amount(),
            pl.col("share") * 100,
            "requests",
            late=pl.col("requests") - pl.col("paid_within"),
        ),
        hide_index=True,
        height="content",
        alt=f"Share of the requests paid within {days} days, by amount",
        column_config={
            "amount": st.column_config.TextColumn("Payout, FTM", width=110),
            "share": st.column_config.ProgressColumn(
                f"Paid within {days} d", format="%.1f %%", min_value=0, max_value=100, width=118
            ),
            "requests": st.column_config.NumberColumn("Requests", format="%,d", width=78),
            "late": st.column_config.NumberColumn(
                "Late", format="%,d", width=52, help="Paid later, or still waiting."
            ),
        },
    )


def axis_input(notices: DeltaGenerator) -> int | None:
    """Where the days axis ends; None for the longest wait there is."""
    return _AXES.get(links.choose("Days shown", [*_AXES, ALL], "days", ALL, notices))


def curves(curve: pl.DataFrame, axis_days: int | None, days: int) -> None:
    """The share of the requests that was released by each day, by amount."""
    drawing.draw(
        charts.release_curves,
        curve,
        promised_days=days,
        days=axis_days,
        alt=releases.takeaway(curve, days),
    )


def curves_note(curve: pl.DataFrame, span: Span) -> str:
    """What the curves are of, and how they count."""
    released = curve.group_by("bucket").agg(pl.col("released").last())["released"].sum()
    return (
        f"Requests made from {span}. "
        f"{'' if released else 'None of them was released yet, so no wait is known. '}"
        "Released means that the queue's head passed a request, paid or refused. Pending "
        "requests, young ones too, count for as long as they have waited. A curve ends at its "
        f"longest wait, or where fewer than {releases.FEWEST} requests waited as long: so few say "
        "nothing of others. Steps and days are exact to half a percent of the requests."
    )


def curves_table(curve: pl.DataFrame, days: int) -> None:
    """The curves in figures: what is not known yet says so."""
    st.dataframe(
        releases.by_bucket(curve, days).select(
            _amount(), "days_50", "days_90", "requests", "pending"
        ),
        hide_index=True,
        height="content",
        placeholder=releases.NOT_KNOWN_YET,
        alt="How long it took until half and nine tenths were released, by amount",
        column_config={
            "amount": st.column_config.TextColumn("Payout, FTM", width=110),
            **_waits(days),
        },
    )


def half_years_table(waits: pl.DataFrame, days: int) -> None:
    """Half-years, the latest first, by amount."""
    enough = pl.when(pl.col("requests") >= releases.FEWEST)
    st.dataframe(
        waits.sort("half_year", descending=True, maintain_order=True).select(
            "half_year",
            _amount(),
            days_50=enough.then("wait_days_50"),
            days_90=enough.then("wait_days_90"),
            share=enough.then(pl.col("share_paid_35d") * 100),
            requests="requests",
            pending="pending",
        ),
        hide_index=True,
        placeholder=releases.NOT_KNOWN_YET,
        alt="How long it took until half and nine tenths were released, by half-year and amount",
        column_config={
            "half_year": st.column_config.TextColumn("Made in", width=64, pinned=True),
            "amount": st.column_config.TextColumn("Payout, FTM", width=110),
            **_waits(days),
        },
    )


def _waits(days: int) -> dict[str, ColumnConfig]:
    number = st.column_config.NumberColumn
    return {
        "days_50": number("50 % within", format="%.1f d", width=92),
        "days_90": number("90 % within", format="%.1f d", width=92),
        "share": number(f"Within {days} d", format="%.1f %%", width=95),
        "requests": number("Requests", format="%,d", width=78),
        "pending": number("Still waiting", format="%,d", width=90),
    }


def _amount() -> pl.Expr:
    """A bucket without its unit, which the column's head has."""
    return pl.col("bucket").str.replace(" FTM", "", literal=True).alias("amount")


def _of(bucket: str) -> str:
    """A bucket as it stands behind the word requests."""
    return bucket if bucket.startswith("under") else f"of {bucket}"


def _percent(share: float) -> str:
    """To a tenth, where only none is 0 % and only all is 100 %."""
    if 0 < share < 0.0005:
        return "under 0.1 %"
    if 0.9995 <= share < 1:
        return "over 99.9 %"
    return f"{share * 100:.1f} %" if 0 < share < 1 else f"{share * 100:.0f} %"
