"""Amounts of FTM as integers of wei, and how a drawn float becomes one.

A float is rounded to a thousandth of FTM or a billionth of a share before it counts, so
another machine's last bit cannot change an amount; the digits below are drawn as integers.
"""

from __future__ import annotations

import random

WEI = 10**18  # wei in one FTM
_MILLI = 10**15  # wei in a thousandth of FTM
PARTS = 10**9  # a share is a whole number of billionths


def drawn_wei(rng: random.Random, amount_ftm: float) -> int:
    """`amount_ftm` in wei, with its fifteen lowest digits drawn."""
    return round(amount_ftm * 1_000) * _MILLI + rng.randrange(_MILLI)


def share_of(amount: int, share: float) -> int:
    """`share` (0 to 1, to the billionth) of a whole amount, rounded down."""
    return amount * round(share * PARTS) // PARTS
