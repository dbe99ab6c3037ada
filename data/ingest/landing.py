"""From a node's answers to the next store: every filter over every block, exactly once.

An answer's rows and its range are committed together, so whatever stops a sync, the store
knows what it has. Small answers that come close together share a commit.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import duckdb

from data import NodeError
from data.config import Network
from data.ingest import raw_logs
from data.ingest.coverage import cover, gaps, merged
from data.node.chain import Chain
from data.node.log_ranges import LogFilter, LogRanges, RangeAnswer
from data.pool.contracts import EVENTS
from data.store.writer import transaction

POOL, BOND = "pool", "bond"
_BATCH_BYTES, _BATCH_S = 8_000_000, 0.5
# Whether a log fits a filter; a topic without alternatives may be anything.
_OF_FILTER = """(
    list_contains($addresses, address)
    AND (len($topic0) = 0 OR coalesce(list_contains($topic0, topic0), FALSE))
    AND (len($topic1) = 0 OR coalesce(list_contains($topic1, topic1), FALSE))
)"""
# Called with (filter, blocks, logs) as they land.
Report = Callable[[str, int, int], None]


def topics0(contract: str) -> tuple[str, ...]:
    """The distinct topic0s of a contract's events."""
    return tuple(dict.fromkeys(event.topic0 for event in EVENTS if event.contract == contract))


def sfc_name(stub: str) -> str:
    """How coverage names the staking contract's logs of one stub."""
    return f"sfc {stub}"


def land_range(
    con: duckdb.DuckDBPyConnection,
    chain: Chain,
    network: Network,
    first: int,
    last: int,
    report: Report,
) -> int:
    """Land every log of blocks first..last that is not covered yet; returns how many blocks
    were read over all filters.

    The pool's own logs come first: they name the stubs whose logs are read at the staking
    contract, each from its first block on, however late it appears.
    """
    pool = LogFilter((POOL,), (network.pool,))
    bond = LogFilter((BOND,), (network.bond,), (topics0("bond"),))
    read = 0
    for log_filter in (pool, bond):
        ranges = gaps(con, log_filter.names[0], first, last)
        read += _land(con, chain, log_filter, ranges, report)
    for (start, end), stubs in _stub_gaps(con, first, last).items():
        words = tuple("0x" + stub[2:].rjust(64, "0") for stub in stubs)
        sfc = LogFilter(tuple(map(sfc_name, stubs)), (network.sfc,), (topics0("sfc"), words))
        read += _land(con, chain, sfc, [(start, end)], report)
    return read


