"""Logs without a time get it from what knows it; what is of others is told apart."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data import ChangedLogError, LogFileError
from data.ingest.from_file import Landed, sync_file
from data.store.reader import open_reader, read_info
from tests.log_lines import (
    ALICE,
    FANTOM,
    FIRST_BLOCK,
    FIRST_TIME,
    RATIO,
    Log,
    node_log,
    rows,
    write_logs,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOGS = [node_log(RATIO, number, block=FIRST_BLOCK + number) for number in range(4)]


def _timeless(log: Log) -> Log:
    return {key: value for key, value in log.items() if key != "blockTimestamp"}


def _headers(*numbers: int, late_s: int = 0) -> bytes:
    return b"".join(
        b'{"number": "%#x", "timestamp": %d}\n'
        % (FIRST_BLOCK + number, FIRST_TIME + number + late_s)
        for number in numbers
    )


def _write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _sync(folder: Path, *files: Path, **others: Any) -> Landed:
    return sync_file(FANTOM, folder / "store", files, NOW, **others)


def _times(folder: Path) -> list[int]:
    """Each stored log's seconds after the first."""
    with open_reader(folder / "store") as con:
        found = rows(
            con, "SELECT epoch(block_time)::BIGINT FROM raw_logs ORDER BY block, log_index"
        )
    return [time - FIRST_TIME for (time,) in found]


# Times


@pytest.mark.parametrize("together", [True, False])
def test_a_log_that_came_with_and_without_its_time_is_one_log(
    together: bool, tmp_path: Path
) -> None:
    neighbour = node_log(RATIO, 9, block=FIRST_BLOCK, index=1)
    bare = [_timeless(log) for log in (*LOGS, neighbour)]
    parts = [[*LOGS, *bare]] if together else [bare, LOGS]
    files = [write_logs(tmp_path / f"{n}.ndjson", part) for n, part in enumerate(parts)]
    assert _sync(tmp_path, *files).logs == 5
    assert _times(tmp_path) == [0, 0, 1, 2, 3]
    assert _sync(tmp_path, write_logs(tmp_path / "bare", bare)).logs == 0


def test_a_time_is_asked_for_once_and_only_where_nothing_tells_it(tmp_path: Path) -> None:
    asked: list[list[int]] = []

    def ask(blocks: list[int]) -> dict[int, datetime]:
        asked.append(blocks)
        return {
            block: datetime.fromtimestamp(FIRST_TIME + block - FIRST_BLOCK, UTC) for block in blocks
        }

    _sync(tmp_path, write_logs(tmp_path / "first", LOGS[:1]), block_times=ask)
    assert asked == []
    bare = write_logs(tmp_path / "bare", map(_timeless, LOGS))
    blocks = _write(tmp_path / "blocks", _headers(1, 7))
    _sync(tmp_path, bare, blocks=[blocks], block_times=ask)
    assert asked == [[FIRST_BLOCK + 2, FIRST_BLOCK + 3]]
    assert _times(tmp_path) == [0, 1, 2, 3]


def test_a_time_that_nothing_tells_is_named_with_the_ways_out(tmp_path: Path) -> None:
    timed = write_logs(tmp_path / "timed", LOGS[:2])
    bare = write_logs(tmp_path / "bare", map(_timeless, LOGS))
    with pytest.raises(LogFileError) as refusal:
        _sync(tmp_path, timed, bare)
    told = str(refusal.value)
    assert told.startswith(f"{bare}, line 3: has no time, and nothing tells that of block")
    assert all(way in told for way in ("--blocks", "--rpc-url", "export the logs with their times"))
    assert not (tmp_path / "store").exists()


def test_a_block_with_two_times_is_refused(tmp_path: Path) -> None:
    bare = write_logs(tmp_path / "bare", [*LOGS, *map(_timeless, LOGS)])
    blocks = _write(tmp_path / "blocks", _headers(0) + _headers(2, late_s=5))
    with pytest.raises(ChangedLogError, match=f"block {FIRST_BLOCK + 2} came with two different"):
        _sync(tmp_path, bare, blocks=[blocks])


# What is of others


def test_logs_of_other_contracts_are_counted_and_left_out(tmp_path: Path) -> None:
    others = [log | {"address": ALICE, "data": "0x5"} for log in LOGS[:3]]
    file = write_logs(tmp_path / "all", [*others, *LOGS])
    landed = _sync(tmp_path, file)
    assert (landed.logs, landed.skipped) == (4, 3)
    with pytest.raises(LogFileError, match="no log of the asked blocks, and 3 of other contracts"):
        _sync(tmp_path, write_logs(tmp_path / "others", others))


