"""Finding a signed unstake whose hash never came back from the wallet: by its log.

A page reloaded while the wallet asks loses the hash; the chain does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data import ConfigError
from data.config import parse_address
from data.live.receipts import Requested, is_of, requested_in
from data.live.verdict import Expected
from data.node.live_node import Answer, LiveNode
from data.node.refusals import LyingError
from data.pool.calls import quantity
from data.pool.contracts import TOKENS_BURNED_2
from data.pool.identifiers import parse_hash


@dataclass(frozen=True)
class Made:
    """An unstake in the pool's log: its block, its transaction and the request it made."""

    block: int
    tx_hash: str
    request: Requested


def find_unstakes(node: LiveNode, expected: Expected, first_block: int) -> tuple[Made, ...]:
    """Every such unstake from `first_block` on, in the chain's order; empty where there is none.

    `first_block` is that of the reading before signing: endpoints take a short range only.
    Raises NodeError or WrongChainError where none answers, ConfigError where `expected` lacks
    the address or the amount. Read the outcome of a hash before it is believed.
    """
    if expected.sender is None or expected.amount_wei is None:
        raise ConfigError("an unstake is looked for by its address and its amount")
    staker = parse_address(expected.sender)
    log_filter = {
        "address": node.network.pool,
        "topics": [TOKENS_BURNED_2.topic0, "0x" + staker[2:].rjust(64, "0")],
        "fromBlock": hex(first_block),
        "toBlock": "latest",
    }

    def matching(each: Sequence[Answer]) -> tuple[Made, ...]:
        if each[0].error is not None:
            raise LyingError(f"eth_getLogs: {each[0].error}")
        try:
            made = []
            for log in each[0].result:
                if not is_of(TOKENS_BURNED_2, node.network, log):
                    raise ValueError("another log")
                block, tx_hash = quantity(log["blockNumber"]), parse_hash(log["transactionHash"])
                made.append(Made(block, tx_hash, requested_in(log)))
        except (ConfigError, TypeError, KeyError, ValueError, AttributeError) as error:
            raise LyingError("answered eth_getLogs with what was not asked for") from error
        if len({one.request.wr_id for one in made}) < len(made):
            raise LyingError("answered eth_getLogs with one request twice")
        wanted = (staker, expected.token, expected.amount_wei)
        return tuple(
            one
            for one in made
            if (one.request.staker, one.request.token, one.request.amount_wei) == wanted
        )

    # One that found none may lag behind another that did.
    answers = node.ask([("eth_getLogs", [log_filter])], lambda each: int(not matching(each)))
    return matching(answers.each)
