"""What a chart of an answer shows: its columns by what they can be on one, and the inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import polars as pl
import polars.selectors as cs
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.explore import tables
from queries import Field
from ui.parts import links
from ui.parts.colours import OF_SERIES

MOST_NAMES = 60  # so many stand along an axis
MOST_SERIES = len(OF_SERIES)
KEYS = ("chart", "along", "draw", "colour")  # of the inputs, in the URL
NAMES = cs.string() | cs.boolean() | cs.categorical() | cs.enum()
_TIMES = cs.date() | cs.datetime()
# What is drawn first, where nothing is chosen.
DRAWN_UNITS = ("FTM", "count", "days", "share", "number")

Kind = Literal["automatic", "line", "bars", "points"]
_KINDS: tuple[Kind, ...] = ("automatic", "line", "bars", "points")


@dataclass(frozen=True)
class Columns:
    """Names of columns: those that can run `along` the axis, be `drawn` as numbers, tell by
    `colour`; and those with `too_long` numbers, which a chart would round."""

    along: list[str]
    drawn: list[str]
    colour: list[str]
    too_long: list[str]
    units: dict[str, str]

    @property
    def first(self) -> tuple[str, str] | None:
        """What runs along the axis and what is drawn where nothing is chosen: the first column
        that leaves another to be drawn. None where nothing can be drawn."""
        names = (name for name in self.along if name not in self.too_long or name == self.along[0])
        return next(((x, y) for x in names for y in self.drawn if x != y), None)


@dataclass(frozen=True)
class Choice:
    """A chart that was chosen; `drawn` may hold columns that do not go with the others."""

    kind: Kind
    along: str
    drawn: tuple[str, ...]
    colour: str | None


def columns_of(fields: Sequence[Field], rows: pl.DataFrame) -> Columns:
    """What each column can be. `fields` are those of `rows`, in the same order."""
    units = {f.name: tables.unit(f.name) if f.unit == "id" else f.unit for f in fields}
    numbers = rows.select(cs.numeric()).columns
    too_long = [name for name in numbers if tables.is_rounded(rows[name], units[name])]
    times, names = rows.select(_TIMES).columns, rows.select(NAMES).columns
    drawn = [name for name in numbers if name not in too_long]
    drawn.sort(key=lambda name: _rank(units[name]) + len(DRAWN_UNITS) * _is_id(fields, name))
    along = {*numbers, *times, *names}
    return Columns(
        [name for name in rows.columns if name in along],
        drawn,
        [name for name in names if 1 < rows[name].n_unique() <= MOST_SERIES],
        too_long,
        units,
    )


def _rank(unit: str) -> int:
    return DRAWN_UNITS.index(unit) if unit in DRAWN_UNITS else len(DRAWN_UNITS)


def _is_id(fields: Sequence[Field], name: str) -> bool:
    return any(field.unit == "id" for field in fields if field.name == name)


def inputs(columns: Columns, notices: DeltaGenerator) -> Choice:
    """The inputs, kept in the URL. There is a column to be drawn."""
    assert columns.first is not None
    first_along, first = columns.first
    with st.container(horizontal=True, vertical_alignment="bottom"):
        drawn = links.choose_several("Drawn", columns.drawn, "draw", first, MOST_SERIES, notices)
        with st.popover("Chart", icon=":material/show_chart:"):
            kind = links.choose("Kind", _KINDS, "chart", "automatic", notices)
            # Not chosen is none, whatever the answer: a link would hold what an answer before had.
            along = links.pick_or_none(
                "Along the axis", columns.along, "along", first_along, notices
            )
            colour = links.pick_or_none("Colour by", columns.colour, "colour", "none", notices)
            if columns.too_long:
                st.caption(tables.why_not_drawn(columns.too_long))
    return Choice(next(k for k in _KINDS if k == kind), along or first_along, tuple(drawn), colour)


def of_link(columns: Columns, link: Mapping[str, str]) -> Choice | None:
    """The choice of a link that is not shown on a page; None where it cannot be drawn."""
    if columns.first is None:
        return None
    first_along, first = columns.first
    along, drawn = link.get("along", first_along), link.get("draw", first)
    colour, kind = link.get("colour"), link.get("chart", "automatic")
    can = along in columns.along and drawn in columns.drawn and kind in _KINDS
    if not can or (colour is not None and colour not in columns.colour):
        return None
    return Choice(next(k for k in _KINDS if k == kind), along, (drawn,), colour)


def refuse(notices: DeltaGenerator) -> None:
    """Of an answer that no chart fits: what a link asks of one is named, and leaves the link."""
    for key in KEYS:
        wanted = "possible: nothing in this answer can be drawn"
        links.check(key, lambda _: False, wanted, "the rows alone", notices)
