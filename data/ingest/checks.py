"""What must hold of a rebuilt queue: within itself, and against the contract's own views.

A broken check is stored with its block and id and shown; nothing is dropped or mended.
What could not be checked is 'unknown', with the reason, and never counts as passed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import duckdb

from data.ingest.bond_ratio import ratio_breaks
from data.ingest.coverage import holes
from data.ingest.money import check_money
from data.ingest.within import LOOKED_AT, WITHIN, WITHIN_UNSURE
from data.pool.amounts import DECIMALS, format_short
from data.pool.burn import FeeRule, burn_fee_wei
from data.pool.state import PoolState

# Violations of one kind beyond these are counted, not listed.
_SHOWN = 50
_MOST_LINES = 10
_IN_WEI = ("view pendingWei", "view stashed", "view feeShift", "view getBurnFee")

# What logs alone say the contract's views must be. A sum over an amount that is not known is not
# known, never a smaller one.
# More is no sum of FTM (300,000 times all there is), and could not be added up.
_SUM = """CASE WHEN bool_and(coalesce({amount} <= 1e33::DECIMAL(38, 0), FALSE)) IS NOT FALSE
    THEN coalesce(sum({amount}) FILTER (WHERE {amount} <= 1e33::DECIMAL(38, 0)), 0) END"""
_QUEUE = f"""
SELECT
    (SELECT coalesce(max(wr_id) + 1, 0) FROM head_moves WHERE NOT by_hand) AS firstWrId,
    (SELECT coalesce(max(wr_id) + 1, 0) FROM requests) AS lastWrId,
    (
        SELECT {_SUM.format(amount="payout_wei")} FROM requests WHERE status = 'pending'
    ) AS pendingWei,
    (
        SELECT {_SUM.format(amount="payout_wei")} FROM requests WHERE status = 'manual'
    ) AS stashedForManualWithdrawals,
    (SELECT count(*) FROM stubs) AS stubCount,
    CASE
        WHEN (SELECT count(*) FROM ratios) = 0 THEN 1e18::DECIMAL(38, 0)
        ELSE (SELECT ratio_wei FROM ratios ORDER BY rowid DESC LIMIT 1) -- in the chain's order
    END AS ratio
"""
_CONTRACTS = {"bondContract": "bond", "certContract": "cert"}
# A block's time may be ahead of this machine's clock by so much.
_AHEAD = timedelta(hours=1)
_NO_ANSWER = (
    "the contract gave no answer: this generation may not have the view, or what it works out "
    "overflows"
)
# The first generation had no shift; the second's began at 0.
_FEE_SHIFT = f"""
WITH rule AS (
    SELECT position, word(data, 4) AS shift_wei FROM decodable_logs
    WHERE contract = 'pool' AND event = 'FeeRuleUpdated' AND words_count = 5
    UNION ALL
    SELECT -1, 0
    ORDER BY position DESC LIMIT 1
),

burned AS (
    SELECT {_SUM.format(amount="word(data, 0)")} AS gross_wei
    FROM decodable_logs
    WHERE contract = 'pool' AND event = 'TokensBurned2'
        AND position > (SELECT position FROM rule)
)

