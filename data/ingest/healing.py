"""What a store that holds a lie does to be rid of it: it reads again, by itself.

Ids, the ratio at burns and the money say in which blocks a log is missing: those are read again,
from others first. A source that was found wrong is read again in all it alone gave. Nobody is told
to throw a store away whose history may not be had again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import duckdb

from data import NodeError, WrongChainError
from data.ingest.checks import Finding, suspect_ranges
from data.ingest.coverage import forget, ranges
from data.ingest.doubts import (
    PLACE,
    as_chain_log,
    contradiction,
    distrust,
    read_again,
    take_back,
)
from data.ingest.evidence import filters
from data.ingest.finish import Reached, finish
from data.ingest.landing import land_range, unread
from data.ingest.money import doubtful_blocks, locate, loss_is_known
from data.ingest.reading import Reading, deployed_stubs
from data.ingest.times import mend_times
from data.node.witness import on_chain
from data.store.writer import transaction

# A range that stays empty is searched so often in a day, at the same hosts.
_SEARCHES_A_DAY = 2
_KNOWN_LOGS = 3
# Endpoints may differ by this much in how new their newest block is.
_LAG_BLOCKS = 1_000
_ASK_ANOTHER = "Ask another --rpc-url; if the chain really is new, name another --store"
_ROUNDS = 3


def read_liars_again(reading: Reading) -> None:
    """Let what sources alone gave that were found wrong in an earlier sync be read again."""
    sources = reading.con.execute(
        "SELECT DISTINCT source FROM contradictions WHERE NOT read_again "
        "AND source NOT LIKE '%, %' ORDER BY 1"  # which of several was wrong is not known
    ).fetchall()
    with transaction(reading.con):
        for (source,) in sources:
            reading.healed.add(source)
            read_again(reading, source)


def same_chain(reading: Reading, synced: int, synced_hash: str | None, head: int) -> int:
    """Make sure that the node's chain, whose newest block is `head`, is the one that the store was
    read from up to block `synced`. Returns up to which block it was, as is known now.

    Where receipts hold the newest stored logs, the chain is the store's: then another hash, or
    blocks that the chain has not and in which the store holds nothing, were given wrongly and are
    taken back. Where the store holds no log, all is read again. Raises NodeError, or
    WrongChainError, otherwise.
    """
    con = reading.con
    empty = not _any_logs(reading)
    if synced > head + _LAG_BLOCKS:
        beyond = con.execute("SELECT 1 FROM raw_logs WHERE block > ? LIMIT 1", [head])
        if beyond.fetchone() or not _newest_logs_stand(reading):
            raise NodeError(
                f"the node's newest block is {head}, but the store was read to {synced}: "
                f"the node is behind, or its chain was restarted. {_ASK_ANOTHER}"
            )
        with transaction(con):
            wrong = f"told of blocks beyond {head}, which the chain has not"
            contradiction(reading, "", synced, wrong)
            forget(con, 0 if empty else head + 1, 2**62)
            con.execute(
                "UPDATE store_info SET synced_block = ?, head_block = ?, synced_hash = NULL",
                [head, head],
            )
        return head
    if synced_hash is None or synced > head:
        return synced
    node_hash = reading.chain.block(synced).hash
    if node_hash is not None and node_hash != synced_hash:
        if not _newest_logs_stand(reading):
            raise WrongChainError(
                f"block {synced} is {synced_hash} in the store but {node_hash} at the node: the "
                f"chain was rewritten or restarted, or is another. {_ASK_ANOTHER}"
            )
        with transaction(con):
            contradiction(reading, "", synced, "told another hash of the synced block")
            if empty:
                forget(con, 0, 2**62)
            con.execute("UPDATE store_info SET synced_hash = ?", [node_hash])
    return synced


def _newest_logs_stand(reading: Reading) -> bool:
    """Whether receipts hold the newest stored logs, if there are any."""
    rows = reading.con.execute(
        f"SELECT {PLACE} FROM raw_logs ORDER BY block DESC, log_index DESC LIMIT {_KNOWN_LOGS}"
    ).fetchall()
    logs = [as_chain_log(row) for row in rows]
    return all(on_chain(reading.chain.endpoints, logs, "").values())


def finish_look(reading: Reading, first: int, target: Reached, *, at_end: bool) -> list[Finding]:
    """Finish a look, with the contract's own state `at_end`; where a log is missing, read those
    blocks again. Returns the checks' findings."""
    if at_end:
        target = _with_state(reading, target)
    return _search(reading, first, target, finish(reading.con, target))


