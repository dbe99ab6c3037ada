"""A log is decoded where it has its event's shape; any other is kept raw and reported."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from data.ingest import decode
from data.pool.contracts import EVENTS
from tests.log_lines import (
    ALICE,
    BOB,
    BURNED,
    BURNED_2,
    FANTOM,
    FIRST_BLOCK,
    FTM,
    RATIO,
    STAKED_2,
    WITHDRAWN,
    Log,
    empty_tables,
    node_log,
    rebuild_from,
    rows,
)


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with empty_tables() as con:
        yield con


def test_upgraded_has_two_shapes_and_no_third(con: duckdb.DuckDBPyConnection) -> None:
    indexed, plain = (event for event in EVENTS if event.name == "Upgraded")
    third = node_log(indexed, ALICE, index=2)
    third["topics"].append(third["topics"][1])
    rebuild_from(con, [node_log(indexed, ALICE), node_log(plain, ALICE, index=1), third])
    assert rows(con, "SELECT log_index FROM malformed_logs('raw_logs')") == [(2,)]


def _with(log: Log, **changes: Any) -> Log:
    return log | changes


def _spoilt() -> Iterator[tuple[str, Log]]:
    burn = node_log(BURNED_2, ALICE, 10, 9, 1, 0, False)
    topics = burn["topics"]
    dirty, wide, flag = "0x1" + "0" * 63, f"0x{2**63:064x}", f"0x{2:064x}"
    yield "a word too few", _with(burn, data=burn["data"][:-64])
    yield "a word too many", _with(burn, data=burn["data"] + "0" * 64)
    yield "half a word", _with(burn, data=burn["data"] + "00")
    yield "no data", _with(burn, data="0x")
    yield "a topic too few", _with(burn, topics=topics[:3])
    yield "no topics but the first", _with(burn, topics=topics[:1])
    yield "an address with more than 20 bytes", _with(burn, topics=[topics[0], dirty, *topics[2:]])
    yield "an id beyond 63 bits", _with(burn, topics=[*topics[:2], wide, topics[3]])
    yield "a flag that is neither", _with(burn, topics=[*topics[:3], flag])
    staked = node_log(STAKED_2, ALICE, 10, True)
    yield "a flag of a stake", _with(staked, topics=[*staked["topics"][:2], flag])


@pytest.mark.parametrize("log", [pytest.param(log, id=why) for why, log in _spoilt()])
def test_a_log_without_its_events_shape_is_kept_raw_and_reported(
    log: Log, con: duckdb.DuckDBPyConnection
) -> None:
    rebuild_from(con, [log, node_log(BURNED_2, ALICE, 1, 1, 0, 1, True, index=1)])
    assert rows(con, "SELECT log_index FROM malformed_logs('raw_logs')") == [(0,)]
    assert rows(con, "SELECT wr_id FROM requests") == [(1,)]
    assert rows(con, "SELECT count(*) FROM raw_logs") == [(2,)]
    assert rows(con, "FROM stakes") == []


def test_a_known_topic0_at_another_contract_is_another_event(
    con: duckdb.DuckDBPyConnection,
) -> None:
    log = node_log(WITHDRAWN, ALICE, 10, 0)
    anonymous = _with(node_log(RATIO, 5, index=1), topics=[])
    rebuild_from(con, [_with(log, address=FANTOM.sfc), anonymous])
    assert rows(con, "FROM malformed_logs('raw_logs')") == []
    assert rows(con, "FROM head_moves") == rows(con, "FROM ratios") == []


def test_logs_beyond_the_last_whole_block_wait_for_the_blocks_between(
    con: duckdb.DuckDBPyConnection,
) -> None:
    early = node_log(BURNED, ALICE, 5 * FTM, 5 * FTM, 0, 0, block=FIRST_BLOCK)
    late = node_log(BURNED, BOB, 7 * FTM, 7 * FTM, 0, 2, block=FIRST_BLOCK + 90)
    rebuild_from(con, [early, late])
    decode.rebuild(con, FIRST_BLOCK + 10)
    assert rows(con, "SELECT wr_id FROM requests") == [(0,)]
    assert rows(con, "SELECT count(*) FROM raw_logs") == [(2,)]
    decode.rebuild(con, FIRST_BLOCK + 90)
    assert rows(con, "SELECT wr_id FROM requests ORDER BY 1") == [(0,), (2,)]
