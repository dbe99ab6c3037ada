"""The example questions of the SQL box, each worked out a second time from the sample's tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

import queries
from data.store.reader import open_reader
from data.store.sandbox import run_sql
from pages.explore import charts, tables
from pages.explore.examples import examples

Ask = Callable[[str], pl.DataFrame]
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def con(sample_store: Path) -> duckdb.DuckDBPyConnection:
    return open_reader(sample_store)


@pytest.fixture(scope="module")
def ask(sample_store: Path) -> Ask:
    """The answer of the one example whose question holds these words."""

    def answer(words: str) -> pl.DataFrame:
        (sql,) = [sql for question, sql in examples().items() if words in question]
        told = run_sql(sample_store, sql)
        assert not told.cut
        return told.rows

    return answer


@pytest.fixture(scope="module")
def requests(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Each with its payout in FTM and when the queue's head passed it."""
    return queries.read_table(con, "requests", in_ftm=True).with_columns(
        passed_at=pl.coalesce("manual_at", "paid_at")
    )


def test_the_first_question_stands_in_the_box_at_first(ask: Ask) -> None:
    assert len(examples()) == 13
    assert all(len(question) < 90 for question in examples())
    first = ask("by token and state")
    assert first["requests"].sum() == 2_324
    assert next(iter(examples())).endswith("by token and state")


def test_how_many_were_paid_within_35_days_by_half_year(
    ask: Ask, con: duckdb.DuckDBPyConnection
) -> None:
    told = ask("within 35 days")
    assert told["half_year"][0] == "2022 H1"
    in_time = (told["share"] * told["requests"]).sum()
    whole = queries.run(con, "paid_within_35_days", days=35)
    large = whole.filter(pl.col("bucket").is_in(["1,000 to 10,000 FTM", "10,000 FTM and more"]))
    assert told["requests"].sum() == large["requests"].sum() == 21
    assert in_time == pytest.approx(large["paid_within"].sum())
    assert told.filter(half_year="2025 H1")["share"].to_list() == [0], "0 of 1, and not unknown"


def test_payouts_and_claims_by_week_and_lag(ask: Ask, con: duckdb.DuckDBPyConnection) -> None:
    told = ask("follow reward claims")
    flows = queries.run(con, "daily_flows")
    weeks = flows.group_by(pl.col("day").dt.truncate("1w"), maintain_order=True).agg(
        pl.col("claimed_ftm", "paid_ftm").sum()
    )
    # From the week of the first request or claim on.
    weeks = weeks.tail(told["weeks"][0])
    for lag, correlation, count in told.rows():
        later = weeks["paid_ftm"].shift(-lag)
        both = weeks.select("claimed_ftm", later=later).drop_nulls()
        assert both.height == count
        assert both.select(pl.corr("claimed_ftm", "later")).item() == pytest.approx(correlation)
    assert told["weeks_later"].to_list() == list(range(9))


def test_who_waits_for_the_most(ask: Ask, requests: pl.DataFrame) -> None:
    told = ask("Who waits")
    waiting = requests.filter(status="pending").group_by("staker").agg(pl.col("payout_ftm").sum())
    top = waiting.sort("payout_ftm", descending=True).head(10)
    assert told["staker"].to_list() == top["staker"].to_list()
    assert told["waiting_ftm"].to_list() == pytest.approx(top["payout_ftm"].to_list())


def test_the_queue_of_a_day(
    ask: Ask, requests: pl.DataFrame, con: duckdb.DuckDBPyConnection
) -> None:
    told, at = ask("1 March 2024"), datetime(2024, 3, 1, tzinfo=UTC)
    waiting = requests.filter(
        pl.col("requested_at") < at, pl.col("passed_at").is_null() | (pl.col("passed_at") >= at)
    )
    assert told["wr_id"].to_list() == sorted(waiting["wr_id"])
    depth = queries.run(con, "queue_depth", since="2024-02-29", until="2024-02-29")
    assert told["with_all_before_ftm"][-1] == pytest.approx(depth["depth_ftm"][-1])
    assert told.height == depth["requests"][-1]


def test_how_long_requests_waited(ask: Ask, requests: pl.DataFrame) -> None:
    told = ask("How long requests waited")
    end = datetime(2025, 3, 1, tzinfo=UTC)
    waits = requests.with_columns(
        from_day=(pl.col("passed_at").fill_null(end) - pl.col("requested_at")).dt.total_seconds()
        // 432_000
        * 5
    )
    for pending, column in ((False, "paid"), (True, "waiting_so_far")):
        counted = waits.filter((pl.col("status") == "pending") == pending)["from_day"]
        bars = dict(told.select("from_day", pl.col(column).cast(pl.Int64)).rows())
        assert {day: count for day, count in bars.items() if count} == dict(
            counted.value_counts().rows()
        )


def test_the_pools_balance_by_day(ask: Ask, con: duckdb.DuckDBPyConnection) -> None:
    told = ask("balance, day by day")
    balances = queries.read_table(con, "pool_balances", in_ftm=True).sort("block")
    last = balances.group_by(pl.col("sampled_at").dt.truncate("1d"), maintain_order=True).last()
    assert told.rows() == last.select("sampled_at", "balance_ftm").rows()