def unread(con: duckdb.DuckDBPyConnection, first: int, last: int) -> int:
    """How many blocks of first..last are still to be read, as a mean over the three filters.

    Stubs that only the logs to come will name are counted as if they were there from the start.
    """
    pool, bond = gaps(con, POOL, first, last), gaps(con, BOND, first, last)
    sfc = merged([*pool, *_stub_gaps(con, first, last)])
    return -(-sum(end - start + 1 for start, end in pool + bond + sfc) // 3)


def _stub_gaps(
    con: duckdb.DuckDBPyConnection, first: int, last: int
) -> dict[tuple[int, int], list[str]]:
    """Block ranges still to be read, each with the stubs that lack just that range."""
    stubs = con.execute(
        "SELECT topic_address(topic1), min(block) FROM decodable_logs "
        "WHERE contract = 'pool' AND event = 'Deployed' GROUP BY 1 ORDER BY 2, 1"
    ).fetchall()
    missing = {
        stub: gaps(con, sfc_name(stub), max(first, deployed), last) for stub, deployed in stubs
    }
    # Ranges overlap where stubs came one by one: cut all of them at every edge.
    edges = sorted({edge for ranges in missing.values() for a, b in ranges for edge in (a, b + 1)})
    shared: dict[tuple[int, int], list[str]] = {}
    for start, after in pairwise(edges):
        lacking = [
            stub for stub, ranges in missing.items() if any(a <= start <= b for a, b in ranges)
        ]
        if lacking:
            shared[start, after - 1] = lacking
    return shared


def _land(
    con: duckdb.DuckDBPyConnection,
    chain: Chain,
    log_filter: LogFilter,
    ranges: list[tuple[int, int]],
    report: Report,
) -> int:
    answers = LogRanges(chain.endpoints, log_filter, ranges)
    read = 0
    with tempfile.TemporaryDirectory(dir=_memory_dir()) as folder:
        file = Path(folder) / "answers.json"

        def land(batch: list[RangeAnswer]) -> None:
            nonlocal read
            landed = _land_batch(con, chain, log_filter, answers, batch, file)
            if isinstance(landed, int):
                blocks = sum(answer.last - answer.first + 1 for answer in batch)
                read += blocks
                report(log_filter.names[0].split(" ")[0], blocks, landed)
            elif len(batch) == 1:
                answers.reject(batch[0], landed)
            else:
                for answer in batch:
                    land([answer])

        while answers.left:
            for batch in _batches(answers):
                land(batch)
    return read


def _batches(answers: Iterable[RangeAnswer]) -> Iterator[list[RangeAnswer]]:
    """Answers as they come, many small ones together: each landing costs DuckDB some 30 ms.

    Where the node fails, what came before is yielded first, and then its error is raised.
    """
    batch: list[RangeAnswer] = []
    began = time.monotonic()
    failure: NodeError | None = None
    try:
        for answer in answers:
            batch.append(answer)
            size = sum(len(answer.logs) for answer in batch)
            if size >= _BATCH_BYTES or time.monotonic() - began >= _BATCH_S:
                yield batch
                batch, began = [], time.monotonic()
    except NodeError as error:
        failure = error
    if batch:
        yield batch
    if failure is not None:
        raise failure


def _land_batch(
    con: duckdb.DuckDBPyConnection,
    chain: Chain,
    log_filter: LogFilter,
    answers: LogRanges,
    batch: list[RangeAnswer],
    file: Path,
) -> int | str:
    """Land some answers in one transaction: the number of new logs, or why not."""
    holding = [answer for answer in batch if not answer.empty]
    ranges = merged((answer.first, answer.last) for answer in batch)
    con.execute("CREATE OR REPLACE TEMP TABLE landing AS FROM raw_logs LIMIT 0")
    if holding:
        file.write_bytes(b"[" + b",".join(answer.logs[1:-1] for answer in holding) + b"]")
        fault = _fault(con, holding, log_filter, file)
        # Not the event's shape: one more endpoint is asked before it is believed.
        if fault is None and not all(map(answers.asked_again, holding)):
            fault = _malformed(con)
        if fault is not None:
            return fault
        blocks = raw_logs.blocks_without_time(con)
        if blocks:
            raw_logs.set_block_times(con, chain.block_times(blocks))
    withheld = _withheld(con, ranges, log_filter)
    if withheld is not None:
        return withheld
    with transaction(con):
        count = raw_logs.land(con) if holding else 0
        for first, last in ranges:
            cover(con, log_filter.names, first, last)
    return count


def _fault(
    con: duckdb.DuckDBPyConnection, holding: list[RangeAnswer], log_filter: LogFilter, file: Path
) -> str | None:
    """Read answers into `landing`. Returns why they cannot be this filter's logs, or None."""
    try:
        fault = raw_logs.read_answer(con, file, lines=False)
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        return f"the logs do not parse ({str(error).splitlines()[0][:120]})"
    if fault is not None:
        return f"log {fault.row} of the answer: {fault.reason}"
    first, last = min(a.first for a in holding), max(a.last for a in holding)
    unasked = _unasked(con, first, last, log_filter)
    if unasked is None and len(holding) > 1 and not _in_their_ranges(con, holding):
        return "a log lies in the range of another answer"
    return unasked


def _in_their_ranges(con: duckdb.DuckDBPyConnection, holding: list[RangeAnswer]) -> bool:
    """Whether each range holds as many logs as its own answer."""
    counts = con.execute(
        "SELECT count(block) FROM (SELECT unnest($firsts) AS first, unnest($lasts) AS last) "
        "LEFT JOIN landing ON block BETWEEN first AND last GROUP BY first, last ORDER BY first",
        {"firsts": [a.first for a in holding], "lasts": [a.last for a in holding]},
    ).fetchall()
    ordered = sorted(holding, key=lambda answer: answer.first)
    return [count for (count,) in counts] == [
        answer.logs.tobytes().count(b'"logIndex"') for answer in ordered
    ]


def _unasked(
    con: duckdb.DuckDBPyConnection, first: int, last: int, log_filter: LogFilter
) -> str | None:
    """The first log in `landing` that the filter over blocks first..last did not ask for, or
    None."""
    row = con.execute(
        f"""
        SELECT block, log_index, block NOT BETWEEN $first AND $last
        FROM landing
        WHERE block NOT BETWEEN $first AND $last OR NOT ({_OF_FILTER})
        ORDER BY 1, 2
        LIMIT 1
        """,
        _filter_params(log_filter) | {"first": first, "last": last},
    ).fetchone()
    if row is None:
        return None
    what = "lies outside the asked blocks" if row[2] else "is of another contract or event"
    return f"log {row[1]} of block {row[0]} {what}"


def _withheld(
    con: duckdb.DuckDBPyConnection, ranges: list[tuple[int, int]], log_filter: LogFilter
) -> str | None:
    """The first stored log of these blocks that the answer in `landing` leaves out, or None.

    A log of a final block does not vanish: the node holds it back, or never had it.
    """
    row = con.execute(
        f"""
        SELECT block, log_index FROM raw_logs
        WHERE block BETWEEN $first AND $last AND {_OF_FILTER}
            AND EXISTS (
                FROM (SELECT unnest($firsts) AS first, unnest($lasts) AS last) AS ranges
                WHERE raw_logs.block BETWEEN ranges.first AND ranges.last
            )
            AND (block, log_index) NOT IN (SELECT (block, log_index) FROM landing)
        ORDER BY 1, 2 LIMIT 1
        """,
        _filter_params(log_filter)
        | {
            "first": ranges[0][0],
            "last": ranges[-1][1],
            "firsts": [first for first, _ in ranges],
            "lasts": [last for _, last in ranges],
        },
    ).fetchone()
    if row is None:
        return None
    return f"leaves out log {row[1]} of block {row[0]}, which the store holds"


def _filter_params(log_filter: LogFilter) -> dict[str, object]:
    topics = [list(alternatives) for alternatives in (*log_filter.topics, (), ())]
    return {"addresses": list(log_filter.addresses), "topic0": topics[0], "topic1": topics[1]}


def _malformed(con: duckdb.DuckDBPyConnection) -> str | None:
    """The first log of a known event in `landing` that has not the event's shape, or None."""
    row = con.execute(
        "SELECT block, log_index, event FROM malformed_logs('landing') ORDER BY 1, 2 LIMIT 1"
    ).fetchone()
    return None if row is None else f"log {row[1]} of block {row[0]} does not decode as {row[2]}"


def _memory_dir() -> str | None:
    """A folder in memory where the system has one: answers pass through a file to DuckDB."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
