"""What each endpoint of a network can do at this moment, found out by asking it.

Each is asked alone, so that a dead one tells nothing about the others.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from data import NodeError
from data.config import Network, host_of
from data.node.endpoint import Endpoint, Manners
from data.node.endpoints import Endpoints
from data.node.history import oldest_block, tells_log_of
from data.node.log_answers import quantity_of
from data.node.log_ranges import LogFilter, LogRanges
from data.node.refusals import EndpointError

# A person waits for the table.
_QUICK = Manners(timeout_s=10.0, attempts=2, pause_s=0.2, longest_pause_s=1.0)
_MOST_REQUESTS = 16
_QUESTIONS = 3


@dataclass(frozen=True)
class Surveyed:
    """What one endpoint said: None where it said nothing. `fault` is why it is of no use, or
    what it lacks; `answer_ms` the quickest answer to a small question."""

    host: str
    chain_id: int | None = None
    head: int | None = None
    keeps_history: bool | None = None
    widest_blocks: int | None = None
    tells_old_state: bool | None = None
    takes_batches: bool | None = None
    answer_ms: float | None = None
    fault: str = ""
    usable: bool = False


def survey(network: Network, manners: Manners = _QUICK) -> tuple[Surveyed, ...]:
    """A row for each endpoint, in the network's order; never raises for one that is dead."""
    log_filter = LogFilter(("pool",), (network.pool,))
    alone = [Endpoints((url,), manners) for url in network.rpc_urls]
    if not alone:
        return ()
    with ThreadPoolExecutor(len(alone)) as pool:
        found = list(pool.map(lambda one: _look(network, one, log_filter), alone))
        known = min((block for _, block in found if block is not None), default=None)
        rows = pool.map(lambda one, row: _with_history(one, row, log_filter, known), alone, found)
        return tuple(rows)


def table(rows: Sequence[Surveyed]) -> list[str]:
    """The rows as lines of text, with what is to be made of them."""
    form = "{:34} {:>7} {:>12} {:>8} {:>10} {:>9} {:>7} {:>6}  {}".format
    lines = [
        form("endpoint", "chain", "newest", "history", "blocks", "old state", "batches", "ms", "")
    ]
    for row in rows:
        words = ["-" if value is None else _word(value) for value in _values(row)]
        lines.append(form(row.host, *words, "use it" if row.usable else f"no: {row.fault}"))
        if row.usable and row.fault:
            lines[-1] += f" ({row.fault})"
    return lines


def _values(row: Surveyed) -> list[int | float | bool | None]:
    return [
        row.chain_id,
        row.head,
        row.keeps_history,
        row.widest_blocks,
        row.tells_old_state,
        row.takes_batches,
        row.answer_ms,
    ]


def _word(value: float | bool) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.0f}"


def _look(
    network: Network, endpoints: Endpoints, log_filter: LogFilter
) -> tuple[Surveyed, int | None]:
    """What one endpoint says, and the block of the oldest log it gave."""
    endpoint = endpoints.all[0]
    row = Surveyed(host_of(endpoint.url))
    try:
        took_s = []
        for _ in range(_QUESTIONS):
            began = time.monotonic()
            chain_id = quantity_of("eth_chainId", endpoints.ask_one(endpoint, "eth_chainId", []))
            took_s.append(time.monotonic() - began)
            row = replace(row, chain_id=chain_id, answer_ms=1_000 * min(took_s))
        if row.chain_id != network.chain_id:
            fault = f"serves chain {row.chain_id}, not {network.chain_id}"
            return replace(row, fault=fault), None
        head = endpoints.ask_one(endpoint, "eth_blockNumber", [])
        endpoint.head = quantity_of("eth_blockNumber", head)
        row = replace(row, head=endpoint.head)
        endpoints.ask_batch(endpoint, [("eth_chainId", []), ("eth_blockNumber", [])])
        row = replace(row, takes_batches=endpoint.batches)
    except EndpointError as error:
        return replace(row, fault=endpoint.redacted(error)), None
    row = replace(row, tells_old_state=_tells_old_state(network, endpoints, endpoint))
    first = min(network.first_block, row.head or 0)
    answers = LogRanges(endpoints, log_filter, [(first, row.head or 0)], in_flight=1)
    block: int | None = None
    try:
        for answer in answers:
            if block is None and not answer.empty:
                block = oldest_block(answer)
            if endpoint.contribution.requests >= _MOST_REQUESTS:
                break
    except NodeError:
        row = replace(row, fault=endpoint.last_error, keeps_history=endpoint.keeps_history)
    widest = endpoint.contribution.widest or None
    return replace(row, widest_blocks=widest), block


def _tells_old_state(network: Network, endpoints: Endpoints, endpoint: Endpoint) -> bool:
    at = hex(network.first_block)
    try:
        endpoints.ask_one(endpoint, "eth_getBalance", [network.pool, at])
        endpoints.ask_one(endpoint, "eth_call", [{"to": network.pool, "data": "0x"}, at])
    except EndpointError as error:
        # The contract's own refusal is given by who has its state.
        return "revert" in str(error)
    return True


def _with_history(
    endpoints: Endpoints,
    found: tuple[Surveyed, int | None],
    log_filter: LogFilter,
    known: int | None,
) -> Surveyed:
    row, oldest = found
    if row.widest_blocks is None:
        return row if row.fault else replace(row, fault="answers no eth_getLogs")
    if known is None:
        return replace(row, usable=True, fault="no log was found to tell what it keeps")
    keeps = True
    if oldest != known:
        keeps_log = tells_log_of(endpoints, log_filter, known, endpoints.all[0])
        if keeps_log is None:
            return replace(row, fault=endpoints.all[0].last_error)
        keeps = keeps_log
    if not keeps:
        return replace(row, keeps_history=False, fault="keeps no old blocks")
    return replace(row, keeps_history=True, usable=True)
