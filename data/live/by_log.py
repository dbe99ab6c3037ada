"""Finding a signed unstake whose hash never came back from the wallet: by its log.

A page reloaded while the wallet asks loses the hash; the chain does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data import ConfigError, NodeError, WrongChainError
from data.config import Network, parse_address
from data.live.questions import head_of
from data.live.receipts import Requested, is_of, requested_in
from data.live.verdict import Expected
from data.node.live_node import Answer, LiveNode, Request
from data.node.refusals import LyingError
from data.pool.calls import quantity
from data.pool.contracts import TOKENS_BURNED_2
from data.pool.identifiers import parse_hash


@dataclass(frozen=True)
class Made:
    """An unstake in the pool's log: its block, its transaction and the id of its request."""

    block: int
    tx_hash: str
    wr_id: int


# What endpoints take at once differs: all that is asked for, or so many blocks.
_WIDTHS = (None, 10_000, 3_000, 1_000, 500, 100)
_MOST_PIECES = 50  # of one batch: a day of a chain that makes a block every two seconds
_Piece = tuple[int, int | None]


def find_unstakes(node: LiveNode, expected: Expected, first_block: int) -> tuple[Made, ...]:
    """Every such unstake from `first_block` on, in the chain's order; empty where there is none.

    Where no endpoint takes the blocks at once they are asked for in pieces. Raises NodeError where
    they are too many for that, NodeError or WrongChainError where none answers, ConfigError where
    `expected` lacks the address or the amount. Read the outcome of a hash before it is believed.
    """
    if expected.sender is None or expected.amount_wei is None:
        raise ConfigError("an unstake is looked for by its address and its amount")
    staker = parse_address(expected.sender)
    made: dict[int, Made] = {}
    left: list[_Piece] = [(first_block, None)]
    head, refusal = first_block, ""
    for width in _WIDTHS:
        if width is not None:
            refused, left = left, [part for piece in left for part in _cut(piece, width, head)]
            if left == refused:
                continue  # they are as narrow already
        if len(left) > _MOST_PIECES:
            break
        try:
            head, logs = _ask(node, staker, expected, left)
        except WrongChainError:
            raise
        except NodeError as error:  # a body too large, or none in time: narrower ones may come
            refusal, head = str(error), _newest(node)
            continue
        for piece_logs in logs:
            if not isinstance(piece_logs, str):
                made |= {one.wr_id: one for one in piece_logs}
        refusals = {p: why for p, why in zip(left, logs, strict=True) if isinstance(why, str)}
        left = list(refusals)
        if not left:
            return tuple(made[wr_id] for wr_id in sorted(made))
        refusal = next(iter(refusals.values()))
    since = min(first for first, _ in left)
    raise NodeError(f"no endpoint tells of the pool's logs from block {since:,} on: {refusal}")


def _newest(node: LiveNode) -> int:
    answers = node.ask([("eth_blockNumber", [])], lambda each: 0 * head_of(each[0]))
    return head_of(answers.each[0])


def _cut(piece: _Piece, width: int, head: int) -> list[_Piece]:
    """Pieces of at most `width` blocks, the last of which ends as this one does."""
    first, last = piece
    starts = list(range(first, (head if last is None else last) + 1, width)) or [first]
    ends = [start - 1 for start in starts[1:]]
    return [*zip(starts, [*ends, last], strict=True)]


def _ask(
    node: LiveNode, staker: str, expected: Expected, pieces: Sequence[_Piece]
) -> tuple[int, list[tuple[Made, ...] | str]]:
    """One batch: the newest block of who answered, and for each piece the expected unstakes that
    it holds, or why they are not known."""
    assert expected.amount_wei is not None
    wanted = (staker, expected.token, expected.amount_wei)
    questions: list[Request] = [("eth_blockNumber", [])]
    for first, last in pieces:
        log_filter = {
            "address": node.network.pool,
            "topics": [TOKENS_BURNED_2.topic0, "0x" + staker[2:].rjust(64, "0")],
            "fromBlock": hex(first),
            "toBlock": "latest" if last is None else hex(last),
        }
        questions.append(("eth_getLogs", [log_filter]))

    def read(each: Sequence[Answer]) -> tuple[int, list[tuple[Made, ...] | str]]:
        head = head_of(each[0])
        found: list[tuple[Made, ...] | str] = []
        ids: list[int] = []
        for (first, last), answer in zip(pieces, each[1:], strict=True):
            if answer.error is not None:
                found.append(answer.error)
            elif head < (first - 1 if last is None else last):
                found.append("the endpoint does not have these blocks yet")
            else:
                burns = _burns_in(answer.result, node.network)
                ids += [request.wr_id for _, _, request in burns]
                found.append(
                    tuple(
                        Made(block, tx_hash, one.wr_id)
                        for block, tx_hash, one in burns
                        if (one.staker, one.token, one.amount_wei) == wanted
                    )
                )
        if len(set(ids)) < len(ids):
            raise LyingError("answered eth_getLogs with one request twice")
        return head, found

    def lacking(each: Sequence[Answer]) -> int:
        """One that found none may lag behind another that did."""
        _, found = read(each)
        return 2 * sum(isinstance(each, str) for each in found) + (
            not any(each for each in found if not isinstance(each, str))
        )

    return read(node.ask(questions, lacking).each)


def _burns_in(logs: Any, network: Network) -> list[tuple[int, str, Requested]]:
    """Block, transaction and request of each log. Raises LyingError where these are no logs of
    unstakes at the pool."""
    try:
        burns = []
        for log in logs:
            if not is_of(TOKENS_BURNED_2, network, log):
                raise ValueError("another log")
            block, tx_hash = quantity(log["blockNumber"]), parse_hash(log["transactionHash"])
            burns.append((block, tx_hash, requested_in(log)))
    except (ConfigError, TypeError, KeyError, ValueError, AttributeError) as error:
        raise LyingError("answered eth_getLogs with what was not asked for") from error
    return burns
