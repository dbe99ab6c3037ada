"""Whatever tool wrote them, the same logs make the same store."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import pytest

from data.config import load_network
from data.ingest.from_file import sync_file
from data.store.reader import open_reader
from queries.export import as_csv, as_parquet
from tests.data.ingest.log_forms import BLOCKS, FORMS, TIMELESS, Logs, PlainLog
from tests.syncing import Rows, tables

# A file is unzipped before its form is looked for, by what kind of text or table it is: one of each
# kind is zipped, and all that have no times.
CONTAINERS = ("eth_getLogs", "cast", "answer, pretty", "dune csv", "allium parquet", "hypersync")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DEVNET = load_network("devnet")


@pytest.fixture(scope="session")
def history(devnet_store: Path) -> Logs:
    """Every log of the devnet as the node gave it."""
    with open_reader(devnet_store) as con:
        rows = con.execute(
            "SELECT block, log_index, epoch(block_time)::BIGINT, tx, address, list_filter("
            "[topic0, topic1, topic2, topic3], lambda topic: topic IS NOT NULL), data "
            "FROM raw_logs ORDER BY block, log_index"
        ).fetchall()
    return [PlainLog(*row[:5], tuple(row[5]), row[6]) for row in rows]


@pytest.fixture(scope="session")
def expected(devnet_store: Path) -> dict[str, Rows]:
    return tables(devnet_store)


def _zipped(content: bytes, zipped: bool) -> bytes:
    return gzip.compress(content, 1) if zipped else content


@pytest.mark.node
@pytest.mark.parametrize(
    ("form", "zipped"), [(form, False) for form in FORMS] + [(form, True) for form in CONTAINERS]
)
def test_logs_of_another_tool_make_the_nodes_store(
    form: str, zipped: bool, history: Logs, expected: dict[str, Rows], tmp_path: Path
) -> None:
    file, store = tmp_path / "file", tmp_path / "store"
    file.write_bytes(_zipped(FORMS[form](history), zipped))
    landed = sync_file(DEVNET, store, [file], NOW)
    assert (landed.logs, landed.skipped) == (len(history), 0)
    assert tables(store) == expected


@pytest.mark.node
@pytest.mark.parametrize(("form", "blocks"), list(zip(TIMELESS, cycle(BLOCKS), strict=False)))
def test_logs_without_times_take_them_from_a_file_of_blocks(
    form: str, blocks: str, history: Logs, expected: dict[str, Rows], tmp_path: Path
) -> None:
    file, times, store = tmp_path / "file", tmp_path / "times", tmp_path / "store"
    file.write_bytes(_zipped(TIMELESS[form](history), zipped=True))
    times.write_bytes(_zipped(BLOCKS[blocks](history), zipped=True))
    sync_file(DEVNET, store, [file], NOW, blocks=[times])
    assert tables(store) == expected


@pytest.mark.node
@pytest.mark.parametrize("write", [as_csv, as_parquet])
def test_what_the_app_lets_one_download_is_read_again(
    write: Callable[..., bytes], devnet_store: Path, expected: dict[str, Rows], tmp_path: Path
) -> None:
    with open_reader(devnet_store) as con:
        frame = con.sql("FROM raw_logs").pl()
    file, store = tmp_path / "raw_logs", tmp_path / "store"
    about = {"network": "devnet", "chain_id": "31337", "query": "raw_logs"}
    file.write_bytes(write(frame, about))
    sync_file(DEVNET, store, [file], NOW)
    assert tables(store) == expected
