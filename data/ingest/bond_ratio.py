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

# Blocks of burns that may not fit the ratio before their block, and of all burns whose block has an
# update of its own. amount = ceil(shares * 1e18 / ratio) where
# (amount - 1) * ratio < shares * 1e18 <= amount * ratio. Those products pass 38 digits, so about
# the whole FTM of the amount are taken off both sides first; what still overflows is one too.
_SUSPECTS = f"""
WITH updates AS (
    SELECT block, last(ratio_wei::HUGEINT ORDER BY rowid) AS ratio FROM ratios GROUP BY block
    UNION ALL
    SELECT -1, {ONE}
),

burns AS (
    SELECT
        requests.requested_block AS block, ratio,
        gross_wei::HUGEINT AS gross, shares_wei::HUGEINT AS shares,
        try((gross_wei::DOUBLE / 1e18)::HUGEINT) AS whole
    FROM requests ASOF JOIN updates ON requests.requested_block > updates.block
    WHERE requests.requested_block > ? AND token = 'aFTMc'
        AND gross_wei IS NOT NULL AND shares_wei IS NOT NULL
),

parts AS (
    SELECT
        block, ratio,
        try((shares - whole * ratio) * {ONE}) AS shares_left,
        try((gross - whole * {ONE}) * ratio) AS gross_left
    FROM burns
)

SELECT DISTINCT block FROM parts
WHERE (shares_left <= gross_left AND gross_left - ratio < shares_left) IS NOT TRUE
    OR block IN (SELECT block FROM updates)
"""
# Those burns beside the last update before each, in the chain's order.
_PAIRS = f"""
WITH updates AS (
    SELECT position, block, word(data, 0) AS ratio FROM decodable_logs
    WHERE contract = 'bond' AND event = 'RatioUpdate'
    UNION ALL
    SELECT -1, (SELECT first_block FROM store_info), {ONE}
),

burns AS (
    SELECT
        position, block, topic_number(topic2) AS wr_id,
        word(data, 0) AS gross, word(data, 1) AS shares
    FROM decodable_logs
    WHERE block IN (SELECT unnest(?)) AND contract = 'pool' AND event = 'TokensBurned2'
        AND topic_number(topic3) = 0
)

SELECT burns.block, wr_id, gross, shares, updates.block, ratio
FROM burns ASOF JOIN updates ON burns.position > updates.position
WHERE gross IS NOT NULL AND shares IS NOT NULL AND ratio IS NOT NULL
ORDER BY burns.position
"""


@dataclass(frozen=True)
class RatioBreak:
    """A burn of certificates, and those after it up to the next update, whose FTM the last
    `RatioUpdate` before them does not give: one is missing, or altered, in first..last."""

    first: int
    last: int
    wr_id: int
    message: str


def ratio_breaks(con: duckdb.DuckDBPyConnection, since: int | None = None) -> list[RatioBreak]:
    """The first burn after each update that does not fit, in the chain's order; among those after
    block `since` where the ones before are known to fit."""
    found = con.execute(_SUSPECTS, [-1 if since is None else since])
    blocks = [block for (block,) in found.fetchall()]
    if not blocks:
        return []
    breaks: dict[int, RatioBreak] = {}
    for block, wr_id, *words, updated, ratio in con.execute(_PAIRS, [blocks]).fetchall():
        gross, shares, ratio = map(int, (*words, ratio))
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
