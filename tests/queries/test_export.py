"""What leaves the app as a file holds what the query answered, to the last digit."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import polars as pl
import pytest

import queries
from data.store.reader import open_reader
from queries.export import as_csv, as_parquet
from tests.processes import python

ABOUT = {"network": "sample", "query": "two\nlines", "simulated": "yes"}
ODD = """
SELECT
    12345678901234567890123456789012345678::DECIMAL(38, 0) AS wei,
    170141183460469231731687303715884105::HUGEINT AS huge,
    TIMESTAMPTZ '2024-12-18 01:00:01.25+01' AS at,
    DATE '2024-12-18' AS day,
    0.1::DOUBLE AS amount_ftm,
    NULL::BIGINT AS unknown,
    'a "quoted"; text, two
lines' AS words,
    [1, 2] AS numbers,
    '\\xAB'::BLOB AS bytes
"""


@pytest.fixture
def odd() -> pl.DataFrame:
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        return con.sql(ODD).pl()


def test_a_csv_says_what_it_is_of_in_its_first_line_and_then_every_digit(odd: pl.DataFrame) -> None:
    first, header, *rest = as_csv(odd, ABOUT).decode().split("\n", 2)
    assert first == "# network=sample; query=two lines; simulated=yes"
    assert header == "wei,huge,at,day,amount_ftm,unknown,words,numbers,bytes"
    assert rest == [
        "12345678901234567890123456789012345678,170141183460469231731687303715884105,"
        '2024-12-18T00:00:01.250Z,2024-12-18,0.1,,"a ""quoted""; text, two\nlines","[1, 2]",0xab\n'
    ]


def test_no_spreadsheet_runs_what_a_csv_holds_and_a_quote_in_its_first_line_hides_no_row() -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "0x", "a=1", "", None, "'=1"]
    frame = pl.DataFrame({"=cmd()": texts, "n": [-1] * len(texts)})
    file = as_csv(frame, {"query": 'SELECT "a"'})
    assert file.splitlines()[0] == b"# query=SELECT %22a%22"
    read = pl.read_csv(file, skip_rows=1)
    assert read.columns == ["'=cmd()", "n"]
    assert read["'=cmd()"].to_list() == [
        *("'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t'=1", "'\r=1"),
        *texts[6:],
    ]
    chosen = pl.DataFrame({"a": pl.Series(["=1"], dtype=pl.Enum(["=1"]))})
    assert as_csv(chosen, {}).splitlines()[-1] == b"'=1"
    assert read["n"].to_list() == [-1] * len(texts), "numbers stay numbers"


def test_nor_where_it_cuts_a_line_at_other_marks() -> None:
    texts = ["x;=1", " ;+1", "a; b\t-2", "a, -5", "[1, -2]", "a;b"]
    file = as_csv(pl.DataFrame({"x;=cmd": texts}), {"statement": "SELECT 1 --,=cmd|' /C calc'!A0,"})
    assert file.splitlines()[0] == b"# statement=SELECT 1 --,'=cmd|' /C calc'!A0,"
    read = pl.read_csv(file, skip_rows=1)["x;'=cmd"].to_list()
    assert read == ["x;'=1", " ;'+1", "a; b\t'-2", "a, -5", "[1, -2]", "a;b"]


def test_a_parquet_file_keeps_types_and_says_what_it_is_of(
    odd: pl.DataFrame, tmp_path: Path
) -> None:
    file = tmp_path / "odd.parquet"
    file.write_bytes(as_parquet(odd, ABOUT))
    with duckdb.connect() as con:
        types = {row[0]: row[1] for row in con.sql(f"DESCRIBE FROM '{file}'").fetchall()}
        told = con.sql(
            f"SELECT decode(key), decode(value) FROM parquet_kv_metadata('{file}') "
            "WHERE decode(key) <> 'ARROW:schema'"
        ).fetchall()
        again = con.sql(f"FROM '{file}'").pl()
    assert (types["wei"], types["huge"]) == ("DECIMAL(38,0)", "DECIMAL(38,0)")
    assert types["at"] == "TIMESTAMP WITH TIME ZONE"
    assert dict(told) == ABOUT
    assert again.rows() == odd.rows()


@pytest.mark.parametrize("name", queries.names())
def test_every_query_leaves_as_a_file_and_comes_back_the_same(
    name: str, sample_store: Path, tmp_path: Path
) -> None:
    with open_reader(sample_store) as con:
        frame = queries.run(con, name)
    csv = tmp_path / "answer.csv"
    csv.write_bytes(as_csv(frame, ABOUT))
    (parquet := tmp_path / "answer.parquet").write_bytes(as_parquet(frame, ABOUT))
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        assert con.sql(f"FROM '{parquet}'").pl().rows() == frame.rows()
        read = con.sql(f"FROM read_csv('{csv}', skip = 1, all_varchar = true)").pl()
    assert read.columns == frame.columns
    assert read.height == frame.height


def test_a_tables_amounts_stand_in_ftm_beside_their_wei(sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        described = queries.run(con, "dictionary").drop_nulls("column_name")
        names = described["table_name"].unique()
        tables = {name: queries.read_table(con, name, in_ftm=True) for name in names}
        plain = queries.read_table(con, "requests", in_ftm=False)
        waiting = queries.run(con, "pending_requests").select("wr_id", "payout_ftm")
    requests = tables["requests"]
    assert requests.select(plain.columns).equals(plain)
    assert requests.join(waiting, on=["wr_id", "payout_ftm"]).height == waiting.height > 100
    assert requests["ahead_ftm_at_request"].max() > 10_000
    columns = requests.columns
    assert columns.index("payout_ftm") == columns.index("payout_wei") + 1
    for table, column, _, holds in described.rows():
        if "_wei" in column:  # the dictionary says which of them is no money
            is_money = "scaled by 1e18" not in holds
            assert (column.replace("_wei", "_ftm") in tables[table].columns) == is_money, column


def test_a_time_without_a_zone_is_not_said_to_be_utc() -> None:
    with duckdb.connect() as con:
        frame = con.sql("SELECT TIMESTAMP '2024-12-18 01:00:00' AS local").pl()
    assert as_csv(frame, ABOUT).decode().splitlines()[2] == "2024-12-18T01:00:00"


ELSEWHERE = """
import queries, sys
from pathlib import Path
from data.store.reader import open_reader
from queries.export import as_csv
with open_reader(Path(sys.argv[1])) as con:
    cursor = con.cursor()
    cursor.execute("USE store")
    print(as_csv(queries.read_table(cursor, "requests", 1), {}).decode())
