"""What a text means, held against plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.ingest.read_file import MACROS
from tests.log_lines import empty_tables

WORDS = st.binary(min_size=32, max_size=32).map(lambda word: "0x" + word.hex())
TIMES = st.integers(1_400_000_000, 3_999_999_999)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_tables() as con:
        con.execute(MACROS)
        yield con


def _value(con: duckdb.DuckDBPyConnection, expression: str, text: str) -> Any:
    row = con.execute(f"SELECT {expression}".replace("$", "?::VARCHAR"), [text]).fetchone()
    assert row is not None
    return row[0]


def _time(con: duckdb.DuckDBPyConnection, text: str) -> int | None:
    at = _value(con, "count_time(time_count($))", text)
    return None if at is None else int(at.timestamp())


@given(
    number=st.integers(0, 2**60 - 1),
    write=st.sampled_from([str, hex, "{:.0f}.0".format, "0x{:032X}".format, "0X{:x}".format]),
)
@settings(max_examples=100, deadline=None)
def test_a_number_is_read_however_it_is_written(
    number: int, write: Any, con: duckdb.DuckDBPyConnection
) -> None:
    text = f"{number}.0" if write(0).endswith(".0") else write(number)
    assert _value(con, "text_number($)", text) == number


@pytest.mark.parametrize(
    "text", ["", " ", "x", "-1", "+1", "1.5", "1e3", "0x", "0b1", "1_000", "1,000", "9" * 19, "0xg"]
)
def test_what_is_no_number_is_none(text: str, con: duckdb.DuckDBPyConnection) -> None:
    assert _value(con, "text_number($)", text) is None


@given(time=TIMES, fraction=st.integers(0, 999_999), offset=st.integers(-14 * 4, 14 * 4))
@settings(max_examples=100, deadline=None)
def test_a_time_is_its_whole_second_however_it_is_written(
    time: int, fraction: int, offset: int, con: duckdb.DuckDBPyConnection
) -> None:
    at = datetime.fromtimestamp(time, UTC)
    there = at.astimezone(timezone(timedelta(minutes=15 * offset)))
    texts = [str(time), hex(time), f"{time}.{fraction}", str(time * 1_000 + fraction // 1_000)]
    texts += [str(time * 1_000_000 + fraction), str(time * 1_000_000_000 + fraction)]
    texts += [f"{at:%Y-%m-%d %H:%M:%S}{end}" for end in ("", " UTC", "Z", "+00", f".{fraction:06}")]
    texts += [f"{at:%Y-%m-%dT%H:%M:%S}.{fraction:06}Z", there.isoformat(), there.isoformat(" ")]
    told = con.execute(
        "SELECT text, epoch(count_time(time_count(text)))::BIGINT FROM (SELECT unnest(?) AS text)",
        [texts],
    ).fetchall()
    assert told == [(text, time) for text in texts]


@pytest.mark.parametrize(
    "text",
    "0 5 20220216 2022-02-16 2022-02-30T00:00:00Z 2022-02-16T25:00:00 16/02/2022 now "
    "2022-02-16T09:30:47+25:00 -1645000000 1e9 99999999999".split(),
)
def test_what_is_no_time_of_a_block_is_none(text: str, con: duckdb.DuckDBPyConnection) -> None:
    assert _time(con, text) is None


@given(words=st.lists(WORDS, min_size=1, max_size=4), empty=st.integers(0, 3))
@settings(max_examples=60, deadline=None)
def test_topics_are_read_however_they_are_listed(
    words: list[str], empty: int, con: duckdb.DuckDBPyConnection
) -> None:
    quoted = [f'"{word}"' for word in words]
    texts = [
        ",".join([*words, *[""] * empty]),
        ", ".join([*words, *["NULL"] * empty]),
        "[" + ",".join([*quoted, *["null"] * empty]) + "]",
        "[" + ", ".join([*words, *["NULL"] * empty]) + "]",
        "{" + ",".join([*words, *["NULL"] * empty]) + "}",
        "{" + ",".join(quoted) + "}",
        str(words),
    ]
    columns = ", ".join(f"text_topic(text_list(text)[{n}])" for n in range(1, 5))
    told = con.execute(
        f"SELECT text, {columns} FROM (SELECT unnest(?) AS text)", [texts]
    ).fetchall()
    assert told == [(text, *words, *[None] * (4 - len(words))) for text in texts]