def _search(
    reading: Reading, first: int, target: Reached, findings: list[Finding]
) -> list[Finding]:
    """Read again the blocks, from `first` on, in which ids, ratios or the money say that a log is
    missing, and fix times that do not ascend. Returns the checks' findings after it."""
    con = reading.con
    untimely = _to_search(reading, first, target.now, _untimely(con))
    mend_times(reading, [block for block, _ in untimely])
    missing = _missing(reading, first, target, findings)
    if not missing and not untimely:
        return findings
    for start, end in missing:
        blocks = f"in block {start}" if start == end else f"between blocks {start} and {end}"
        reading.note(f"a log is missing {blocks}: reading it again")
    left_out = _read_from_each(reading, first, target.block.number, missing)
    with transaction(con):
        for start, end in (*untimely, *missing):
            con.execute(
                "INSERT INTO searched_in_vain VALUES (?, ?, get_current_timestamp(), ?)",
                [start, end, reading.chain.sources],
            )
        for source in sorted(left_out):
            distrust(reading, source, left_out[source], "left out a log")
    for _ in range(_ROUNDS):
        if not unread(con, first, target.block.number):
            break
        land_range(reading, first, target.block.number)
    return finish(con, target)


def _read_from_each(
    reading: Reading, first: int, last: int, missing: list[tuple[int, int]]
) -> dict[str, int]:
    """Read some ranges again, each filter from one host after the other, until each range holds a
    log that it did not. Returns who left them out, with the first block where they did."""
    con = reading.con
    trusted = [endpoint for endpoint in reading.chain.endpoints.all if not endpoint.lied]
    held = {each: _places(reading, *each) for each in missing}
    left_out: dict[str, int] = {}
    for log_filter in filters(con, reading.network):
        hosts_of = {
            (start, end): hosts
            for each in missing
            for start, end, hosts in _hosts_by_range(con, log_filter.names[-1], *each)
        }
        for turn in range(len(trusted)):
            lacking = [each for each in missing if _places(reading, *each) <= held[each]]
            left = [
                (start, end)
                for start, end in hosts_of
                if any(a <= start and end <= b for a, b in lacking)
                and (turn == 0 or any(each.host not in hosts_of[start, end] for each in trusted))
            ]
            for tellers in {frozenset(hosts_of[each]) for each in left}:
                pieces = {
                    each: _places(reading, *each) for each in left if hosts_of[each] == tellers
                }
                for endpoint in trusted:  # others than who gave it are asked first
                    endpoint.lied = endpoint.host in tellers | reading.found_wrong
                for start, end in pieces:
                    for name in log_filter.names:
                        take_back(reading, name, start, end)
                land_range(reading, first, last)
                for each, before in pieces.items():
                    if not _places(reading, *each) <= before:
                        left_out |= {host: each[0] for host in tellers if host not in left_out}
                    for _, _, hosts in _hosts_by_range(con, log_filter.names[-1], *each):
                        hosts_of[each] |= hosts
    for endpoint in trusted:
        endpoint.lied = endpoint.host in reading.found_wrong
    return left_out


def _hosts_by_range(
    con: duckdb.DuckDBPyConnection, name: str, first: int, last: int
) -> list[tuple[int, int, set[str]]]:
    """Who gave what of some blocks: ranges of a filter, each with its hosts, none where that is not
    known."""
    return [
        (each.first, each.last, set(filter(None, each.source.split(", "))))
        for each in ranges(con, name, first, last)
    ]


