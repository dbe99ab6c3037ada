"""The picture of a link as SVG: words above, the page's chart below. No HTTP and no store."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

from ui.parts.colours import ACCENT, FAINT, INK, PAPER, RED, VIOLET

WIDTH, HEIGHT = 1200, 630
_EDGE = 48
_INSIDE = WIDTH - 2 * _EDGE
_TITLE_AT, _FOOT_AT = 82, 600
_FONTS = "Liberation Sans, Arimo, Arial, Helvetica, sans-serif"
# Widths of letters in thousandths of the font's size, of the fonts above.
_WIDTHS = {
    letter: width
    for letters, width in {
        "ijl'|": 230,
        "ftI.,:;/!\\[] \u00a0": 278,
        "r()-": 333,
        "ckvxyzsJ": 500,
        "abdeghnopqu0123456789L_?+=": 570,
        "ABEKPSVXYFTZ": 667,
        "CDHNRUwGOQ&": 760,
        "mM%": 880,
    }.items()
    for letter in letters
}
_WIDEST, _BOLD = 960, 1.07
_UNITED = re.compile(r"(?<=\d) (?=[%A-Z]|days)")  # a number and its unit stand on one line
_SIZE = re.compile(r'<svg[^>]*?\bviewBox="0 0 ([\d.]+) ([\d.]+)"')


@dataclass(frozen=True)
class Card:
    """The words of a picture. `badge` marks what is not real, `warning` what is not sure, and
    `note` tells how to read the chart."""

    title: str
    sentence: str
    foot: str
    badge: str = ""
    warning: str = ""
    note: str = ""


def card_svg(card: Card, chart: str = "") -> str:
    """The picture of a card, with its `chart` as SVG, or with larger words in its place."""
    size, most = _size_of(card.sentence) if chart else (50, 6)
    title_width = _INSIDE - (70 + _BOLD * width_of(card.badge, 28) if card.badge else 0)
    title = wrapped(card.title, 48, 1, title_width / _BOLD)[0]
    parts = [_text(title, _EDGE, _TITLE_AT, 48, weight=700)]
    if card.badge:
        parts.append(_badge(card.badge))
    at = _TITLE_AT + (14 if chart else 40)
    for line in wrapped(card.sentence, size, most):
        at += round(size * 1.3)
        parts.append(_text(line, _EDGE, at, size))
    if card.warning:
        at += 38
        line = wrapped(card.warning, 26, 1, _INSIDE / _BOLD)[0]
        parts.append(_text(line, _EDGE, at, 26, weight=700, colour=RED))
    if chart:
        bottom = _FOOT_AT - (84 if card.note else 44)
        parts.append(_placed(chart, at + 20, bottom))
        note = wrapped(card.note, 24, 1)[0]
        parts.append(_text(note, _EDGE, _FOOT_AT - 44, 24, colour=FAINT))
    foot = wrapped(card.foot, 24, 1)[0]
    parts.append(_text(foot, _EDGE, _FOOT_AT, 24, colour=FAINT))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" color="{INK}" '
        f'font-family="{_FONTS}"><rect width="{WIDTH}" height="{HEIGHT}" fill="{PAPER}"/>'
        f'<rect width="{WIDTH}" height="10" fill="{ACCENT}"/>{"".join(parts)}</svg>'
    )


def _size_of(sentence: str) -> tuple[int, int]:
    """The size of the letters above a chart, and the most lines: few lines leave it more room."""
    return (32, 2) if len(wrapped(sentence, 32, 3)) < 3 else (29, 3)


def width_of(text: str, size: float) -> float:
    """About how many pixels a line takes in plain letters, rather too many than too few."""
    return sum(_WIDTHS.get(letter, _WIDEST) for letter in text) * size / 1000


def wrapped(text: str, size: int, most: int, width: float = _INSIDE) -> list[str]:
    """The text in at most so many lines; what has no room in them ends in an ellipsis."""
    lines = [""]
    for word in _UNITED.sub("\u00a0", text).split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if not lines[-1] or width_of(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    cut = len(lines) > most
    lines = [_fitting(line, size, width) for line in lines[:most]]
    if cut and not lines[-1].endswith("…"):
        lines[-1] = _fitting(lines[-1] + "…", size, width)
    return lines


def _fitting(line: str, size: int, width: float) -> str:
    """A line, cut where a single word or its ellipsis is too wide."""
    if width_of(line, size) <= width:
        return line
    while line and width_of(line + "…", size) > width:
        line = line[:-1]
    return line.rstrip(" .,;:…") + "…"


def _text(text: str, x: float, y: float, size: int, *, weight: int = 400, colour: str = INK) -> str:
    return (
        f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{colour}">'
        f"{escape(_printable(text))}</text>"
    )


def _printable(text: str) -> str:
    """What XML may hold."""
    return "".join(letter for letter in text.replace("\u00a0", " ") if letter.isprintable())


def _badge(text: str) -> str:
    width = _BOLD * width_of(text, 28) + 36
    x = WIDTH - _EDGE - width
    return (
        f'<rect x="{x:.0f}" y="{_TITLE_AT - 38}" width="{width:.0f}" height="52" rx="26" '
        f'fill="{VIOLET}"/>' + _text(text, x + 18, _TITLE_AT - 2, 28, weight=700, colour=PAPER)
    )


def _placed(chart: str, top: float, bottom: float) -> str:
    """The chart between two heights, twice its own size, or as large as there is room for."""
    found = _SIZE.search(chart)
    if found is None:
        return ""
    width, height = (float(number) for number in found.groups())
    scale = min(_INSIDE / width, (bottom - top) / height)
    y = top + (bottom - top - height * scale) / 2
    inside = chart[chart.index(">", found.start()) + 1 : chart.rindex("</svg>")]
    return (
        f'<svg x="{_EDGE}" y="{y:.1f}" width="{width * scale:.1f}" height="{height * scale:.1f}" '
        f'viewBox="0 0 {width} {height}">{inside}</svg>'
    )
