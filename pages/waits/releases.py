"""What release curves say in figures and words.

A curve's steps may come thinned (see the query), and it ends at the longest wait there is:
beyond that nothing is known, unless all were released. Where fewer than FEWEST waited that
long it is not trusted: a curve of three may say 100 % while two of them wait.
"""

from __future__ import annotations

import polars as pl

from ui.parts import words

NOT_KNOWN_YET = "not known yet"
# Of fewer that waited as long, each would move the curve by more than a tenth.
FEWEST = 10
_READINGS = 120  # at most so many places for a cursor
_READING_DAYS = (1 / 24, 1 / 4, 1, 5, 35)  # each divides 35, so the cursor can stand on it


def by_bucket(curve: pl.DataFrame, days: int) -> pl.DataFrame:
    """One row a bucket: requests, pending, days_50 and days_90, and what is released in `days`.

    What is not known yet is NULL. A thinned curve gives up to one of its steps more days.
    """
    trusted = pl.col("at_risk") >= FEWEST
    waiting, wait = pl.col("share_waiting").filter(trusted), pl.col("wait_days").filter(trusted)
    in_time = 1 - waiting.filter(wait <= days).last()
    return curve.group_by("bucket", maintain_order=True).agg(
        requests=pl.col("at_risk").first(),
        pending=pl.col("at_risk").first() - pl.col("released").last(),
        days_50=wait.filter(waiting <= 0.5).first(),
        days_90=wait.filter(waiting <= 0.1).first(),
        share=pl.when((wait.last() >= days) | (waiting.last() == 0)).then(in_time),
    )


def trusted(curve: pl.DataFrame) -> pl.DataFrame:
    """The part of each curve that enough requests speak for."""
    return curve.filter(pl.col("at_risk") >= FEWEST)


def takeaway(curve: pl.DataFrame, days: int) -> str:
    """The chart in one sentence, for those who do not see it."""
    told = [
        f"{row['bucket']}, {percent(row['share'])}"
        for row in by_bucket(curve, days).iter_rows(named=True)
    ]
    return f"Share of the requests released after {days} days, by amount: {'; '.join(told)}."


def percent(share: float | None) -> str:
    """Whole percents, where only none is 0 % and only all is 100 %."""
    if share is None:
        return NOT_KNOWN_YET
    if 0 < share < 0.005:
        return "under 1 %"
    if 0.995 <= share < 1:
        return "over 99 %"
    return f"{share:.0%}".replace("%", " %")


def readings(curve: pl.DataFrame, until: float) -> pl.DataFrame:
    """Days where the cursor may stand, each with every bucket's share in words."""
    step = next((d for d in _READING_DAYS if until / d <= _READINGS), until / _READINGS)
    days = [float(place * step) for place in range(int(until / step) + 1)]
    read = pl.DataFrame({"days": days}).with_columns(
        after=pl.Series([f"After {words.duration(at + 1e-6) if at else '0 d'}" for at in days])
    )
    for name, whole in apart(curve):
        of_bucket = trusted(whole)
        if of_bucket.is_empty():
            read = read.with_columns(pl.lit(percent(None)).alias(name))
            continue
        known = read.select("days").join_asof(
            of_bucket.select(pl.col("wait_days").set_sorted(), "share_waiting"),
            left_on="days",
            right_on="wait_days",
            coalesce=False,
        )
        longest, least = of_bucket["wait_days"][-1], of_bucket["share_waiting"][-1]
        shares = [
            None if at > longest and least > 0 else 1 - waiting
            for at, waiting in known.select("days", "share_waiting").rows()
        ]
        read = read.with_columns(pl.Series(name, [percent(share) for share in shares]))
    return read


def apart(curve: pl.DataFrame) -> list[tuple[str, pl.DataFrame]]:
    """Each bucket's name and curve, smallest amount first."""
    return [
        (str(of_bucket["bucket"][0]), of_bucket)
        for of_bucket in curve.partition_by("bucket", maintain_order=True)
    ]
