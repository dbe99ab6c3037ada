"""The end of every sync, whatever it read from: rebuild, check, and say how far it came."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from data.ingest.appended import OnProgress, bring_up, carry, remember, unchanged_to
from data.ingest.certainty import judge
from data.ingest.checks import Finding, run_checks
from data.ingest.reading import deployed_stubs
from data.node.chain import Chain
from data.pool.state import Balance, Block, PoolState
from data.store.reader import literal, read_info
from data.store.sealed import is_proved, set_proved
from data.store.writer import transaction

# What each table and column holds, written into the store as its comment.
_DICTIONARY = tomllib.loads(Path(__file__).with_name("dictionary.toml").read_text())


@dataclass(frozen=True)
class Reached:
    """How far a sync came, what it read from, and the contract's own state there.

    `state` is None where nobody could be asked; `unknown_because` then says why. `now` is
    the wall clock's time of publishing.
    """

    block: Block
    head_block: int | None
    source: str
    now: datetime
    state: PoolState | None = None
    unknown_because: str = ""


def finish(
    con: duckdb.DuckDBPyConnection,
    reached: Reached,
    balances: Iterable[Balance] = (),
    on_progress: OnProgress | None = None,
) -> list[Finding]:
    """Bring every table to what raw_logs holds and check it, in one transaction: by what was
    appended where nothing else happened, else by a rebuild.

    `balances` are samples beyond the one in `reached.state`; `on_progress` hears how far a rebuild
    of many logs is. Returns the checks' findings.
    """
    with _written_at_once(con), transaction(con):
        synced = con.execute("SELECT synced_block FROM store_info").fetchone()
        last = max(reached.block.number, (synced and synced[0]) or 0)
        proved = is_proved(con)
        since = bring_up(con, last, on_progress)
        _describe(con)
        samples = {sample.block: sample for sample in balances}
        if reached.state is not None:
            block = reached.state.block
            samples[block.number] = Balance(block.number, block.at, reached.state.balance_wei)
            con.execute("DELETE FROM contract_views")
            _write_views(con, reached.state)
        _write_balances(con, list(samples.values()))
        _write_info(con, reached)
        remember(con, last, since)
        why = reached.unknown_because
        findings = run_checks(con, reached.state, why, reached.now, since, proved=proved)
        findings += judge(con)
    set_proved(con, True)
    return findings


@contextmanager
def _written_at_once(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """What is committed goes into the store's file, and not into its log first: it fills tables."""
    row = con.execute("SELECT current_setting('checkpoint_threshold')").fetchone()
    con.execute("SET checkpoint_threshold = '1KB'")
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # of a store that a full disk made unusable
            con.execute(f"SET checkpoint_threshold = '{row and row[0]}'")


def stands_still(con: duckdb.DuckDBPyConnection, chain: Chain, reached: Reached) -> bool:
    """Whether the tables hold all that happened up to `reached`, after a sync that read nothing
    but the newest blocks, got no log and dropped or mended none; if so, how far it came is noted,
    and nothing is rebuilt.

    All views must say what they said at the last sync: else a log was withheld.
    """
    info = read_info(con)
    if info.synced_block is None:
        return False
    state = chain.quick_state(reached.block, [stub for stub, _ in deployed_stubs(con)])
    if state is None or not same_state(con, info.synced_block, state):
        return False
    made_to = unchanged_to(con)  # it looks at every log: last
    newer = con.execute("SELECT 1 FROM raw_logs WHERE block > ? LIMIT 1", [made_to])
    if made_to is None or newer.fetchone():
        return False
    with transaction(con):
        _write_views(con, state)
        _write_balances(con, [Balance(state.block.number, state.block.at, state.balance_wei)])
        _write_info(con, reached)
        judge(con, state.block.number)
    return True


def same_state(con: duckdb.DuckDBPyConnection, block: int, state: PoolState | None) -> bool:
    """Whether the contract says in `state` what it said at `block`, as far as it was asked, and
    holds the same: money that moved without a log is the checks' matter."""
    held = con.execute("SELECT balance_wei FROM pool_balances WHERE block = ?", [block]).fetchone()
    before = dict(con.execute("SELECT view, value FROM contract_views").fetchall())
    return (
        state is not None
        and bool(before)
        and held == (state.balance_wei,)
        and all(before.get(name) == text for name, text in state.texts.items())
    )


def _write_info(con: duckdb.DuckDBPyConnection, reached: Reached) -> None:
    """How far a sync came; never less than before. A file knows no hash: one that ends at the
    block that a node told leaves the node's."""
    con.execute(
        """
        UPDATE store_info SET
            synced_hash = if(synced_block = $block, coalesce($hash, synced_hash), $hash),
            synced_at = if(synced_block = $block AND $hash IS NULL, synced_at, $at),
            synced_block = $block, source = $source
        WHERE synced_block IS NULL OR synced_block <= $block
        """,
        {
            "block": reached.block.number,
            "hash": reached.block.hash,
            "at": reached.block.at,
            "source": reached.source,
        },
    )
    carry(con, reached.now)
    con.execute(
        "UPDATE store_info SET published_at = ?, head_block = ?", [reached.now, reached.head_block]
    )


def _write_views(con: duckdb.DuckDBPyConnection, state: PoolState) -> None:
    texts = state.texts
    con.execute("DELETE FROM contract_views WHERE view IN (SELECT unnest(?))", [list(texts)])
    con.execute(
        "INSERT INTO contract_views SELECT $block, unnest($names), unnest($values)",
        {
            "block": state.block.number,
            "names": list(texts),
            "values": list(texts.values()),
        },
    )


def _write_balances(con: duckdb.DuckDBPyConnection, samples: list[Balance]) -> None:
    if not samples:
        return
    blocks = [sample.block for sample in samples]
    con.execute(
        "DELETE FROM pool_balances WHERE block IN (SELECT unnest($blocks))", {"blocks": blocks}
    )
    con.execute(
        """
        INSERT INTO pool_balances
        SELECT unnest($blocks), unnest($times)::TIMESTAMPTZ, unnest($amounts)::DECIMAL(38, 0)
        """,
        {
            "blocks": blocks,
            "times": [sample.at for sample in samples],
            "amounts": [str(sample.balance_wei) for sample in samples],
        },
    )


def _describe(con: duckdb.DuckDBPyConnection) -> None:
    """Comment on every table and column that lacks its comment. A KeyError names one that
    dictionary.toml lacks."""
    here = "database_name = current_database() AND schema_name = 'main' AND NOT internal"
    tables = con.execute(f"SELECT table_name, comment FROM duckdb_tables() WHERE {here}").fetchall()
    for table, comment in tables:
        if comment != (text := _DICTIONARY["tables"][table]):
            con.execute(f"COMMENT ON TABLE {table} IS {literal(text)}")
    columns = con.execute(
        f"SELECT table_name, column_name, comment FROM duckdb_columns() WHERE {here}"
    ).fetchall()
    for table, name, comment in columns:
        text = _DICTIONARY["columns"].get(f"{table}.{name}") or _DICTIONARY["columns"][name]
        if comment != text:
            con.execute(f"COMMENT ON COLUMN {table}.{name} IS {literal(text)}")
