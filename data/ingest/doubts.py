"""Logs that two answers do not tell alike, and which of them the chain holds.

A log is asked for by its transaction's receipt, at several hosts. What none of them holds is taken
out of the store; who gave it is believed no more, and what it alone gave is read again from others.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from data.ingest.coverage import BOND, POOL, SFC, disagree, forget, ranges
from data.ingest.identity import left_chain
from data.ingest.raw_logs import change
from data.ingest.reading import OF_FILTER, HostRange, Reading, filter_parameters
from data.node.log_ranges import LogFilter
from data.node.witness import FEW, ChainLog, misplaced, on_chain
from data.store.writer import transaction

PLACE = "block, log_index, tx, address, topic0, topic1, topic2, topic3, data"
# Logs of the table $from that the table $in has not, or has with other content.
_ONLY_IN = """
SELECT {place} FROM {there} AS there
WHERE there.block BETWEEN $first AND $last AND {of_filter}
    AND EXISTS (
        FROM (SELECT unnest($firsts) AS first, unnest($lasts) AS last) AS asked
        WHERE there.block BETWEEN asked.first AND asked.last
    )
    AND NOT EXISTS (
        FROM {here} AS here
        WHERE here.block = there.block AND here.log_index = there.log_index
            AND here.tx = there.tx AND here.address = there.address
            AND here.topic0 IS NOT DISTINCT FROM there.topic0
            AND here.topic1 IS NOT DISTINCT FROM there.topic1
            AND here.topic2 IS NOT DISTINCT FROM there.topic2
            AND here.topic3 IS NOT DISTINCT FROM there.topic3
            AND here.data = there.data
    )
ORDER BY 1, 2
"""


def only_stored(
    con: duckdb.DuckDBPyConnection, log_filter: LogFilter, ranges: Sequence[tuple[int, int]]
) -> list[ChainLog]:
    """The stored logs of a filter over some blocks that the answer in `landing` has not."""
    return _only_in(con, "raw_logs", "landing", log_filter, ranges)


def only_answered(
    con: duckdb.DuckDBPyConnection, log_filter: LogFilter, ranges: Sequence[tuple[int, int]]
) -> list[ChainLog]:
    """The logs of the answer in `landing` that the store has not."""
    return _only_in(con, "landing", "raw_logs", log_filter, ranges)


def _only_in(
    con: duckdb.DuckDBPyConnection,
    there: str,
    here: str,
    log_filter: LogFilter,
    ranges: Sequence[tuple[int, int]],
) -> list[ChainLog]:
    rows = con.execute(
        _ONLY_IN.format(place=PLACE, there=there, here=here, of_filter=OF_FILTER),
        filter_parameters(log_filter)
        | {
            "first": min(first for first, _ in ranges),
            "last": max(last for _, last in ranges),
            "firsts": [first for first, _ in ranges],
            "lasts": [last for _, last in ranges],
        },
    ).fetchall()
    return [as_chain_log(row) for row in rows]


def as_chain_log(row: Sequence[object]) -> ChainLog:
    """A row of block, log_index, tx, address, the four topics and data."""
    block, log_index, tx, address, *topics, data = row
    return ChainLog(
        int(str(block)),
        int(str(log_index)),
        str(tx),
        str(address),
        tuple(str(topic) for topic in topics if topic is not None),
        str(data),
    )


def drop_false(reading: Reading, logs: Sequence[ChainLog]) -> list[ChainLog]:
    """Take out those of some stored logs that the chain has not, and distrust who gave them.
    Returns those that stay: what no host can tell does."""
    source_of = {log: teller(reading, log) for log in logs}
    stay: list[ChainLog] = []
    seen = False  # nobody denies a log of our chain from another
    for source in sorted(set(source_of.values())):
        mine = [log for log in logs if source_of[log] == source]
        for start in range(0, len(mine), FEW):
            some = mine[start : start + FEW]
            held = on_chain(reading.chain.endpoints, some, source)
            if not seen and False in held.values():
                seen = True
                if left_chain(reading):
                    held = on_chain(reading.chain.endpoints, some, source)
            false = [log for log in some if held[log] is False]
            if false:
                _drop(reading, false, source, "which its transaction's receipt has not")
            stay += [log for log in some if held[log] is not False]
    return stay


def drop_misplaced(
    reading: Reading, stored: Sequence[ChainLog], only_theirs: Sequence[ChainLog]
) -> list[ChainLog]:
    """Take out those of some stored logs that an answer, or the store itself, holds under another
    index too, if receipts have them there and not here. Returns the others."""
    moved = {log: log for log in (*_copies(reading, stored), *only_theirs)}
    suspects = [log for log in stored if log in moved]
    source_of = {log: teller(reading, log) for log in suspects}
    gone: set[ChainLog] = set()
    for source in sorted(set(source_of.values())):
        mine = [log for log in suspects if source_of[log] == source]
        wrong = misplaced(reading.chain.endpoints, {log: moved[log] for log in mine}, source)
        if wrong:
            there = f"which receipts have at {moved[wrong[0]].log_index}"
            _drop(reading, wrong, source, there)
            gone.update(wrong)
    return [log for log in stored if log not in gone]


def _copies(reading: Reading, logs: Sequence[ChainLog]) -> list[ChainLog]:
    """The stored logs that are like one of `logs`, which are stored too, under another index."""
    rows = reading.con.execute(
        f"SELECT {PLACE} FROM raw_logs "
        "WHERE block IN (SELECT unnest(?)) AND tx IN (SELECT unnest(?))",
        [[log.block for log in logs], [log.tx for log in logs]],
    ).fetchall()
    wanted, given = set(logs), {(log, log.log_index) for log in logs}
    return [
        copy
        for copy in map(as_chain_log, rows)
        if copy in wanted and (copy, copy.log_index) not in given
    ]


def _drop(reading: Reading, logs: Sequence[ChainLog], source_of: str, why: str) -> None:
    """Take out logs that one source gave wrongly, all in the same way."""
    first, more = logs[0], len(logs) - 1
    reason = f"told of log {first.log_index}, {why}" + (f", and of {more} more" if more else "")
    with transaction(reading.con):
        change(
            reading.con,
            "DELETE FROM raw_logs WHERE (block, log_index) IN (SELECT (unnest(?), unnest(?)))",
            [[log.block for log in logs], [log.log_index for log in logs]],
        )
        distrust(reading, source_of, first.block, reason, dropped=len(logs))
        for block in {log.block for log in logs}:  # whoever gave them: they are to be read again
            forget(reading.con, block, block)


def distrust(reading: Reading, source: str, block: int, reason: str, dropped: int = 0) -> None:
    """Note that a source was found wrong, and let what it alone gave be read again: at once, but
    from a source that stands alone not twice in one sync, then in the next. Its logs stay until
    another answer contradicts them. Runs inside the caller's transaction."""
    for endpoint in reading.chain.endpoints.all:
        if endpoint.host == source:
            endpoint.last_error = reason
    bears_nothing_out(reading, source)
    at_once = source not in reading.healed or bool(reading.others(source))
    contradiction(reading, source, block, reason, dropped=dropped, settled=at_once)
    if at_once:
        reading.healed.add(source)
        read_again(reading, source)
        if dropped or not source:  # where nobody kept who gave it, what is known to be wrong
            forget(reading.con, block, block)


