"""A history as one file that outlives its chain, the same bytes for whoever wrote it.

An archive is text, packed by bzip2, whose bytes no version of it has changed in twenty years: a
line that says which chain, pool and blocks, then every log in the form of eth_getLogs in the
chain's order, then their count and the SHA-256 of all lines before. No host, no time of syncing
and nothing else that depends on who asked is in it, so two people who read the chain apart get the
same sum. What the contract said at the last block follows with a sum of its own: not every store
has it.
"""

from __future__ import annotations

import bz2
import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import duckdb

from data import LogFileError, StoreError
from data.config import Network
from data.ingest import raw_logs
from data.ingest.coverage import BOND, POOL, SFC, gaps
from data.node.log_ranges import LogFilter
from data.pool.contracts import EVENTS
from data.pool.state import Block, PoolState
from data.store.reader import open_reader, read_info

_FORM = "every log of an unstake queue, form 1"
_DEPLOYED = next(event.topic0 for event in EVENTS if event.name == "Deployed")
_LONGEST_LINE, _LINES_AT_ONCE = 1 << 24, 10_000
# Text packs to a tenth or so. What unpacks to more than this would fill the disk.
_MOST_UNPACKED, _BESIDES = 200, 1 << 20
_NOT_UNDERSTOOD = (
    ValueError,
    EOFError,
    KeyError,
    TypeError,
    AttributeError,
    OverflowError,
    RecursionError,
)
# The pool's stubs as words, each once: their logs are what is kept of the staking contract.
_STUBS = """
SELECT topic1 FROM {logs}
WHERE address = $pool AND topic0 = $deployed AND topic1 IS NOT NULL AND block <= $last
GROUP BY topic1 ORDER BY min(block), topic1
"""
_LINES = """
SELECT
    '{{"address":"' || address
    || '","topics":[' || if(
        topic0 IS NULL, '', '"' || concat_ws('","', topic0, topic1, topic2, topic3) || '"'
    )
    || '],"data":"' || data
    || '","blockNumber":"0x' || lower(to_hex(block))
    || '","blockTimestamp":"0x' || lower(to_hex(epoch(block_time)::BIGINT))
    || '","transactionHash":"' || tx
    || '","logIndex":"0x' || lower(to_hex(log_index))
    || '","removed":false}}' || chr(10)
FROM {logs}
WHERE block BETWEEN $first AND $last
    AND (address IN ($pool, $bond) OR address = $sfc AND list_contains($stubs, topic1))
ORDER BY block, log_index
"""


@dataclass(frozen=True)
class Scope:
    """Of which chain and pool a history is, and of which blocks, both included."""

    simulated: bool
    chain_id: int
    pool: str
    bond: str
    cert: str
    sfc: str
    first_block: int
    last_block: int

    def refuse_other(self, network: Network, name: object) -> None:
        """Raise LogFileError unless this is a history of `network`."""
        for key in ("simulated", "chain_id", "pool", "bond", "cert", "sfc"):
            ours, theirs = getattr(self, key), getattr(network, key)
            if ours != theirs:
                raise LogFileError(
                    f"{name} is of another chain or pool: {key} is {ours}, but {network.name} has "
                    f"{theirs}. Name its own --network; nothing was stored"
                )


@dataclass(frozen=True)
class Sealed:
    """A history's scope, how many logs it has, and the SHA-256 of its text: one line to compare."""

    scope: Scope
    logs: int
    sha256: str

    def __str__(self) -> str:
        first, last = self.scope.first_block, self.scope.last_block
        simulated = ", SIMULATED" if self.scope.simulated else ""
        return f"SHA-256 {self.sha256}  block {first}-{last}, {self.logs} logs{simulated}"


@dataclass(frozen=True)
class Archive:
    """A whole history; its last block and the contract's state there are None where who read the
    chain does not know them."""

    sealed: Sealed
    last: Block | None
    state: PoolState | None


def scope_of(con: duckdb.DuckDBPyConnection, to_block: int | None = None) -> Scope:
    """What can be archived of a store: from its first block to the last before the first gap, or
    to `to_block`. Raises StoreError where that is nothing, or not read whole."""
    info = read_info(con)
    synced = -1 if info.synced_block is None else info.synced_block
    last = synced if to_block is None else to_block
    if info.first_block <= last <= synced and not info.simulated:
        unread = unread_of(con, info.first_block, last)
        last = min([last, *(start - 1 for _, start, _ in unread)])
    if last < info.first_block or last > synced or to_block not in (None, last):
        whole = min(last, synced)
        raise StoreError(
            f"the store has read no block whole from {info.first_block} on"
            if whole < info.first_block
            else f"the store is read without a gap up to block {whole} only: sync it further, or "
            f"name --to-block {whole}"
        )
    keys = ("simulated", "chain_id", "pool", "bond", "cert", "sfc", "first_block")
    return Scope(**{key: getattr(info, key) for key in keys}, last_block=last)


