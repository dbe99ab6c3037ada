"""How sure it is what was read: a second host's answers, receipts, headers.

The pool's ids and views prove that no request and no settlement is missing. Nothing of the kind
proves the bond's and the staking contract's logs: a second host is asked for them over ranges as
wide as it takes, the newest first, as far as a budget of requests goes. Of what one source alone
told, the logs of late are looked up in their receipts.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from data import NodeError
from data.config import Network
from data.ingest.coverage import BOND, POOL, SFC, agree, forget, in_any, merged, ranges, without
from data.ingest.doubts import (
    PLACE,
    as_chain_log,
    bears_nothing_out,
    contradiction,
    distrust,
    drop_false,
    drop_misplaced,
    only_answered,
    only_stored,
)
from data.ingest.identity import left_chain
from data.ingest.landing import file_in_memory, read_into_landing
from data.ingest.reading import (
    LONG_BLOCKS,
    HostRange,
    Reading,
    deployed_stubs,
    pool_and_bond,
    staking,
)
from data.ingest.times import TWO_TIMES, settle_times
from data.node.endpoint import Endpoint
from data.node.log_ranges import LogFilter, LogRanges, RangeAnswer
from data.node.witness import FEW, ChainLog, on_chain
from data.store.writer import transaction

# A tenth of what was asked, and some where little was: so a short sync is confirmed whole.
_SHARE, _AT_LEAST = 10, 40
_WARY_FOR = timedelta(days=30)
_LOGS_A_REQUEST = 50
# A host that stands alone is asked again so much in a day, and for the same blocks once a month.
_AGAIN, _FEW_LOGS, _REQUESTS_AGAIN, _AGAIN_AFTER = "again ", 50_000, 100, timedelta(days=30)


@dataclass(frozen=True)
class Compared:
    """A second host's answer over blocks first..last, and whether the store holds the same."""

    host: str
    first: int
    last: int
    alike: bool


