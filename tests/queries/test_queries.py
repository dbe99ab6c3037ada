"""Every file in queries/ keeps the rules of queries/README.md and runs everywhere."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import polars.selectors as cs
import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from data.config import load_network
from data.lake.address import parse_lake
from data.lake.connection import open_lake
from data.lake.create import create_lake
from data.lake.push import push
from lakeside.postgres import Postgres
from queries import Query, QueryError
from tests.small_store import small_store

GOLDEN = Path(__file__).parent / "golden"
FOLDER = Path(queries.__file__).parent
CLI = Path(sys.executable).with_name("duckdb")
UNITS = set(
    "UTC FTM wei count days minutes share ratio id address hash block token flag text".split()
)
# What keeps a golden file short enough to be read.
NARROWED: dict[str, dict[str, Any]] = {
    "dictionary": {"table_name": "requests"},
    "funding": {"source": "payouts", "gap_minutes": 60 * 24 * 5},
    "queue_depth": {"since": date(2024, 11, 25), "until": date(2025, 1, 15)},
    "depth_against_claims": {"since": date(2024, 6, 1), "token": "aFTMb", "step": "week"},
    "payouts": {"since": date(2024, 10, 28), "until": date(2024, 11, 25), "token": "aFTMc"},
    "reward_claims": {"since": date(2025, 1, 25)},
    "pending_requests": {"token": "aFTMc"},
    "queue_metrics": {"days": 150},
    "request_needs": {"since": date(2025, 1, 5), "until": date(2025, 1, 10)},
    "spendable_at_requests": {"since": date(2025, 1, 5), "until": date(2025, 1, 10)},
    "lock_up_ends": {"since": date(2024, 12, 1), "until": date(2024, 12, 31)},
    "requests_by_address": {"address": "0x1478C7B3D3B5F181ED4FB5F59B96CF3D6FC24227"},
    "request_history": {"wr_id": 1490},
    "requests_in_wei": {"address": "0x1478C7B3D3B5F181ED4FB5F59B96CF3D6FC24227"},
    "request_progress": {"wr_id": 2210},
    "request_steps": {"wr_id": 1490},
    "request_by_tx": {"tx": "0x429ec62e7e59de31e05b3c7611108c31aac4ed790c418fd51ec66c4837651b60"},
    "release_curve": {"since": date(2025, 1, 1), "until": date(2025, 1, 31)},
    "daily_flows": {"since": date(2025, 1, 10), "until": date(2025, 2, 10)},
    "claims_summary": {"since": date(2025, 1, 10), "until": date(2025, 2, 10)},
    "lock_up_calendar": {"since": date(2025, 2, 1), "until": date(2025, 5, 31)},
    "fee_history": {"since": date(2024, 12, 1), "until": date(2025, 1, 10)},
    "ratio_history": {"since": date(2024, 12, 1), "until": date(2025, 1, 10)},
    "operator_runs": {"since": date(2024, 10, 1), "gap_minutes": 1440},
    "run_sources": {"gap_minutes": 60 * 24 * 5},
}
MARK = "answer of "  # begins a line in the CLI's output; no answer holds it
VARIABLE = re.compile(r"getvariable\('(\w+)'\)::(ENUM\([^)]*\)|\w+)")

each_query = pytest.mark.parametrize(
    "query", [queries.load(name) for name in queries.names()], ids=lambda query: query.name
)


@pytest.fixture
def con(sample: Connection) -> Connection:
    return sample


@each_query
def test_a_file_holds_a_title_prose_and_one_select(query: Query, con: Connection) -> None:
    statements = con.extract_statements(query.sql)
    assert [statement.type.name for statement in statements] == ["SELECT"]
    assert query.sql.endswith(";\n")
    assert query.title[0].isupper()
    assert not query.title.endswith(".")
    assert query.prose.endswith(".")


@each_query
def test_the_header_describes_what_comes_out(query: Query, con: Connection) -> None:
    answer = con.sql(query.sql)
    returned = list(zip(answer.columns, map(str, answer.types), strict=True))
    assert returned == [(c.name, str(duckdb.sqltype(c.type))) for c in query.columns]
    assert {field.unit for field in query.params + query.columns} <= UNITS
    for name, type_ in returned:
        assert (query.unit(name) == "FTM") == bool(re.search(r"_ftm\b|_ftm_before$", name))
        assert (query.unit(name) == "UTC") == (type_ == "TIMESTAMP WITH TIME ZONE")
        assert (query.unit(name) == "wei") == name.endswith("_wei") == ("DECIMAL" in type_)


@each_query
def test_parameters_are_read_first_and_cast_to_the_headers_type(query: Query) -> None:
    body = query.sql.split("\n\n", 1)[1]
    first, rest = re.split(r"\),?\n\n", body, maxsplit=1) if query.params else ("", body)
    assert first.startswith("WITH params AS (") == bool(query.params)
    assert "getvariable" not in rest
    assert first.count("getvariable") == len(query.params)
    assert dict(VARIABLE.findall(first)) == {param.name: param.type for param in query.params}


@each_query
def test_the_default_of_the_header_is_the_one_in_force(query: Query, con: Connection) -> None:
    for param in query.params:
        default = re.search(r"default (.+)$", param.note)
        assert default, f"the note of {param.name} ends in no default"
        value = int(default[1]) if default[1].isdecimal() else default[1]
        if isinstance(value, int) or value in param.choices:
            given = queries.run(con, query.name, **{param.name: value})
            assert given.equals(queries.run(con, query.name))
        else:
            assert value in ("both", "none") or value.startswith("the ")


@pytest.fixture(scope="module")
def cli_answers(sample_store: Path) -> dict[str, str]:
    """What one process of DuckDB's CLI answers to each file, as CSV: nothing to what it refuses."""
    commands = ["SET TimeZone = 'UTC';"]
    for name in queries.names():
        params = NARROWED.get(name, {})
        commands += [f".print {MARK}{name}", _settings(params), f".read '{FOLDER / name}.sql'"]
        commands += [f"RESET VARIABLE {param};" for param in params]
    printed = _cli(sample_store, commands="\n".join(commands))
    print(printed.stderr)
    named = [part.split("\n", 1) for part in printed.stdout.split(MARK)[1:]]
    return {name: _csv(csv.reader(io.StringIO(answer))) for name, answer in named}


