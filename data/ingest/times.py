"""When blocks were made: stored times held against the headers of several hosts.

Logs of many nodes have no time, and then it is that of a header, which one host gave. The contract
counts its requests, but nothing in it tells when they were made: so a second host is asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial

import duckdb

from data.ingest.coverage import TIMES, agree, cover, forget, gaps, in_any, is_a_time_alone, ranges
from data.ingest.doubts import PLACE, as_chain_log, contradiction, distrust, teller
from data.ingest.raw_logs import change
from data.ingest.reading import Reading
from data.node.endpoint import Endpoint
from data.node.witness import times_at
from data.store.writer import transaction

TWO_TIMES = "disagree about a block's time"
_IN_QUESTION, _DRAWN = 30, 20  # blocks: as many headers as one request asks for
_DRAWN_AFTER_A_LIE, _TURNS = 1_000, 5


def hold_times(
    reading: Reading,
    first: int,
    last: int,
    landed: Sequence[tuple[int, int]] = (),
    drawn: int = _DRAWN,
    *,
    sure_too: bool = False,
) -> None:
    """Hold stored times of blocks first..last against the headers of two hosts: of blocks in
    `landed` those that do not ascend and the newest, and `drawn` others where somebody can
    confirm them, or where what is sure is meant too. What differs is mended, and more are looked
    up; else coverage says whose headers have what is stored."""
    for _ in range(_TURNS):
        times = _in_question(reading.con, landed) if landed else {}
        if sure_too or _can_be_surer(reading, first, last):
            times |= _drawn(reading.con, first, last, drawn)
        if not mend_times(reading, _compared(reading, first, last, times)):
            break
        landed, drawn = (), _DRAWN_AFTER_A_LIE


def _can_be_surer(reading: Reading, first: int, last: int) -> bool:
    """Whether nobody or one host alone gave times, and another can be asked."""
    hosts = {each.host for each in _who_can_tell(reading)}
    alone = [each for each in ranges(reading.con, TIMES, first, last) if each.known == "single"]
    others = len(hosts) > 1 or any(hosts - {each.source} for each in alone)
    can_ask = others or bool(gaps(reading.con, TIMES, first, last))
    return can_ask and is_a_time_alone(reading.con, last)


def _drawn(con: duckdb.DuckDBPyConnection, first: int, last: int, most: int) -> dict[int, datetime]:
    """The stored times of some of the blocks first..last, each as likely as any other."""
    rows = con.execute(
        "SELECT block, any_value(block_time) FROM raw_logs WHERE block BETWEEN ? AND ? "
        "GROUP BY block ORDER BY random() LIMIT ?",
        [first, last, most],
    )
    return dict(rows.fetchall())


def _compared(reading: Reading, first: int, last: int, times: dict[int, datetime]) -> list[int]:
    """The blocks that some host's header has another time of than `times`; where there is none,
    coverage says so of first..last."""
    con = reading.con
    if not times:
        return []
    times_by_host = _headers(reading, _who_can_tell(reading), list(times))
    wrong = {
        block
        for held in times_by_host.values()
        for block, at in held.items()
        if at is not None and at != times[block]
    }
    whole = [host for host, held in times_by_host.items() if None not in held.values()]
    with transaction(con):
        if wrong:
            forget(con, first, last, TIMES)
        for host in whole if not wrong else ():
            for gap in gaps(con, TIMES, first, last):
                cover(con, (TIMES,), *gap, "single", host)
            agree(con, TIMES, first, last, host, reading.found_wrong)
    return sorted(wrong)


def _in_question(
    con: duckdb.DuckDBPyConnection, landed: Sequence[tuple[int, int]]
) -> dict[int, datetime]:
    """The stored times of some blocks in `landed`: those out of order first, then the newest."""
    rows = con.execute(
        f"""
        WITH timed AS (
            SELECT block, any_value(block_time) AS made_at FROM raw_logs
            WHERE {in_any(landed)}
            GROUP BY block
        ),

        ordered AS (
            SELECT *, coalesce(
                made_at < lag(made_at) OVER blocks OR made_at > lead(made_at) OVER blocks, FALSE
            ) AS doubtful
            FROM timed WINDOW blocks AS (ORDER BY block)
        )

        SELECT block, made_at FROM ordered ORDER BY doubtful DESC, block DESC LIMIT {_IN_QUESTION}
        """
    )
    return dict(rows.fetchall())


def _who_can_tell(reading: Reading) -> list[Endpoint]:
    """One endpoint a host; who was found wrong only where there is no other, and alone."""
    serving = reading.chain.endpoints.serving
    by_host = {each.host: each for each in serving if not each.lied}
    return list(by_host.values()) or serving[:1]


def _headers(
    reading: Reading, hosts: list[Endpoint], blocks: list[int]
) -> dict[str, dict[int, datetime | None]]:
    """The blocks' times by the headers of each of two hosts, and of others where one of them does
    not tell all."""
    times_by_host: dict[str, dict[int, datetime | None]] = {}
    for some in (hosts[:2], *([host] for host in hosts[2:])):
        if sum(None not in held.values() for held in times_by_host.values()) > 1:
            break
        ask = partial(times_at, reading.chain.endpoints, numbers=blocks)
        with ThreadPoolExecutor(len(some)) as pool:
            times_by_host |= zip([host.host for host in some], pool.map(ask, some), strict=True)
    return times_by_host


def settle_times(reading: Reading) -> int | None:
    """Where the answer in `landing` has other times than the store, take those of the headers for
    both. Returns the first block of which the hosts tell none, or several, or None."""
    con, endpoints = reading.con, reading.chain.endpoints
    for block, of_answer, stored in con.execute(
        "SELECT DISTINCT block, landing.block_time, raw_logs.block_time "
        "FROM landing JOIN raw_logs USING (block) "
        "WHERE landing.block_time <> raw_logs.block_time ORDER BY block"
    ).fetchall():
        known = {times_at(endpoints, each, [block])[block] for each in endpoints.serving} - {None}
        if len(known) != 1:
            return int(block)
        (true,) = known
        if of_answer != true:
            con.execute("UPDATE landing SET block_time = ? WHERE block = ?", [true, block])
        if stored != true:
            row = con.execute(
                f"SELECT {PLACE} FROM raw_logs WHERE block = ? LIMIT 1", [block]
            ).fetchone()
            with transaction(con):
                change(con, "UPDATE raw_logs SET block_time = ? WHERE block = ?", [true, block])
                if row is not None:
                    source = teller(reading, as_chain_log(row))
                    distrust(reading, source, block, "told another time than the block's header")
    return None


def mend_times(reading: Reading, blocks: Sequence[int]) -> bool:
    """Take blocks' times from the headers of all hosts, or of two and most of them, where they say
    the same, and distrust who gave another. A single host's header must fit between its neighbours'
    times, and the stored time not. Returns whether of any of them it is known who is right."""
    con, endpoints = reading.con, reading.chain.endpoints
    headers = {host.host: times_at(endpoints, host, blocks) for host in endpoints.serving if blocks}
    found = False
    for block in blocks:
        row = con.execute(
            f"SELECT {PLACE}, block_time FROM raw_logs WHERE block = ? LIMIT 1", [block]
        ).fetchone()
        stated_by = {host: at for host, held in headers.items() if (at := held[block]) is not None}
        if row is None or not stated_by or set(stated_by.values()) == {row[-1]}:
            continue
        ((stated, votes),) = Counter(stated_by.values()).most_common(1)
        sure = votes > 1 or _fits_better(con, block, stated, row[-1])
        with transaction(con):
            if votes <= len(stated_by) / 2 or not sure:
                hosts = ", ".join(sorted(headers))
                contradiction(reading, hosts, block, TWO_TIMES, settled=False)
                continue
            found = True
            wrong = {host for host, at in stated_by.items() if at != stated}
            if stated != row[-1]:
                change(con, "UPDATE raw_logs SET block_time = ? WHERE block = ?", [stated, block])
                # Who gave the log gave its time as far as is known.
                wrong = wrong or {teller(reading, as_chain_log(row[:-1]))}
            for source in sorted(wrong - reading.found_wrong):
                distrust(reading, source, block, "told another time of a block than its header")
    return found


def _fits_better(
    con: duckdb.DuckDBPyConnection, block: int, stated: datetime, stored: datetime
) -> bool:
    """Whether the stated time of a block lies between those of the blocks beside it, and the stored
    time does not."""
    row = con.execute(
        "SELECT (SELECT max_by(block_time, block) FROM raw_logs WHERE block < $block), "
        "(SELECT min_by(block_time, block) FROM raw_logs WHERE block > $block)",
        {"block": block},
    ).fetchone()
    assert row is not None
    before, after = row

    def fits(at: datetime) -> bool:
        return (before is None or before <= at) and (after is None or at <= after)

    return fits(stated) and not fits(stored)
