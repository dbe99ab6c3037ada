"""Whether the money adds up: what the pool and its stubs hold, against what came and went.

    held by the pool and all stubs = stakes received + rewards claimed + stake returned
                                     - paid out - delegated anew

Money moves at these places of the contracts, and each leaves a log that we read:

- the pool takes FTM in for a stake (`StakeReceived`, `StakeReceived2`, the whole value);
- it pays by `withdrawLast` and `withdrawManual` (`Withdrawn`). A refused push
  (`ManualWithdrawalExpected`) stays in the pool, and so does every burn fee;
- a stub gets its rewards (`ClaimedRewards`, the sum of its three fields) and its undelegated stake
  (`Withdrawn` of the staking contract), and sends stake there (`Delegated`). Restaked rewards are
  minted into the stake: their `Delegated` is taken off again by their `RestakedRewards`. The
  penalty of an early unlock is taken from the stake, before any of it returns.

`flush` and `sendToStub` leave no log and cancel out. What breaks the sum with no log of ours:

- more than the sum: a plain transfer to the pool or a stub (also one before its first log);
- less than the sum: a return from a slashed validator, whose `Withdrawn` tells the amount before
  the cut, and rewards or returns redirected to another receiver, which the logs tell as if they
  had come. That stays so for ever: where two hosts gave the block alike, it is known and no failure
  any more, but it never passes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb

from data import NodeError
from data.ingest.coverage import POOL, SFC, ranges
from data.pool.amounts import DECIMALS, format_short
from data.pool.state import PoolState

_MOVES = Path(__file__).with_suffix(".sql").read_text()
_PARTS = ("stakes received", "rewards claimed", "stake returned", "paid out", "delegated anew")
# One row a block at which the balances were asked: what the pool and the stubs held together.
_HELD = "held"
_MORE = (
    "More is a plain transfer, which leaves no log, or a stake, a claim or a return of stake whose "
    "log was withheld"
)
_LESS = (
    "Less is a payout or a delegation whose log was withheld, or a return or rewards of which the "
    "staking contract kept a part (slashing) or which it sent elsewhere (redirection)"
)
_KNOWN_LOSS = (
    "It is a known deficit: two hosts gave the same logs of each block in which it arose, and "
    "nothing changed since. "
)
# A sum over an amount that is not known, or is more than all FTM, is not known.
_SUM = """CASE WHEN bool_and(coalesce(abs(amount_wei) <= 1e33::DECIMAL(38, 0), FALSE))
    THEN sum(amount_wei) FILTER (WHERE abs(amount_wei) <= 1e33::DECIMAL(38, 0)) END"""


@dataclass(frozen=True)
class Span:
    """Blocks first..last over which what is held changed by `change_wei` more than the logs tell:
    where it is 0, no claim, return, stake, payout or delegation of these blocks is missing."""

    first: int
    last: int
    change_wei: int


@dataclass(frozen=True)
class Verdict:
    """What the check "money" says: `status` is 'passed', 'failed' or 'unknown'."""

    status: str
    message: str
    block: int | None = None


def check_money(
    con: duckdb.DuckDBPyConnection, state: PoolState | None, unknown_because: str
) -> Verdict:
    """Hold the balances in `state` against the logs up to its block; the parts go to `money`.

    To be called after a rebuild, where no log is newer than the state.
    """
    _prepare(con)
    con.execute("DELETE FROM money WHERE part <> ?", [_HELD])
    if state is None:
        return Verdict("unknown", unknown_because)
    block = state.block.number
    why = _untold(con, state)
    if why is not None or state.stub_balances is None:
        return Verdict("unknown", why or "", block)
    parts = _parts(con, block)
    if None in parts.values():
        return Verdict("unknown", "an amount in the logs is not known", block)
    known = {part: wei or 0 for part, wei in parts.items()}
    in_stubs = sum(state.stub_balances.values())
    held = state.balance_wei + in_stubs
    difference = held - sum(known.values())
    theirs = {"held by the pool": state.balance_wei, "held by the stubs": in_stubs, _HELD: held}
    _put(con, block, known | theirs | {"difference": difference})
    if difference == 0:
        con.execute("DELETE FROM money WHERE block <> ?", [block])
        return Verdict(
            "passed",
            f"pool and stubs hold {_exact(held)} at block {block}, as the logs say to the wei: no "
            "stake, claim, return, payout or delegation is missing",
            block,
        )
    _thin_out(con)
    changed = [span for span in spans(con) if span.change_wei]
    known_loss = difference < 0 and loss_is_known(con)
    sums = ", ".join(f"{part} {format_short(wei)} FTM" for part, wei in known.items())
    return Verdict(
        "unknown" if difference > 0 or known_loss else "failed",
        f"pool and stubs hold {_exact(abs(difference))} {'more' if difference > 0 else 'less'} "
        f"than what came and went up to block {block}: {_where(changed)}. "
        f"{_MORE if difference > 0 else _LESS}. "
        f"{_KNOWN_LOSS if known_loss else ''}By the logs: {sums}; held: {format_short(held)} FTM",
        changed[0].first,
    )


def spans(con: duckdb.DuckDBPyConnection) -> list[Span]:
    """All blocks up to the last at which balances were asked, cut at each block where they were.

    Reads the logs up to the last rebuild.
    """
    _prepare(con)
    start = con.execute("SELECT first_block FROM store_info").fetchone()
    assert start is not None
    marks = [(start[0] - 1, 0), *(mark for mark in _differences(con) if mark[0] >= start[0])]
    return [
        Span(before + 1, block, wei - earlier)
        for (before, earlier), (block, wei) in pairwise(marks)
    ]


def borne_out(con: duckdb.DuckDBPyConnection, span: Span) -> bool:
    """Whether the span is one block of which two hosts gave the same logs, or that is proved: then
    no log is missing in it, as far as anybody can be asked."""
    known = [ranges(con, name, span.first, span.last) for name in (POOL, SFC)]
    return span.first == span.last and all(
        each and each[0].known in ("agreed", "proved") for each in known
    )


def loss_is_known(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether each block in which less was held than the logs tell is borne out."""
    lost = [span for span in spans(con) if span.change_wei < 0]
    return bool(lost) and all(borne_out(con, span) for span in lost)