def budget(con: duckdb.DuckDBPyConnection, requests: int) -> int:
    """How many requests a sync that made so many may spend on being sure: five times as many where
    a source was found wrong of late, as others may be who told the same."""
    caught = con.execute(
        "SELECT 1 FROM contradictions WHERE noticed_at > get_current_timestamp() - ? LIMIT 1",
        [_WARY_FOR],
    ).fetchone()
    return (_AT_LEAST + requests // _SHARE) * (5 if caught else 1)


def confirm(reading: Reading, first: int, last: int, requests: int, now: datetime) -> int:
    """Compare what one source alone gave of blocks first..last with what another host tells, the
    newest first, with about `requests` requests at the most, each filter and each source as many.
    Where they agree, coverage says so; where a host was found wrong, what it alone gave is to be
    read again.

    A host that stands alone is asked again itself, once a day, where the store is small: what it
    left out by chance it may tell then. That proves nothing, and coverage stays as it is. Returns
    how many answers were compared.
    """
    answers = 0
    again = _may_ask_again(reading, now)
    pairs = [
        (log_filter, source, blocks[0][0])
        for log_filter in filters(reading.con, reading.network)
        for source, blocks in from_one_source(reading, log_filter, first, last).items()
    ]
    if any(
        last - oldest > LONG_BLOCKS and (again or reading.others(source))
        for _, source, oldest in pairs
    ):
        reading.find_archives(first, last)  # who keeps no old blocks bears nothing out there
    for done, (log_filter, source, _) in enumerate(pairs):
        single = from_one_source(reading, log_filter, first, last).get(source, [])
        others, most = reading.others(source), -(-(requests - answers) // (len(pairs) - done))
        alone = not others and again
        if alone:
            others = [each for each in reading.chain.endpoints.all if each.host == source]
            most = _REQUESTS_AGAIN // 2  # for each of two filters
            single = without(single, _asked_again(reading, log_filter, source, now))
        if not others or not single or most <= 0:
            continue
        widest = max(endpoint.width.blocks for endpoint in others)
        chosen = newest(single, widest * most)
        compared: list[tuple[int, int]] = []
        try:
            idle_s = reading.chain.endpoints.manners.idle_s
            compares = compare(reading, log_filter, chosen, others, most, idle_s)
            compared.extend((answer.first, answer.last) for answer in compares)
        except NodeError as error:  # nobody is left to ask: it stays as it is known
            reading.note(f"not confirmed by a second host: {error}")
        answers += 0 if alone else len(compared)
        if alone:
            _keep_asked_again(reading, log_filter, source, merged(compared))
    return answers


def _may_ask_again(reading: Reading, now: datetime) -> bool:
    """Whether this is no first sync, of a store that takes few requests, and it was not done
    today."""
    row = reading.con.execute(
        "SELECT (SELECT any_value(synced_block) FROM store_info) IS NOT NULL "
        "AND (SELECT count(*) FROM raw_logs) < $few "
        "AND NOT EXISTS (FROM searched_in_vain WHERE starts_with(source, $again) "
        "AND searched_at > $since)",
        {"few": _FEW_LOGS, "again": _AGAIN, "since": now - timedelta(days=1)},
    ).fetchone()
    return row == (True,)


def _asked_again(
    reading: Reading, log_filter: LogFilter, source: str, now: datetime
) -> list[tuple[int, int]]:
    """The blocks that a host was asked for again of late."""
    rows = reading.con.execute(
        "SELECT from_block, to_block FROM searched_in_vain WHERE source = ? AND searched_at > ?",
        [_again_of(log_filter, source), now - _AGAIN_AFTER],
    )
    return merged(rows.fetchall())


def _keep_asked_again(
    reading: Reading, log_filter: LogFilter, source: str, blocks: list[tuple[int, int]]
) -> None:
    with transaction(reading.con):
        for first, last in blocks:
            reading.con.execute(
                "INSERT INTO searched_in_vain VALUES (?, ?, get_current_timestamp(), ?)",
                [first, last, _again_of(log_filter, source)],
            )


def _again_of(log_filter: LogFilter, source: str) -> str:
    return f"{_AGAIN}{log_filter.names[0]} {source}"


def compare(
    reading: Reading,
    log_filter: LogFilter,
    stretches: list[tuple[int, int]],
    others: list[Endpoint],
    most: float = math.inf,
    patience_s: float = math.inf,
) -> Iterator[Compared]:
    """Ask `others` for some blocks that were read before, `most` times or so, and hold each answer
    against the store, which then says what came of it. Ends early where all of them were found
    wrong, or gave nothing of use for `patience_s`. Raises NodeError where nobody is left to ask."""
    answers = 0
    compared = LogRanges(
        reading.chain.endpoints, log_filter, stretches, of=others, patience_s=patience_s
    )
    with file_in_memory() as file:
        while compared.left:
            for answer in compared:
                if answer.endpoint not in reading.chain.endpoints.all:
                    compared.reject(answer, "serves another chain by now")  # left out meanwhile
                    continue
                if answer.endpoint.lied and not all(endpoint.lied for endpoint in others):
                    compared.reject(answer, "was found wrong meanwhile")
                    continue
                fault = read_into_landing(
                    reading.con, [] if answer.empty else [answer], log_filter, file
                )
                if fault is not None:
                    compared.reject(answer, fault)
                    continue
                answers += 1
                alike = _compare(reading, log_filter, answer)
                if answers >= most or all(endpoint.lied for endpoint in others):
                    compared.stop()
                yield Compared(answer.endpoint.host, answer.first, answer.last, alike)


def filters(con: duckdb.DuckDBPyConnection, network: Network) -> list[LogFilter]:
    """The filters that read all there is, as far as the stored logs name the stubs."""
    stubs = [stub for stub, _ in deployed_stubs(con)]
    both = [pool_and_bond(network)]
    return [*both, staking(network, stubs)] if stubs else both


def from_one_source(
    reading: Reading, log_filter: LogFilter, first: int, last: int, *, sure_too: bool = False
) -> dict[str, list[tuple[int, int]]]:
    """The ranges of a filter that each source alone gave; with those that are surer than that
    where it is `sure_too`. What ids prove of the pool needs no second answer, but the bond's logs
    come with it."""
    by_source: dict[str, list[tuple[int, int]]] = {}
    for name in log_filter.names:
        for each in ranges(reading.con, name, first, last):
            if each.known == "single" or sure_too:
                by_source.setdefault(each.source, []).append((each.first, each.last))
    return {source: merged(blocks) for source, blocks in by_source.items()}


def newest(stretches: list[tuple[int, int]], blocks: int) -> list[tuple[int, int]]:
    """The newest so many blocks of some ranges, the newest range first."""
    taken = []
    for first, last in reversed(stretches):
        if blocks <= 0:
            break
        taken.append((max(first, last - blocks + 1), last))
        blocks -= last - first + 1
    return taken


def _compare(reading: Reading, log_filter: LogFilter, answer: RangeAnswer) -> bool:
    """Hold a second host's answer, which is in `landing`, against the store; whether both tell the
    same."""
    con, host = reading.con, answer.endpoint.host
    span = [(answer.first, answer.last)]
    stored, more = only_stored(con, log_filter, span), only_answered(con, log_filter, span)
    if not stored and not more:
        untimely = settle_times(reading)
        if untimely is not None:
            with transaction(con):
                hosts = ", ".join(sorted(each.host for each in reading.chain.endpoints.serving))
                contradiction(reading, hosts, untimely, TWO_TIMES, settled=False)
            return False
        liars = {each.host for each in reading.chain.endpoints.all if each.lied}
        with transaction(con):
            for name in log_filter.names if host not in liars else ():
                agree(con, name, answer.first, answer.last, host, liars)
        reading.host_ranges.append(HostRange(host, log_filter.names, answer.first, answer.last))
        return True
    block = (stored or more)[0].block
    drop_false(reading, drop_misplaced(reading, stored, more))
    still = only_stored(con, log_filter, span)
    true = [log for log, yes in on_chain(reading.chain.endpoints, more, host).items() if yes]
    left = not true and left_chain(reading)
    if left or answer.endpoint not in reading.chain.endpoints.all:  # it may have been found before
        return False
    teller = ranges(con, log_filter.names[-1], block, block)
    source = teller[0].source if teller else ""
    with transaction(con):
        if set(still) & set(more):
            reason = "tell the same log under two indices"
            contradiction(reading, f"{source}, {host}", block, reason, settled=False)
        elif true:
            distrust(reading, source, true[0].block, "left out a log that its receipt holds")
            # Where nobody kept who gave them, each is forgotten by itself.
            for left_out in {log.block for log in true} if not source else ():
                for name in log_filter.names:
                    forget(con, left_out, left_out, name)
        elif still:
            bears_nothing_out(reading, host)
            contradiction(reading, host, still[0].block, "left out a log that the store holds")
        elif more:
            bears_nothing_out(reading, host)
            contradiction(reading, host, more[0].block, "told of a log that no receipt holds")
    return False


def sample(reading: Reading, stretches: Sequence[tuple[int, int]], requests: int) -> None:
    """Look up logs of the blocks in `stretches` in their receipts: all of them, or the newest half
    and some others where they are more than `requests` allow. What is not on the chain is
    dropped, and what its source alone gave is to be read again."""
    con = reading.con
    columns = ", ".join(f"logs.{column}" for column in PLACE.split(", "))
    rows = con.execute(
        f"""
        WITH mine AS (
            SELECT block, log_index FROM raw_logs
            WHERE {in_any(stretches)}
        ),

        chosen AS (
            (FROM mine ORDER BY block DESC, log_index DESC LIMIT $half)
            UNION
            (FROM mine ORDER BY hash(block, log_index) LIMIT $half)
        )

        SELECT {columns}, coalesce(alone.source, '')
        FROM raw_logs AS logs SEMI JOIN chosen USING (block, log_index)
        LEFT JOIN coverage AS alone
            ON alone.known IN ('single', 'agreed')
            AND logs.block BETWEEN alone.from_block AND alone.to_block
            AND alone.filter = CASE logs.address
                WHEN $pool THEN '{POOL}' WHEN $bond THEN '{BOND}' ELSE '{SFC}' END
        ORDER BY logs.block, logs.log_index
        """,
        {
            "half": max(1, requests // 4) * _LOGS_A_REQUEST,
            "pool": reading.network.pool,
            "bond": reading.network.bond,
        },
    ).fetchall()
    stored: dict[str, list[ChainLog]] = {}
    for *place, source in rows:
        stored.setdefault(source, []).append(as_chain_log(place))
    for source, logs in stored.items():
        places: dict[ChainLog, set[int]] = {}
        held: dict[ChainLog, int] = {}
        verdicts = on_chain(reading.chain.endpoints, logs, source, places=places, counts=held)
        drop_false(reading, [log for log, yes in verdicts.items() if yes is False])
        often = Counter(logs)
        for log in logs:
            if often[log] > held.get(log, often[log]):  # a copy of it is where no receipt has it
                drop_misplaced(reading, [log], [])
        moved = [log for log in logs if log.log_index not in places.get(log, {log.log_index})]
        if _all_deny(reading, moved[:FEW], source):
            with transaction(con):
                reason = "told of logs under other indices than their receipts"
                distrust(reading, source, moved[0].block, reason)


def _all_deny(reading: Reading, moved: list[ChainLog], source: str) -> bool:
    """Whether there are such logs, and the hosts' receipts have none of them under its index."""
    verdicts = on_chain(reading.chain.endpoints, moved, source, at_its_index=True)
    return bool(moved) and all(yes is False for yes in verdicts.values())
