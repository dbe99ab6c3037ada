"""A file of logs is landed whole or not at all, and what is wrong with it is named by its place."""

from __future__ import annotations

import codecs
import gzip
import io
import json
import os
import random
import re
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from duckdb import DuckDBPyConnection as Connection

from data import ChangedLogError, LogFileError
from data.ingest import from_file, raw_logs
from data.ingest.from_file import Staged, fill_times, stage_files
from data.ingest.plain_files import named_files
from data.store.reader import open_reader, read_info
from data.store.writer import open_next, publish
from tests.log_lines import (
    ALICE,
    FANTOM,
    FIRST_BLOCK,
    RATIO,
    STAKED,
    Log,
    Story,
    as_lines,
    node_log,
    rows,
    write_logs,
)


@pytest.fixture(autouse=True)
def _no_logs(con: Connection) -> None:
    con.execute("DELETE FROM raw_logs")


def _logs(count: int = 30) -> list[Log]:
    story = Story()
    for number in range(count):
        story.emit(STAKED, ALICE, 10**20 + number, same_block=number % 4 == 3)
    return story.logs


def _as_stored(logs: list[Log]) -> list[tuple[Any, ...]]:
    return [
        (
            int(log["blockNumber"], 16),
            int(log["logIndex"], 16),
            datetime.fromtimestamp(int(log["blockTimestamp"], 16), UTC),
            log["transactionHash"],
            log["address"],
            *log["topics"],
            *[None] * (4 - len(log["topics"])),
            log["data"],
        )
        for log in logs
    ]


def _land(con: Connection, *files: Path) -> int:
    stage_files(con, files, FANTOM)
    fill_times(con, files, FANTOM)
    return raw_logs.land(con)


def _stored(con: Connection) -> list[tuple[Any, ...]]:
    return rows(con, "FROM raw_logs ORDER BY block, log_index")


def _refused(con: Connection, *files: Path, kind: type[Exception] = LogFileError) -> str:
    """The words of the refusal."""
    with pytest.raises(kind) as refusal:
        _land(con, *files)
    return str(refusal.value)


# What is accepted


def _shuffled(lines: list[bytes]) -> bytes:
    return b"".join(random.Random(1).sample(lines, len(lines)))


def _pretty(line: bytes) -> bytes:
    return json.dumps(json.loads(line), indent=2).encode() + b"\n"


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("unsorted.ndjson", _shuffled),
        ("doubled.ndjson", lambda lines: b"".join(lines + lines[5:9])),
        ("blank.ndjson", lambda lines: b"\n \t\r\n".join(lines) + b"\n\n"),
        ("crlf.ndjson", lambda lines: b"".join(lines).replace(b"\n", b"\r\n")),
        ("unended.ndjson", lambda lines: b"".join(lines).rstrip()),
        ("upper.ndjson", lambda lines: b"".join(lines).replace(b"0xa1a1", b"0xA1A1")),
        ("zipped.ndjson.gz", lambda lines: gzip.compress(b"".join(lines))),
        ("twice.gz", lambda lines: b"".join(gzip.compress(line) for line in lines)),
        ("zipped twice", lambda lines: gzip.compress(gzip.compress(b"".join(lines)))),
        ("ZIPPED.GZ", lambda lines: gzip.compress(b"".join(lines))),
        ("not zipped.gz", b"".join),
        ("bom.ndjson", lambda lines: codecs.BOM_UTF8 + b"".join(lines)),
        ("utf-16.ndjson", lambda lines: b"".join(lines).decode().encode("utf-16")),
        (
            "utf-16.ndjson.gz",
            lambda lines: gzip.compress(b"".join(lines).decode().encode("utf-16")),
        ),
        ("odd [1]*?'.txt", b"".join),
        ("pretty.json", lambda lines: b"".join(map(_pretty, lines))),
        ("pretty list.json", lambda lines: b"[\n" + b",\n".join(map(_pretty, lines)) + b"]\n"),
        ("one line.json", lambda lines: b"[" + b",".join(lines).replace(b"\n", b"") + b"]"),
    ],
)
def test_the_same_logs_in_another_form_land_the_same(
    name: str,
    form: Callable[[list[bytes]], bytes],
    con: Connection,
    tmp_path: Path,
) -> None:
    file = tmp_path / name
    file.write_bytes(form(as_lines(_logs()).splitlines(keepends=True)))
    assert _land(con, file) == 30
    assert _stored(con) == _as_stored(_logs())
    assert _land(con, file) == 0
    assert _stored(con) == _as_stored(_logs())


def test_overlapping_files_land_each_log_once(con: Connection, tmp_path: Path) -> None:
    parts = [_logs()[:20], _logs()[10:25], _logs()[15:]]
    files = [write_logs(tmp_path / f"{n}.ndjson", part) for n, part in enumerate(parts)]
    assert _land(con, files[2], files[0], files[2]) == 30
    assert _land(con, *files) == 0
    assert _stored(con) == _as_stored(_logs())


