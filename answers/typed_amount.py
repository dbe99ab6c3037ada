"""What is to be said of an amount as it was typed: how it was read, and that it cannot be."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from answers import words
from answers.one_source import money_adds_up
from answers.sources import Version
from answers.store_view import StoreView, answer_of
from data.pool.amounts import ONE, format_wei
from data.pool.pasted import visible

_THOUSAND = re.compile(r"[1-9][0-9]{0,2}[.][0-9]{3}")
_PLAIN = re.compile(r"[0-9]*[.,]?[0-9]*")


def read_as(text: str, amount_wei: int) -> str:
    """How `text` was read, where it can be taken for another amount or has marks; else ""."""
    if _THOUSAND.fullmatch(visible(text)):
        return f"Read as {format_wei(amount_wei)}: a point marks decimals, not thousands."
    if not _PLAIN.fullmatch(visible(text)):
        return f"Read as {format_wei(amount_wei)}."
    return ""


def over_staked(view: StoreView, gross_wei: int | None) -> str:
    """A warning of an amount that is worth more than was ever staked; "" of any other.

    How much there is of a token only a node tells, and then more than that is refused. The store
    tells this where its money adds up.
    """
    view.note("daily_flows")
    if gross_wei is None:
        return ""
    total_ftm = _ever_staked_ftm(view.version)
    if total_ftm is None or gross_wei <= math.ceil(total_ftm) * ONE:
        return ""
    if not money_adds_up(view):
        return ""
    return (
        f"That is worth {words.payout(gross_wei)}, more than all that was ever staked, "
        f"{words.ftm(total_ftm)}: nobody holds that much. Enter a smaller amount."
    )


@lru_cache(maxsize=16)
def _ever_staked_ftm(version: Version) -> float | None:
    """All that was ever staked; None where an amount is unknown."""
    staked_ftm = answer_of(version, "daily_flows", {})["staked_ftm"]
    return None if staked_ftm.null_count() else float(staked_ftm.sum())
