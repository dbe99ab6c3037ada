"""Whether endpoints still serve the chain that they began with.

A host may change hands, and a balancer its backends: from then on it answers for another chain,
perhaps by the same id. An id and the hash of one block that it told at first tell the two apart.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from data.node.endpoint import Endpoint
from data.node.endpoints import Endpoints
from data.node.refusals import EndpointError
from data.pool.calls import quantity


def remember(endpoints: Endpoints, number: int) -> None:
    """Keep which hash each endpoint tells of block `number`, as far as it tells one."""
    for endpoint, (_, block_hash) in _told(endpoints, [(each, number) for each in endpoints.all]):
        endpoint.anchor = None if block_hash is None else (number, block_hash)


def turned(endpoints: Endpoints, chain_id: int) -> dict[Endpoint, str]:
    """The endpoints that tell another chain's id, or another hash of the block that is remembered,
    and what they tell. Who tells nothing has not turned."""
    found = {}
    asked = [(each, each.anchor[0]) for each in endpoints.serving if each.anchor is not None]
    for endpoint, (served, block_hash) in _told(endpoints, asked):
        assert endpoint.anchor is not None
        number, before = endpoint.anchor
        if served not in (None, chain_id):
            found[endpoint] = f"serves chain {served} by now, not {chain_id}"
        elif block_hash not in (None, before):
            found[endpoint] = (
                f"serves another chain by now: block {number} was {before}, and is {block_hash}"
            )
    return found


def _told(
    endpoints: Endpoints, asked: list[tuple[Endpoint, int]]
) -> list[tuple[Endpoint, tuple[int | None, str | None]]]:
    """The chain's id and a block's hash, as each of some endpoints tells them at once."""

    def ask(endpoint: Endpoint, number: int) -> tuple[int | None, str | None]:
        requests = [("eth_chainId", []), ("eth_getBlockByNumber", [hex(number), False])]
        try:
            served, header = endpoints.ask_batch(endpoint, requests)
            if quantity(header["result"]["number"]) != number:
                return None, None
            return quantity(served["result"]), str(header["result"]["hash"]).lower()
        except (EndpointError, KeyError, TypeError, ValueError):
            return None, None

    if not asked:
        return []
    with ThreadPoolExecutor(len(asked)) as pool:
        told = list(pool.map(lambda each: ask(*each), asked))
    return [(endpoint, each) for (endpoint, _), each in zip(asked, told, strict=True)]