@each_query
def test_python_and_the_cli_give_the_golden_rows(
    query: Query, con: Connection, cli_answers: dict[str, str], golden_update: bool
) -> None:
    from_python = _csv_of_frame(queries.run(con, query.name, **NARROWED.get(query.name, {})))
    golden = GOLDEN / f"{query.name}.csv"
    if golden_update:
        golden.write_text(from_python)
    assert from_python == golden.read_text()
    assert cli_answers[query.name] == golden.read_text()


@pytest.fixture(scope="module")
def in_a_lake(
    sample_store: Path, catalog_server: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Connection]:
    """The same store in a lake, which is asked itself."""
    folder = tmp_path_factory.mktemp("lake")
    store = folder / "sample.duckdb"
    store.write_bytes(sample_store.read_bytes())
    lake = parse_lake(f"ducklake:postgres:{catalog_server.make_database('queries')}")
    with pytest.MonkeyPatch.context() as environment:
        for name, value in catalog_server.environment.items():
            environment.setenv(name, value)
        create_lake(lake, str(folder / "rows"))
        push(store, lake, load_network("sample"), datetime(2026, 11, 1, tzinfo=UTC))
        with open_lake(lake, "sample") as con:
            yield con


@pytest.mark.node
@each_query
def test_a_lake_gives_the_golden_rows(query: Query, in_a_lake: Connection) -> None:
    answer = queries.run(in_a_lake, query.name, **NARROWED.get(query.name, {}))
    assert _csv_of_frame(answer) == (GOLDEN / f"{query.name}.csv").read_text()


def test_every_golden_file_is_one_querys_and_short() -> None:
    lines = {path.stem: path.read_text().count("\n") for path in GOLDEN.glob("*.csv")}
    assert sorted(lines) == queries.names()
    assert [name for name, count in lines.items() if not 1 <= count <= 65] == []


@pytest.fixture(scope="module")
def small() -> Iterator[Connection]:
    with small_store() as con:
        yield con


