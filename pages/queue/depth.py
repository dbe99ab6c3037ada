"""The queue's depth against what feeds it, for a span of days and a token: chart, words, files."""

from __future__ import annotations

import polars as pl
import streamlit as st

from answers import one_source, words
from answers.store_view import StoreView
from pages.queue import charts
from ui.parts import downloads, drawing, links, spans
from ui.parts.spans import Span

FIELDS = ("range", "since", "until", "token", "payouts")
TOKENS = {"both": None, "aFTMb": "aFTMb", "aFTMc": "aFTMc"}


def show(store: StoreView) -> str | None:
    """The inputs and what they ask for; returns the token, None for both."""
    notices = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        span = spans.span_input("Range", "6 months", *store.days(), notices)
        token = TOKENS[links.choose("Token", list(TOKENS), "token", "both", notices)]
        payouts = links.switch("Show payouts", "payouts", True, notices)
    chosen = {"since": span.since, "until": span.until, "token": token}
    depth = store.ask("depth_against_claims", step=span.depth_step, **chosen)
    flows = store.ask("depth_against_claims", step=span.flow_step, **chosen)
    drawing.once((store.version, span, token, payouts), _chart, depth, flows, span, payouts)
    st.caption(
        f"{words.day(span.since)} to {words.day(span.until)}, depth at the end of each "
        f"{span.depth_step}, money by {span.flow_step}. Other money: stake that came back, and new "
        "stakes, which lie in the pool at first and can pay requests."
        + _scope(token)
        + f" {one_source.note(store, span.since)}".rstrip()
    )
    for step in dict.fromkeys([span.depth_step, span.flow_step]):
        downloads.offer_query(store, "depth_against_claims", f"By {step}", step=step, **chosen)
    return token


def _chart(depth: pl.DataFrame, flows: pl.DataFrame, span: Span, payouts: bool) -> None:
    drawing.draw(
        charts.depth_against_claims,
        depth,
        flows,
        depth_step=span.depth_step,
        flow_step=span.flow_step,
        payouts=payouts,
        alt=charts.takeaway(span, depth, flows),
    )


def _scope(token: str | None) -> str:
    """What the chart of one token alone is of."""
    if token is None:
        return ""
    return f" Depth and payouts are of {token} alone; what came in belongs to no token."
