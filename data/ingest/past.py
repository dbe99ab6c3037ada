"""A store as it was at an earlier block: rebuilt from its logs up to there, by the same decode.

What was built is kept in `<store>.past/`, under the block and a hash of all that it was made of: a
sync that only added newer blocks leaves that hash as it was, one that changed older ones does not.
So what lies there is never of other logs than the store's. What was used longest ago goes first.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb

from data import PastError, StoreError
from data.ingest import decode
from data.ingest.appended import sources
from data.ingest.finish import Reached, finish
from data.pool.contracts import EVENTS
from data.pool.state import Block, PoolState
from data.store.reader import OF_THE_PAST, StoreInfo, literal, open_reader, read_info, translated
from data.store.writer import SCHEMA, lock, transaction

MOST_KEPT, MOST_BYTES = 40, 2**30
_NOT_ASKED = "the contract was not asked at this block: it is rebuilt from the logs up to it"
# What a store synced no further than $block would hold, by table. Evidence of the blocks up to it
# stays as it is known now: whether they hold every log is no question of their day.
_UP_TO = {
    "raw_logs": "SELECT * FROM {db}.raw_logs WHERE block <= $block",
    "coverage": "SELECT * REPLACE (least(to_block, $block) AS to_block) FROM {db}.coverage "
    "WHERE from_block <= $block",
    "contradictions": "SELECT * FROM {db}.contradictions WHERE block <= $block",
    "searched_in_vain": "SELECT * REPLACE (least(to_block, $block) AS to_block) "
    "FROM {db}.searched_in_vain WHERE from_block <= $block",
    "pool_balances": "SELECT * FROM {db}.pool_balances WHERE block <= $block",
    "contract_views": "SELECT * FROM {db}.contract_views WHERE block = $block",
    "money": "SELECT * FROM {db}.money WHERE block <= $block AND part = 'held'",
}
# The blocks whose time is known.
_TIMED = """(
    SELECT block, block_time AS known_at FROM raw_logs
    UNION ALL SELECT block, sampled_at FROM pool_balances
    UNION ALL SELECT synced_block, synced_at FROM store_info
)"""
_STAYS = (
    *("network", "chain_id", "simulated", "schema_version", "store_id", "first_block"),
    *("pool", "bond", "cert", "sfc", "native_symbol", "explorer"),
)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BLOCK = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True)
class Place:
    """A block of the past, and its time (UTC). `is_exact` is false where that is not known: then
    `at` is the time of the newest block before it whose time is."""

    block: int
    at: datetime
    is_exact: bool


@dataclass(frozen=True)
class Past:
    """A store of the past: where it lies or would lie, and up to which block it goes."""

    path: Path
    place: Place


def read_moment(text: str) -> date | int:
    """A day as `2024-03-01`, or a block's number. Raises PastError."""
    plain = text.strip()
    if _DAY.fullmatch(plain):
        with suppress(ValueError):
            return date.fromisoformat(plain)
    digits = re.sub(r"(?<=[0-9])[_,](?=[0-9])", "", plain)
    if _BLOCK.fullmatch(digits):
        return int(digits)
    raise PastError("it is neither a day, such as 2024-03-01, nor the number of a block")


def locate(con: duckdb.DuckDBPyConnection, moment: date | int, today: date) -> Place:
    """The last block of a day (UTC) with a time that the store of `con` knows, or the block itself.

    Raises PastError for a day that is not over or that the store does not know whole, for a block
    beyond its newest, for what lies before its first, and for a store that knows no times.
    """
    info = read_info(con)
    if info.synced_block is None or info.synced_at is None:
        raise PastError("the store was not synced up to any block yet, and knows no times")
    block = moment if isinstance(moment, int) else _last_of(con, info, moment, today)
    if block > info.synced_block:
        raise PastError(
            f"block {block:,} is not read yet: the newest block here is {info.synced_block:,}"
        )
    row = con.execute(
        f"SELECT max(known_at), bool_or(block = $block) FROM {_TIMED} WHERE block <= $block",
        {"block": block},
    ).fetchone()
    assert row is not None
    at, is_exact = row
    if block < info.first_block or at is None:
        raise PastError(f"block {block:,} lies before the first one here: {_first(con, info)}")
    return Place(block, at, is_exact)


