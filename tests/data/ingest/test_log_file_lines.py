"""Each way in which a line of a file can be broken is refused in its own words, by its number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import LogFileError
from data.ingest import from_file
from data.ingest.from_file import stage_files
from tests.log_lines import (
    ALICE,
    FANTOM,
    RATIO,
    STAKED,
    Story,
    as_lines,
    empty_tables,
    node_log,
    write_logs,
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_tables() as con:
        yield con


LINE = as_lines([node_log(STAKED, ALICE, 5)])


def _changed(**changes: Any) -> bytes:
    return as_lines([node_log(STAKED, ALICE, 5) | changes])


def _without(key: str) -> bytes:
    log = node_log(STAKED, ALICE, 5)
    del log[key]
    return as_lines([log])


TOPICS = node_log(STAKED, ALICE, 5)["topics"]
BROKEN = {
    "cut short": (LINE[:100] + b"\n", "is no JSON object"),
    "no JSON": (b"block,log_index,tx\n", "is no JSON object"),
    "an array": (b"[" + LINE.strip() + b"]\n", "is no JSON object"),
    "two on a line": (LINE.strip() + LINE, "is no JSON object"),
    "a number": (b"5\n", "is no JSON object"),
    "null": (b"null\n", "address is no 20-byte address"),
    "no UTF-8": (LINE.replace(b"0x0", b"\xff\xfe"), "is no JSON object"),
    "topics in a text": (_changed(topics=TOPICS[0]), "topics are no list"),
    "topics in an object": (_changed(topics={"0": TOPICS[0]}), "topics are no list"),
    "five topics": (_changed(topics=TOPICS + TOPICS + TOPICS[:1]), "topics are not up to four"),
    "a short topic": (_changed(topics=[TOPICS[0][:-1]]), "topics are not up to four 32-byte"),
    "null as a topic": (_changed(topics=[TOPICS[0], None]), "topics are not up to four"),
    "bad hex": (_changed(data="0x0g"), "data is no hex text"),
    "half a byte": (_changed(data="0x000"), "data is no hex text"),
    "a decimal block": (_changed(blockNumber=31_218_797), "blockNumber is no hex number"),
    "a block beyond all": (_changed(blockNumber="0x1000000000"), "blockNumber is no hex number"),
    "a log index beyond all": (_changed(logIndex="0x1000000"), "logIndex is no hex number"),
    "a short hash": (_changed(transactionHash="0x12"), "transactionHash is no 32-byte hash"),
    "a name as address": (_changed(address="pool.ftm"), "address is no 20-byte address"),
    "a time as text": (_changed(blockTimestamp="2022-02-16"), "blockTimestamp is no hex number"),
    "removed": (_changed(removed=True), "marked as removed from the chain"),
    "removed in an object": (_changed(removed={}), "cast"),
    "no block time": (_without("blockTimestamp"), "has no blockTimestamp, which a file must carry"),
    "a foreign contract": (_changed(address=ALICE), "is of a contract that fantom does not read"),
    "a word too many": (_changed(data="0x" + "00" * 64), "has not the shape of the event"),
    "a topic too few": (_changed(topics=TOPICS[:1]), "has not the shape of the event"),
} | {
    f"no {key}": (_without(key), f"{key} (is|are) no")
    for key in ("address", "topics", "data", "blockNumber", "transactionHash", "logIndex")
}


@pytest.mark.parametrize(("line", "why"), [pytest.param(*case, id=k) for k, case in BROKEN.items()])
def test_a_broken_line_is_named(
    line: bytes,
    why: str,
    con: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(from_file, "_PIECE_BYTES", 2_000)  # a few lines
    story = Story()
    for number in range(12):
        story.emit(RATIO, number)
    good = as_lines(story.logs).splitlines(keepends=True)
    file = tmp_path / "broken.ndjson"
    file.write_bytes(b"".join([*good[:6], b"\n", line, *good[6:], line]))
    with pytest.raises(LogFileError) as refusal:
        stage_files(con, [write_logs(tmp_path / "good.ndjson", story.logs), file], FANTOM)
    told = str(refusal.value)
    assert told.startswith(f"{file}, line 8: ")
    assert re.search(why, told)
    assert told.endswith("Mend or remove the line; nothing of the file was stored")
