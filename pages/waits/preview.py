"""What a link to the Waits page says and shows where it is pasted."""

from __future__ import annotations

from collections.abc import Mapping

from answers.store_view import StoreView
from forecast.baselines import OFFICIAL_DAYS
from pages.waits import curves, parts
from ui.parts import spans
from ui.parts.preview import WIDTH, NotShownError, Preview, still
from ui.parts.spans import Span

FIELDS = ("range", "since", "until", "days")
_KEY_WIDTH, _HEIGHT = 205, 128


def preview(store: StoreView, link: Mapping[str, str]) -> Preview:
    """How often the official answer was right, and the curves of those made in the link's days."""
    span = spans.span_of(link, spans.ALL, *store.days())
    axis = link.get("days", spans.ALL)
    if span is None or axis not in (*parts.AXES, spans.ALL):
        raise NotShownError
    within = store.ask("paid_within_35_days", days=OFFICIAL_DAYS)
    whole = store.ask("release_curve")
    sentence = parts.answer(whole, within, OFFICIAL_DAYS)
    title, curve = "Waits", whole
    if span != Span(*store.days()):
        title = f"Waits, {span}"
        curve = store.ask("release_curve", since=span.since, until=span.until)
    if curve.is_empty():
        return Preview(title, sentence)
    chart = curves.release_curves(curve, promised_days=OFFICIAL_DAYS, days=parts.AXES.get(axis))
    spec = still(chart, chart.spec["vconcat"][0]["height"], _HEIGHT)
    key, panel = spec.pop("vconcat")
    steps = [layer["encoding"]["x"] for layer in panel["layer"] if layer["mark"]["type"] == "line"]
    for x in steps:
        x["axis"]["tickCount"] = 4
    panel["width"] = WIDTH - _KEY_WIDTH - 14
    spec["hconcat"] = [panel, key | {"width": _KEY_WIDTH}]
    return Preview(title, sentence, spec)