def _untimely(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """The blocks whose times do not ascend by the last checks, and those before them: one of both
    is wrong."""
    rows: list[tuple[int, int]] = con.execute(
        "SELECT DISTINCT untimely, untimely FROM (SELECT unnest([block, (SELECT max(before.block) "
        "FROM raw_logs AS before WHERE before.block < checks.block)]) AS untimely FROM checks "
        "WHERE name = 'times ascend' AND status = 'failed') WHERE untimely IS NOT NULL"
    ).fetchall()
    return rows


def still_missing(reading: Reading, first: int, now: datetime) -> bool:
    """Whether the last checks say that a log of some block from `first` on is missing, or its time
    wrong, and it is time to read that one again: though nothing is new, who is asked may be honest
    by now. Or two hosts have borne out since what the check of the money then called a failure."""
    con = reading.con
    doubtful = con.execute(
        "SELECT bool_or(name = 'money' AND status = 'failed') FROM checks "
        "WHERE status = 'failed' OR name = 'money' AND status <> 'passed' HAVING count(*) > 0"
    ).fetchone()
    if doubtful is None:
        return False
    if doubtful[0] and loss_is_known(con):
        return True
    doubtful_ranges = [(block, block) for block in doubtful_blocks(con)]
    found = [*suspect_ranges(con, None), *doubtful_ranges, *_untimely(con)]
    return bool(_to_search(reading, first, now, found))


def _missing(
    reading: Reading, first: int, target: Reached, findings: list[Finding]
) -> list[tuple[int, int]]:
    """The blocks in which a log is missing, but for those that were searched in vain of late."""
    con = reading.con
    passed = {each.name for each in findings if each.status == "passed"}
    found = suspect_ranges(con, target.state, passed)
    money = next((each for each in findings if each.name == "money"), None)
    if money and money.status != "passed" and target.state and target.state.stub_balances:
        found += [(block, block) for block in locate(con, reading.chain.balances_wei)]
    return _to_search(reading, first, target.now, found)


def _to_search(
    reading: Reading, first: int, now: datetime, found: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Those of some ranges, from block `first` on, that the hosts of now were not asked for often
    enough of late."""
    searched = reading.con.execute(
        "SELECT from_block FROM searched_in_vain WHERE searched_at > ? AND source = ? "
        "GROUP BY from_block HAVING count(DISTINCT searched_at) >= ?",
        [now - timedelta(days=1), reading.chain.sources, _SEARCHES_A_DAY],
    ).fetchall()
    ours = [(max(first, start), end) for start, end in found if end >= first]
    return [each for each in ours if (each[0],) not in searched]


def _places(reading: Reading, first: int, last: int) -> set[tuple[int, int]]:
    """The block and index of each stored log of blocks first..last."""
    return set(
        reading.con.execute(
            "SELECT block, log_index FROM raw_logs WHERE block BETWEEN ? AND ?", [first, last]
        ).fetchall()
    )


def _any_logs(reading: Reading) -> bool:
    return reading.con.execute("FROM raw_logs LIMIT 1").fetchone() is not None


def _with_state(reading: Reading, target: Reached) -> Reached:
    """`target` with what the contract says of itself there, or why that is not known. Raises
    WrongChainError where there is neither a contract nor a log of it."""
    stubs = [stub for stub, _ in deployed_stubs(reading.con)]
    try:
        return replace(target, state=reading.chain.pool_state(target.block, stubs))
    except NodeError as error:
        if isinstance(error, WrongChainError) and not _any_logs(reading):
            raise WrongChainError(f"{error}, by the same id. {_ASK_ANOTHER}") from error
        reading.note(f"the contract's own views were not checked: {error}")
        return replace(target, unknown_because=str(error))