@each_query
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_the_time_zone_of_the_session_changes_nothing(
    query: Query, con: Connection, small: Connection, zone: str
) -> None:
    midnights = {"since": date(2024, 1, 3), "until": date(2024, 1, 6), "step": "hour"}
    known = {param.name for param in query.params}
    with small.cursor() as other:  # which has settings of its own
        for store, params in ((con, NARROWED.get(query.name, {})), (other, midnights)):
            params = {name: value for name, value in params.items() if name in known}
            for name, value in params.items():
                store.execute(f"SET VARIABLE {name} = ?", [value])
            store.execute(f"SET TimeZone = '{zone}'")
            there = (
                store.sql(query.sql).pl().with_columns(cs.datetime().dt.convert_time_zone("UTC"))
            )
            assert there.equals(queries.run(store, query.name, **params))


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("queue_dept", {}, "no query 'queue_dept': there are blocking_head, "),
        ("../data/schema", {}, "no query"),
        ("queue_depth", {"till": None}, "does not know 'till': it takes since, until, token, step"),
        ("coverage", {"since": date(2024, 12, 1)}, "it takes no parameters"),
        ("queue_depth", {"since": "12-2024"}, "since is '12-2024', but must be a date such as"),
        ("queue_depth", {"since": "20241201"}, "must be a date"),
        ("queue_depth", {"until": datetime(2024, 12, 1, tzinfo=UTC)}, "must be a date"),
        ("queue_depth", {"token": "ankrFTM"}, "must be aFTMb or aFTMc"),
        ("queue_depth", {"step": "week"}, "must be hour or day"),
        ("queue_metrics", {"days": "35"}, "days is '35', but must be a whole number"),
        ("queue_metrics", {"days": True}, "must be a whole number"),
        ("queue_metrics", {"days": 10**30}, "must be a whole number"),
        ("queue_metrics", {"days": 0}, "days: want 1 or more"),
        ("requests_by_address", {"address": 7}, "address is 7, but must be text"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_what_to_do(
    con: Connection, name: str, params: dict[str, Any], message: str
) -> None:
    with pytest.raises(QueryError, match=re.escape(message)):
        queries.run(con, name, **params)


def test_a_value_no_query_knows_is_refused_in_the_cli_too(sample_store: Path) -> None:
    params = _settings({"token": "ankrFTM"})
    refused = _cli(sample_store, "-cmd", params, "-f", str(FOLDER / "queue_depth.sql"))
    assert refused.returncode == 1
    assert "ENUM('aFTMb', 'aFTMc')" in refused.stderr


def test_a_misspelt_input_is_told_first_and_every_input_with_its_queries(
    sample_store: Path, con: Connection
) -> None:
    told = dict(queries.run(con, "params").select("name", "taken_by").rows())
    assert told == {
        name: ", ".join(
            query
            for query in queries.names()
            if name in {p.name for p in queries.load(query).params}
        )
        for name in queries.param_names()
    }
    asked = ["-cmd", "SET VARIABLE tokn = 'aFTMc'", "-cmd", "SET VARIABLE Days = 30"]
    shown = _cli(sample_store, *asked, "-f", str(FOLDER / "params.sql")).stdout.splitlines()
    assert shown[1] == "tokn,aFTMc,"
    assert shown[2].startswith("days,30,")
    taken_by = "request_steps, requests_by_address, requests_in_wei"
    assert shown[3].startswith(f'address,,"{taken_by}"')


def test_the_list_of_all_queries_is_theirs(golden_update: bool) -> None:
    """In queries/README.md, with titles and inputs."""
    lines = ["| query | answers | inputs |", "|---|---|---|"]
    for query in map(queries.load, queries.names()):
        inputs = ", ".join(f"`{param.name}`" for param in query.params) or "none"
        lines.append(f"| `{query.name}` | {query.title} | {inputs} |")
    listed = "\n".join(lines)
    file = FOLDER / "README.md"
    begun, rest = file.read_text().split("## All of them\n", 1)
    before, after = re.split(r"(?:^\|.*\n)+", rest, maxsplit=1, flags=re.MULTILINE)
    whole = f"{begun}## All of them\n{before}{listed}\n{after}"
    if golden_update:
        file.write_text(whole)
    assert file.read_text() == whole


def test_a_store_of_another_version_says_to_sync_again() -> None:
    with duckdb.connect() as empty, pytest.raises(QueryError, match="sync again"):
        queries.run(empty, "coverage")


def test_a_parameter_left_out_or_none_has_its_default(con: Connection) -> None:
    narrow = queries.run(con, "queue_depth", since="2025-02-20", token="aFTMc")
    assert narrow["at"].min() == datetime(2025, 2, 20, tzinfo=UTC)
    whole = queries.run(con, "queue_depth")
    assert whole.equals(queries.run(con, "queue_depth", since=None, token=None))
    assert whole.height > narrow.height


def test_the_connection_is_left_as_it_was(sample_store: Path) -> None:
    with duckdb.connect(sample_store, read_only=True) as con:
        con.execute("SET TimeZone = 'Asia/Tokyo'")
        con.execute("SET VARIABLE days = 1")
        frame = queries.run(con, "blocking_head")
        assert frame.schema["requested_at"] == pl.Datetime("us", "UTC")
        assert queries.run(con, "queue_metrics").equals(queries.run(con, "queue_metrics", days=35))
        settings = con.execute("SELECT current_setting('TimeZone'), getvariable('days')")
        assert settings.fetchone() == ("Asia/Tokyo", 1)


@pytest.mark.parametrize("sql", ["SELECT 1 AS one;", "-- Title\n--\n-- Prose.\n\nSELECT 1;"])
def test_a_file_without_a_header_is_refused(sql: str) -> None:
    with pytest.raises(QueryError, match="begin with `-- Title`, and list every column"):
        queries.parse("one", sql)


def test_a_field_without_its_unit_is_refused() -> None:
    with pytest.raises(QueryError, match="write `--   name  TYPE  unit  note`"):
        queries.parse("one", "-- Title\n-- columns:\n--   one  INTEGER  count\n\nSELECT 1 AS one;")


def _csv_of_frame(frame: pl.DataFrame) -> str:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        con.register("answer", frame)
        rows = con.execute("SELECT columns(*)::VARCHAR FROM answer").fetchall()
    return _csv([frame.columns, *rows])


def _cli(store: Path, *options: str, commands: str = "") -> subprocess.CompletedProcess[str]:
    shown = ["-no-init", "-readonly", "-csv", "-nullvalue", ""]
    return subprocess.run(
        [CLI, *shown, *options, store], input=commands, capture_output=True, text=True, check=False
    )


def _settings(params: dict[str, Any]) -> str:
    """The statements that give a query its parameters."""
    return "".join(f"SET VARIABLE {name} = '{value}'; " for name, value in params.items())


def _csv(rows: Iterable[Sequence[str | None]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
