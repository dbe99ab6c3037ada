"""What a page shows of itself where a link to it is pasted: a title, a sentence, a still picture.

Each page's `preview.py` makes one from a store and from the parameters of the link.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from answers.store_view import StoreView
from ui.parts.colours import GREY, LINES
from ui.parts.drawing import AnyChart

# A chart is as wide as a narrow phone, and drawn twice as large: its letters can then be read.
WIDTH, HEIGHT = 552, 176
_LETTERS = 11.5
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(r"\\(.)|\*\*|[`\u2060]")


class NotShownError(Exception):
    """The link asks for what cannot be shown in a sentence: the page itself explains it."""


@dataclass(frozen=True)
class Preview:
    """`sentence` is written as on a page; `chart` is a Vega-Lite spec of about WIDTH x HEIGHT, and
    `note` tells how to read it. A `warning` says that the sentence is not to be relied on."""

    title: str
    sentence: str
    chart: dict[str, Any] | None = None
    note: str = ""
    warning: str = ""


class PreviewModule(Protocol):
    """A page's `preview.py`: `FIELDS` are the parameters that its preview depends on."""

    FIELDS: Sequence[str]

    @staticmethod
    def preview(store: StoreView, link: Mapping[str, str]) -> Preview:
        """Raises NotShownError, TrackerError and QueryError."""
        ...


def still(chart: AnyChart, *heights: int) -> dict[str, Any]:
    """The chart without what follows a pointer, its panels `heights` pixels high; as a whole so
    high where it is one panel and one height is given."""
    spec = chart.to_dict()
    spec.pop("params", None)
    panels = spec.get("vconcat", [spec])
    for panel, height in zip(panels, heights or (HEIGHT,), strict=True):
        panel |= {"width": WIDTH, "height": height}
        if "layer" in panel:
            panel["layer"] = [layer for layer in panel["layer"] if not _follows(layer)]
    if panels == [spec]:
        spec["autosize"] = {"type": "fit", "contains": "padding"}
    letters = {"labelFontSize": _LETTERS, "titleFontSize": _LETTERS}
    config: dict[str, Any] = spec.setdefault("config", {})
    colours = {"labelColor": GREY, "titleColor": GREY, "gridColor": LINES}
    config["axis"] = letters | colours | {"labelSeparation": 10}
    config["legend"] = letters | {"labelLimit": 0}
    config["background"] = None
    return dict(spec)


def _follows(layer: Mapping[str, Any]) -> bool:
    """Whether a layer is seen only at the pointer."""
    seen = layer.get("encoding", {}).get("opacity", {})
    return "param" in seen.get("condition", {})


def plain(markdown: str) -> str:
    """A sentence of a page without its marks."""
    return _MARKS.sub(r"\1", _LINK.sub(r"\1", markdown))
