"""Two stores of one network laid together: each log once, each block as well known as either knew
it, and the tables that one sync of both would have made.

Both say of blocks that they hold every log there. Where one of such blocks has a log that the other
lacks, one of them was given wrongly, and only a node can say which: then nothing is laid together.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import duckdb

from data import ChangedLogError
from data.config import Network
from data.ingest import decode, raw_logs
from data.ingest.coverage import (
    BOND,
    FROM_ARCHIVE,
    FROM_FILE,
    POOL,
    SFC,
    TIMES,
    Range,
    agree,
    cover,
    forget,
    merged,
    prove,
    ranges,
    without,
)
from data.ingest.finish import Reached, finish
from data.ingest.landing import forget_before_new_stubs
from data.pool.contracts import EVENTS
from data.pool.state import Block, PoolState
from data.store.reader import StoreInfo, literal, read_info
from data.store.writer import open_next, publish, transaction

_END = 2**62
_DEPLOYED = next(event.topic0 for event in EVENTS if event.name == "Deployed")
_LACKS = "SELECT block, log_index FROM {these} ANTI JOIN {those} USING (block, log_index)"
_WITHIN = (
    "EXISTS (FROM (SELECT unnest($firsts) AS first, unnest($lasts) AS last) AS spans "
    "WHERE block BETWEEN spans.first AND spans.last)"
)
# The block of the first stub that one store knows and the other does not.
_FIRST_STUB = """
SELECT min(block) FROM {these}, store_info
WHERE address = pool AND topic0 = $deployed AND topic1 NOT IN (
    SELECT topic1 FROM {those}
    WHERE address = pool AND topic0 = $deployed AND topic1 IS NOT NULL
)
"""
# Runs of blocks with logs of which `{these}` alone knows some, up to the next log of both.
_RUNS = """
WITH blocks AS (
    SELECT block, bool_or(lacking) AS lacking FROM (
        SELECT block, (block, log_index) NOT IN (SELECT (block, log_index) FROM {those}) AS lacking
        FROM {these}
        UNION ALL
        SELECT block, FALSE FROM {those}
    ) GROUP BY block
)

SELECT min(block), max(block)
FROM (
    SELECT
        block,
        lacking,
        row_number() OVER (ORDER BY block)
            - row_number() OVER (PARTITION BY lacking ORDER BY block) AS run
    FROM blocks
)
WHERE lacking
GROUP BY run
ORDER BY 1
"""
_BALANCES = """
INSERT INTO pool_balances
FROM _other.pool_balances WHERE block NOT IN (SELECT block FROM pool_balances)
"""
_SAME_CONTRADICTION = (
    "(mine.noticed_at, mine.source, mine.block, mine.reason) = "
    "(theirs.noticed_at, theirs.source, theirs.block, theirs.reason)"
)
_NOTES = f"""
UPDATE contradictions AS mine SET settled = mine.settled OR theirs.settled
FROM _other.contradictions AS theirs WHERE {_SAME_CONTRADICTION};

INSERT INTO contradictions
FROM _other.contradictions AS theirs
WHERE NOT EXISTS (FROM contradictions AS mine WHERE {_SAME_CONTRADICTION});

