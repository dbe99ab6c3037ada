"""Whether a ratio of the bond is missing: each burn of certificates tells the ratio at its block.

The pool takes ceil(shares * 1e18 / ratio) FTM for shares burned (`sharesToBalance`), and tells both
in the burn's own log. So the last `RatioUpdate` before it (1e18 before the first) must give just
that amount. Burns of aFTMb name the FTM themselves and tell less.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from data.pool.amounts import ONE
from data.pool.burn import bonds_of_shares

# amount = ceil(shares * 1e18 / ratio) where (amount - 1) * ratio < shares * 1e18 <= amount * ratio.
# Those products pass 38 digits, so the whole FTM of the amount are taken off both sides first;
# what still overflows (a ratio beyond 1e20) is left for Python, as is what does not fit.
_SUSPECTS = f"""
WITH updates AS (
    SELECT position, block, word(data, 0)::HUGEINT AS ratio FROM decodable_logs
    WHERE contract = 'bond' AND event = 'RatioUpdate'
    UNION ALL
    SELECT -1, (SELECT first_block FROM store_info), {ONE}
),

burns AS (
    SELECT
        position, block, topic_number(topic2) AS wr_id,
        word(data, 0)::HUGEINT AS gross, word(data, 1)::HUGEINT AS shares
    FROM decodable_logs
    WHERE contract = 'pool' AND event = 'TokensBurned2' AND topic_number(topic3) = 0
),

pairs AS (
    SELECT
        burns.block, wr_id, gross, shares, updates.block AS updated_block, ratio,
        try((shares - (gross // {ONE}) * ratio) * {ONE}) AS shares_left,
        try((gross % {ONE}) * ratio) AS gross_left
    FROM burns ASOF JOIN updates ON burns.position > updates.position
)

SELECT block, wr_id, gross, shares, updated_block, ratio FROM pairs
WHERE gross IS NOT NULL AND shares IS NOT NULL AND ratio IS NOT NULL
    AND (shares_left <= gross_left AND gross_left - ratio < shares_left) IS NOT TRUE
ORDER BY block, wr_id
"""


@dataclass(frozen=True)
class RatioBreak:
    """A burn of certificates, and those after it up to the next update, whose FTM the last
    `RatioUpdate` before them does not give: one is missing, or altered, in first..last."""

    first: int
    last: int
    wr_id: int
    message: str


def ratio_breaks(con: duckdb.DuckDBPyConnection) -> list[RatioBreak]:
    """The first burn after each update that does not fit, in the chain's order."""
    breaks: dict[int, RatioBreak] = {}
    for block, wr_id, gross, shares, updated, ratio in con.execute(_SUSPECTS).fetchall():
        if updated in breaks or (ratio and bonds_of_shares(shares, ratio) == gross):
            continue
        implied = f"about {-(-shares * ONE // gross)}" if gross else "none"
        breaks[updated] = RatioBreak(
            updated,
            block,
            wr_id,
            f"request {wr_id} was burned at a ratio of {implied}, and the last one told, of block "
            f"{updated}, is {ratio}: a RatioUpdate is missing between, or was altered",
        )
    return list(breaks.values())
