"""What must hold of a rebuilt queue: within itself, and against the contract's own views.

A broken check is stored with its block and id and shown; nothing is dropped or mended.
What could not be checked is 'unknown', with the reason, and never counts as passed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from data.ingest.coverage import holes
from data.pool.amounts import DECIMALS, format_short
from data.pool.burn import FeeRule, burn_fee_wei
from data.pool.contracts import PoolState

# Violations of one kind beyond these are counted, not listed.
_SHOWN = 50
_IN_WEI = ("view pendingWei", "view stashed", "view feeShift", "view getBurnFee")

# Each query lists violations as (block, wr_id, message).
_WITHIN = {
    "request ids": """
        SELECT block, wr_id, CASE
            WHEN wr_id = earlier THEN 'request ' || wr_id || ' was made twice'
            ELSE 'requests ' || (earlier + 1) || ' to ' || (wr_id - 1) || ' are missing before it'
        END AS message
        FROM (
            SELECT
                requested_block AS block,
                wr_id,
                coalesce(lag(wr_id) OVER (ORDER BY wr_id), -1) AS earlier
            FROM requests
        )
        WHERE wr_id <> earlier + 1
    """,
    "head order": """
        SELECT block, wr_id, CASE
            WHEN wr_id < due THEN 'request ' || wr_id || ' was passed again, ' || due || ' was due'
            ELSE 'the head went from ' || due || ' to ' || wr_id || ': settlements are missing'
        END AS message
        FROM (
            SELECT
                block,
                wr_id,
                coalesce(
                    max(wr_id) OVER (
                        ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                    ) + 1, 0
                ) AS due
            FROM head_moves WHERE NOT by_hand
        )
        WHERE wr_id <> due
    """,
    "settled once": """
        SELECT max(block) AS block, wr_id, 'request ' || wr_id || ' was paid twice' AS message
        FROM head_moves WHERE NOT refused GROUP BY wr_id HAVING count(*) > 1
    """,
    "payout amounts": """
        SELECT moves.block, moves.wr_id, CASE
            WHEN requests.wr_id IS NULL THEN 'request ' || moves.wr_id || ' was settled, not made'
            ELSE 'request ' || moves.wr_id || ' is owed '
                || coalesce(requests.payout_wei::VARCHAR, '?') || ' wei and was settled with '
                || coalesce(moves.payout_wei::VARCHAR, '?')
        END AS message
        FROM head_moves AS moves
        LEFT JOIN requests USING (wr_id)
        WHERE requests.payout_wei IS DISTINCT FROM moves.payout_wei OR requests.wr_id IS NULL
    """,
    "logs decode": """
        SELECT block, NULL::BIGINT AS wr_id,
            'log ' || log_index || ' has not the shape of ' || event AS message
        FROM malformed_logs('raw_logs')
    """,
    "amounts fit": """
        SELECT block, CASE WHEN contract = 'pool' AND has_id THEN topic_number(topic2) END AS wr_id,
            event || ', log ' || log_index || ', holds a number beyond 38 digits' AS message
        FROM decodable_logs
        WHERE words_are_numbers AND (
            words_count > 0 AND word(data, 0) IS NULL OR words_count > 1 AND word(data, 1) IS NULL
            OR words_count > 2 AND word(data, 2) IS NULL
            OR words_count > 3 AND word(data, 3) IS NULL
            OR words_count > 4 AND word(data, 4) IS NULL
        )
    """,
}
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
    (SELECT count(*) FROM stubs) AS stubCount
"""
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


@dataclass(frozen=True)
class Finding:
    """One row of the table `checks`; `status` is 'passed', 'failed' or 'unknown'."""

    name: str
    status: str
    message: str
    block: int | None = None
    wr_id: int | None = None


def run_checks(
    con: duckdb.DuckDBPyConnection, state: PoolState | None, unknown_because: str
) -> list[Finding]:
    """Check the rebuilt tables, against `state` where it is known, and store what was found.

    `unknown_because` says why there is no state. Runs inside the caller's transaction, after
    decode.prepare and decode.rebuild.
    """
    findings = [finding for name, sql in _WITHIN.items() for finding in _within(con, name, sql)]
    findings += _no_gaps(con)
    findings += _against_views(con, state, unknown_because)
    con.execute("DELETE FROM checks")
    con.executemany(
        "INSERT INTO checks (name, status, message, block, wr_id) VALUES (?, ?, ?, ?, ?)",
        [[f.name, f.status, f.message, f.block, f.wr_id] for f in findings],
    )
    return findings


def suspect_ranges(
    con: duckdb.DuckDBPyConnection, state: PoolState | None
) -> list[tuple[int, int]]:
    """Block ranges in which a lost log must lie: ids are consecutive, so a hole has two ends."""
    ranges: list[tuple[int, int]] = con.execute("""
        SELECT before_block, block FROM (
            SELECT wr_id, requested_block AS block,
                lag(wr_id) OVER (ORDER BY wr_id) AS earlier,
                lag(requested_block) OVER (ORDER BY wr_id) AS before_block
            FROM requests
        ) WHERE wr_id > earlier + 1
        UNION ALL
        SELECT before_block, block FROM (
            SELECT wr_id, block,
                lag(wr_id) OVER (ORDER BY position) AS earlier,
                lag(block) OVER (ORDER BY position) AS before_block
            FROM head_moves WHERE NOT by_hand
        ) WHERE wr_id > earlier + 1
    """).fetchall()
    if state is not None:
        rebuilt = rebuilt_queue(con)
        for view, newest in (
            ("lastWrId", "SELECT max(requested_block) FROM requests"),
            ("firstWrId", "SELECT max(block) FROM head_moves"),
        ):
            if state.views.get(view, 0) > (rebuilt[view] or 0):
                ranges.append((_row(con, newest)[0] or 0, state.block.number))
    return ranges


def _within(con: duckdb.DuckDBPyConnection, name: str, sql: str) -> list[Finding]:
    rows = con.execute(f"SELECT block, wr_id, message FROM ({sql}) ORDER BY 1, 2").fetchall()
    return _shown(name, rows) or [Finding(name, "passed", "holds for every log stored")]


def _shown(name: str, rows: Sequence[tuple[int, int | None, str]]) -> list[Finding]:
    """Violations as findings: the first `_SHOWN` one by one, the rest as one count."""
    findings = [Finding(name, "failed", row[2], row[0], row[1]) for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        more = len(rows) - _SHOWN
        findings.append(Finding(name, "failed", f"and {more} more of the kind", rows[_SHOWN][0]))
    return findings


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
    newest = _row(con, "SELECT coalesce(max(block), 0) FROM raw_logs")[0]
    if state is not None and newest > state.block.number:
        unknown_because = (
            f"the contract was asked at block {state.block.number}, but logs of block {newest} "
            "are in the store"
        )
        state = None
    findings = []
    for view in (*rebuilt, "feeShift", *(fees or ["getBurnFee"])):
        name = f"view {view}"
        if state is None:
            findings.append(Finding(name, "unknown", unknown_because))
        elif view not in state.views:
            why = "the contract gave no answer: this generation may not have the view"
            findings.append(Finding(name, "unknown", why, state.block.number))
        else:
            ours = rebuilt[view] if view in rebuilt else _fee_side(con, view, state)
            findings.append(_compared(name, ours, state.views[view], state.block.number))
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