def _table(**columns: str) -> bytes:
    """One log as a table."""
    log = LOGS[0]
    names = {"block_number": log["blockNumber"], "log_index": "0", "address": log["address"]}
    names |= {"transaction_hash": log["transactionHash"], "topics": ",".join(log["topics"])}
    names |= {"data": log["data"], "block_time": str(FIRST_TIME)} | columns
    file = io.StringIO()
    writer = csv.DictWriter(file, list(names))
    writer.writeheader()
    writer.writerow({name: value for name, value in names.items() if value is not None})
    return file.getvalue().encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (_table(chain_id="1"), "line 2: is of chain 1, not 250"),
        (b"# network=x; chain_id=1\n" + _table(), " is of chain 1, and fantom is chain 250"),
        (b"# chain_id=250; simulated=yes\n" + _table(), " is simulated, and fantom is"),
        (_table(data="0x0"), "line 2: data is no hex text"),
        (b"# a\n\n" + _table(data="0x0"), "line 4: data is no hex text"),
        (_table() + b"5,6\r\n", "line 3: Expected Number of Columns: 7 Found: 2"),
        (_table() + b'"5,6\r\n', "line 3: .*quote"),
        (_table().replace(b"address", b"where"), "no column is called address or contract_add"),
        (b"notes", "line 1: is neither JSON nor the header of a table"),
        (b"\x7fELF\0\0", "line 1: is neither JSON"),
        (b"PK\x03\x04", " is a zip archive: unpack it"),
        (b"PAR1 and no more", " cannot be read"),
        (json.dumps(LOGS).encode()[:-9], " cannot be read"),
        (json.dumps([*LOGS, 5]).encode(), " cannot be read \\(near row 5\\)"),
        (json.dumps([*LOGS, LOGS[0] | {"data": 5}]).encode(), "row 5: data is no hex text"),
        (json.dumps({"id": 1, "result": LOGS}).encode()[:-9], " ends in the middle of its list"),
        (
            b'{"id": 1, "error": {"code": 5, "message": "too many"}}',
            " holds an answer without logs",
        ),
        (
            b'{"status": "0", "result": "Max rate limit"}',
            "holds an answer without logs: .*Max rate",
        ),
        (
            json.dumps({"result": LOGS}).encode() + b'\n{"error": {"code": 5}}\n',
            "row 5: address is no 20-byte address",
        ),
        (b'{"data": "' + b"0" * 40_000_000 + b'"}', "cannot be read|no 20-byte address"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(content: bytes, why: str, tmp_path: Path) -> None:
    for name, written in (("plain", content), ("zipped", gzip.compress(content, 1))):
        file = _write(tmp_path / name, written)
        with pytest.raises(LogFileError, match=f"(?s){name}.*{why}"):
            _sync(tmp_path, file)
        assert not (tmp_path / "store").exists()


# What files cover


def _covered(folder: Path) -> list[tuple[str, int, int]]:
    with open_reader(folder / "store") as con:
        return rows(
            con,
            "SELECT filter, from_block, to_block FROM coverage "
            "WHERE filter NOT LIKE 'file %' ORDER BY ALL",
        )


def test_files_may_be_said_to_hold_a_range_whole(tmp_path: Path) -> None:
    file = write_logs(tmp_path / "logs", LOGS)
    end = FIRST_BLOCK + 100
    assert _sync(tmp_path, file, covers=(FIRST_BLOCK - 5, end)).block == end
    assert _covered(tmp_path) == [(name, FIRST_BLOCK - 5, end) for name in ("bond", "pool", "sfc")]
    with open_reader(tmp_path / "store") as con:
        assert read_info(con).synced_block == end


def test_a_range_is_not_whole_where_the_store_knows_more(tmp_path: Path) -> None:
    _sync(tmp_path, write_logs(tmp_path / "logs", LOGS))
    fewer = write_logs(tmp_path / "fewer", LOGS[:2] + LOGS[3:])
    with pytest.raises(LogFileError, match=f"leaves out log 0 of block {FIRST_BLOCK + 2}"):
        _sync(tmp_path, fewer, covers=(FIRST_BLOCK, FIRST_BLOCK + 9))
    assert _covered(tmp_path) == []
    _sync(tmp_path, fewer, covers=(FIRST_BLOCK, FIRST_BLOCK + 1))
