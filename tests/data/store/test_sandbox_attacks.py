"""A stranger's SQL that means harm: it reads, writes, learns and leaves behind nothing."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import duckdb
import pytest

from data import SqlError
from data.config import ROOT
from data.store import sandbox_child
from data.store.sandbox import TEXT_BYTES, run_sql

SECRET = "canary-7f3a"
NOT_ALLOWED = "is not allowed, the store can only be read"
DISABLED = "file system operations are disabled"
# By what they are refused with; FOLDER holds files that carry the secret.
REFUSED = {
    NOT_ALLOWED: """
        COPY requests TO 'FOLDER/out.csv'
        COPY (SELECT 1) TO 'FOLDER/out.parquet' (FORMAT parquet)
        COPY requests FROM 'FOLDER/secret.csv'
        EXPORT DATABASE 'FOLDER/out'
        ATTACH 'FOLDER/secret.duckdb' AS other
        ATTACH 'FOLDER/out.duckdb'
        ATTACH ':memory:' AS other
        DETACH store
        USE memory
        INSTALL httpfs
        LOAD httpfs
        LOAD 'FOLDER/secret.duckdb_extension'
        UPDATE EXTENSIONS
        SET enable_external_access = true
        SET GLOBAL lock_configuration = false
        SET allowed_directories = ['/']
        SET VARIABLE x = 1
        SET memory_limit = '100GB'
        SET log_query_path = 'FOLDER/out.log'
        RESET enable_external_access
        PRAGMA enable_profiling
        PRAGMA profiling_output = 'FOLDER/out.json'
        PRAGMA temp_directory = 'FOLDER'
        CALL enable_logging(storage = 'file', storage_path = 'FOLDER/out')
        CALL pragma_version()
        CHECKPOINT
        CREATE TABLE t AS SELECT 1
        CREATE TEMP TABLE t AS SELECT 1
        CREATE OR REPLACE VIEW requests AS SELECT 1
        CREATE SECRET s (TYPE s3)
        DROP TABLE requests
        INSERT INTO requests SELECT * FROM requests
        UPDATE requests SET gross_wei = 0
        DELETE FROM requests
        ALTER TABLE requests ADD COLUMN x INTEGER
        MERGE INTO requests USING requests AS r USING (wr_id) WHEN MATCHED THEN DELETE
        PREPARE p AS SELECT 1
        EXECUTE p
        /**/COPY/**/requests/**/TO/**/'FOLDER/out.csv'--
    """,
    DISABLED: """
        IMPORT DATABASE 'FOLDER'
        FROM read_csv('/etc/passwd')
        FROM read_csv('FOLDER/*.csv')
        FROM read_csv_auto('/dev/stdin')
        FROM read_text('FOLDER/secret.csv')
        FROM read_text('/proc/self/environ')
        FROM read_blob('/proc/self/fd/*')
        FROM read_json('FOLDER/secret.csv')
        FROM read_parquet('FOLDER/secret.parquet')
        FROM sniff_csv('FOLDER/secret.csv')
        FROM parquet_metadata('FOLDER/secret.parquet')
        FROM glob('FOLDER/*')
        FROM 'FOLDER/secret.csv'
        FROM read_csv('http://127.0.0.1:1/x')
        FROM 'https://127.0.0.1:1/x.parquet'
        FROM read_parquet('s3://bucket/x.parquet')
        FROM query('FROM read_text(''FOLDER/secret.csv'')')
        SELECT (SELECT content FROM read_text('FOLDER/secret.csv'))
        DESCRIBE FROM read_text('FOLDER/secret.csv')
        SUMMARIZE 'FOLDER/secret.csv'
        EXPLAIN ANALYZE COPY requests TO 'FOLDER/out.csv'
    """,
    "does not exist": """
        FROM '/etc/passwd'
        FROM query_table('/etc/passwd')
        SELECT getenv('HOME')
        FROM arrow_scan(1::POINTER, 1::POINTER, 1::POINTER)
        PRAGMA enable_external_access
        FROM asked
        FROM ALLOWED
    """,
    "sqlite_scanner extension": """
        FROM sqlite_scan('FOLDER/secret.csv', 't')
    """,
    "Expected a single SELECT statement": """
        FROM query('CREATE TABLE t AS SELECT 1')
        FROM query('SELECT 1; DROP TABLE requests')
    """,
    "statements: send one at a time": """
        COPY FROM DATABASE store TO memory
        SELECT 1; DROP TABLE requests
        SELECT 1 /* ; */ ; COPY requests TO 'FOLDER/out.csv' --
        SELECT $$ -- $$; SET lock_configuration = false
    """,
    "read-only mode": """
        EXPLAIN ANALYZE INSERT INTO requests SELECT * FROM requests
        EXPLAIN ANALYZE DELETE FROM requests
    """,
}
# Answered or not, as DuckDB likes: they must only be harmless.
HARMLESS = """
    FROM duckdb_databases()
    FROM duckdb_settings()
    FROM duckdb_secrets()
    FROM duckdb_extensions()
    FROM duckdb_logs()
    PRAGMA database_list
    SELECT current_setting('allowed_paths'), current_setting('secret_directory')
    SELECT current_setting('temp_directory'), current_setting('allowed_directories')
    FROM enable_logging(level := 'trace', storage := 'file', storage_path := 'FOLDER/out')
    EXPLAIN ANALYZE CREATE TEMP TABLE t AS SELECT 1
    FROM enable_profiling(save_location := 'FOLDER/out.txt')
    FROM python_map_function(NULL, NULL, NULL)
    FROM force_checkpoint('store')