SELECT try(shift_wei + gross_wei) FROM rule, burned
"""
_FEE_RULE = """
SELECT min_fee_ratio_wei, max_fee_ratio_wei, fee_increase_start_wei, fee_increase_stop_wei
FROM fee_rules ORDER BY rowid DESC LIMIT 1 -- stored in the chain's order
"""

# Where ids are not consecutive: the blocks at both ends, by the check that finds it too.
_HOLES = {
    "request ids": """
        SELECT before_block, block FROM (
            SELECT wr_id, requested_block AS block,
                lag(wr_id, 1, -1) OVER (ORDER BY wr_id) AS earlier,
                lag(requested_block, 1, first_block) OVER (ORDER BY wr_id) AS before_block
            FROM requests CROSS JOIN store_info
        ) WHERE wr_id > earlier + 1
    """,
    "head order": """
        SELECT before_block, block FROM (
            SELECT wr_id, block,
                lag(wr_id, 1, -1) OVER (ORDER BY position) AS earlier,
                lag(block, 1, first_block) OVER (ORDER BY position) AS before_block
            FROM head_moves CROSS JOIN store_info WHERE NOT by_hand
        ) WHERE wr_id > earlier + 1
    """,
}
_HOLDS = "holds for every log stored"
_RATIOS = "bond ratio at burns"
# The views that tell of a lost log: where they passed, they are what the logs make of them.
_COUNTED = {f"view {view}" for view in ("lastWrId", "firstWrId", "stubCount", "ratio")}
# What is asked of each log by itself, or beside the one before it: where it held, only new logs can
# break it.
_OF_EACH_LOG = {
    *("logs decode", "amounts fit", "times ascend", "same contracts", "staking events"),
    *("payout amounts", "pool events"),
}
# What is asked of a table's rows beside those before them: where it held of rows that nobody wrote
# since, only rows that were appended can break it.
_OF_EACH_ROW = {"request ids", "head order", "settled once"}


@dataclass(frozen=True)
class Finding:
    """One row of the table `checks`; `status` is 'passed', 'failed' or 'unknown'."""

    name: str
    status: str
    message: str
    block: int | None = None
    wr_id: int | None = None


def run_checks(
    con: duckdb.DuckDBPyConnection,
    state: PoolState | None,
    unknown_because: str,
    now: datetime | None = None,
    since: int | None = None,
    *,
    proved: bool = False,
) -> list[Finding]:
    """Check the tables, against `state` where it is known, and store what was found.

    `unknown_because` says why there is no state; no block may be later than `now`. `since` is the
    block from which on logs were only appended to those that the stored checks are of; `proved`
    says that nobody wrote the tables either since those were made. Runs inside the caller's
    transaction, after decode.prepare and decode.rebuild.
    """
    held = set() if since is None else passed(con)
    con.execute("SET VARIABLE latest_time = ?", [now and now + _AHEAD])
    newest = _row(con, "SELECT coalesce(max(block), 0) FROM raw_logs")[0]
    if state is not None and newest > state.block.number:
        unknown_because = (
            f"the contract was asked at block {state.block.number}, but logs of block {newest} "
            "are in the store"
        )
        state = None
    findings = []
    idle = _nothing_to_look_at(con) if since is None else set()
    kept = held & (_OF_EACH_LOG | _OF_EACH_ROW if proved else _OF_EACH_LOG)
    for name, sql in (WITHIN | WITHIN_UNSURE).items():
        if since is not None and name in kept:
            con.execute("SET VARIABLE decoded_from = ?", [since + 1])
        if name in idle:
            findings.append(Finding(name, "passed", _HOLDS))
        else:
            findings += _within(con, name, sql, "unknown" if name in WITHIN_UNSURE else "failed")
        con.execute("RESET VARIABLE decoded_from")
    findings += _ratios(con, since if _RATIOS in held else None)
    findings += _no_gaps(con)
    findings += _against_views(con, state, unknown_because)
    money = check_money(con, state, unknown_because)
    findings.append(Finding("money", money.status, money.message, money.block))
    con.execute("DELETE FROM checks")
    con.executemany(
        "INSERT INTO checks (name, status, message, block, wr_id) VALUES (?, ?, ?, ?, ?)",
        [[f.name, f.status, f.message, f.block, f.wr_id] for f in findings],
    )
    return findings


def suspect_ranges(
    con: duckdb.DuckDBPyConnection, state: PoolState | None, passed: Collection[str] = ()
) -> list[tuple[int, int]]:
    """Block ranges in which a lost log must lie: ids are consecutive, so a hole has two ends.

    Checks that have `passed` on these tables leave none.
    """
    ranges: list[tuple[int, int]] = []
    for name, sql in _HOLES.items():
        ranges += con.execute(sql).fetchall() if name not in passed else []
    if _RATIOS not in passed:
        ranges += [(lost.first, lost.last) for lost in ratio_breaks(con)]
    if state is not None and not _COUNTED.issubset(passed):
        rebuilt = rebuilt_queue(con)
        for view, newest in (
            ("lastWrId", "SELECT max(requested_block) FROM requests"),
            ("firstWrId", "SELECT max(block) FROM head_moves"),
            ("stubCount", "SELECT max(block) FROM stubs"),
        ):
            if state.views.get(view, 0) > (rebuilt[view] or 0):
                ranges.append((_row(con, newest)[0] or 0, state.block.number))
        if (
            rebuilt["ratio"] is not None
            and state.views.get("ratio", rebuilt["ratio"]) != rebuilt["ratio"]
        ):
            last_update = _row(con, "SELECT max(block) FROM ratios")[0]
            ranges.append((last_update or 0, state.block.number))
    return ranges


def _within(con: duckdb.DuckDBPyConnection, name: str, sql: str, status: str) -> list[Finding]:
    rows = con.execute(f"SELECT block, wr_id, message FROM ({sql}) ORDER BY 1, 2, 3").fetchall()
    return _shown(name, rows, status) or [Finding(name, "passed", _HOLDS)]


def _nothing_to_look_at(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The checks of `LOOKED_AT` for which there is no log that could break them."""
    some = ", ".join(f"bool_or({which})" for which in LOOKED_AT.values())
    found = _row(con, f"SELECT {some} FROM known_logs('raw_logs')")
    return {name for name, any_ in zip(LOOKED_AT, found, strict=True) if not any_}


