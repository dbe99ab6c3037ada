"""What a link to the Explore page says and shows where it is pasted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import queries
from answers import words
from answers.store_view import StoreView
from pages.explore import chart_choice, charts, inputs
from pages.explore.charts import MOST_ROWS
from queries import Field
from ui.parts.preview import NotShownError, Preview, still

FIELDS = ("ask", "query", *chart_choice.KEYS, "table", "sql", *queries.param_names())
_MOST_BARS = 6


def preview(store: StoreView, link: Mapping[str, str]) -> Preview:
    """What a query of the link answers, with its chart. SQL of a link is not run here."""
    is_of_query = "query" in link or "table" not in link
    if "sql" in link or not is_of_query or link.get("ask", "query") != "query":
        raise NotShownError
    name = link.get("query", inputs.FIRST_QUERY)
    query = queries.load(name)
    params: dict[str, Any] = {
        field.name: _value(field, link[field.name]) for field in query.params if field.name in link
    }
    rows, count = store.ask_first(name, MOST_ROWS, **params)
    if not rows.height:
        raise NotShownError
    sentence = f"{query.prose.split('. ')[0].rstrip('.')}. {words.plural(count, 'row')}."
    drawn = rows if query.columns[0].type == "TIMESTAMPTZ" else rows.head(_MOST_BARS)
    chart = charts.chart_of(query.columns, drawn, link) if count <= MOST_ROWS else None
    if chart is None:
        return Preview(query.title, sentence)
    note = "" if drawn.height == rows.height else f"The first {drawn.height} of them."
    return Preview(query.title, sentence, still(chart), note)


def _value(field: Field, text: str) -> str | int | date:
    """A parameter of the type its header names. Raises NotShownError where a link's is none."""
    value = inputs.read_param(field, text)
    if value is None:
        raise NotShownError
    return value
