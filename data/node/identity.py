"""Whether endpoints still serve the chain that they began with.

A host may change hands, and a balancer its backends: from then on it answers for another chain,
perhaps by the same id. An id and the hash of one block that it gave at first tell the two apart.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from data.node.endpoint import Endpoint
from data.node.endpoints import Endpoints
from data.node.refusals import EndpointError, NoResultError
from data.pool.calls import hash_of, quantity

_LOST = "has no such block"


def remember(endpoints: Endpoints, number: int) -> None:
    """Keep which hash each endpoint tells of block `number`, as far as it tells one."""
    for endpoint, (_, block_hash) in _replies(
        endpoints, [(each, number) for each in endpoints.all]
    ):
        endpoint.anchor = None if block_hash in (None, _LOST) else (number, block_hash)


def turned(endpoints: Endpoints, chain_id: int) -> dict[Endpoint, str]:
    """The endpoints that tell another chain's id, or another hash of the block that is remembered,
    or end before it by now, and what they tell. Who tells nothing has not turned."""
    found = {}
    questions = [(each, each.anchor[0] if each.anchor else 0) for each in endpoints.serving]
    for endpoint, (served, block_hash) in _replies(endpoints, questions):
        number, before = endpoint.anchor or (0, None)
        if served not in (None, chain_id):
            found[endpoint] = f"serves chain {served} by now, not {chain_id}"
        elif (
            before is not None and block_hash == _LOST and _ends_before(endpoints, endpoint, number)
        ):
            found[endpoint] = f"serves another chain by now: it has block {number} no more"
        elif block_hash not in (None, _LOST, before) and before is not None:
            found[endpoint] = (
                f"serves another chain by now: block {number} was {before}, and is {block_hash}"
            )
    return found


def _ends_before(endpoints: Endpoints, endpoint: Endpoint, number: int) -> bool:
    """Whether the newest block that it tells is older than one that it had."""
    try:
        return quantity(endpoints.ask_one(endpoint, "eth_blockNumber", [])) < number
    except (EndpointError, ValueError):
        return False


def _hash(reply: dict[str, Any], number: int) -> str | None:
    if "error" in reply:
        return None
    return hash_of(reply["result"]) if quantity(reply["result"]["number"]) == number else None


def _replies(
    endpoints: Endpoints, questions: list[tuple[Endpoint, int]]
) -> list[tuple[Endpoint, tuple[int | None, str | None]]]:
    """The chain's id and a block's hash, as each of some endpoints tells them at once: None of what
    it does not tell, `_LOST` of a block that it says it has not."""

    def ask(endpoint: Endpoint, number: int) -> tuple[int | None, str | None]:
        requests = [("eth_chainId", []), ("eth_getBlockByNumber", [hex(number), False])]
        try:
            served, header = endpoints.ask_batch(endpoint, requests)
            return quantity(served["result"]), _hash(header, number)
        except NoResultError:
            return None, _LOST
        except (EndpointError, KeyError, TypeError, ValueError):
            return None, None

    if not questions:
        return []
    with ThreadPoolExecutor(len(questions)) as pool:
        replies = list(pool.map(lambda each: ask(*each), questions))
    return [(endpoint, each) for (endpoint, _), each in zip(questions, replies, strict=True)]