INSERT INTO searched_in_vain (FROM _other.searched_in_vain EXCEPT FROM searched_in_vain);
"""


def lay_together(
    path: Path, other: Path, network: Network, now: datetime, *, finished: bool = True
) -> bool:
    """Bring into the store at `path` what `other` has and it has not; whether that was anything.
    The store of an earlier version is brought to this one's tables. `now` is the wall clock's.
    Unless `finished`, it is left in the next store, as by a sync that was stopped.

    To be called where nobody else writes `path`. Raises StoreError, or ChangedLogError where the
    two do not tell the same, with the store as it was.
    """
    with open_next(path, network) as con:
        decode.prepare(con, network)
        con.execute(f"ATTACH {literal(other)} AS _other (READ_ONLY, TYPE duckdb)")
        mine, theirs = read_info(con), _info_of_other(con)
        con.execute(
            "CREATE OR REPLACE TEMP TABLE landing AS "
            "SELECT theirs.* FROM _other.raw_logs AS theirs "
            "WHERE hash(theirs) NOT IN (SELECT hash(raw_logs) FROM raw_logs)"
        )
        covered = _ranges_of_other(con)
        _refuse_contradictions(con, mine, theirs, covered)
        new_runs = con.execute(_RUNS.format(these="landing", those="raw_logs")).fetchall()
        held_runs = con.execute(_RUNS.format(these="raw_logs", those="_other.raw_logs")).fetchall()
        with transaction(con):
            before = con.execute("SELECT list(c ORDER BY c) FROM coverage AS c").fetchone()
            forget_before_new_stubs(con)
            logs = raw_logs.land(con)
            for each in covered:
                if each.name != TIMES:
                    _cover(con, each)
            _cover_times(con, [r for r in covered if r.name == TIMES], new_runs, held_runs)
            con.execute(_BALANCES)
            con.execute(_NOTES)
            after = con.execute("SELECT list(c ORDER BY c) FROM coverage AS c").fetchone()
        con.execute("DROP TABLE landing")  # its memory is the rebuilding's now
        further = (theirs.synced_block or -1) > (mine.synced_block or -1)
        added = bool(logs) or before != after or further
        if added and finished:
            reached = reached_of(con, now, theirs)
            con.execute("DETACH _other")
            if reached is not None:
                finish(con, reached)
    if finished:
        publish(path)
    return added


def _info_of_other(con: duckdb.DuckDBPyConnection) -> StoreInfo:
    row = con.execute("FROM _other.store_info").fetchone()
    assert row is not None
    return StoreInfo(*row)


def _ranges_of_other(con: duckdb.DuckDBPyConnection) -> list[Range]:
    """What the other store read. The staking contract's logs only before a stub that it does not
    know: it did not ask for that one's."""
    stub = _first_stub(con, "raw_logs", "_other.raw_logs")
    rows = con.execute(
        "SELECT filter, from_block, to_block, known, source FROM _other.coverage ORDER BY ALL"
    ).fetchall()
    whole = [Range(*row) for row in rows]
    cut = [
        Range(r.name, r.first, min(r.last, stub - 1), r.known, r.source) if r.name == SFC else r
        for r in whole
    ]
    return [each for each in cut if each.first <= each.last]


def _first_stub(con: duckdb.DuckDBPyConnection, these: str, those: str) -> int:
    row = con.execute(
        _FIRST_STUB.format(these=these, those=those), {"deployed": _DEPLOYED}
    ).fetchone()
    return _END if row is None or row[0] is None else int(row[0])


def _refuse_contradictions(
    con: duckdb.DuckDBPyConnection, mine: StoreInfo, theirs: StoreInfo, covered: list[Range]
) -> None:
    """Raise ChangedLogError for a log that one of the two lacks though it read its block."""
    hashes = {mine.synced_hash, theirs.synced_hash} - {None}
    if mine.synced_block == theirs.synced_block and len(hashes) > 1:
        raise _contradiction(mine.synced_block or 0, "the block has another hash")
    unknown_stub = _first_stub(con, "landing", "raw_logs")
    for name in (POOL, BOND, SFC):
        here = [(r.first, r.last) for r in ranges(con, name, 0, _END)]
        if name == SFC:
            here = [(a, min(b, unknown_stub - 1)) for a, b in here if a < unknown_stub]
        there = merged((r.first, r.last) for r in covered if r.name == name)
        both = _common(merged(here), there)
        if not both:
            continue
        keys = {"firsts": [a for a, _ in both], "lasts": [b for _, b in both]}
        address = getattr(mine, name)
        for these, those in (("landing", "raw_logs"), ("raw_logs", "_other.raw_logs")):
            these = f"(FROM {these} WHERE address = {literal(address)} AND {_WITHIN})"
            row = con.execute(
                _LACKS.format(these=these, those=those) + " ORDER BY 1, 2 LIMIT 1", keys
            ).fetchone()
            if row is not None:
                raise _contradiction(row[0], f"log {row[1]} is in one alone")