def test_a_file_covers_the_asked_blocks_or_those_of_its_logs(
    con: Connection, tmp_path: Path
) -> None:
    file = write_logs(tmp_path / "a.ndjson", _logs())
    end = int(_logs()[-1]["blockNumber"], 16)
    assert stage_files(con, [file], FANTOM) == [Staged("a.ndjson", (FIRST_BLOCK, end), 0)]
    first, last = FIRST_BLOCK + 15, FIRST_BLOCK + 55
    assert stage_files(con, [file], FANTOM, first, last) == [Staged("a.ndjson", (first, last), 0)]
    blocks = "SELECT min(block) - $b, max(block) - $b FROM landing".replace("$b", str(FIRST_BLOCK))
    assert rows(con, blocks) == [(20, 50)]
    assert stage_files(con, [file], FANTOM, last=FIRST_BLOCK - 1) == [Staged("a.ndjson", None, 0)]


# What is refused, as a whole


def test_a_file_that_ends_at_the_synced_block_leaves_its_hash(tmp_path: Path) -> None:
    path, file = tmp_path / "store.duckdb", tmp_path / "all.ndjson"
    write_logs(file, _logs())
    now = datetime(2026, 11, 20, tzinfo=UTC)
    from_file.sync_file(FANTOM, path, [file], now)
    block_hash = "0x" + "ab" * 32
    with open_next(path, FANTOM) as con:
        con.execute("UPDATE store_info SET synced_hash = ?", [block_hash])  # as a node would
    publish(path)
    for _ in range(2):
        from_file.sync_file(FANTOM, path, [file], now)
        with open_reader(path) as con:
            assert read_info(con).synced_hash == block_hash


def test_older_logs_of_a_file_leave_the_chains_head_unknown(tmp_path: Path) -> None:
    path, file = tmp_path / "store.duckdb", tmp_path / "all.ndjson"
    write_logs(file, _logs())
    now = datetime(2026, 11, 20, tzinfo=UTC)
    newest = from_file.sync_file(FANTOM, path, [file], now).block
    with open_next(path, FANTOM) as con:
        con.execute("UPDATE store_info SET head_block = synced_block")  # as a node would
    publish(path)
    older = from_file.sync_file(FANTOM, path, [file], now, last=FIRST_BLOCK + 5).block
    with open_reader(path) as con:
        info = read_info(con)
    assert older < newest
    assert (info.synced_block, info.head_block) == (newest, None)


def test_a_zipped_file_that_was_cut_off_is_refused_wherever_it_was_cut(
    con: Connection, tmp_path: Path
) -> None:
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="w") as zipped:
        zipped.write(as_lines(_logs(5)))
        zipped.flush()
        end_of_a_line = buffer.tell()
        zipped.write(as_lines(_logs()[5:]))
    whole = buffer.getvalue()
    file = tmp_path / "cut.ndjson.gz"
    for cut in (12, len(whole) // 2, end_of_a_line, len(whole) - 8, len(whole) - 1):
        file.write_bytes(whole[:cut])
        told = _refused(con, file)
        assert told.startswith(f"{file} cannot be read to its end "), cut
        assert "get the file again" in told


def test_what_is_not_there_is_refused_and_an_empty_file_holds_nothing(
    con: Connection, tmp_path: Path
) -> None:
    assert _refused(con, tmp_path / "none") == f"no file {tmp_path / 'none'}"
    for name, content in (("a", b""), ("b", b"\n\n"), ("c.gz", b""), ("d", gzip.compress(b""))):
        (tmp_path / name).write_bytes(content)
        assert stage_files(con, [tmp_path / name], FANTOM) == [Staged(name, None, 0)]
    garbled = tmp_path / "garbled.gz"
    garbled.write_bytes(gzip.compress(b"{}\n", mtime=0) + b"garbage")
    assert _refused(con, garbled).startswith(f"{garbled} cannot be read to its end ")


def test_folders_and_patterns_stand_for_their_files(tmp_path: Path) -> None:
    for name in ("b.csv", "a.csv", ".hidden", "c.json", "odd[1].csv"):
        (tmp_path / name).touch()
    (tmp_path / "inner").mkdir()
    files = {name: tmp_path / name for name in ("a.csv", "b.csv", "c.json", "odd[1].csv")}
    assert named_files([tmp_path]) == list(files.values())
    assert named_files([tmp_path / "?.csv", files["c.json"]]) == list(files.values())[:3]
    assert named_files([files["odd[1].csv"], tmp_path / "none"])[1] == tmp_path / "none"
    for nothing in (tmp_path / "inner", tmp_path / "*.parquet"):
        with pytest.raises(LogFileError, match="there is no file in"):
            named_files([nothing])


def test_a_pipe_is_read_once(con: Connection, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(as_lines(_logs())),))
    writer.start()
    assert _land(con, pipe) == 30
    writer.join()
    assert _stored(con) == _as_stored(_logs())


