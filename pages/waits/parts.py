"""The parts of the Waits page that need words: its answer, its filter and its tables."""

from __future__ import annotations

from math import ceil

import polars as pl
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from answers import words
from pages.waits import curves
from ui.parts import drawing, links
from ui.parts.spans import ALL, Span

AXES = {"35": 35, "90": 90, "365": 365}
_number, _text = st.column_config.NumberColumn, st.column_config.TextColumn


def answer(curve: pl.DataFrame, within: pl.DataFrame, days: int) -> str:
    """The page's answer: how often the promise was kept, and the usual wait of the most common
    size."""
    by_size = curves.by_bucket(curve, days).sort("requests", maintain_order=True)
    usual = by_size.row(-1, named=True)
    size = f"those {_of(usual['bucket'])}, the most common size"
    half = f"Of {size}, it is not known yet how long half waited"
    if usual["requests"] < curves.FEWEST:
        few = words.plural(usual["requests"], "request")
        half = f"Of {size}, there are too few for a usual wait ({few})"
    if usual["days_50"] is not None:
        whole_days = max(1, ceil(usual["days_50"]))
        half = f"Of {size}, half were paid within {words.plural(whole_days, 'day')}"
    total = within.row(-1, named=True)
    if total["share"] is None:
        return f"No request is {days} days old yet. {half}."
    share = curves.percent(total["share"], 1)
    return (
        f"**{share} of requests** made at least {days} days ago were paid within the official "
        f"{days} days. {half}."
    )


def _of(bucket: str) -> str:
    return bucket if bucket.startswith("under") else f"of {bucket}"


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
        curves.percent(total["share"], 1),
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
            "amount": _text("Payout, FTM", width=112),
            "share": st.column_config.ProgressColumn(
                f"In {days} d", format="%.1f %%", min_value=0, max_value=100, width=110
            ),
            "requests": _number("Made", format="%,d", width=58),
            "late": _number(
                f"Past {days} d", format="%,d", width=74, help="Paid later, or still waiting."
            ),
        },
    )


def axis_input(notices: DeltaGenerator) -> int | None:
    """Where the days axis ends; None for the longest wait there is."""
    return AXES.get(links.choose("Days shown", [*AXES, ALL], "days", ALL, notices))


def curves_chart(curve: pl.DataFrame, axis_days: int | None, days: int) -> None:
    """The share of the requests that was paid by each day, by amount."""
    drawing.draw(
        curves.release_curves,
        curve,
        promised_days=days,
        days=axis_days,
        alt=curves.takeaway(curve, days),
    )


def curves_note(curve: pl.DataFrame, span: Span) -> str:
    """Which requests the curves are of, and how they are counted."""
    released = curve.group_by("bucket").agg(pl.col("released").last())["released"].sum()
    return (
        f"Requests made from {span}. "
        f"{'' if released else 'None of them is paid yet, so no wait is known. '}"
        "Requests that still wait count for as long as they have waited. A line stops where fewer "
        f"than {curves.FEWEST} requests are left."
    )


def curves_table(curve: pl.DataFrame, days: int) -> None:
    """The curves in figures."""
    rows = curves.by_bucket(curve, days)
    # As text, since a cell without a figure says why: spaces in front, so that it sorts as numbers.
    figures = {
        name: [
            _figure(wait, requests, "{:5.1f} d")
            for wait, requests in rows.select(name, "requests").iter_rows()
        ]
        for name in ("days_50", "days_90")
    }
    st.dataframe(
        rows.select(_amount(), "requests", "pending").with_columns(
            pl.Series(name, figures[name], pl.String) for name in figures
        )["amount", "days_50", "days_90", "requests", "pending"],
        hide_index=True,
        height="content",
        alt="Days until 50 % and 90 % were paid, by amount",
        column_config={
            "amount": _text("Payout, FTM", width=112, pinned=True),
            "days_50": _text("50 % in", width=66),
            "days_90": _text("90 % in", width=66),
            "requests": _number("Made", format="%,d", width=54),
            "pending": _number("Waiting", format="%,d", width=60),
        },
    )


def half_years_table(waits: pl.DataFrame, days: int) -> None:
    """Half-years, the latest first, by amount: a half-year's name stands above its amounts, so that
    the table is no wider than a phone."""
    heads = ["Payout, FTM", "50 % in", "90 % in", f"In {days} d", "Made", "Waiting"]
    rows = waits.with_columns(_amount(), share=100 * pl.col("share_paid_35d"))
    lines: list[list[str]] = []
    for half_year in waits["half_year"].unique().sort(descending=True):
        lines.append([f"**{half_year}**", *[""] * (len(heads) - 1)])
        for row in rows.filter(half_year=half_year).iter_rows(named=True):
            requests, is_enough = row["requests"], row["requests"] >= curves.FEWEST
            figures = [
                _figure(row[name] if is_enough else None, requests, form)
                for name, form in (
                    ("wait_days_50", "{:.1f} d"),
                    ("wait_days_90", "{:.1f} d"),
                    ("share", "{:.1f} %"),
                )
            ]
            lines.append([row["amount"], *figures, f"{requests:,}", f"{row['pending']:,}"])
    with st.container(key="half-years"):
        st.table(
            pl.DataFrame(lines, schema=dict.fromkeys(heads, pl.String), orient="row"),
            border="horizontal",
            width=640,
            alt="Days until 50 % and 90 % were paid, by half-year and amount",
        )


def _figure(value: float | None, requests: int, form: str) -> str:
    """A figure, or in a word why there is none: how many requests there are stands beside it."""
    if value is None:
        return "too few" if requests < curves.FEWEST else "not yet"
    return form.format(value)


def _amount() -> pl.Expr:
    """A bucket without its unit, which stands in the head of the column."""
    return pl.col("bucket").str.replace(" FTM", "", literal=True).alias("amount")