def _shown(
    name: str, rows: Sequence[tuple[int, int | None, str]], status: str = "failed"
) -> list[Finding]:
    """Violations as findings: the first `_SHOWN` one by one, the rest as one count."""
    findings = [Finding(name, status, row[2], row[0], row[1]) for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        more = len(rows) - _SHOWN
        findings.append(Finding(name, status, f"and {more} more of the kind", rows[_SHOWN][0]))
    return findings


def passed(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The checks that hold, as the store has them."""
    rows = con.execute("SELECT name FROM checks GROUP BY ALL HAVING bool_and(status = 'passed')")
    return {name for (name,) in rows.fetchall()}


def _ratios(con: duckdb.DuckDBPyConnection, since: int | None) -> list[Finding]:
    breaks = ratio_breaks(con, since)
    broken = _shown(_RATIOS, [(lost.last, lost.wr_id, lost.message) for lost in breaks])
    return broken or [Finding(_RATIOS, "passed", "gives the FTM of every burn of certificates")]


def _no_gaps(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    unread = holes(con)
    findings = _shown(
        "no gaps",
        [
            (hole.first, None, f"{hole.name} was not read from block {hole.first} to {hole.last}")
            for hole in unread
            if not hole.from_file
        ],
    )
    filed = [hole for hole in unread if hole.from_file]
    if filed and _row(con, "SELECT simulated FROM store_info") == (False,):
        first, last = min(hole.first for hole in filed), max(hole.last for hole in filed)
        why = f"blocks {first} to {last} came from files, which do not say what they leave out"
        findings.append(Finding("no gaps", "unknown", why, first))
    return findings or [Finding("no gaps", "passed", "every block was read")]


def _against_views(
    con: duckdb.DuckDBPyConnection, state: PoolState | None, unknown_because: str
) -> list[Finding]:
    rebuilt = rebuilt_queue(con)
    fees = [name for name in state.views if name.startswith("getBurnFee(")] if state else []
    findings = []
    for view in (*rebuilt, "feeShift", *(fees or ["getBurnFee"])):
        name = f"view {view}"
        if state is None:
            findings.append(Finding(name, "unknown", unknown_because))
        elif view not in state.views:
            findings.append(Finding(name, "unknown", _NO_ANSWER, state.block.number))
        else:
            ours = rebuilt[view] if view in rebuilt else _fee_side(con, view, state)
            findings.append(_compared(name, ours, state.views[view], state.block.number))
    for view, token in _CONTRACTS.items():
        name = f"view {view}"
        if state is None:
            findings.append(Finding(name, "unknown", unknown_because))
        elif view not in state.contracts:
            findings.append(Finding(name, "unknown", _NO_ANSWER, state.block.number))
        else:
            (ours,) = _row(con, f"SELECT {token} FROM store_info")
            theirs, at = state.contracts[view], state.block.number
            message = f"the contract says {theirs} at block {at}"
            if ours == theirs:
                findings.append(Finding(name, "passed", f"{message}, which is ours", at))
            else:
                findings.append(Finding(name, "failed", f"{message}, and ours is {ours}", at))
    return findings


def _fee_side(con: duckdb.DuckDBPyConnection, view: str, state: PoolState) -> int | None:
    """feeShift, or the fee of a probe amount, from logs alone."""
    if view == "feeShift":
        return rebuilt_fee_shift(con)
    amount_wei = int(view.removeprefix("getBurnFee(").removesuffix(")"))
    return rebuilt_fee(con, amount_wei, with_shift="feeShift" in state.views)


def _compared(name: str, ours: int | None, theirs: int, block: int) -> Finding:
    """What logs make of a view beside what the contract says of it."""
    if ours is None:
        return Finding(name, "unknown", "the logs do not tell it", block)
    rebuilt, stated = (_amount(name, value) for value in (ours, theirs))
    if ours == theirs:
        return Finding(name, "passed", f"{rebuilt}, as the contract says at block {block}", block)
    return Finding(
        name, "failed", f"rebuilt {rebuilt}, but the contract says {stated} at block {block}", block
    )


def _amount(name: str, value: int) -> str:
    """A view's value; one in wei as FTM too, exactly."""
    if not name.startswith(_IN_WEI):
        return str(value)
    return f"{value} wei ({format_short(value, DECIMALS)} FTM)"


def rebuilt_queue(con: duckdb.DuckDBPyConnection) -> dict[str, int | None]:
    """Each view that follows from requests, settlements and stubs, by name."""
    cursor = con.execute(_QUEUE)
    names = [column[0] for column in cursor.description or []]
    row = cursor.fetchone() or ()
    return {name: _whole(value) for name, value in zip(names, row, strict=True)}


def rebuilt_fee_shift(con: duckdb.DuckDBPyConnection) -> int | None:
    """`feeShift` in wei: the gross FTM burned since the last rule, and what that rule set."""
    row = con.execute(_FEE_SHIFT).fetchone()
    return None if row is None else _whole(row[0])


def rebuilt_fee(con: duckdb.DuckDBPyConnection, amount_wei: int, *, with_shift: bool) -> int | None:
    """`getBurnFee(amount_wei)` in wei, under the last rule; None where no log tells the rule."""
    rule = con.execute(_FEE_RULE).fetchone()
    shift_wei = rebuilt_fee_shift(con) if with_shift else 0
    if rule is None or None in rule or shift_wei is None:
        return None
    return burn_fee_wei(FeeRule(*map(int, rule)), amount_wei, shift_wei)


def _whole(value: int | None) -> int | None:
    """DuckDB's sums are HUGEINT or DECIMAL; both hold whole wei."""
    return None if value is None else int(value)


def _row(con: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    """The one row of an aggregate, or of store_info."""
    row = con.execute(sql).fetchone()
    assert row is not None
    return row


def failures(findings: Sequence[Finding]) -> list[str]:
    """The first checks that failed, with their block and id; the store keeps them all."""
    failed = [finding for finding in findings if finding.status == "failed"]
    lines = []
    for finding in failed[:_MOST_LINES]:
        request = "" if finding.wr_id is None else f", request {finding.wr_id}"
        place = f"block {finding.block}{request}"
        lines.append(f"check failed: {finding.name}, {place}: {finding.message}")
    if len(failed) > _MOST_LINES:
        lines.append(f"and {len(failed) - _MOST_LINES} more: see the Status page")
    return lines
