"""A store far beyond what the pool ever had, to measure queries and pages on: a million
requests and five million logs, made up in SQL and brought up as a sync does it.

Not the simulation: no economics, only what the contract would allow, in the amounts and
at the pace that make each query work.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from data import StoreSchemaError
from data.config import SAMPLE, VAR, Network, load_network
from data.ingest import decode
from data.ingest.coverage import BOND, POOL, SFC, cover
from data.ingest.finish import Reached, finish
from data.pool import contracts
from data.pool.amounts import ONE
from data.pool.state import Balance, Block
from data.store.reader import open_reader, read_info
from data.store.writer import discard, lock, open_next, publish, transaction

REQUESTS, LOGS_A_REQUEST = 1_000_000, 5
_FOLDER = VAR / "bench"
_LOGS = Path(__file__).with_name("large_logs.sql")
_MEMORY = "3GB"
FIRST_BLOCK, FIRST_TIME, SPAN_S = 31_218_797, 1_645_000_000, 110_000_000
_EVENTS = {
    "Deployed": contracts.DEPLOYED,
    "FeeRule": contracts.FEE_RULE_UPDATED_4,
    "FeeRule2": contracts.FEE_RULE_UPDATED_5,
    "Ratio": contracts.RATIO_UPDATE,
    "Burned": contracts.TOKENS_BURNED,
    "Burned2": contracts.TOKENS_BURNED_2,
    "Paid": contracts.PAID,
    "Refused": contracts.MANUAL_WITHDRAWAL_EXPECTED,
    "Claimed": contracts.CLAIMED_REWARDS,
    "Restaked": contracts.RESTAKED_REWARDS,
    "Delegated": contracts.DELEGATED,
    "Undelegated": contracts.UNDELEGATED,
    "Returned": contracts.STAKE_RETURNED,
    "Locked": contracts.LOCKED_UP_STAKE,
    "Unlocked": contracts.UNLOCKED_STAKE,
    "Staked": contracts.STAKE_RECEIVED,
    "Staked2": contracts.STAKE_RECEIVED_2,
}


def ensure(requests: int, folder: Path = _FOLDER, *, anew: bool = False) -> Path:
    """The path of the store with so many requests, built unless it is there; prints what it
    holds."""
    path = folder / f"{requests}.duckdb"
    source = f"made up for the bench, {requests:,} requests"
    with lock(path, wait=True):
        if anew or not path.exists() or _source(path) != source:
            discard(path)
            _build(path, requests, source)
    with open_reader(path) as con:
        statuses = con.sql("SELECT status, count(*) FROM requests GROUP BY ALL ORDER BY 1")
        counts = ", ".join(f"{count:,} {status}" for status, count in statuses.fetchall())
        (logs,) = con.sql("SELECT count(*) FROM raw_logs").fetchall()[0]
        checks = con.sql("SELECT status, count(*) FROM checks GROUP BY ALL ORDER BY 1").fetchall()
        verdicts = ", ".join(f"{count} {status}" for status, count in checks)
    print(f"{logs:,} logs, requests: {counts}; checks: {verdicts}")
    print(f"{path.stat().st_size / 1e6:,.0f} MB on disk\n")
    return path


def _source(path: Path) -> str | None:
    try:
        with open_reader(path) as con:
            return read_info(con).source
    except StoreSchemaError:
        return None


def _build(path: Path, requests: int, source: str) -> None:
    network = load_network(SAMPLE)
    last = Block(FIRST_BLOCK + SPAN_S, None, datetime.fromtimestamp(FIRST_TIME + SPAN_S, UTC))
    balances = [Balance(last.number, last.at, 250 * ONE)]
    why = "the logs are made up: there is no contract to ask"
    with open_next(path, network) as con:
        decode.prepare(con, network)
        began = time.monotonic()
        with transaction(con):
            _land_logs(con, network, requests)
        made = time.monotonic()
        finish(con, Reached(last, last.number, source, last.at, None, why), balances)
        rebuilt = time.monotonic()
    publish(path)
    print(
        f"logs made in {made - began:.1f} s, tables built and checked in {rebuilt - made:.1f} s, "
        f"published in {time.monotonic() - rebuilt:.1f} s"
    )


def make_logs(con: duckdb.DuckDBPyConnection, network: Network, requests: int, logs: int) -> None:
    """Make the temporary view `made_logs`: `logs` logs, with `requests` unstake requests among
    them."""
    con.execute(f"SET memory_limit = '{_MEMORY}'; SET enable_progress_bar = FALSE")
    con.execute("CREATE TEMP TABLE forms (name VARCHAR, address VARCHAR, topic0 VARCHAR)")
    con.executemany(
        "INSERT INTO forms VALUES (?, ?, ?)",
        [[name, getattr(network, event.contract), event.topic0] for name, event in _EVENTS.items()],
    )
    for name, value in {
        "requests": requests,
        "logs": logs,
        "first_block": FIRST_BLOCK,
        "first_time": FIRST_TIME,
        "span_s": SPAN_S,
    }.items():
        con.execute(f"SET VARIABLE {name} = ?::BIGINT", [value])
    con.execute(_LOGS.read_text())


def _land_logs(con: duckdb.DuckDBPyConnection, network: Network, requests: int) -> None:
    """Fill raw_logs and coverage with the made-up logs."""
    make_logs(con, network, requests, LOGS_A_REQUEST * requests)
    con.execute("INSERT INTO raw_logs FROM made_logs")
    last = FIRST_BLOCK + SPAN_S
    cover(con, (POOL, BOND, SFC), network.first_block, last)
    con.execute("DROP VIEW temp.made_logs")
    for table in ("stakers", "pairs", "made_requests", "emitted", "ordered", "forms"):
        con.execute(f"DROP TABLE temp.{table}")  # its memory is the rebuilding's now
