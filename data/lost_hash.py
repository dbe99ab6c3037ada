"""Finding a signed unstake whose hash never came back from the wallet: by its log.

A page reloaded while the wallet asks loses the hash; the chain does not.
"""

from __future__ import annotations

from collections.abc import Sequence

from data.config import parse_address
from data.live_node import Answer, LiveNode
from data.outcome import Expected
from data.receipts import BURNED, Requested, is_request, requested_in
from data.refusals import LyingError


def find_unstakes(
    node: LiveNode, expected: Expected, first_block: int
) -> tuple[tuple[str, Requested], ...]:
    """The transaction's hash and the request of every such unstake from `first_block` on, in
    the chain's order; empty where there is none yet.

    `first_block` is that of the reading before signing: endpoints take a short range only.
    Raises NodeError or WrongChainError where none answers. Read the outcome of a hash before
    it is believed.
    """
    staker = parse_address(expected.sender)
    asked = {
        "address": node.network.pool,
        "topics": [BURNED.topic0, "0x" + staker[2:].rjust(64, "0")],
        "fromBlock": hex(first_block),
        "toBlock": "latest",
    }

    def found(each: Sequence[Answer]) -> tuple[tuple[str, Requested], ...]:
        if each[0].error is not None:
            raise LyingError(f"eth_getLogs: {each[0].error}")
        try:
            told = []
            for log in each[0].result:
                if not is_request(node.network, log):
                    raise ValueError("another log")
                told.append((str(log["transactionHash"]).lower(), requested_in(log)))
        except (TypeError, KeyError, ValueError, AttributeError) as error:
            raise LyingError("answered eth_getLogs with what was not asked for") from error
        wanted = (staker, expected.token, expected.amount_wei)
        return tuple(
            (tx, one) for tx, one in told if (one.staker, one.token, one.amount_wei) == wanted
        )

    # One that found none may lag behind another that did.
    answers = node.ask([("eth_getLogs", [asked])], lambda each: int(not found(each)))
    return found(answers.each)