"""


def test_a_table_read_elsewhere_on_earth_has_the_same_times(sample_store: Path) -> None:
    for zone in ("Asia/Tokyo", "America/Los_Angeles"):
        told = python("-c", ELSEWHERE, sample_store, env=os.environ | {"TZ": zone}, check=True)
        assert "2022-03-16T15:10:04Z" in told.stdout


@pytest.mark.parametrize("before", ["\n", "  ", "\ufeff", "\u200b", "\u00a0", "\u2800"])
def test_what_is_not_seen_before_a_formula_does_not_hide_it(before: str) -> None:
    text = f"{before}=1+1"
    file = as_csv(pl.DataFrame({"a": [text]}), {})
    assert pl.read_csv(file, skip_rows=1)["a"].to_list() == [f"'{text}"]


def test_full_width_marks_are_formulas_too_and_two_columns_keep_two_names() -> None:
    frame = pl.DataFrame({"=a": ["\uff1d1"], "'=a": ["\uff20x"], "b": ["x=1"]})
    lines = as_csv(frame, {}).decode().splitlines()[1:]
    assert lines == ["'=a,'=a_2,b", "'\uff1d1,'\uff20x,x=1"]


@pytest.mark.parametrize(
    ("sql", "cell"), [("MAP {'a': 2}", '{"a": 2}'), ("MAP {[1]: 2}", "[[[1], 2]]")]
)
def test_a_map_is_written_as_json(sql: str, cell: str) -> None:
    frame = duckdb.sql(f"SELECT {sql} AS m").pl()
    assert pl.read_csv(as_csv(frame, {}), skip_rows=1)["m"].to_list() == [cell]
