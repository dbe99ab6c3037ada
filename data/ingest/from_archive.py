"""A store brought up from an archive: no node, years after the chain.

An archive is one source that says of all its blocks that it holds them whole. So a log that only
the archive or only the store has, of a block that both hold whole, is a contradiction: nothing of
the archive is stored then. What the store knows of its blocks otherwise stays as it is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from data import ChangedLogError, LogFileError
from data.config import Network
from data.ingest import decode, raw_logs
from data.ingest.archived import Archive, Sealed, filters_of, read_archive, unread_of
from data.ingest.checks import Finding
from data.ingest.coverage import FROM_ARCHIVE, TIMES, cover, ranges
from data.ingest.doubts import only_answered, only_stored
from data.ingest.finish import Reached, finish
from data.ingest.landing import forget_before_new_stubs
from data.node.log_ranges import LogFilter
from data.pool.state import Block
from data.store.reader import read_info
from data.store.writer import open_next, publish, transaction


def sync_archive(
    network: Network, path: Path, file: Path, now: datetime, sha256: str | None = None
) -> tuple[Sealed, int, Sequence[Finding]]:
    """Bring an archive into the store at `path`, all of it or nothing: what it is sealed with, how
    many of its logs were new, and what the checks found; nothing where it held nothing new.

    With `sha256` no archive of another sum is taken. To be called under store.writer.lock. Raises
    LogFileError, StoreError or ChangedLogError with the store as it was.
    """
    findings: Sequence[Finding] = ()
    with open_next(path, network) as con:
        decode.prepare(con, network)
        archive = read_archive(con, file)
        sealed, scope = archive.sealed, archive.sealed.scope
        if sha256 not in (None, sealed.sha256):
            raise LogFileError(f"{file} has the SHA-256 {sealed.sha256}: nothing was stored")
        scope.refuse_other(network, file)
        if archive.last is None and not sealed.logs:
            raise LogFileError(f"{file} holds no log and no time of its last block")
        _refuse_contradictions(con, archive, file)
        source = f"{FROM_ARCHIVE}with SHA-256 {sealed.sha256}"
        with transaction(con):
            forget_before_new_stubs(con)
            logs = raw_logs.land(con)
            unread = unread_of(con, scope.first_block, scope.last_block)
            for name, first, last in unread:
                cover(con, (name, TIMES), first, last, "single", source)
        con.execute("DROP TABLE landing")  # its memory is the rebuilding's now
        if logs or unread:
            findings = finish(con, _reached(con, archive, source, now))
    publish(path)
    return sealed, logs, findings


def _refuse_contradictions(con: duckdb.DuckDBPyConnection, archive: Archive, file: Path) -> None:
    """Raise ChangedLogError for the first log that the archive or the store lacks."""
    scope = archive.sealed.scope
    span = (scope.first_block, scope.last_block)
    info = read_info(con)
    hashes = {info.synced_hash, archive.last.hash if archive.last else None} - {None}
    if info.synced_block == scope.last_block and len(hashes) > 1:
        raise _contradiction(file, scope.last_block, "the block has another hash")
    for each in filters_of(con, scope, "landing"):
        for log in only_stored(con, each, [span])[:1]:
            raise _contradiction(file, log.block, f"log {log.log_index} of the store is not in it")
        for name, address in zip(each.names, each.addresses, strict=True):
            whole = [(known.first, known.last) for known in ranges(con, name, *span)]
            mine = LogFilter((name,), (address,), each.topics)
            for log in only_answered(con, mine, whole)[:1] if whole else ():
                raise _contradiction(file, log.block, f"the store has not log {log.log_index}")


def _contradiction(file: Path, block: int, what: str) -> ChangedLogError:
    return ChangedLogError(
        f"{file} and the store do not tell the same of block {block}: {what}. Nothing was stored. "
        "`python -m data.archive verify` asks a node which of them is right; or read the archive "
        "into another --store"
    )


def _reached(
    con: duckdb.DuckDBPyConnection, archive: Archive, source: str, now: datetime
) -> Reached:
    """The archive's last block; at the time of the last log where it tells no other."""
    number = archive.sealed.scope.last_block
    row = con.execute("SELECT max(block_time) FROM raw_logs WHERE block <= ?", [number]).fetchone()
    assert row is not None
    last = archive.last or Block(number, None, row[0])
    synced = read_info(con).synced_block
    ahead = synced is not None and synced > number
    why = "the store goes beyond the archive" if ahead else "the archive does not hold them"
    return Reached(last, None, source, now, None if ahead else archive.state, why)