def _last_of(con: duckdb.DuckDBPyConnection, info: StoreInfo, day: date, today: date) -> int:
    """The last block with a time before that day's end, and none before it that is later."""
    if day >= today:
        raise PastError(f"{_words(day)} is not over yet: days of the past end at 00:00 UTC")
    assert info.synced_at is not None
    newest = info.synced_at.astimezone(UTC).date()
    if day >= newest:
        raise PastError(
            f"{_words(day)} is not known whole: the newest block here is of {_words(newest)}"
        )
    end = datetime.combine(day, time(), UTC) + timedelta(days=1)
    row = con.execute(
        f"SELECT max(block) FROM {_TIMED} WHERE block < (SELECT min(block) FROM {_TIMED} "
        "WHERE known_at >= $end) AND block >= $first",
        {"end": end, "first": info.first_block},
    ).fetchone()
    if row is None or row[0] is None:
        raise PastError(f"{_words(day)} lies before the first block here: {_first(con, info)}")
    return int(row[0])


def _first(con: duckdb.DuckDBPyConnection, info: StoreInfo) -> str:
    """The first block with a time."""
    row = con.execute(
        f"SELECT min(block), min_by(known_at, block) FROM {_TIMED} WHERE block >= ?",
        [info.first_block],
    ).fetchone()
    assert row is not None
    return f"that is {row[0]:,}, of {_words(row[1].astimezone(UTC).date())}"


def _words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def folder_of(store: Path) -> Path:
    """Where what was built of a store lies."""
    return store.with_name(f"{store.name}.past")


def _past_of(con: duckdb.DuckDBPyConnection, store: Path, place: Place) -> Past:
    """Where the store at `store`, which is the default database of `con`, lies as of `place`, built
    or not: named by all that it is made of."""
    info = read_info(con)
    stays = {name: value for name, value in asdict(info).items() if name in _STAYS}
    made_of = [duckdb.__version__, sources(), EVENTS, stays, place]
    for sql in _UP_TO.values():
        rows = sql.format(db="main")
        row = con.execute(
            f"SELECT count(*), bit_xor(hash(held)) FROM ({rows}) AS held", {"block": place.block}
        ).fetchone()
        made_of.append(row)
    key = hashlib.sha256(repr(made_of).encode()).hexdigest()[:16]
    return Past(folder_of(store) / f"{place.block}-{key}.duckdb", place)


def ensure_past(store: Path, place: Place, now: datetime) -> Past:
    """The store at `store` as of `place`, built first where it is not there; who asks for what is
    being built waits for that.

    It takes a second for some 10,000 logs. `now` is when it is used. Raises StoreError where the
    store cannot be read, PastError where nothing can be written beside it.
    """
    past = find_past(store, place)
    return past if touch(past, now) else build_past(store, place, now)


def find_past(store: Path, place: Place) -> Past:
    """Where the store at `store` lies as of `place`, built or not. It looks through all logs up to
    there: a second or two of millions. Raises StoreError."""
    with open_reader(store) as con:
        con.execute("SET memory_limit = '256MB'")  # what was read is of no use later
        return _past_of(con, store, place)


def build_past(store: Path, place: Place, now: datetime) -> Past:
    """The same, of one that was not there just now."""
    try:
        with lock(folder_of(store) / "build", wait=True):
            return _built(store, place, now)
    except (StoreError, OSError) as error:
        raise PastError(f"it cannot be built here: {error}") from error


