"""How long requests waited: by hand, and against Kaplan-Meier in plain Python and fractions."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from data.store.reader import read_info
from forecast.baselines import AMOUNT_BOUNDS_FTM, AMOUNT_BUCKETS
from tests.queries.answers import rows

UNDER_100, TO_1000, TO_10000, MORE = AMOUNT_BUCKETS
UNKNOWN = "unknown amount"
MINUTE = timedelta(minutes=1)
MINUTES_IN_A_DAY = 1440
PROMISED_DAYS = 35
STEP = Fraction(1, 400)  # what the curve may leave out


class Curve:
    """Kaplan-Meier over (minutes, released): the share that waits longer after each release."""

    def __init__(self, waits: list[tuple[int, bool]]) -> None:
        waited = sorted(minutes for minutes, _ in waits)
        releases = Counter(minutes for minutes, released in waits if released)
        self.requests, self.released = len(waits), releases.total()
        self.longest = waited[-1]
        self.steps: dict[int, Fraction] = {}
        share = Fraction(1)
        for minutes, released in sorted(releases.items()):
            at_risk = len(waited) - bisect_left(waited, minutes)
            share *= 1 - Fraction(released, at_risk)
            self.steps[minutes] = share

    def waiting(self, minutes: int) -> Fraction:
        before = bisect_right(list(self.steps), minutes)
        return [Fraction(1), *self.steps.values()][before]

    def until(self, share: Fraction) -> float | None:
        """Days until no more than `share` waits; None if that is not known yet."""
        minutes = min((at for at, s in self.steps.items() if s <= share), default=None)
        return None if minutes is None else minutes / MINUTES_IN_A_DAY


def _bucket(payout_wei: int) -> str:
    bounds = {100: UNDER_100, 1000: TO_1000, 10_000: TO_10000}
    return next((name for ftm, name in bounds.items() if payout_wei < ftm * 10**18), MORE)


def _half_year(at: datetime) -> str:
    return f"{at.year} H{1 if at.month <= 6 else 2}"


def _requests(con: Connection) -> list[tuple[datetime, datetime | None, int]]:
    """Each request's time, the time at which the head passed it, and its payout in wei."""
    return con.execute(
        "SELECT requested_at, coalesce(manual_at, paid_at), payout_wei::HUGEINT FROM requests"
    ).fetchall()


def _curves(con: Connection, key: Any, tick: int = 1) -> dict[Any, Curve]:
    """Plain Python's curves by `key(requested_at, payout_wei)`, in multiples of `tick` minutes."""
    now = read_info(con).synced_at
    groups: dict[Any, list[tuple[int, bool]]] = {}
    for asked, released, payout_wei in _requests(con):
        minutes = ((released or now) - asked) // (tick * MINUTE) * tick
        groups.setdefault(key(asked, payout_wei), []).append((minutes, released is not None))
    return {name: Curve(waits) for name, waits in groups.items()}


def test_a_curve_falls_at_releases_and_counts_who_still_waits(con: Connection) -> None:
    # Under 100 FTM: #7 waits since 0.5 d, #1 was paid after 24.5 h, #3 refused after 30 h, #6
    # waits since 2 d, #5 since 5 d. So 3/4 after 24.5 h, of that 2/3 after 30 h, and no less yet.
    # 100 to 1,000: #0 was paid after 10 h, #2 refused after 30 h. Above: #4 waits since 5 d.
    assert rows(con, "release_curve") == [
        (UNDER_100, 0, 5, 0, 1),
        (UNDER_100, 24.5 / 24, 4, 1, 0.75),
        (UNDER_100, 30 / 24, 3, 2, 0.5),
        (UNDER_100, 5, 1, 2, 0.5),
        (TO_1000, 0, 2, 0, 1),
        (TO_1000, 10 / 24, 2, 1, 0.5),
        (TO_1000, 30 / 24, 1, 2, 0),
        (TO_10000, 0, 1, 0, 1),
        (TO_10000, 5, 1, 0, 1),
    ]


