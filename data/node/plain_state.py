"""What the contracts say of themselves, in one batch of plain calls.

It spares a sync the second that web3 takes to load. Every answer must be just what is expected, or
a revert, where a generation of the contract has no such view; for all else web3 is asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data import NodeError
from data.config import Network
from data.node.endpoints import Endpoints
from data.pool.amounts import ONE
from data.pool.calls import address_in, call, quantity, revert_reason, words
from data.pool.contracts import (
    BOND_CONTRACT,
    BURN_FEE,
    CERT_CONTRACT,
    PROBES_FTM,
    RATIO,
    VIEWS,
    WITHDRAWALS,
    Function,
)
from data.pool.state import Block, PoolState

_BATCH = 100
# A queue beyond this is a node's invention: the whole history has fewer logs.
MOST_QUEUED = 100_000
# What a text that is none of what was asked for makes of its reading.
_UNREADABLE = (NodeError, KeyError, TypeError, ValueError)


def plain_state(
    network: Network,
    endpoints: Endpoints,
    block: Block,
    stubs: Sequence[str],
    *,
    with_sum: bool,
) -> PoolState | None:
    """The balances of the pool and its `stubs`, and every view that does not revert; `with_sum`
    also the sum of what is queued, which takes a request for each hundred requests. None where the
    node does not tell them in the plainest form."""
    at, pool = hex(block.number), network.pool
    to_call: dict[str, tuple[str, Function, tuple[int, ...]]] = {
        view.name: (pool, view, ()) for view in (*VIEWS, BOND_CONTRACT, CERT_CONTRACT)
    }
    for amount_wei in (probe * ONE for probe in PROBES_FTM):
        to_call[f"{BURN_FEE.name}({amount_wei})"] = (pool, BURN_FEE, (amount_wei,))
    to_call[RATIO.name] = (network.bond, RATIO, ())
    try:
        code, *answers = endpoints.request_batch(
            [("eth_getCode", [pool, at])]
            + [("eth_getBalance", [account, at]) for account in (pool, *stubs)]
            + [("eth_call", [call(to, view, *given), at]) for to, view, given in to_call.values()]
        )
        if len(code["result"]) <= len("0x"):
            return None
        balance_wei, *held = (quantity(each["result"]) for each in answers[: 1 + len(stubs)])
        views = {
            name: values[0]
            for name, answer in zip(to_call, answers[1 + len(stubs) :], strict=True)
            if (values := _words(answer, 1)) is not None
        }
        contracts = {
            view.name: _address(views.pop(view.name))
            for view in (BOND_CONTRACT, CERT_CONTRACT)
            if view.name in views
        }
        if with_sum and {"firstWrId", "lastWrId"} <= views.keys():
            pending_wei = _pending_wei(endpoints, pool, views["firstWrId"], views["lastWrId"], at)
            views |= {} if pending_wei is None else {"pendingWei": pending_wei}
    except _UNREADABLE:
        return None
    return PoolState(block, balance_wei, views, contracts, dict(zip(stubs, held, strict=True)))


def _address(word: int) -> str:
    if word >> 160:
        raise ValueError("no address")
    return address_in(word)


def _pending_wei(endpoints: Endpoints, pool: str, first: int, last: int, at: str) -> int | None:
    """The sum of the queued amounts; None where a request reverts, or there are too many."""
    if last - first > MOST_QUEUED:
        return None
    total = 0
    for start in range(first, last, _BATCH):
        ids = range(start, min(start + _BATCH, last))
        for answer in endpoints.request_batch(
            [("eth_call", [call(pool, WITHDRAWALS, wr_id), at]) for wr_id in ids]
        ):
            values = _words(answer, 2)
            if values is None:
                return None
            total += values[1]
    return total


def _words(answer: dict[str, Any], count: int) -> list[int] | None:
    """The `count` words of a call's result, None where it was reverted. Raises ValueError or
    KeyError for anything else."""
    if "error" in answer and revert_reason(answer["error"]) is not None:
        return None
    values = words(answer["result"])
    if len(values) != count:
        raise ValueError("not as many words as were asked for")
    return values