def unread_of(con: duckdb.DuckDBPyConnection, first: int, last: int) -> list[tuple[str, int, int]]:
    """The blocks of first..last that each filter was not read over, by its name: the staking
    contract's from the first stub on. What files do not say that they hold whole is unread."""
    row = con.execute(
        "SELECT min(block) FROM raw_logs, store_info WHERE address = pool AND topic0 = ?",
        [_DEPLOYED],
    ).fetchone()
    stubs_from = last + 1 if row is None or row[0] is None else max(first, row[0])
    due = {POOL: first, BOND: first, SFC: stubs_from}
    return [
        (name, *gap)
        for name, since in due.items()
        if since <= last
        for gap in gaps(con, name, since, last)
    ]


def filters_of(con: duckdb.DuckDBPyConnection, scope: Scope, logs: str) -> list[LogFilter]:
    """What a node is asked for to get a history, its stubs as the table `logs` tells them."""
    stubs = _stubs(con, scope, logs)
    both = [LogFilter((POOL, BOND), (scope.pool, scope.bond))]
    return [*both, LogFilter((SFC,), (scope.sfc,), ((), stubs))] if stubs else both


def _stubs(con: duckdb.DuckDBPyConnection, scope: Scope, logs: str) -> tuple[str, ...]:
    rows = con.execute(
        _STUBS.format(logs=logs),
        {"pool": scope.pool, "deployed": _DEPLOYED, "last": scope.last_block},
    ).fetchall()
    return tuple(word for (word,) in rows)


def lines(con: duckdb.DuckDBPyConnection, scope: Scope, logs: str = "raw_logs") -> Iterator[bytes]:
    """Each log of a history as its archive's line, in the chain's order."""
    keys = {"first": scope.first_block, "last": scope.last_block}
    addresses = {"pool": scope.pool, "bond": scope.bond, "sfc": scope.sfc}
    stubs = {"stubs": list(_stubs(con, scope, logs))}
    cursor = con.execute(_LINES.format(logs=logs), keys | addresses | stubs)
    while rows := cursor.fetchmany(_LINES_AT_ONCE):
        yield from (line.encode() for (line,) in rows)


def _sealed(
    con: duckdb.DuckDBPyConnection, scope: Scope, logs: str, out: IO[bytes] | None = None
) -> Sealed:
    """The sum over a history's text, which is written to `out` on the way."""
    head = _json({"archive": _FORM} | asdict(scope))
    sha256, count = hashlib.sha256(head), 0
    if out is not None:
        out.write(head)
    for line in lines(con, scope, logs):
        sha256.update(line)
        count += 1
        if out is not None:
            out.write(line)
    return Sealed(scope, count, sha256.hexdigest())


def seal(con: duckdb.DuckDBPyConnection, scope: Scope) -> Sealed:
    """The one line of a store's history."""
    return _sealed(con, scope, "raw_logs")


def write_archive(con: duckdb.DuckDBPyConnection, scope: Scope, file: IO[bytes]) -> Sealed:
    """Write the archive of a store's history into `file`."""
    with bz2.BZ2File(file, "wb", compresslevel=9) as out:
        sealed = _sealed(con, scope, "raw_logs", out)
        out.write(_json({"logs": sealed.logs, "sha256": sealed.sha256}))
        if at_last_block := _at_last_block(con, scope):
            out.write(_json({"at_last_block": at_last_block, "sha256": _sum(at_last_block)}))
    return sealed


def _at_last_block(con: duckdb.DuckDBPyConnection, scope: Scope) -> dict[str, Any]:
    """The last block's hash and time, and what the contract said there; {} where the store ends
    elsewhere, or only files gave it, which hold no headers."""
    info = read_info(con)
    is_known = info.synced_hash is not None or info.simulated
    if info.synced_block != scope.last_block or info.synced_at is None or not is_known:
        return {}
    at = [scope.last_block]
    # Since a view was asked, no log may have come: then it still says the same.
    views = con.execute(
        "SELECT view, value FROM contract_views "
        "WHERE block >= (SELECT coalesce(max(block), 0) FROM raw_logs) ORDER BY view"
    ).fetchall()
    balance = con.execute("SELECT balance_wei FROM pool_balances WHERE block = ?", at).fetchone()
    return {
        "hash": info.synced_hash,
        "time": hex(int(info.synced_at.timestamp())),
        "balance_wei": None if balance is None else str(int(balance[0])),
        "views": dict(views),
    }


def is_archive(path: Path) -> bool:
    """Whether a file begins as an archive does."""
    try:
        with bz2.open(path) as packed:
            return packed.read(11) == b'{"archive":'
    except (OSError, EOFError):
        return False


