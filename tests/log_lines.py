"""Logs in the form of a node, put together from the events' signatures by eth_abi.

Not the simulation's writer: what the decoder is tested with shares nothing with what the
sample is made of.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
from eth_abi.abi import encode

from data.config import ROOT, load_network
from data.ingest import decode, raw_logs
from data.pool.contracts import EVENTS, Contract, Event

Log = dict[str, Any]
# The real chain's addresses, whatever FTM_* variables the machine has set.
FANTOM = load_network("sample").model_copy(update={"name": "fantom", "simulated": False})
ALICE, BOB = "0x" + "a1" * 20, "0x" + "b0" * 20
STUB, STRANGER = "0x" + "57" * 20, "0x" + "5a" * 20
FIRST_BLOCK, FIRST_TIME = 31_218_797, 1_645_000_000
FTM = 10**18


def event(contract: Contract, start: str) -> Event:
    """The first event of a contract whose signature starts so."""
    return next(e for e in EVENTS if e.contract == contract and e.signature.startswith(start))


BURNED, BURNED_2 = event("pool", "TokensBurned("), event("pool", "TokensBurned2(")
WITHDRAWN, REFUSED = event("pool", "Withdrawn("), event("pool", "ManualWithdrawalExpected(")
RULE_4 = event("pool", "FeeRuleUpdated(uint256 minFeeRatio, uint256 maxFeeRatio")
RULE_5 = next(e for e in EVENTS if e.name == "FeeRuleUpdated" and len(e.fields) == 5)
DEPLOYED, RATIO = event("pool", "Deployed("), event("bond", "RatioUpdate(")
STAKED, STAKED_2 = event("pool", "StakeReceived("), event("pool", "StakeReceived2(")
CLAIMED, RESTAKED = event("sfc", "ClaimedRewards("), event("sfc", "RestakedRewards(")
LOCKED, RETURNED = event("sfc", "LockedUpStake("), event("sfc", "Withdrawn(")


def node_log(of: Event, *values: Any, block: int = FIRST_BLOCK, index: int = 0) -> Log:
    """One log as eth_getLogs gives it; `values` in the order of the event's fields."""
    topics, words = [of.topic0], ["0x"]
    for field, value in zip(of.fields, values, strict=True):
        word = encode([field.type], [value]).hex()
        if field.indexed:
            topics.append("0x" + word)
        else:
            words.append(word)
    return {
        "address": getattr(FANTOM, of.contract),
        "topics": topics,
        "data": "".join(words),
        "blockNumber": hex(block),
        "transactionHash": f"0x{block:032x}{index:032x}",
        "transactionIndex": "0x0",
        "blockHash": f"0x{block:064x}",
        "blockTimestamp": hex(FIRST_TIME + block - FIRST_BLOCK),
        "logIndex": hex(index),
        "removed": False,
    }


class Story:
    """Logs one after the other, each in a block of its own unless told otherwise."""

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self._block, self._index = FIRST_BLOCK, -1
        self._next_wr_id = 0
        self._owed: dict[int, int] = {}

    @property
    def block(self) -> int:
        """The block of the newest log."""
        return self._block

    def emit(self, of: Event, *values: Any, same_block: bool = False) -> None:
        if same_block or not self.logs:
            self._index += 1
        else:
            self._block, self._index = self._block + 10, 0
        self.logs.append(node_log(of, *values, block=self._block, index=self._index))

    def burn(self, gross: int, fee: int = 0, *, skip_ids: int = 0, same_block: bool = False) -> int:
        """A request for aFTMc by Alice; returns its id."""
        wr_id = self._next_wr_id + skip_ids
        self._next_wr_id, self._owed[wr_id] = wr_id + 1, gross - fee
        self.emit(BURNED_2, ALICE, gross, gross, fee, wr_id, False, same_block=same_block)
        return wr_id

    def pay(self, wr_id: int, amount: int | None = None, *, same_block: bool = False) -> None:
        amount = self._owed[wr_id] if amount is None else amount
        self.emit(WITHDRAWN, ALICE, amount, wr_id, same_block=same_block)

    def refuse(self, wr_id: int, *, same_block: bool = False) -> None:
        self.emit(REFUSED, ALICE, self._owed[wr_id], wr_id, same_block=same_block)


def as_lines(logs: Iterable[Log]) -> bytes:
    return b"".join(json.dumps(log).encode() + b"\n" for log in logs)


def write_logs(path: Path, logs: Iterable[Log]) -> Path:
    """A file with one log a line, zipped where its name ends in .gz."""
    lines = as_lines(logs)
    path.write_bytes(gzip.compress(lines) if path.suffix == ".gz" else lines)
    return path


def empty_tables() -> duckdb.DuckDBPyConnection:
    """A store's tables in memory, ready for `rebuild_from`."""
    con = duckdb.connect(config={"threads": 1})  # for so few rows others only cost
    con.execute((ROOT / "data" / "store" / "schema.sql").read_text())
    con.execute(
        "INSERT INTO store_info BY NAME SELECT 'fantom' AS network, 250 AS chain_id, "
        "FALSE AS simulated, 1 AS schema_version, uuid() AS store_id, 0 AS first_block, "
        "0 AS synced_block, '' AS pool, '' AS bond, '' AS cert, '' AS sfc, "
        "'FTM' AS native_symbol, '' AS explorer"
    )
    decode.prepare(con, FANTOM)
    return con


def queue_of(requests: int) -> Story:
    """Requests of 10, 11, 12 and so on."""
    story = Story()
    for number in range(requests):
        story.burn(10 + number)
    return story


def rebuild_from(con: duckdb.DuckDBPyConnection, logs: Iterable[Log]) -> None:
    """Derive every table from these logs and no others."""
    land(con, logs)
    decode.rebuild(con)


def land(con: duckdb.DuckDBPyConnection, logs: Iterable[Log]) -> None:
    """Keep these logs and no others, with no table made of them."""
    con.execute("DELETE FROM raw_logs")
    with tempfile.NamedTemporaryFile(suffix=".ndjson") as file:
        file.write(as_lines(logs))
        file.flush()
        assert raw_logs.read_answer(con, Path(file.name), lines=True) is None
    raw_logs.land(con)


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return con.sql(query).fetchall()
