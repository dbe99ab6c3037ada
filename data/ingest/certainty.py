"""What the checks prove of the blocks that were read, and what still rests on one source alone.

Made after all other checks, since those decide what is proved. No finding here is "failed" because
nobody could be asked: what one source alone gave is unknown.
"""

from __future__ import annotations

import duckdb

from data.ingest.checks import Finding
from data.ingest.coverage import BOND, POOL, SFC, TIMES, due, prove, ranges, times_alone

_SECOND_SOURCE = "second source: "
_CONTRADICTIONS = "contradictions"
# Requests and settlements are numbered, and the contract tells how many there are; stakes are not,
# but without one the money would not add up.
_PROVE_POOL = (
    *("request ids", "head order", "settled once", "payout amounts"),
    *("view firstWrId", "view lastWrId", "money"),
)
_ADDS_UP = (
    " (as the money adds up, no claim or return that brought some is missing, but lock-ups and "
    "rewards staked again at once may be)"
)
_PROVED = (
    "the contract's own counts and the money leave no room for a missing request, settlement or "
    "stake; its upgrades and settings, which nothing counts, are as sure as the bond token's logs"
)
# The pool's upgrades and settings come in the same answers as the bond's logs.
_CALLED = {
    POOL: "the pool's blocks",
    BOND: "the blocks of the bond token, and of the pool's upgrades and settings,",
    SFC: "the staking contract's blocks",
}
# More of one kind are counted, not listed.
_SHOWN = 50


def judge(con: duckdb.DuckDBPyConnection, at: int | None = None) -> list[Finding]:
    """Record what the stored checks prove, and replace the findings about second sources and
    contradictions. There are none of a simulation.

    `at` is a later block at which the contract was found as the checks left it, without a new log.
    To be called inside a transaction, once store_info says how far the store goes.
    """
    row = con.execute("SELECT simulated, network, synced_block FROM store_info").fetchone()
    assert row is not None
    simulated, network, synced_block = row
    if simulated or synced_block is None:
        return []
    _prove(con, at)
    findings = [
        _second_source(con, network, name, first, synced_block)
        for name, first in due(con)
        if first <= synced_block
    ]
    findings += [_times(con, network, synced_block), *_contradictions(con)]
    con.execute(
        "DELETE FROM checks WHERE starts_with(name, ?) OR name = ?",
        [_SECOND_SOURCE, _CONTRADICTIONS],
    )
    con.executemany(
        "INSERT INTO checks (name, status, message, block, wr_id) VALUES (?, ?, ?, ?, ?)",
        [[f.name, f.status, f.message, f.block, f.wr_id] for f in findings],
    )
    return findings


def _prove(con: duckdb.DuckDBPyConnection, at: int | None) -> None:
    """Raise the pool's blocks to `proved` where the numbers and the views leave no room.

    The money proves no block of the staking contract: lock-ups move none, nor do rewards that are
    staked again at once. A second host is still to be asked for those.
    """
    rows = con.execute(
        "SELECT name, bool_and(status = 'passed'), bool_or(status = 'failed'), max(block) "
        "FROM checks GROUP BY name"
    ).fetchall()
    passed = {name: block for name, yes, _, block in rows if yes}
    broken = any(no for name, _, no, _ in rows if name.startswith("view "))
    if not broken and all(name in passed for name in _PROVE_POOL):
        prove(con, POOL, 0, at or passed["view lastWrId"])


def _second_source(
    con: duckdb.DuckDBPyConnection, network: str, name: str, first: int, last: int
) -> Finding:
    check, whose, total = f"{_SECOND_SOURCE}{name}", _CALLED[name], last - first + 1
    known = ranges(con, name, first, last)
    alone = [each for each in known if each.known == "single"]
    unread = total - sum(each.last - each.first + 1 for each in known)
    if alone:
        single = sum(each.last - each.first + 1 for each in alone)
        sources = sorted({each.source or "an earlier sync" for each in alone})
        by = f"{sources[0]} alone" if len(sources) == 1 else f"one of {', '.join(sources)} alone"
        if name == SFC and _money_passed(con):
            by += _ADDS_UP
        return Finding(
            check,
            "unknown",
            f"one source: {_share(single, total)} of {whose} were given by {by}: run "
            f"`python -m data.sync verify --network {network}`",
            alone[0].first,
        )
    if unread:
        why = f"{_share(unread, total)} of {whose} were read from no node"
        return Finding(check, "unknown", why)
    if any(each.known == "proved" for each in known):
        return Finding(check, "passed", _PROVED)
    return Finding(check, "passed", f"all of {whose} were given alike by two hosts")


def _times(con: duckdb.DuckDBPyConnection, network: str, last: int) -> Finding:
    """Nothing counts times: only a second host's headers say that one host gave them rightly."""
    check = f"{_SECOND_SOURCE}{TIMES}"
    alone, first = times_alone(con, last)
    if alone:
        blocks = "one block" if alone == 1 else f"{alone:,} blocks"
        return Finding(
            check,
            "unknown",
            f"one source: no second host gave the time of {blocks} with logs: run "
            f"`python -m data.sync verify --network {network}`",
            first,
        )
    passed = (
        "the headers of two hosts have the stored times, of blocks drawn from the whole history"
    )
    return Finding(check, "passed", passed)


def _money_passed(con: duckdb.DuckDBPyConnection) -> bool:
    row = con.execute("SELECT 1 FROM checks WHERE name = 'money' AND status = 'passed'").fetchone()
    return row is not None


def _share(part: int, total: int) -> str:
    """In whole percent; what is nearly all or nothing is not said to be it."""
    if part == total:
        return "all"
    percent = 100 * part / total
    if percent < 1:
        return "under 1 %"
    return "over 99 %" if percent > 99 else f"{percent:.0f} %"


def _contradictions(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    rows = con.execute(
        "SELECT block, source, reason FROM contradictions WHERE NOT settled ORDER BY ALL"
    ).fetchall()
    findings = [
        Finding(_CONTRADICTIONS, "failed", f"{source or 'an earlier source'}: {reason}", block)
        for block, source, reason in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        more = f"and {len(rows) - _SHOWN} more of the kind"
        findings.append(Finding(_CONTRADICTIONS, "failed", more, rows[_SHOWN][0]))
    passed = "no two sources gave different logs that the chain itself did not tell apart"
    return findings or [Finding(_CONTRADICTIONS, "passed", passed)]