def locate(
    con: duckdb.DuckDBPyConnection,
    balances_wei: Callable[[Sequence[str], int], list[int]],
    most: int = 3,
) -> list[int]:
    """The blocks in which money and logs part and that one source alone gave, as far as old
    balances tell them.

    `balances_wei` is Chain.balances_wei. At most `most` spans are halved until they are one block:
    some 25 questions for all balances each, none where the node keeps no old state. The answers
    stay in `money`, so that spans(), and the next check, are as narrow.
    """
    row = con.execute("SELECT pool FROM store_info").fetchone()
    assert row is not None
    accounts = [row[0], *(stub for (stub,) in con.execute("SELECT stub FROM stubs").fetchall())]

    def difference(block: int) -> int:
        held = sum(balances_wei(accounts, block))
        _put(con, block, {_HELD: held})
        return _difference(con, block, held)

    try:
        for _ in range(most):
            wide = [span for span in spans(con) if span.change_wei and span.first < span.last]
            if not wide:
                break
            low, high = wide[0].first - 1, wide[0].last
            before = dict(_differences(con)).get(low, 0)
            if difference(high) == before:
                continue  # its balances were given wrongly at first: the spans are others now
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if difference(middle) == before else (low, middle)
    except NodeError:
        pass
    _thin_out(con)
    return doubtful_blocks(con)


def doubtful_blocks(con: duckdb.DuckDBPyConnection) -> list[int]:
    """The blocks in which money and logs part and that one source alone gave."""
    parted = [span for span in spans(con) if span.change_wei and span.first == span.last]
    return [span.last for span in parted if not borne_out(con, span)]


def _prepare(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(f"CREATE OR REPLACE TEMP VIEW money_moves AS {_MOVES}")


def _untold(con: duckdb.DuckDBPyConnection, state: PoolState) -> str | None:
    """Why the balances of all stubs are not known, None where they are."""
    if state.stub_balances is None:
        return f"the node does not tell what the stubs held at block {state.block.number}"
    stubs = {stub for (stub,) in con.execute("SELECT stub FROM stubs").fetchall()}
    count = state.views.get("stubCount")
    if set(state.stub_balances) != stubs or count != len(stubs):
        listed = "an unknown number of" if count is None else count
        return f"the contract has {listed} stubs and the logs tell {len(stubs)}, or others"
    return None


def _parts(con: duckdb.DuckDBPyConnection, block: int) -> dict[str, int | None]:
    """What came (above 0) and went up to `block` in wei, by part; None where it is not known."""
    rows = con.execute(
        f"SELECT part, {_SUM} FROM money_moves WHERE block <= ? GROUP BY part", [block]
    ).fetchall()
    sums = {part: None if wei is None else int(wei) for part, wei in rows}
    return {part: sums.get(part, 0) for part in _PARTS}


def _differences(con: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """Each block whose balances were asked, with what was held beyond the logs up to it."""
    held = con.execute(
        "SELECT block, amount_wei FROM money WHERE part = ? ORDER BY block", [_HELD]
    ).fetchall()
    return [(block, _difference(con, block, int(wei))) for block, wei in held]


def _difference(con: duckdb.DuckDBPyConnection, block: int, held: int) -> int:
    return held - sum(wei or 0 for wei in _parts(con, block).values())


def _thin_out(con: duckdb.DuckDBPyConnection) -> None:
    """Of the blocks with one difference only the first and the last are worth keeping, of those
    with none at the start the last."""
    differences = [(-1, 0), *_differences(con)]
    between = [
        block
        for (_, before), (block, wei), (_, after) in zip(
            differences, differences[1:], differences[2:], strict=False
        )
        if before == wei == after
    ]
    con.execute("DELETE FROM money WHERE block IN (SELECT unnest(?))", [between])


def _put(con: duckdb.DuckDBPyConnection, block: int, amounts: dict[str, int]) -> None:
    con.execute(
        "DELETE FROM money WHERE block = ? AND part IN (SELECT unnest(?))", [block, list(amounts)]
    )
    con.execute(
        "INSERT INTO money SELECT $block, unnest($parts), unnest($amounts)::DECIMAL(38, 0)",
        {
            "block": block,
            "parts": list(amounts),
            "amounts": [str(wei) for wei in amounts.values()],
        },
    )


def _where(changed: Sequence[Span]) -> str:
    """The blocks in which it arose, those of three spans at most."""
    places = [
        f"{format_short(span.change_wei)} FTM "
        + (
            f"in block {span.last}"
            if span.first == span.last
            else f"between blocks {span.first} and {span.last}"
        )
        for span in changed[:3]
    ]
    more = [f"and {len(changed) - 3} times more"] if len(changed) > 3 else []
    return ", ".join(places + more)


def _exact(wei: int) -> str:
    return f"{wei} wei ({format_short(wei, DECIMALS)} FTM)"
