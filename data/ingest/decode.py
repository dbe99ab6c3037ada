"""raw_logs into the tables people query: one vectorised SQL pass over all of them.

A new event, or a mended one, needs no second download: the tables are built anew.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from data.config import Network
from data.pool.contracts import EVENTS
from data.store.reader import StoreInfo

_HERE = Path(__file__).parent
# Built in this order: later tables read earlier ones.
DERIVED = (
    "stubs",
    "head_moves",
    "requests",
    "payouts",
    "reward_claims",
    "returned_stakes",
    "lock_ups",
    "stakes",
    "ratios",
    "fee_rules",
    "hourly_flows",
    "waits",
)
# Landing spills to disk and stays small; joins over a long queue cannot.
_REBUILD_MEMORY = "2GB"


def prepare(con: duckdb.DuckDBPyConnection, network: Network | StoreInfo) -> None:
    """Give the connection the macros and the events that decoding needs, by the addresses of
    `network`, or of what a store says of itself."""
    con.execute("SET TimeZone = 'UTC'")
    # Filtered logs are estimated too low, and a loop join over them is quadratic.
    con.execute("SET asof_loop_join_threshold = 0")
    con.execute("""
        CREATE OR REPLACE TEMP TABLE known_events (
            contract VARCHAR, event VARCHAR, address VARCHAR, topic0 VARCHAR,
            topics_count INTEGER, words_count INTEGER,
            words_are_numbers BOOLEAN, topic1_is_address BOOLEAN, has_id BOOLEAN,
            ends_in_flag BOOLEAN
        )
    """)
    values: list[object] = []
    for event in EVENTS:
        indexed = [field for field in event.fields if field.indexed]
        values += [
            event.contract,
            event.name,
            getattr(network, event.contract),
            event.topic0,
            event.topics_count,
            event.words_count,
            all(field.type == "uint256" for field in event.fields if not field.indexed),
            bool(indexed) and indexed[0].type == "address",
            len(indexed) > 1 and indexed[1].type == "uint256",
            bool(indexed) and indexed[-1].type == "bool",
        ]
    row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # one statement: each costs about as much as all
    con.execute(f"INSERT INTO known_events VALUES {', '.join([row] * len(EVENTS))}", values)
    con.execute((_HERE / "macros.sql").read_text())


def rebuild(
    con: duckdb.DuckDBPyConnection, last: int | None = None, memory: str = _REBUILD_MEMORY
) -> None:
    """Derive every table anew from the logs up to block `last`, the last one that was read
    whole, or from all of them. Runs inside the caller's transaction."""
    con.execute("SET VARIABLE rebuilt_to = ?", [last])
    con.execute(f"SET memory_limit = '{memory}'")
    for name in DERIVED:
        con.execute(f"CREATE OR REPLACE TABLE {name} AS {table(name)}")


def table(name: str) -> str:
    """The query that makes a derived table."""
    return (_HERE / "tables" / f"{name}.sql").read_text()
