"""What a link to the Queue page says and shows where it is pasted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from answers.store_view import StoreView
from forecast.baselines import OFFICIAL_DAYS
from pages.queue import charts, depth, first, parts
from ui.parts import spans
from ui.parts.preview import NotShownError, Preview, still
from ui.request import preview as of_request

FIELDS = (*first.FIELDS, *depth.FIELDS)
_HEIGHTS = 50, 40


def preview(store: StoreView, link: Mapping[str, str]) -> Preview:
    """Who is first in line, or what an amount of the link gives, above the queue's depth."""
    span = spans.span_of(link, "6 months", *store.days())
    token, payouts = link.get("token", "both"), link.get("payouts", "true")
    name = link.get("unstake", "ankrFTM")
    if not (
        span and token in depth.TOKENS and payouts in ("true", "false") and name in first.TOKENS
    ):
        raise NotShownError
    if "amount" in link:
        of_amount = of_request.of_amount(store, first.TOKENS[name], name, link["amount"])
    else:
        metrics = store.ask("queue_metrics", days=OFFICIAL_DAYS).row(0, named=True)
        of_amount = Preview("", parts.answer(metrics, store.ask_row("blocking_head")))
    chosen = {"since": span.since, "until": span.until, "token": depth.TOKENS[token]}
    chart = charts.depth_against_claims(
        store.ask("depth_against_claims", step=span.depth_step, **chosen),
        store.ask("depth_against_claims", step=span.flow_step, **chosen),
        depth_step=span.depth_step,
        flow_step=span.flow_step,
        payouts=payouts == "true",
    )
    only = "" if token == "both" else f", {token} only"
    spec = _narrowed(still(chart, *_HEIGHTS))
    return Preview(f"Unstake queue{only}", of_amount.sentence, spec, warning=of_amount.warning)


def _narrowed(spec: dict[str, Any]) -> dict[str, Any]:
    """The chart with fewer ticks, and its key beside the lower panel's title."""
    for panel in spec["vconcat"]:
        for layer in panel["layer"]:
            layer["encoding"]["y"]["axis"]["tickCount"] = 2
    lower = spec["vconcat"][1]
    legend = lower["layer"][0]["encoding"]["color"]["legend"]
    legend |= {"title": lower.pop("title"), "titleOrient": "left", "titleLimit": 0, "offset": 12}
    return spec | {"spacing": 6}
