"""The tables brought up by what was appended, where nothing else happened to the logs.

A long store gets a hundred logs at a time, and most rows of its tables stay what they are. They are
kept only where that is plain: the logs up to the last rebuild are, to the hash, those that the
tables were made of, by this very program; and no new log reaches back. Else all is rebuilt.

Reaching back are: a new stub, whose earlier logs count from now on; a request beside one of the
same id, or that does not follow the last; an amount that cannot be added up; a second fate of a
request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cache
from pathlib import Path

import duckdb

from data.ingest import decode
from data.pool import amounts, burn
from data.store.sealed import is_proved

_HERE = Path(__file__).parent
# A store that was begun before there was the table `rebuilt` gets it.
_TABLE = (
    (_HERE.parent / "store" / "schema.sql")
    .read_text()
    .replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS")
)
_NEW = """
SELECT
    count(*) FILTER (WHERE event = 'Deployed'),
    count(*) FILTER (WHERE event IN ('TokensBurned', 'TokensBurned2'))
FROM decodable_logs WHERE contract = 'pool'
"""
# What a request's row holds for good.
_FIXED = (
    "wr_id, staker, token, gross_wei, fee_wei, payout_wei, shares_wei, requested_at, "
    "requested_block, requested_tx"
)
# What becomes of it.
_FATE = ("status", "manual_at", "paid_at", "paid_block", "paid_tx", "ahead_wei")
_SET_FATE = ", ".join(f"{column} = moved.{column}" for column in _FATE)
# Requests that stand in the queue, or follow, as if it began with the first of them.
_MOVED = "CREATE OR REPLACE TEMP TABLE moved AS {requests}"
# Those that the head had passed before, and that were claimed by hand since.
_CLAIMED = """
CREATE OR REPLACE TEMP TABLE moved AS
SELECT
    wr_id,
    NULL::TIMESTAMPTZ AS requested_at, -- stands in its row
    if(count(*) FILTER (WHERE NOT refused) > 0, 'paid', 'manual') AS status,
    min(moved_at) FILTER (WHERE refused) AS manual_at,
    min_by(moved_at, position) FILTER (WHERE NOT refused) AS paid_at,
    min_by(block, position) FILTER (WHERE NOT refused) AS paid_block,
    min_by(tx, position) FILTER (WHERE NOT refused) AS paid_tx,
    0::DECIMAL(38, 0) AS ahead_wei
FROM head_moves
WHERE wr_id < $head AND wr_id IN (SELECT wr_id FROM head_moves WHERE block > $since)
GROUP BY wr_id
"""
# Whether the queue from `head` on is numbered without a gap, no request twice, each as it stood,
# and whether its amounts can be added up.
_PLAIN = f"""
SELECT
    count(*) = coalesce(max(wr_id) + 1, $head) - $head
    AND count(DISTINCT wr_id) = count(*)
    AND coalesce(bool_and(payout_wei <= 1e33::DECIMAL(38, 0)), TRUE)
    AND count(payout_wei) = count(*)
    AND NOT EXISTS (
        (SELECT {_FIXED} FROM requests WHERE wr_id >= $head)
        EXCEPT (SELECT {_FIXED} FROM moved)
    )
    AND count(*) FILTER (WHERE requested_block <= $since)
        = (SELECT count(*) FROM requests WHERE wr_id >= $head)
    AND count(*) FILTER (WHERE requested_block > $since) = $burns
    AND coalesce(min(wr_id) FILTER (WHERE requested_block > $since), $follows) = $follows
FROM moved
"""
# Whether what became of a request changes hours that are over: then their sums are others.
_RETOLD = """
SELECT 1 FROM requests INNER JOIN moved ON requests.wr_id = moved.wr_id
WHERE (requests.paid_at IS NOT NULL AND requests.paid_at IS DISTINCT FROM moved.paid_at)
    OR (
        coalesce(requests.manual_at, requests.paid_at) IS NOT NULL
        AND requests.manual_at IS DISTINCT FROM moved.manual_at
    )