def touch(past: Past, now: datetime) -> bool:
    """Note that a store is used; False where it is not there. Its version is the same after."""
    try:
        changed_ns = past.path.stat().st_mtime_ns
        with suppress(PermissionError):
            os.utime(past.path, ns=(int(now.timestamp() * 1e9), changed_ns))
    except OSError:  # not there, or in a folder that is not ours
        return False
    return True


def _built(store: Path, place: Place, now: datetime) -> Past:
    """Build it, unless another has, from the logs that the store holds just now. Runs under the
    lock."""
    folder = folder_of(store)
    part = folder / "part.duckdb"
    _remove(part)  # left by a process that was ended
    try:
        with duckdb.connect(":memory:", config={"memory_limit": "128MB", "threads": 1}) as con:
            con.execute("SET TimeZone = 'UTC'")
            con.execute(f"SET temp_directory = {literal(folder / 'part.tmp')}")
            con.execute(f"ATTACH {literal(store)} AS source (READ_ONLY, TYPE duckdb)")
            con.execute("USE source")
            past = _past_of(con, store, place)
            if touch(past, now):
                return past
            con.execute(f"ATTACH {literal(part)} AS past (TYPE duckdb)")
            con.execute("USE past")
            _fill(con, place)
            con.execute("USE memory")
            con.execute("DETACH past")
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(past.path)
        touch(past, now)
    except (duckdb.Error, OSError) as error:
        raise translated(error, folder / f"{place.block}.duckdb") from error
    finally:
        _remove(part)
        shutil.rmtree(folder / "part.tmp", ignore_errors=True)
    _bound(folder, past.path)
    return past


def _fill(con: duckdb.DuckDBPyConnection, place: Place) -> None:
    """Make the empty database `past` what a sync up to there would have made of `source`'s logs."""
    row = con.execute("SELECT * FROM source.store_info").fetchone()
    assert row is not None
    info = StoreInfo(*row)
    con.execute(SCHEMA.read_text())
    decode.prepare(con, info)
    with transaction(con):
        con.execute(
            f"INSERT INTO store_info BY NAME SELECT {', '.join(_STAYS)} FROM source.store_info"
        )
        for table, sql in _UP_TO.items():
            con.execute(f"INSERT INTO {table} {sql.format(db='source')}", {"block": place.block})
    is_newest = place.block == info.synced_block
    block = Block(place.block, info.synced_hash if is_newest else None, place.at)
    about = f"{OF_THE_PAST} {place.block}"
    published = info.published_at or place.at
    finish(con, Reached(block, None, about, published, _state(con, block), _NOT_ASKED))


def _state(con: duckdb.DuckDBPyConnection, block: Block) -> PoolState | None:
    """What the contract said at this very block, where the store has it; None where not."""
    (views,) = con.execute("SELECT count(*) FROM source.contract_views").fetchone() or (0,)
    texts = dict(con.execute("SELECT view, value FROM contract_views").fetchall())
    row = con.execute(
        "SELECT balance_wei FROM pool_balances WHERE block = ?", [block.number]
    ).fetchone()
    if not texts or len(texts) < views or row is None:
        return None
    return PoolState.of_texts(block, int(row[0]), texts)


def _bound(folder: Path, newest: Path) -> None:
    """Remove what was used longest ago, beyond `MOST_KEPT` stores or `MOST_BYTES`, each with what
    lies beside it, and never the `newest`; and what lies beside none."""
    stores = {path: path.stat() for path in folder.glob("*.duckdb")}
    kept, size = 0, 0
    for path in sorted(stores, key=lambda path: (path != newest, -stores[path].st_atime_ns)):
        kept, size = kept + 1, size + stores[path].st_size
        if path != newest and (kept > MOST_KEPT or size > MOST_BYTES):
            _remove(path)
    for path in folder.glob("*.duckdb.*"):
        if not path.with_name(path.name.partition(".duckdb")[0] + ".duckdb").exists():
            path.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    for each in (path, *path.parent.glob(f"{path.name}.*")):
        each.unlink(missing_ok=True)
