"""What must hold of a rebuilt queue: within itself, and against the contract's own views.

A broken check is stored with its block and id and shown; nothing is dropped or mended.
What could not be checked is 'unknown', with the reason, and never counts as passed.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from data.fees import FeeRule, burn_fee_wei
from data.pool_state import PoolState

# More violations of one kind than this are one fault, and are told as a count.
_SHOWN = 50

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
        SELECT block, CASE WHEN contract = 'pool' THEN topic_number(topic2) END AS wr_id,
            event || ', log ' || log_index || ', holds a number beyond 38 digits' AS message
        FROM decodable_logs
        WHERE words_are_numbers AND (
            words_count > 0 AND word(data, 0) IS NULL OR words_count > 1 AND word(data, 1) IS NULL
            OR words_count > 2 AND word(data, 2) IS NULL
            OR words_count > 3 AND word(data, 3) IS NULL
            OR words_count > 4 AND word(data, 4) IS NULL
        )
    """,
    "no gaps": """
        SELECT to_block + 1 AS block, NULL::BIGINT AS wr_id,
            filter || ' was not read from block ' || (to_block + 1) || ' to ' || (upto - 1)
                AS message
        FROM (
            SELECT filter, to_block, coalesce(
                lead(from_block) OVER (PARTITION BY filter ORDER BY from_block),
                (SELECT synced_block + 1 FROM store_info)
            ) AS upto
            FROM coverage WHERE filter NOT LIKE 'file%'
        )
        WHERE upto > to_block + 1
    """,
}
# What logs alone say of the pool's views; NULL where they do not say it.
_REBUILT = """
SELECT
    (SELECT coalesce(max(wr_id) + 1, 0) FROM head_moves WHERE NOT by_hand) AS firstWrId,
    (SELECT coalesce(max(wr_id) + 1, 0) FROM requests) AS lastWrId,
    (
        SELECT CASE WHEN bool_and(payout_wei IS NOT NULL) IS NOT FALSE
            THEN coalesce(sum(payout_wei), 0) END
        FROM requests WHERE status = 'pending'
    ) AS pendingWei,
    (
        SELECT CASE WHEN bool_and(payout_wei IS NOT NULL) IS NOT FALSE
            THEN coalesce(sum(payout_wei), 0) END
        FROM requests WHERE status = 'manual'
    ) AS stashedForManualWithdrawals,
    (SELECT count(*) FROM stubs) AS stubCount
"""
_FEE_SHIFT = """
WITH rule AS (
    SELECT position, word(data, 4) AS shift FROM decodable_logs
    WHERE contract = 'pool' AND event = 'FeeRuleUpdated' AND words_count = 5
    ORDER BY position DESC LIMIT 1
)

SELECT coalesce((SELECT shift FROM rule), 0) + coalesce(sum(word(data, 0)), 0)
FROM decodable_logs
WHERE contract = 'pool' AND event = 'TokensBurned2'
    AND position > coalesce((SELECT position FROM rule), -1)
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
        rebuilt = _rebuilt(con)
        for view, newest in (
            ("lastWrId", "SELECT max(requested_block) FROM requests"),
            ("firstWrId", "SELECT max(block) FROM head_moves"),
        ):
            if state.views.get(view, 0) > (rebuilt[view] or 0):
                row = con.execute(newest).fetchone()
                if row and row[0] is not None:
                    ranges.append((row[0], state.block.number))
    return ranges


def _within(con: duckdb.DuckDBPyConnection, name: str, sql: str) -> list[Finding]:
    rows = con.execute(f"SELECT block, wr_id, message FROM ({sql}) ORDER BY 1, 2").fetchall()
    if not rows:
        return [Finding(name, "passed", "holds for every log stored")]
    findings = [Finding(name, "failed", row[2], row[0], row[1]) for row in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        more = len(rows) - _SHOWN
        findings.append(Finding(name, "failed", f"and {more} more of the kind", rows[_SHOWN][0]))
    return findings


def _against_views(
    con: duckdb.DuckDBPyConnection, state: PoolState | None, unknown_because: str
) -> list[Finding]:
    rebuilt = _rebuilt(con)
    fees = [name for name in state.views if name.startswith("getBurnFee(")] if state else []
    findings = []
    for view in (*rebuilt, "feeShift", *(fees or ["getBurnFee"])):
        name = f"view {view}"
        if state is None:
            findings.append(Finding(name, "unknown", unknown_because))
        elif view not in state.views:
            why = "the contract gave no answer: this generation may not have the view"
            findings.append(Finding(name, "unknown", why, state.block.number))
        else:
            found = rebuilt[view] if view in rebuilt else _fee_side(con, view, state)
            findings.append(_compared(name, found, state.views[view], state.block.number))
    return findings


def _rebuilt(con: duckdb.DuckDBPyConnection) -> dict[str, int | None]:
    cursor = con.execute(_REBUILT)
    names = [column[0] for column in cursor.description or []]
    row = cursor.fetchone() or ()
    return {
        name: None if value is None else int(value) for name, value in zip(names, row, strict=True)
    }


def _fee_side(con: duckdb.DuckDBPyConnection, view: str, state: PoolState) -> int | None:
    """feeShift, or the fee of a probe amount, from logs alone."""
    row = con.execute(_FEE_SHIFT).fetchone()
    shift = None if row is None or row[0] is None else int(row[0])
    if view == "feeShift" or shift is None:
        return shift
    rule = con.execute("""
        SELECT min_fee_ratio_wei, max_fee_ratio_wei, fee_increase_start_wei, fee_increase_stop_wei
        FROM fee_rules ORDER BY updated_at DESC, block DESC LIMIT 1
    """).fetchone()
    if rule is None or None in rule:
        return None
    amount_wei = int(view.removeprefix("getBurnFee(").removesuffix(")"))
    has_shift = "feeShift" in state.views
    return burn_fee_wei(FeeRule(*map(int, rule)), amount_wei, shift if has_shift else 0)


def _compared(name: str, found: int | None, stated: int, block: int) -> Finding:
    if found is None:
        return Finding(name, "unknown", "the logs do not tell it", block)
    if found == stated:
        return Finding(name, "passed", f"{found}, as the contract says at block {block}", block)
    return Finding(
        name, "failed", f"rebuilt {found}, but the contract says {stated} at block {block}", block
    )