def test_fees_by_day(ask: Ask, requests: pl.DataFrame) -> None:
    told = ask("Burn fees")
    assert told["fees_ftm"].sum() == pytest.approx(requests["fee_ftm"].sum())
    assert told["requests"].sum() == requests.height
    assert told["day"].is_unique().all()
    one = requests.filter(pl.col("requested_at").is_between(told["day"][-1], told["day"][-1] + DAY))
    share = one["fee_ftm"].sum() / one["gross_ftm"].sum()
    assert told["share"][-1] == pytest.approx(share)
    assert share > 0


def test_how_many_came_again(ask: Ask, requests: pl.DataFrame) -> None:
    told = ask("came again").row(0, named=True)
    counts = requests.group_by("staker").len()["len"]
    assert (told["came_again"], told["stakers"]) == ((counts > 1).sum(), counts.len())
    assert told["share"] == pytest.approx((counts > 1).mean())


def test_payouts_by_weekday(ask: Ask, con: duckdb.DuckDBPyConnection) -> None:
    told = ask("day of the week")
    days = queries.read_table(con, "payouts")["paid_at"].dt.weekday().value_counts(sort=False)
    assert told["weekday"].to_list()[::6] == ["Monday", "Sunday"]
    assert told["payouts"].to_list() == days.sort("paid_at")["count"].to_list()


def test_what_came_in_and_was_paid_by_month(ask: Ask, con: duckdb.DuckDBPyConnection) -> None:
    told = ask("What came in").with_columns(pl.col("month").dt.date())
    months = queries.run(con, "daily_flows").group_by(
        month=pl.col("day").dt.date().dt.month_start()
    )
    flows = months.agg(pl.col("claimed_ftm", "paid_ftm").sum()).sort("month")
    both = told.join(flows, on="month", how="left", suffix="_again")
    for column in ("claimed_ftm", "paid_ftm"):
        assert both[column].to_list() == pytest.approx(both[f"{column}_again"].to_list())
    assert flows["paid_ftm"].sum() == pytest.approx(told["paid_ftm"].sum())
    for column, table, amount in (
        ("returned_ftm", "returned_stakes", "amount_ftm"),
        ("staked_ftm", "stakes", "amount_ftm"),
    ):
        rows = queries.read_table(con, table, in_ftm=True)
        assert told[column].sum() == pytest.approx(rows[amount].sum())
        at = rows.select(pl.col(pl.Datetime)).to_series().dt.date().dt.month_start()
        first = rows.filter(at == at.min())[amount].sum()
        assert told.filter(month=at.min())[column].item() == pytest.approx(first)
    assert told["month"].is_unique().all()
    assert told["month"].is_sorted()


def test_waits_of_the_last_year_by_what_stood_ahead(ask: Ask, requests: pl.DataFrame) -> None:
    told = ask("by what stood ahead")
    since = datetime(2025, 3, 1, tzinfo=UTC) - 365 * DAY
    passed = requests.filter(pl.col("passed_at").is_not_null(), pl.col("requested_at") >= since)
    assert 100 < told.height == passed.height < 2_000, "a chart holds them"
    assert told["ahead_ftm"].is_sorted()
    both = told.join(passed, on="wr_id")
    waited = (both["passed_at"] - both["requested_at"]).dt.total_seconds() / 86_400
    assert both["waited_days"].to_list() == pytest.approx(waited.to_list())
    # Ahead is what was made before and not yet passed then.
    one = both.row(both.height // 2, named=True)
    before = requests.filter(
        pl.col("wr_id") < one["wr_id"],
        pl.col("passed_at").is_null() | (pl.col("passed_at") > one["requested_at"]),
    )
    assert one["ahead_ftm"] == pytest.approx(before["payout_ftm"].sum())
    assert one["ahead_ftm"] > 0


def test_the_longest_pauses(ask: Ask, con: duckdb.DuckDBPyConnection) -> None:
    told = ask("longest pauses")
    times = queries.read_table(con, "payouts").filter(~pl.col("manual"))["paid_at"].sort()
    pauses = (times.diff().drop_nulls().dt.total_seconds() / 86_400).sort(descending=True)
    assert told["pause_days"].to_list() == pytest.approx(pauses.head(20).to_list())
    assert told["pause_days"][0] > 5
    first, last, days = told.row(0)
    assert (last - first).total_seconds() / 86_400 == pytest.approx(days)
    assert not times.is_between(first, last, closed="none").any(), "none came between"


def test_what_is_said_to_answer_the_ten_questions_is_there() -> None:
    text = (Path(queries.__file__).parent / "README.md").read_text()
    section = text.split("## What analysts asked first\n", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| (.*) \| (.*) \|$", section, re.MULTILINE)[1:]
    assert len(rows) == 10
    named = [name for _, answer in rows for name in re.findall(r'"([^"]*)"', answer)]
    assert sorted(named) == sorted(list(examples())[1:]), "each example but the first"
    asked = [name for _, answer in rows for name in re.findall(r"query `(\w+)`", answer)]
    assert set(asked) <= set(queries.names())
    assert "run_sources" in asked


def test_most_answers_are_drawn(ask: Ask) -> None:
    """Those with a time, a name or a number that is no two rows' in the first column."""
    drawn = []
    for question in examples():
        rows = ask(question)
        drawn += [question] if charts.drawable(tables.fields_of(rows), rows) else []
    assert len(drawn) == 10