def test_a_curve_is_of_the_requests_made_in_the_range(con: Connection) -> None:
    # Of the 2nd and 3rd: #2 and #3, both refused after 30 h.
    days = {"since": "2024-01-02", "until": "2024-01-03"}
    assert rows(con, "release_curve", "bucket", "wait_days", "share_waiting", **days) == [
        (UNDER_100, 0, 1),
        (UNDER_100, 1.25, 0),
        (TO_1000, 0, 1),
        (TO_1000, 1.25, 0),
    ]
    assert rows(con, "release_curve", since="2024-01-11") == []


def test_the_bounds_belong_to_the_larger_amounts(con: Connection) -> None:
    con.execute("""
        UPDATE requests SET payout_wei = [
            0, 100e18 - 1e4, 100e18, 1000e18 - 1e5, 1000e18, 10000e18 - 1e7, 10000e18
        ][wr_id + 1]::DECIMAL(38, 0)
    """)  # the last request's amount is now unknown
    totals = queries.run(con, "release_curve").filter(pl.col("share_waiting") == 1)
    counts = totals.group_by("bucket", maintain_order=True).agg(pl.col("at_risk").max()).rows()
    assert counts == [(UNDER_100, 2), (TO_1000, 2), (TO_10000, 2), (MORE, 1), (UNKNOWN, 1)]
    assert rows(con, "waits_by_half_year", "bucket", "requests") == counts
    assert rows(con, "paid_within_35_days", "bucket", "requests", days=1)[:4] == counts[:4]


def test_a_half_year_knows_what_was_reached(con: Connection) -> None:
    columns = ("bucket", "requests", "paid", "pending", "wait_days_50", "wait_days_90")
    assert rows(con, "waits_by_half_year", *columns) == [
        (UNDER_100, 5, 2, 3, 1.25, None),  # 0.5 after 30 h; a tenth not yet
        (TO_1000, 2, 2, 0, 10 / 24, 1.25),
        (TO_10000, 1, 0, 1, None, None),
    ]
    # Of the first and last nothing is 35 days old; of the other all was released sooner.
    promised = rows(con, "waits_by_half_year", "half_year", "share_paid_35d")
    assert promised == [("2024 H1", None), ("2024 H1", 1), ("2024 H1", None)]
    con.execute("UPDATE requests SET requested_at = '2023-06-30 23:59:59Z' WHERE wr_id = 5")
    con.execute("UPDATE requests SET requested_at = '2023-07-01 00:00:00Z' WHERE wr_id = 4")
    late = rows(con, "waits_by_half_year", "half_year", "bucket", "share_paid_35d")[:2]
    assert late == [("2023 H1", UNDER_100, 0), ("2023 H2", TO_10000, 0)]


def test_half_is_reached_however_the_shares_round(con: Connection) -> None:
    # Ten requests, one released each day: 9/10 * 8/9 * ... is one half after five, exactly.
    con.execute("DELETE FROM requests")
    con.execute("""
        INSERT INTO requests BY NAME SELECT
            n AS wr_id, 1e18 AS payout_wei, TIMESTAMPTZ '2024-01-01 00:00:00Z' AS requested_at,
            requested_at + to_hours(24 * n) AS paid_at, 'paid' AS status
        FROM range(1, 11) AS rows (n)
    """)
    row = queries.run(con, "waits_by_half_year").row(0, named=True)
    assert (row["wait_days_50"], row["wait_days_90"], row["share_paid_35d"]) == (5, 9, 1)


def test_the_promise_is_judged_by_those_old_enough(con: Connection) -> None:
    # A day and more before the 10th 12:00: all but #7. Within a day: only #0, after 10 h.
    assert rows(con, "paid_within_35_days", days=1) == [
        (UNDER_100, 4, 0, 0),
        (TO_1000, 2, 1, 0.5),
        (TO_10000, 1, 0, 0),
        ("all", 7, 1, 1 / 7),
    ]
    # Five days and more: #0 to #5, those of the 5th 12:00 to the moment; within five: #0 to #3.
    assert rows(con, "paid_within_35_days", days=5)[-1] == ("all", 6, 4, 4 / 6)
    assert rows(con, "paid_within_35_days") == [("all", 0, 0, None)]
    con.execute("UPDATE requests SET paid_at = requested_at + INTERVAL 24 HOUR WHERE wr_id = 1")
    assert rows(con, "paid_within_35_days", days=1)[0] == (UNDER_100, 4, 1, 0.25)
    with pytest.raises(queries.QueryError, match="days: want 1 or more"):
        queries.run(con, "paid_within_35_days", days=0)


