"""The charts' colours: they show on both themes, and stand in one place."""

from __future__ import annotations

import re

import pytest

from data.config import ROOT
from ui.parts import colours

BACKGROUNDS = ("#ffffff", "#14171c")
DRAWN = ("BLUE", "AMBER", "PINK", "BROWN", "SILVER", "GREY")


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("name", DRAWN)
@pytest.mark.parametrize("background", BACKGROUNDS)
def test_every_colour_shows_on_both_backgrounds(name: str, background: str) -> None:
    assert _contrast(getattr(colours, name), background) >= 3


def test_text_can_be_read_on_both_ends_of_a_heat_map() -> None:
    for background, text in zip(colours.HEAT, colours.ON_HEAT, strict=True):
        assert _contrast(background, text) >= 4.5


def test_no_chart_has_a_colour_of_its_own() -> None:
    scripts = [*(ROOT / "pages").rglob("*.py"), *(ROOT / "ui").rglob("*.py")]
    found = {path.name for path in scripts if re.search(r"#[0-9a-fA-F]{6}", path.read_text())}
    assert found == {"colours.py"}