def bears_nothing_out(reading: Reading, host: str) -> None:
    """Believe a host no more that was found wrong: what another told and it bore out, the other
    told alone. Runs inside the caller's transaction."""
    reading.found_wrong.add(host)
    for endpoint in reading.chain.endpoints.all:
        if endpoint.host == host:
            endpoint.lied = True
    if len(reading.others(host)) > 1:  # a third can be asked for what the other alone gave then
        disagree(reading.con, host)


def read_again(reading: Reading, source: str) -> None:
    """Let what a source alone gave, or two that agreed, be read again."""
    con = reading.con
    con.execute("UPDATE contradictions SET read_again = TRUE WHERE source = ?", [source])
    alone = con.execute(
        "SELECT filter, from_block, to_block FROM coverage "
        "WHERE source = ? AND source <> '' AND filter NOT LIKE 'file %'",
        [source],
    ).fetchall()
    for name, first, last in alone:
        take_back(reading, name, first, last)


def take_back(reading: Reading, name: str, first: int, last: int) -> None:
    """Let blocks first..last of a filter be read again; who alone gave them stays known."""
    for each in ranges(reading.con, name, first, last):
        if each.known == "single":
            reading.taken_back.append(HostRange(each.source, (name,), each.first, each.last))
    forget(reading.con, first, last, name)


def contradiction(
    reading: Reading,
    source: str,
    block: int,
    reason: str,
    *,
    dropped: int = 0,
    settled: bool = True,
) -> None:
    """Keep for whoever looks that two sources did not tell the same, and say it. What is not
    settled is kept once, however often it is met, with all logs that were dropped for it."""
    reading.note(f"{source or 'an earlier source'}: {reason} (block {block})")
    if not settled:
        before = reading.con.execute(
            "DELETE FROM contradictions WHERE NOT settled AND source = ? AND block = ? "
            "AND reason = ? RETURNING dropped_logs",
            [source, block, reason],
        ).fetchall()
        dropped += sum(count for (count,) in before)
    reading.con.execute(
        "INSERT INTO contradictions VALUES (get_current_timestamp(), ?, ?, ?, ?, ?, FALSE)",
        [source, block, reason, dropped, settled],
    )


def teller(reading: Reading, log: ChainLog) -> str:
    """The one host that told a stored log, also where what it told is being read again; "" where
    several did, or nobody knows."""
    network = reading.network
    name = {network.pool: POOL, network.bond: BOND}.get(log.address, SFC)
    row = reading.con.execute(
        "SELECT source FROM coverage WHERE filter = ? AND known = 'single' "
        "AND ? BETWEEN from_block AND to_block",
        [name, log.block],
    ).fetchone()
    if row is not None:
        return str(row[0])
    hosts = {
        each.host
        for each in reading.taken_back
        if name in each.names and each.first <= log.block <= each.last
    }
    return hosts.pop() if len(hosts) == 1 else ""