def test_curves_are_kaplan_meiers(sample: Connection) -> None:
    shown = queries.run(sample, "release_curve")
    curves = _curves(sample, lambda asked, wei: _bucket(wei))
    assert set(shown["bucket"]) == set(curves)
    for (bucket,), points in shown.group_by("bucket"):
        curve = curves[str(bucket)]
        begin, *steps = points.rows()
        assert begin[1:] == (0, curve.requests, 0, 1)
        assert steps[-1][1] == curve.longest / MINUTES_IN_A_DAY
        assert steps[-1][3] == curve.released
        assert points.height <= STEP.denominator + 2
        assert points["wait_days"].is_sorted()
        shares = {round(days * MINUTES_IN_A_DAY): share for _, days, _, _, share in steps}
        for minutes, share in shares.items():
            assert share == pytest.approx(float(curve.waiting(minutes)), abs=1e-11)
        left_out = set(curve.steps) - set(shares)
        for minutes in left_out:
            last = max((at for at in shares if at < minutes), default=0)
            drop = curve.waiting(last) - curve.waiting(minutes)
            assert drop < STEP
        assert curve.requests > STEP.denominator or not left_out


def test_half_years_are_kaplan_meiers(sample: Connection) -> None:
    curves = _curves(sample, lambda asked, wei: (_half_year(asked), _bucket(wei)), 10)
    shown = queries.run(sample, "waits_by_half_year")
    assert set(shown["half_year", "bucket"].rows()) == set(curves)
    assert shown["half_year"].is_sorted()
    for row in shown.rows(named=True):
        curve = curves[row["half_year"], row["bucket"]]
        assert row["requests"] == row["paid"] + row["pending"] == curve.requests
        assert row["paid"] == curve.released
        assert row["wait_days_50"] == curve.until(Fraction(1, 2))
        assert row["wait_days_90"] == curve.until(Fraction(1, 10))
        late = float(curve.waiting(PROMISED_DAYS * MINUTES_IN_A_DAY))
        assert row["share_paid_35d"] == pytest.approx(1 - late, abs=1e-11)


@pytest.mark.parametrize("days", [7, PROMISED_DAYS, 400])
def test_the_promise_is_a_plain_count(sample: Connection, days: int) -> None:
    now, in_time = read_info(sample).synced_at, timedelta(days=days)
    old = [
        (_bucket(wei), released is not None and released - asked < in_time + MINUTE)
        for asked, released, wei in _requests(sample)
        if now - asked >= in_time
    ]
    counts, kept = Counter(name for name, _ in old), Counter(name for name, paid in old if paid)
    *buckets, total = rows(sample, "paid_within_35_days", days=days)
    assert buckets == [(name, n, kept[name], kept[name] / n) for name, n, _, _ in buckets]
    assert {name: n for name, n, _, _ in buckets} == counts
    assert total == ("all", len(old), kept.total(), kept.total() / len(old))


@pytest.mark.parametrize(
    "name", [name for name in queries.names() if "'under 100 FTM'" in queries.load(name).sql]
)
def test_a_querys_amount_buckets_are_the_forecasts(name: str) -> None:
    sql = queries.load(name).sql
    assert re.findall(r"payout_wei >= (\d+)e18", sql) == [str(each) for each in AMOUNT_BOUNDS_FTM]
    listed = ", ".join(f"'{bucket}'" for bucket in AMOUNT_BUCKETS)
    assert f"[{listed}][class]" in sql


def test_three_queries_tell_amounts_apart() -> None:
    assert [name for name in queries.names() if "_wei >= 100e18" in queries.load(name).sql] == [
        "paid_within_35_days",
        "release_curve",
        "waits_by_half_year",
    ]
