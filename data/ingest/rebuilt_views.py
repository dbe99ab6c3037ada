"""What logs alone say the contract's views must be: the other side of every comparison.

A sum over an amount that is not known is not known (None), never a smaller one.
"""

from __future__ import annotations

import duckdb

from data.pool.burn import FeeRule, burn_fee_wei

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