"""
RUNAWAYS = """
    WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r
    SELECT count(*) FROM range(100000) AS a, range(100000) AS b WHERE a.range * b.range % 7 = 3
    SELECT levenshtein(repeat('a', 1000000), repeat('b', 1000000))
    SELECT sleep_ms(60000)
"""
GLUTTONS = """
    SELECT list_aggregate(range(1000000000), 'sum')
    SELECT length(repeat('x', 1000000000))
    SELECT string_agg(range::VARCHAR, '') FROM range(100000000)
    SELECT repeat('x', 1000000) FROM range(10000)
"""
# 90,000 bytes or less that would recurse as deep as they are long.
NESTED = {
    "parentheses": "SELECT " + "(" * 40_000 + "1" + ")" * 40_000,
    "subqueries": "SELECT * FROM (" * 5_000 + "SELECT 1" + ")" * 5_000,
    "lists": "SELECT " + "[" * 200 + "1" + "]" * 200,
    "sums": "SELECT 1" + " + 1" * 20_000,
    "unions": "SELECT 1" + " UNION ALL SELECT 1" * 2_000,
}
# Many statements one after the other in a process of the sandbox, whose doors are shut once.
MANY = """
import json, sys
sys.path.insert(0, sys.argv[1])
import sandbox_child as child
store, statements = json.load(sys.stdin)
con = child.open_store(store, 512)
child.close_doors(60, 512)
said = []
for sql in statements:
    try:
        said.append(str(child.answer(con, {"sql": sql, "rows": 10, "answer_bytes": 2**20})[1]))
    except (child.Refused, child.duckdb.Error) as error:
        said.append(child._reason(error, 512))
print(json.dumps(said))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, sample_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of secrets; afterwards it, the store's folder and our children are unchanged."""
    for suffix in ("csv", "sql", "parquet", "duckdb_extension"):
        (tmp_path / f"secret.{suffix}").write_text(f"{SECRET}\n")
    (tmp_path / "schema.sql").write_text(f"SELECT '{SECRET}';")
    with duckdb.connect(tmp_path / "secret.duckdb") as con:
        con.execute(f"CREATE TABLE t AS SELECT '{SECRET}' AS secret")
    monkeypatch.setenv("FTM_RPC_URLS", SECRET)
    before = _files(tmp_path), _files(sample_store.parent), _children()
    yield tmp_path
    assert (_files(tmp_path), _files(sample_store.parent), _children()) == before