def test_a_file_that_contradicts_the_store_is_refused(con: Connection, tmp_path: Path) -> None:
    _land(con, write_logs(tmp_path / "first.ndjson", _logs()))
    changed = _logs()
    changed[17] |= {"data": f"0x{5:064x}"}
    told = _refused(con, write_logs(tmp_path / "changed.ndjson", changed), kind=ChangedLogError)
    block, index = (int(changed[17][key], 16) for key in ("blockNumber", "logIndex"))
    assert told.startswith(f"block {block}, log {index} came with two different contents.")
    assert _stored(con) == _as_stored(_logs())


def test_files_that_contradict_themselves_or_each_other_are_refused(
    con: Connection, tmp_path: Path
) -> None:
    log = node_log(RATIO, 5, block=FIRST_BLOCK + 7)
    other = log | {"transactionHash": "0x" + "12" * 32}
    both = write_logs(tmp_path / "both.ndjson", [log, other, log])
    one, two = write_logs(tmp_path / "1", [log]), write_logs(tmp_path / "2", [other])
    for files in ([both], [one, two]):
        told = _refused(con, *files, kind=ChangedLogError)
        assert told.startswith(f"block {FIRST_BLOCK + 7}, log 0 came with two different contents.")
        assert _stored(con) == []


# Broken lines


GOOD = node_log(STAKED, ALICE, 5, block=FIRST_BLOCK + 5)
LINE = as_lines([GOOD])


def _changed(**changes: Any) -> bytes:
    return as_lines([GOOD | changes])


def _without(key: str) -> bytes:
    return as_lines([{name: value for name, value in GOOD.items() if name != key}])


TOPICS = GOOD["topics"]
BROKEN = {
    "cut short": (LINE[:100] + b"\n", "is no JSON object"),
    "no JSON": (b"block,log_index,tx\n", "is no JSON object"),
    "an array": (b"[" + LINE.strip() + b"]\n", "is no JSON object"),
    "two on a line": (LINE.strip() + LINE, "is no JSON object"),
    "a number": (b"5\n", "is no JSON object"),
    "null": (b"null\n", "address is no 20-byte address"),
    "no UTF-8": (LINE.replace(b"0x0", b"\xff\xfe"), "is no JSON object"),
    "a NUL": (LINE.replace(b"0x0", b"\0"), "is no JSON object"),
    "a NUL in a text": (_changed(data="0x\0"), "data is no hex text"),
    "nested": (b'{"a":' * 5_000 + b"\n", "is nested too deep|is no JSON object"),
    "a key twice": (LINE.replace(b'"data"', b'"address"'), "has a key twice"),
    "short topics in a text": (_changed(topics=TOPICS[0][:9]), "topics are not up to four"),
    "topics in an object": (_changed(topics={"0": TOPICS[0]}), "topics are not up to four"),
    "five topics": (_changed(topics=TOPICS + TOPICS + TOPICS[:1]), "topics are not up to four"),
    "a short topic": (_changed(topics=[TOPICS[0][:-1]]), "topics are not up to four 32-byte"),
    "a topic left out": (_changed(topics=[None, TOPICS[0]]), "topics are not up to four"),
    "no topics at all": (_without("topics"), "there are no topics"),
    "bad hex": (_changed(data="0x0g"), "data is no hex text"),
    "half a byte": (_changed(data="0x000"), "data is no hex text"),
    "no data": (_without("data"), "data is no hex text"),
    "no block": (_without("blockNumber"), "the block is no block number"),
    "a fraction of a block": (_changed(blockNumber=31_218_797.5), "the block is no block number"),
    "a block beyond all": (_changed(blockNumber="0x1000000000"), "the block is no block number"),
    "no log index": (_without("logIndex"), "the log index is no number"),
    "a log index beyond all": (_changed(logIndex="0x1000000"), "the log index is no number"),
    "a short hash": (_changed(transactionHash="0x12"), "the transaction is no 32-byte hash"),
    "no hash": (_without("transactionHash"), "the transaction is no 32-byte hash"),
    "a name as address": (_changed(address="pool.ftm"), "address is no 20-byte address"),
    "no address": (_without("address"), "address is no 20-byte address"),
    "a day as time": (_changed(blockTimestamp="2022-02-16"), "the block time is no time"),
    "a time in other units": (_changed(blockTimestamp=16_450_000), "the block time is no time"),
    "removed": (_changed(removed=True), "marked as removed from the chain"),
    "removed in an object": (_changed(removed={}), "removed is neither true nor false"),
    "another chain": (_changed(chainId="0x1"), "is of chain 0x1, not 250"),
    "a word too many": (_changed(data="0x" + "00" * 64), "has not the shape of the event"),
    "a topic too few": (_changed(topics=TOPICS[:1]), "has not the shape of the event"),
}


@pytest.mark.parametrize(("line", "why"), [pytest.param(*case, id=k) for k, case in BROKEN.items()])
def test_a_broken_line_is_named(line: bytes, why: str, con: Connection, tmp_path: Path) -> None:
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
    assert told.endswith("Correct or remove the line; nothing of the file was stored")