def read_archive(con: duckdb.DuckDBPyConnection, path: Path) -> Archive:
    """Read an archive's logs into the temporary table `landing`, and what it says of itself.

    Raises LogFileError for a file that is none, or is not as it was written: the sum must come out
    again from what was understood of the text.
    """
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "logs.ndjson"
        try:
            with bz2.open(path) as packed, text.open("wb") as logs:
                most = _MOST_UNPACKED * path.stat().st_size + _BESIDES
                head, tail, of_text = _split(packed, logs, most)
            scope = _scope(head)
            fault = raw_logs.read_answer(con, text, lines=True)
            if fault is not None:
                raise ValueError(f"log {fault.row}: {fault.reason}")
            last, state = _understood(_summed(tail[1]), scope)
            sealed = _sealed(con, scope, "landing")
            held = con.execute("SELECT count(*) FROM landing").fetchone()
            stated = json.loads(tail[0])
        except OSError as error:
            if error.errno is not None:
                raise LogFileError(f"{path} cannot be read: {error.strerror}") from error
            raise _damaged(path, error) from error
        except (*_NOT_UNDERSTOOD, duckdb.Error) as error:
            raise _damaged(path, error) from error
    same = of_text == sealed.sha256 and held == (sealed.logs,)
    if not same or stated != {"logs": sealed.logs, "sha256": sealed.sha256}:
        raise _damaged(path, f"its SHA-256 is {of_text}, which it does not say of itself")
    return Archive(sealed, last, state)


def _split(packed: IO[bytes], logs: IO[bytes], most: int) -> tuple[bytes, list[bytes], str]:
    """The first line, those after the last log, and the sum of all before them; the logs' own lines
    go into `logs`, `most` bytes of them."""
    head = packed.readline(_LONGEST_LINE)
    sha256 = hashlib.sha256(head)
    while (line := packed.readline(_LONGEST_LINE)).startswith(b'{"address":'):
        if logs.tell() > most:
            raise ValueError("it unpacks to far more than logs do")
        logs.write(line)
        sha256.update(line)
    tail = [line, packed.readline(_LONGEST_LINE)]
    if packed.read(1):
        raise ValueError("it has lines after its end")
    return head, tail, sha256.hexdigest()


def read_scope(path: Path) -> Scope:
    """Of what an archive says that it is, without looking at the rest. Raises LogFileError."""
    try:
        with bz2.open(path) as packed:
            return _scope(packed.readline(_LONGEST_LINE))
    except (OSError, *_NOT_UNDERSTOOD) as error:
        raise _damaged(path, error) from error


def _scope(head: bytes) -> Scope:
    values = json.loads(head)
    form = values.pop("archive")
    if form != _FORM and str(form).startswith(_FORM.rstrip("0123456789")):
        raise LogFileError(
            f"the archive is of form {form.rpartition(' ')[2][:9]}, which a later version writes: "
            "update the program. Nothing was stored"
        )
    if form != _FORM:
        raise ValueError("it is none of ours")
    scope = Scope(**values)
    blocks = (scope.first_block, scope.last_block)
    if any(type(block) is not int or block < 0 for block in blocks):
        raise ValueError("its blocks are no numbers")
    if _json({"archive": _FORM} | asdict(scope)) != head:
        raise ValueError("its first line is not as it was written")
    return scope


def _summed(line: bytes) -> dict[str, Any]:
    """What the contract said, {} where nobody asked it."""
    if not line:
        return {}
    values = json.loads(line)
    at_last_block: dict[str, Any] = values["at_last_block"]
    if values["sha256"] != _sum(at_last_block):
        raise ValueError("what the contract said is not as it was written")
    return at_last_block


def _understood(
    at_last_block: dict[str, Any], scope: Scope
) -> tuple[Block | None, PoolState | None]:
    if not at_last_block:
        return None, None
    last = Block(
        scope.last_block,
        at_last_block["hash"],
        datetime.fromtimestamp(int(at_last_block["time"], 16), UTC),
    )
    if at_last_block["balance_wei"] is None or not at_last_block["views"]:
        return last, None
    return last, PoolState.of_texts(last, int(at_last_block["balance_wei"]), at_last_block["views"])


@contextmanager
def open_history(path: Path) -> Iterator[tuple[duckdb.DuckDBPyConnection, Archive]]:
    """A connection on whose `raw_logs` the logs of an archive or a store are, and what they are
    sealed with. Raises LogFileError or StoreError."""
    if path.is_file() and not _is_packed(path):
        with open_reader(path) as con:
            scope = scope_of(con)
            yield con, Archive(seal(con, scope), *_understood(_at_last_block(con, scope), scope))
        return
    with duckdb.connect() as con:
        con.execute("SET TimeZone = 'UTC'")
        archive = read_archive(con, path)
        con.execute("CREATE TABLE raw_logs AS FROM landing")
        yield con, archive


def _is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(3) == b"BZh"


def _damaged(path: Path, why: object) -> LogFileError:
    first_line = str(why).split("\n")[0][:160]
    return LogFileError(
        f"{path} is no whole archive ({first_line}): get the file again, or from somebody else who "
        "has the same SHA-256. Nothing was stored"
    )


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _sum(value: object) -> str:
    return hashlib.sha256(_json(value)).hexdigest()
