"""The bench measures what it says, and fails where a value is not exact or falls short."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import pytest

import queries
from bench import __main__ as bench
from bench import forecast_study, ingest, large_store, page_times, query_times
from bench.ingest import differing_values
from bench.made_up_queues import BEGAN, CUT_DAY, SCENARIOS, made_up_queue
from bench.plain_python import Row
from data.ingest.decode import DERIVED
from data.store.reader import open_reader
from scoring.companion import companion_of
from tests.app import edited
from tests.log_lines import rows
from ui.server import addresses


def test_a_small_ingest_is_exact_and_costs_something(capfd: pytest.CaptureFixture[str]) -> None:
    assert ingest.main(600) == 0
    told = capfd.readouterr().out.splitlines()
    assert told[0].startswith("600 logs of every event that fills a table")
    costs = {line[:34].strip(): line[34:].split() for line in told[3:5]}
    assert list(costs) == ["data.sync, to a checked store", "json + eth_abi, decoded only"]
    assert all(float(number.replace(",", "")) > 0 for row in costs.values() for number in row)
    compared = {line[:18].strip(): line[18:].split() for line in told[7:]}
    assert len(compared) == 13
    assert compared.pop("all")[0] == "11,315"
    assert all(int(row[0]) > 0 for row in compared.values()), "a table without a row"
    assert {row[-1] for row in compared.values()} == {"0"}


def test_a_value_that_differs_by_a_wei_is_counted() -> None:
    rows: list[Row] = [(1, 10**25), (2, 10**25), (3, None)]
    assert differing_values(rows, rows) == 0
    assert differing_values(rows, [(1, 10**25), (2, 10**25 + 1), (3, 0)]) == 2
    assert differing_values(rows, rows[:2]) == 2


@pytest.fixture(scope="module")
def tiny_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return large_store.ensure(2_000, tmp_path_factory.mktemp("bench"))


def test_the_made_up_store_passes_every_check_that_could_be_made(tiny_store: Path) -> None:
    with open_reader(tiny_store) as con:
        assert rows(con, "SELECT DISTINCT status FROM checks ORDER BY 1") == [
            ("passed",),
            ("unknown",),
        ]
        unknown = "SELECT DISTINCT name FROM checks WHERE status = 'unknown'"
        asked = [name for (name,) in rows(con, unknown) if not name.startswith("view ")]
        assert asked == ["money"]
        assert rows(con, "SELECT count(*) FROM raw_logs") == [(10_000,)]
        assert rows(con, "SELECT count(*) FROM requests") == [(2_000,)]
        empty = [name for name in DERIVED if rows(con, f"FROM {name} LIMIT 1") == []]
        assert empty == []
        statuses = dict(rows(con, "SELECT status, count(*) FROM requests GROUP BY ALL"))
        assert set(statuses) == {"pending", "manual", "paid"}
        assert statuses["paid"] > 1_900
        assert rows(con, "SELECT count(*) FROM payouts WHERE manual") > [(0,)]


def test_the_made_up_store_is_built_once_and_the_same_again(
    tiny_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tiny_store.stat().st_mtime_ns
    assert large_store.ensure(2_000, tiny_store.parent) == tiny_store
    assert tiny_store.stat().st_mtime_ns == before
    assert "logs made in" not in capsys.readouterr().out
    again = large_store.ensure(2_000, tmp_path)
    assert "logs made in" in capsys.readouterr().out
    content = "SELECT bit_xor(hash(raw_logs)) FROM raw_logs"
    with open_reader(tiny_store) as one, open_reader(again) as other:
        assert rows(one, content) == rows(other, content)


def test_every_query_has_a_row_with_its_time_and_a_bench_not_named_is_not_run(
    tiny_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert bench.main(["queries", "--store", str(tiny_store)]) == 0
    printed = capsys.readouterr().out
    assert "a rerun over the WebSocket" not in printed, "pages was not named"
    told = printed.splitlines()
    measured = [line.split() for line in told[3:-2]]
    assert list(dict.fromkeys(words[0] for words in measured)) == queries.names()
    for name in ("requests_by_address", "request_history", "request_by_tx"):
        (line,) = (line for line in told if line.startswith(name))
        assert int(line[56:65]) > 0, "nothing was asked for"
    # Nobody told what the made-up pool holds, or contradicted it, and no node was asked.
    empty = ("money_parts", "contradictions", "evidence")
    answered = [line for line in told[3:-2] if not line.startswith(empty)]
    assert all(int(line[56:65].replace(",", "")) > 0 for line in answered)


def test_a_bench_that_does_not_exist_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        bench.main(["pages", "page"])
    assert (
        "no bench page: there are ingest, queries, pages, odds, forecast" in capsys.readouterr().err
    )


def test_what_is_over_its_target_is_marked() -> None:
    assert query_times.row("slow", 501, 500) == "slow     501  over"
    assert query_times.row("fast", 500, 500) == "fast     500"


_FEW = page_times.Plan(
    reruns=3, warm_ups=1, attack_s=1.5, crowds=(3,), crowd_s=1.0, think_s=0.1, most_origins=50
)


def _played(store: Path) -> int:
    """In a thread of its own: a browser of another test may keep this one's event loop busy."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(page_times.main, store, _FEW).result()