def _files(folder: Path) -> dict[str, tuple[int, int]]:
    """Everything below a folder, by size and time of writing."""
    states = {str(path): path.stat() for path in folder.rglob("*")}
    return {name: (state.st_size, state.st_mtime_ns) for name, state in states.items()}


def _children() -> set[str]:
    """The ids of this process's children, where the system lists them."""
    lists = Path("/proc/self/task").glob("*/children")
    return {child for path in lists for child in path.read_text().split()}


def _lines(text: str, folder: Path) -> list[str]:
    return [line.strip().replace("FOLDER", str(folder)) for line in text.strip().splitlines()]


def _said(store: Path, sql: str, seconds: float = 60) -> str:
    """All that comes back for a statement; fails where a secret of this machine is in it."""
    try:
        said = run_sql(store, sql, seconds=seconds).rows.write_json()
    except SqlError as error:
        said = str(error)
    return _harmless(store, sql, said)


def _harmless(store: Path, sql: str, said: str) -> str:
    for secret in (SECRET, str(store), str(store.parent), str(ROOT), "root:x"):
        assert secret not in said, sql
    return said


def _many_said(store: Path, statements: list[str]) -> dict[str, str]:
    """The same of many statements, the first of them in a process of its own as all are sent."""
    answered = subprocess.run(
        [sys.executable, "-I", "-c", MANY, str(Path(sandbox_child.__file__).parent)],
        input=json.dumps([str(store), statements]),
        capture_output=True,
        text=True,
        env={},
        cwd="/",
        check=True,
    )
    said = dict(zip(statements, json.loads(answered.stdout), strict=True))
    alone = _said(store, statements[0])
    assert alone == said[statements[0]]
    return {sql: _harmless(store, sql, text) for sql, text in said.items()}


def _all_said(store: Path, statements: list[str]) -> dict[str, str]:
    with ThreadPoolExecutor(2) as pool:
        answers = pool.map(partial(_said, store), statements)
        return dict(zip(statements, answers, strict=True))


@pytest.mark.parametrize("message", REFUSED)
def test_what_reaches_beyond_the_store_is_refused(
    message: str, sample_store: Path, folder: Path
) -> None:
    said = _many_said(sample_store, _lines(REFUSED[message], folder))
    assert {sql: text for sql, text in said.items() if message not in text} == {}


def test_what_is_not_refused_tells_and_changes_nothing(sample_store: Path, folder: Path) -> None:
    said = _all_said(sample_store, _lines(HARMLESS, folder))
    assert all(said.values())


def test_what_duckdb_prints_does_not_get_into_the_answer(sample_store: Path) -> None:
    forged = """
        SELECT 1 AS n FROM enable_logging(level := 'error', storage := 'stdout')
        UNION ALL
        SELECT 2 FROM range(100000)
        WHERE write_log('forged' || range, level := 'error', scope := 'database') IS NULL
    """
    assert _said(sample_store, f"SELECT count(*) AS n FROM ({forged})") == '[{"n":100000}]'


@pytest.mark.parametrize("sql", RUNAWAYS.strip().splitlines())
def test_what_runs_away_is_stopped_in_time(sql: str, sample_store: Path) -> None:
    started = time.monotonic()
    assert "no answer within 1 s: narrow it" in _said(sample_store, sql, seconds=1)
    assert time.monotonic() - started < 30  # each would take a minute or for ever


@pytest.mark.parametrize("sql", GLUTTONS.strip().splitlines())
def test_what_eats_memory_is_stopped(sql: str, sample_store: Path) -> None:
    assert "more than 512 MB of memory" in _said(sample_store, sql)


@pytest.mark.parametrize("shape", NESTED)
def test_what_nests_too_deep_breaks_nothing_but_its_own_process(
    shape: str, sample_store: Path
) -> None:
    assert len(NESTED[shape]) < TEXT_BYTES
    assert _said(sample_store, NESTED[shape])


def test_a_stopped_statement_leaves_room_for_the_next(sample_store: Path) -> None:
    for _ in range(3):
        assert "no answer" in _said(sample_store, "SELECT sleep_ms(60000)", seconds=0.5)
    assert run_sql(sample_store, "SELECT 1", seconds=60).rows.item() == 1
