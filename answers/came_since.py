"""What came after a day of the past: to one request, and to all that waited then, by their odds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import polars as pl

from answers import scored, window_words, words
from answers.scored import MOST_WINDOWS, Odds
from answers.sources import Version
from answers.store_view import Row, StoreView, answer_of

CHANCES = (90, 50)


@dataclass(frozen=True)
class Came:
    """What became of `waiting` requests that waited on a day of the past, by `until`, the newest
    block now: of the first `looked_at` of them `passed` were paid, or rejected by their receiver,
    and `dated` had a date.

    `by_chance` has, for each chance in percent, how many of how many were passed by the date of
    that chance. Only requests whose date has come count, so that it is not the quick ones first.
    """

    waiting: int
    looked_at: int
    passed: int
    dated: int
    until: datetime
    by_chance: dict[int, tuple[int, int]]


def came(odds: Odds) -> Came | None:
    """How the odds of a day of the past compare with what came, for the first 500 that waited; None
    of a present view. Raises StoreError."""
    at = odds.store.at
    if at is None or at.present.info.synced_at is None:
        return None
    until = at.present.info.synced_at
    waiting = answer_of(odds.store.version, "pending_requests", {})
    pending = waiting.head(MOST_WINDOWS)
    fates = _fates(at.present.version)
    known = pending.join(fates, on="wr_id", how="left", maintain_order="left")
    by_chance = {chance: _held(odds, known, chance / 100, until) for chance in CHANCES}
    passed = known["released_at"].count()
    dated = scored.windows_of(odds, pending)["half_by"].count()
    return Came(waiting.height, known.height, passed, dated, until, by_chance)


def _held(odds: Odds, known: pl.DataFrame, chance: float, until: datetime) -> tuple[int, int]:
    """How many of how many were passed by the moment at which they had this chance."""
    held = judged = 0
    rows = known.select("ahead_ftm", "payout_ftm", "released_at", "is_known").rows()
    for ahead_ftm, payout_ftm, released_at, is_known in rows:
        window = odds.present.window(ahead_ftm, payout_ftm)
        days = window.quantile(chance) if window_words.has_odds(window) else math.inf
        if is_known and math.isfinite(days) and odds.at + timedelta(days=days) <= until:
            judged += 1
            held += released_at is not None and released_at <= odds.at + timedelta(days=days)
    return held, judged


@lru_cache(maxsize=4)
def _fates(version: Version) -> pl.DataFrame:
    """`wr_id`, `released_at` and whether that `is_known` of every request, each once: of one that
    was passed while its log is missing it is not."""
    needs = answer_of(version, "request_needs", {})
    waits = answer_of(version, "pending_requests", {})["wr_id"].implode()
    once = needs.unique("wr_id", keep="first", maintain_order=True)
    is_known = pl.col("released_at").is_not_null() | pl.col("wr_id").is_in(waits)
    return once.select("wr_id", "released_at", is_known=is_known)


def since_then(view: StoreView, request: Row, staker: str) -> str:
    """What came to a request after the day of a view of the past, in a sentence: `request` as it
    stood then. "" where its end was known by then, and of a present view. Raises StoreError."""
    if view.at is None or request["status"] == "paid":
        return ""
    present = view.at.present
    rows = answer_of(present.version, "requests_by_address", {"address": staker})
    rows = rows.filter(wr_id=request["wr_id"])
    if rows.is_empty():
        return f"Since then: {words.UNKNOWN}, as the present store does not have it."
    return f"Since then: {_fate(present, request, rows.row(-1, named=True))}."


def _fate(present: StoreView, then: Row, now: Row) -> str:
    newest = f"the newest block now, {words.moment(present.info.synced_at)}"
    if now["status"] == "paid":
        by_hand = ", claimed by hand" if now["refused_at"] else ""
        after = words.duration(words.days_between(then["requested_at"], now["paid_at"]))
        return f"paid on {words.day(now['paid_at'])}{by_hand}, {after} after it was made"
    if now["status"] == "manual":
        if then["status"] == "manual":
            return f"not claimed by {newest}"
        return f"rejected by its receiver on {words.day(now['refused_at'])}, and not claimed yet"
    if now["status"] == "pending":
        return f"still waiting at {newest}, at place {words.count(now['place'])}"
    return f"{words.UNKNOWN}: the queue passed it, and the log of how it ended is missing"