@pytest.mark.node
def test_every_page_has_a_row_with_its_times(
    tiny_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _played(tiny_store) == 0
    printed = capsys.readouterr().out
    assert list(page_times.CLICKED) == list(addresses.PAGES)
    more = ("Explore, query payouts", "Explore, table raw_logs")
    for name in ("no page, one input", *map(str.capitalize, addresses.PAGES), *more):
        (line,) = re.findall(rf"^{name} {{2,}}(.*)$", printed, re.MULTILINE)
        first_ms, rows, median_ms, sent_kb, *_ = (
            int(n.replace(",", "")) for n in re.findall(r"[\d,]+", line)
        )
        assert first_ms > 0
        assert median_ms > 0, "it was waited for"
        assert name == "no page, one input" or sent_kb > 3, "it was drawn"
        assert rows > 0 or name not in ("Queue", "Waits", "Outlook", "Explore", more[0])
    assert re.search(r"rows of the biggest chart [1-9][\d,]*, target 2,000", printed)
    assert re.search(r"peak memory of the server [1-9]\d* MB, target 700 MB", printed)
    assert re.search(r"beside two runaway statements +\d+ ms, [\d.]+ times", printed)
    crowds = re.findall(r"^3 on (\S+) .*?([\d,]+) +\d+ +(\d+) +(\d+)", printed, re.MULTILINE)
    assert [pages for pages, *_ in crowds] == ["Queue", "all"]
    for _, reruns, middle, most in crowds:
        assert int(reruns.replace(",", "")) >= 3
        assert 0 < int(middle) <= int(most)


@pytest.mark.node
def test_a_rerun_that_fails_is_told(
    tiny_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = edited(tiny_store, tmp_path / "broken.duckdb", "DROP TABLE checks")
    shutil.copyfile(companion_of(tiny_store), companion_of(broken))
    assert _played(broken) == 1
    assert re.search(
        r"^FAILED: queue: .*another version wrote it", capsys.readouterr().out, re.MULTILINE
    )


# The study of forecasts


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_made_up_queue_is_paid_first_in_first_out(name: str) -> None:
    queue = made_up_queue(SCENARIOS[name], 0)
    assert queue.requests.equals(made_up_queue(SCENARIOS[name], 0).requests)
    assert not queue.requests.equals(made_up_queue(SCENARIOS[name], 1).requests)
    asked = queue.requests
    assert asked["requested_at"].is_sorted()
    paid = asked["released_at"].drop_nulls()
    assert paid.is_sorted()
    assert asked["released_at"].head(len(paid)).null_count() == 0, "none overtakes another"
    assert paid.is_in(queue.funding["funded_at"].implode()).all()
    assert (asked["need_ftm"] > 0).all()
    assert asked["requested_at"].max() < queue.as_of


@pytest.mark.parametrize("name", ["light", "heavy"])
def test_a_request_is_paid_by_the_batch_that_makes_up_its_need(name: str) -> None:
    queue = made_up_queue(SCENARIOS[name], 3)
    came = queue.funding.select("funded_at", total=pl.col("amount_ftm").cum_sum())
    asked = queue.requests.join_asof(
        came, left_on="requested_at", right_on="funded_at", check_sortedness=False
    ).with_columns(pl.col("total").fill_null(0.0) + pl.col("need_ftm"))
    for row in asked.filter(pl.col("released_at").is_not_null()).gather_every(97).to_dicts():
        paying = came.filter(pl.col("total") >= row["total"] - 1e-6)
        assert paying["funded_at"][0] == row["released_at"]


def test_the_money_falls_when_it_is_said_to() -> None:
    funding = pl.concat([made_up_queue(SCENARIOS["cut"], seed).funding for seed in range(5)])
    day = (pl.col("funded_at") - BEGAN).dt.total_days()
    before = funding.filter(day.is_between(CUT_DAY - 300, CUT_DAY - 1))["amount_ftm"].sum()
    after = funding.filter(day.is_between(CUT_DAY, CUT_DAY + 299))["amount_ftm"].sum()
    assert 0.3 < after / before < 0.65


def test_a_quick_study_prints_every_target_and_model(capsys: pytest.CaptureFixture[str]) -> None:
    assert forecast_study.main(seeds=1, every=150) == 0
    told = capsys.readouterr().out
    lines = told.splitlines()
    verdicts = [line for line in lines if line.endswith((": light, heavy", "cut"))]
    assert len(verdicts) == 10
    assert all("pass: " in line or "falls short: " in line for line in verdicts)
    short = sum("falls short" in line for line in verdicts)
    assert f"{short} of 10 targets fall short" in told
    for model in (
        "this tracker",
        "need / recent rate",
        "past waits by amount",
        "always 35 days",
        "last wait",
        "oracle",
    ):
        assert any(line.startswith(f"  {model}") for line in lines)
    assert "one window of 1,000 paths" in told
    assert "5,000 origins on 2 cores" in told


def test_a_target_missed_is_told() -> None:
    target = forecast_study.Target("share", 0.85, 0.95, lambda scores: 0.0)
    assert [target.met(value) for value in (0.849, 0.85, 0.95, 0.951)] == [False, True, True, False]
    assert not target.met(float("nan"))