LIMIT 1
"""
# The hours that new logs fall into are summed up anew.
_FLOWS_FROM = """
SET VARIABLE flows_from = (
    SELECT make_timestamptz(epoch_us(min(block_time)) // 3600000000 * 3600000000)
    FROM raw_logs WHERE block > $since AND block <= $last
)
"""
# The waits of the days on which requests were made whose release is told now are counted anew.
_WAITS_FROM = """
SET VARIABLE waits_from = least(getvariable('waits_from')::TIMESTAMPTZ, (
    SELECT make_timestamptz(
        epoch_us(min(coalesce(requests.requested_at, moved.requested_at)))
        // 86400000000 * 86400000000
    )
    FROM moved LEFT JOIN requests ON moved.wr_id = requests.wr_id
    WHERE coalesce(moved.manual_at, moved.paid_at)
        IS DISTINCT FROM coalesce(requests.manual_at, requests.paid_at)
))
"""
# Tables that sum up others: what a row of them spans, and from which one on they are made anew.
_SUMMED = {"hourly_flows": ("hour", "flows_from"), "waits": ("day", "waits_from")}
# Called with the share of the logs, from 0 to 1, that the tables hold so far.
OnProgress = Callable[[float], None]
# So many logs at a time, within so much memory, and for each request that waits so much more: what
# becomes of those is worked out anew with every slice. Where many wait, a slice holds so many logs
# for each of them, or most of the work would be that.
_SLICE = 120_000
_LOGS_A_REQUEST = 5
_MEMORY_MB = 128
_MEMORY_A_REQUEST_MB = 0.012


def made_here(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether this very program made the tables. Writes nothing. Runs after decode.prepare."""
    try:
        row = con.execute("SELECT program FROM rebuilt").fetchone()
    except duckdb.CatalogException:  # begun before there was that table
        return False
    return row == (_program(con),)


def unchanged_to(con: duckdb.DuckDBPyConnection) -> int | None:
    """The block up to which the tables are, as they stand, what a rebuild would make; None where
    that is not known. Runs after decode.prepare."""
    con.execute(_TABLE)
    row = con.execute(
        "SELECT to_block, logs, logs_hash FROM rebuilt SEMI JOIN store_info USING (published_at) "
        "WHERE program = ?",
        [_program(con)],
    ).fetchone()
    if row is None:
        return None
    last, *made_of = row
    # What is proved tells nothing of logs that came since: of those below, each makes one more.
    unchanged = is_proved(con) and _count(con, -1, last) == made_of[0]
    return int(last) if unchanged or list(_hashed(con, -1, last)) == made_of else None


def remember(con: duckdb.DuckDBPyConnection, to_block: int, since: int | None) -> None:
    """Note that the tables hold the logs up to `to_block`: of a rebuild, or appended to those up
    to `since`. Runs inside the caller's transaction, once store_info is written."""
    con.execute(_TABLE)
    logs, logs_hash = _hashed(con, -1 if since is None else since, to_block)
    before = con.execute("SELECT logs, logs_hash FROM rebuilt").fetchone()
    if since is not None and before is not None:
        logs, logs_hash = logs + before[0], logs_hash ^ before[1]
    con.execute("DELETE FROM rebuilt")
    con.execute(
        "INSERT INTO rebuilt SELECT ?, ?, ?, ?, published_at FROM store_info "
        "WHERE published_at IS NOT NULL",
        [to_block, logs, logs_hash, _program(con)],
    )


def carry(con: duckdb.DuckDBPyConnection, now: datetime) -> None:
    """Keep what is known of the tables, as the store is about to be published at `now` with the
    tables it has. Who writes a store without this makes the next sync rebuild them."""
    con.execute(_TABLE)
    con.execute(
        "UPDATE rebuilt SET published_at = $now "
        "WHERE published_at = (SELECT published_at FROM store_info)",
        {"now": now},
    )


def bring_up(
    con: duckdb.DuckDBPyConnection, last: int, on_progress: OnProgress | None = None
) -> int | None:
    """Bring every table to the logs up to block `last`, some logs at a time, so that it takes no
    more memory where they are many. Returns the block up to which the tables were kept; None where
    they were made anew. Runs inside the caller's transaction, after decode.prepare."""
    since = unchanged_to(con)
    _limit_memory(con, 0)
    if since is not None and since <= last and _in_slices(con, since, last):
        return since
    first, *_ = ends = _ends(con, -1, last)
    if len(ends) > 1:
        decode.rebuild(con, first, f"{_MEMORY_MB}MB")
    if len(ends) == 1 or not _in_slices(con, first, last, on_progress):
        decode.rebuild(con, last)
    return None


def _in_slices(
    con: duckdb.DuckDBPyConnection, since: int, last: int, on_progress: OnProgress | None = None
) -> bool:
    """Whether all from `since` to `last` could be appended."""
    ends = _ends(con, since, last)
    done = 0
    while done < len(ends):
        head, follows = _queue(con)
        done = min(done + max(1, (follows - head) * _LOGS_A_REQUEST // _SLICE), len(ends))
        if not append(con, since, ends[done - 1]):
            return False
        since = ends[done - 1]
        if on_progress is not None:
            on_progress(done / len(ends))
    return True


def _queue(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The first request that waits, and the one that will be made next."""
    row = con.execute(
        "SELECT (SELECT coalesce(max(wr_id) + 1, 0) FROM head_moves WHERE NOT by_hand), "
        "(SELECT coalesce(max(wr_id) + 1, 0) FROM requests)"
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _ends(con: duckdb.DuckDBPyConnection, since: int, last: int) -> list[int]:
    """Blocks up to `last` that cut the logs after `since` into slices of some size."""
    count = _count(con, since, last)
    shares = [n * _SLICE / count for n in range(1, -(-count // _SLICE))]
    if not shares:
        return [last]
    row = con.execute(
        f"SELECT approx_quantile(block, {shares}) FROM raw_logs WHERE block > ? AND block <= ?",
        [since, last],
    ).fetchone()
    assert row is not None
    return [*sorted({cut for cut in row[0] if since < cut < last}), last]


def _count(con: duckdb.DuckDBPyConnection, after: int, to_block: int) -> int:
    """How many logs lie in the blocks after `after` up to `to_block`."""
    row = con.execute(
        "SELECT count(*) FROM raw_logs WHERE block > ? AND block <= ?", [after, to_block]
    ).fetchone()
    assert row is not None
    return int(row[0])


def append(con: duckdb.DuckDBPyConnection, since: int, last: int) -> bool:
    """Bring every table from the logs up to block `since` to those up to `last`. Returns False
    where only a rebuild can, with the tables in disorder. Runs inside the caller's transaction."""
    con.execute("SET VARIABLE rebuilt_to = ?", [last])
    head, follows = _queue(con)
    _limit_memory(con, follows - head)
    try:
        con.execute("SET VARIABLE decoded_from = ?", [since + 1])
        stubs, burns = con.execute(_NEW).fetchone() or (0, 0)
        if stubs:
            return False
        con.execute(
            "INSERT INTO head_moves SELECT * REPLACE ("
            "by_hand OR NOT refused AND wr_id IN (SELECT wr_id FROM head_moves WHERE refused) "
            f"AS by_hand) FROM ({decode.table('head_moves')}) ORDER BY position"
        )
        con.execute(
            "INSERT INTO payouts WITH head_moves AS (FROM main.head_moves WHERE block > "
            f"{int(since)}) {decode.table('payouts')}"
        )
        for name in decode.DERIVED:
            if name not in ("stubs", "head_moves", "requests", "payouts", *_SUMMED):
                con.execute(f"INSERT INTO {name} {decode.table(name)}")
        if not _append_requests(con, since, head, follows, burns):
            return False
        con.execute(_FLOWS_FROM, {"since": since, "last": last})
        for name, (span, start) in _SUMMED.items():
            (is_kept,) = con.execute(f"SELECT getvariable('{start}') IS NULL").fetchone() or (True,)
            if not is_kept:
                con.execute(f"DELETE FROM {name} WHERE {span} >= getvariable('{start}')")
                con.execute(f"INSERT INTO {name} {decode.table(name)}")
        return True
    finally:
        for name in ("decoded_from", "queue_from", "flows_from", "waits_from"):
            with suppress(duckdb.TransactionException):  # it failed, which was reported
                con.execute(f"RESET VARIABLE {name}")


def _limit_memory(con: duckdb.DuckDBPyConnection, waiting: int) -> None:
    """What may be taken while `waiting` requests stand in the queue; the rest goes to disk."""
    slice_mb = _MEMORY_MB * max(1, waiting * _LOGS_A_REQUEST / _SLICE)
    limit_mb = slice_mb + max(waiting, 0) * _MEMORY_A_REQUEST_MB
    con.execute(f"SET memory_limit = '{limit_mb:.0f}MB'")


def _append_requests(
    con: duckdb.DuckDBPyConnection, since: int, head: int, follows: int, burns: int
) -> bool:
    """Add the new requests, of which there are `burns`, and tell anew of those from `head` on what
    became of them. `follows` is the id that the next request has."""
    con.execute(
        "SET VARIABLE decoded_from = (SELECT least(min(requested_block), $new) FROM requests "
        "WHERE wr_id >= $head)",
        {"head": head, "new": since + 1},
    )
    con.execute("SET VARIABLE queue_from = ?", [head])
    con.execute(_MOVED.format(requests=decode.table("requests")))
    numbers = {"head": head, "since": since, "follows": follows, "burns": burns}
    row = con.execute(_PLAIN, numbers).fetchone()
    if row != (True,):
        return False
    if not _retell(con):
        return False
    con.execute("INSERT INTO requests FROM moved WHERE wr_id >= ? ORDER BY wr_id", [follows])
    con.execute(_CLAIMED, {"head": head, "since": since})
    if not _retell(con):
        return False
    con.execute("DROP TABLE moved")
    return True


def _retell(con: duckdb.DuckDBPyConnection) -> bool:
    """Write what became of the requests in `moved`; False where that is another past."""
    if con.execute(_RETOLD).fetchone() is not None:
        return False
    con.execute(_WAITS_FROM)
    con.execute(f"UPDATE requests SET {_SET_FATE} FROM moved WHERE requests.wr_id = moved.wr_id")
    return True


def _hashed(con: duckdb.DuckDBPyConnection, after: int, to_block: int) -> tuple[int, int]:
    """How many logs lie in the blocks after `after` up to `to_block`, and their common hash."""
    row = con.execute(
        "SELECT count(*), coalesce(bit_xor(hash(raw_logs)), 0) FROM raw_logs "
        "WHERE block > ? AND block <= ?",
        [after, to_block],
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _program(con: duckdb.DuckDBPyConnection) -> str:
    """What tables are made by, of which events: another version rebuilds all."""
    events = con.execute("SELECT * FROM temp.known_events ORDER BY ALL").fetchall()
    return hashlib.sha256(f"{duckdb.__version__} {sources()} {events}".encode()).hexdigest()


@cache
def sources() -> str:
    """A hash of the program that makes the tables."""
    files = [*_HERE.glob("*.py"), *_HERE.glob("*.sql"), *_HERE.glob("tables/*.sql")]
    files += [Path(module.__file__ or "") for module in (amounts, burn)]  # checks reckon with them
    contents = b"\0".join(file.read_bytes() for file in sorted(files))
    return hashlib.sha256(contents).hexdigest()