def _contradiction(block: int, what: str) -> ChangedLogError:
    return ChangedLogError(
        f"the lake and this store do not tell the same of block {block}: {what}. Nothing was "
        "pushed. `python -m data.sync verify` asks other endpoints which of them is right"
    )


def _common(these: list[tuple[int, int]], those: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The blocks that lie in both; of each the ranges are sorted and do not meet."""
    return without(these, without(these, those))


def _cover(con: duckdb.DuckDBPyConnection, theirs: Range) -> None:
    """Add what the other store read. Where both read, they gave the same."""
    name = theirs.name
    mine = merged((r.first, r.last) for r in ranges(con, name, theirs.first, theirs.last))
    span = [(theirs.first, theirs.last)]
    unread = without(span, mine)
    for first, last in unread:
        cover(con, (name,), first, last, theirs.known, theirs.source)
    for first, last in without(span, unread):
        if theirs.known == "proved":
            prove(con, name, first, last)
        elif theirs.known == "agreed":
            for each in ranges(con, name, first, last):
                if each.known == "single":
                    cover(con, (name,), each.first, each.last, "agreed", theirs.source)
        elif _is_from_host(theirs):
            agree(con, name, first, last, theirs.source)


def _is_from_host(each: Range) -> bool:
    of_file = each.name.startswith(FROM_FILE)
    return (
        bool(each.source) and not of_file and not each.source.startswith((FROM_FILE, FROM_ARCHIVE))
    )


def _cover_times(
    con: duckdb.DuckDBPyConnection,
    theirs: list[Range],
    new_runs: Iterable[tuple[int, int]],
    held_runs: Iterable[tuple[int, int]],
) -> None:
    """Times are borne out where one of the two bore out those of all logs that are there now."""
    for first, last in new_runs:
        forget(con, first, last, TIMES)
    for each in theirs:
        for first, last in without([(each.first, each.last)], merged(held_runs)):
            held = merged((r.first, r.last) for r in ranges(con, TIMES, first, last))
            for start, end in without([(first, last)], held):
                cover(con, (TIMES,), start, end, each.known, each.source)


def reached_of(
    con: duckdb.DuckDBPyConnection, now: datetime, theirs: StoreInfo | None = None
) -> Reached | None:
    """How far a store came, or the other one if that came further, and what the contract said
    there. None where nothing was read."""
    mine = read_info(con)
    further, at = mine, ""
    if theirs is not None and (theirs.synced_block or -1) > (mine.synced_block or -1):
        further, at = theirs, "_other."
    if further.synced_block is None or further.synced_at is None:
        return None
    block = Block(further.synced_block, further.synced_hash, further.synced_at)
    heads = [each.head_block for each in (mine, theirs) if each and each.head_block is not None]
    return Reached(
        block,
        max(heads, default=None),
        further.source or "",
        now,
        _state(con, at, block),
        _unknown_because(con, at),
    )


def _unknown_because(con: duckdb.DuckDBPyConnection, at: str) -> str:
    """Why a store does not know what the contract says, in its own words."""
    row = con.execute(
        f"SELECT message FROM {at}checks WHERE name = 'view lastWrId' AND status = 'unknown'"
    ).fetchone()
    return str(row[0]) if row else "the tables were made of logs alone, without asking a node"


def _state(con: duckdb.DuckDBPyConnection, at: str, block: Block) -> PoolState | None:
    """What the contract said at a store's last block, if it was asked."""
    balance = con.execute(
        f"SELECT balance_wei FROM {at}pool_balances WHERE block = ?", [block.number]
    ).fetchone()
    # Since a view was asked, no log may have come: then it still says the same.
    views = dict(
        con.execute(
            f"SELECT view, value FROM {at}contract_views "
            f"WHERE block >= (SELECT coalesce(max(block), 0) FROM {at}raw_logs)"
        ).fetchall()
    )
    if balance is None or not views:
        return None
    return PoolState.of_texts(block, int(balance[0]), views)
