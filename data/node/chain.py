"""The chain beyond its logs: head, block times, and what the contracts say of themselves."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from data import NodeError, WrongChainError
from data.config import Network
from data.node.endpoint import Contribution, Endpoint, Manners
from data.node.endpoints import Endpoints
from data.node.history import probe_history
from data.node.identity import remember, turned
from data.node.log_answers import HEAD_METHOD, quantity_of
from data.node.log_ranges import LogFilter
from data.node.plain_state import plain_state
from data.node.refusals import (
    BusyError,
    EndpointError,
    LyingError,
    NoMethodError,
    lacks_method,
    message_of,
)
from data.pool.calls import hash_of, quantity
from data.pool.contracts import PROBES_FTM, VIEWS
from data.pool.state import Block, PoolState

if TYPE_CHECKING:
    from data.node.contract_reader import ContractReader

_BATCH = 100
_FIRST_BLOCK_OF_ANY_S = 1_438_000_000  # July 2015
_HEADER_METHOD = "eth_getBlockByNumber"
# What each endpoint told, or why it did not.
_Numbers = list[tuple[Endpoint, int | EndpointError]]
# An endpoint further behind than this answers with holes at the end.
_LAG_BLOCKS = 1_000


class Chain:
    """A network's chain through every endpoint that is alive and on it.

    Raises WrongChainError where all that answer serve another chain, NodeError where none
    answers. Who is to be asked for its `head` next is asked in the same breath. `notices` says
    which endpoints were left out, and why; `drain_notices` tells that and all that becomes of them
    later.
    """

    def __init__(
        self, network: Network, manners: Manners | None = None, *, head: bool = False
    ) -> None:
        if not network.rpc_urls:
            raise NodeError(f"{network.name} has no endpoint: name one with --rpc-url")
        self.endpoints = Endpoints(network.rpc_urls, manners or Manners.of_settings())
        self.notices: list[str] = []
        self._network = network
        self._heads: _Numbers | None = None
        self._keep_usable(head=head)

    @property
    def sources(self) -> str:
        """The hosts read from, without anything that may be a key."""
        return ", ".join(sorted({endpoint.host for endpoint in self.endpoints.all}))

    def head(self) -> int:
        """The newest block that every endpoint in use has.

        Who is far behind the median is left out. Who is far ahead of it is not believed: of two
        that differ so much nobody can know which is wrong, and the older block is there anyway.
        """
        kept, self._heads = self._heads, None
        heads = [each for each in kept or [] if each[0] in self.endpoints.all]
        if not heads or not all(isinstance(head, int) for _, head in heads):
            (heads,) = self._each(HEAD_METHOD)
        known_heads = {endpoint: head for endpoint, head in heads if isinstance(head, int)}
        if not known_heads:
            raise NodeError(f"no endpoint tells its newest block. {self.endpoints.faults()}")
        for endpoint, head in heads:
            if not isinstance(head, int):
                self._leave_out(endpoint, str(head))
        median = sorted(known_heads.values())[(len(known_heads) - 1) // 2]
        for endpoint, head in known_heads.items():
            endpoint.head = head
            if median - head > _LAG_BLOCKS:
                self._leave_out(endpoint, f"is {median - head} blocks behind")
            elif head - median > _LAG_BLOCKS:
                endpoint.head = median
                self._tell(endpoint, f"tells a block {head - median} ahead of the others")
        return min(endpoint.head or 0 for endpoint in known_heads if endpoint in self.endpoints.all)

    def probe_history(
        self,
        log_filter: LogFilter,
        first_block: int,
        last_block: int,
        known: tuple[int, int] | None = None,
    ) -> None:
        """Find out which endpoints keep old blocks, by a log that exists: `known` is its block
        and index; without it the first that any endpoint tells of these blocks is taken.

        Who answers with no log there is asked for newer blocks only from now on. Costs a handful
        of requests; who is not to be reached stays as unknown as before.
        """
        probe_history(self.endpoints, log_filter, first_block, last_block, known)

    def remember(self, number: int) -> None:
        """Keep which hash each endpoint tells of block `number`, for `leave_turned`."""
        remember(self.endpoints, number)

    def leave_turned(self) -> list[str]:
        """Leave out who tells another chain's id by now, or another hash of the block that is
        remembered; returns their hosts."""
        found = turned(self.endpoints, self._network.chain_id)
        for endpoint, why in found.items():
            self._leave_out(endpoint, why)
        return [endpoint.host for endpoint in found]

    def contributions(self) -> tuple[Contribution, ...]:
        """What each endpoint gave to reading logs, those that were left out too."""
        return tuple(endpoint.contribution for endpoint in self.endpoints.ever)

    def drain_notices(self) -> list[str]:
        """What became of endpoints since this was last asked, a sentence each."""
        drained = []
        for endpoint in self.endpoints.ever:
            while endpoint.notes:
                drained.append(endpoint.notes.pop(0))
        return drained

    def block(self, number: int) -> Block:
        """The header of one block. Raises NodeError where no endpoint has it."""
        return self._headers([number])[0]

    def block_times(self, numbers: list[int]) -> dict[int, datetime]:
        """The time (UTC) of each block, asked for once each, in batches. Raises NodeError where no
        endpoint has them."""
        parts = [numbers[start : start + _BATCH] for start in range(0, len(numbers), _BATCH)]
        return {block.number: block.at for part in parts for block in self._headers(part)}

    def _headers(self, numbers: list[int]) -> list[Block]:
        """Headers that one endpoint tells so that they can be read."""
        requests = [(_HEADER_METHOD, [hex(number), False]) for number in numbers]

        def ask(endpoint: Endpoint) -> list[Block]:
            replies = self.endpoints.ask_batch(endpoint, list(requests))
            return [_block(n, reply) for n, reply in zip(numbers, replies, strict=True)]

        return self.endpoints.attempt(_HEADER_METHOD, ask)

    def pool_state(self, block: Block, stubs: Sequence[str] | None = None) -> PoolState:
        """The pool's balance and views at `block`, and what its `stubs` hold (those that it lists
        itself if None). Raises NodeError where the node keeps no state of that block, and
        WrongChainError where there is no contract at the pool's address."""
        if stubs is not None:
            state = plain_state(self._network, self.endpoints, block, stubs, with_sum=True)
            if state is not None:
                return state
        return self._contracts.state(block, stubs)

    def balances_wei(self, addresses: Sequence[str], at: int) -> list[int]:
        """What each address holds after block `at`, in wei. Raises NodeError where the node does
        not tell."""
        return self._contracts.balances_wei(addresses, at)

    @cached_property
    def _contracts(self) -> ContractReader:
        from data.node import contract_reader  # with web3, which takes a second to load

        return contract_reader.ContractReader(self._network, self.endpoints)

    def quick_state(self, block: Block, stubs: Sequence[str]) -> PoolState | None:
        """The balances of the pool and its `stubs` and every view but the sum of what is queued, in
        one request; None where the node does not tell them all."""
        state = plain_state(self._network, self.endpoints, block, stubs, with_sum=False)
        every = len(VIEWS) + len(PROBES_FTM) + 1  # and the bond's ratio
        return state if state is not None and len(state.views) == every else None

    def _keep_usable(self, *, head: bool) -> None:
        """Leave out endpoints that are dead or serve another chain; refuse when none is left."""
        wanted = self._network.chain_id
        wrong = 0
        ids, *heads = self._each("eth_chainId", *([HEAD_METHOD] if head else []))
        self._heads = heads[0] if heads else None
        tell_heads = {endpoint for of in heads for endpoint, reply in of if isinstance(reply, int)}
        for endpoint, reply in ids:
            if not isinstance(reply, int) and endpoint in tell_heads:  # two at once were too many
                reply = self._number("eth_chainId", endpoint)
            if not isinstance(reply, int):
                self._leave_out(endpoint, str(reply))
            elif reply != wanted:
                wrong += 1
                self._leave_out(endpoint, f"serves chain {reply}, not {wanted}")
        if not self.endpoints.all:
            reasons = "; ".join(self.notices)
            kind = WrongChainError if wrong == len(self.notices) else NodeError
            raise kind(
                f"no endpoint of {self._network.name} is usable. {reasons}. Nothing was written: "
                "name a working one with --rpc-url or FTM_RPC_URLS"
            )

    def _leave_out(self, endpoint: Endpoint, why: str) -> None:
        self.notices.append(f"{endpoint.host}: {endpoint.redacted(why)}")
        endpoint.last_error = endpoint.redacted(why)
        self._tell(endpoint, f"is not used: {endpoint.last_error}")
        self.endpoints.drop(endpoint)

    @staticmethod
    def _tell(endpoint: Endpoint, what: str) -> None:
        endpoint.notes.append(f"{endpoint.host} {what}")

    def _each(self, *methods: str) -> list[_Numbers]:
        """The number that every endpoint replies at once to each method, or its error; a method is
        asked again while all fail."""
        endpoints = list(self.endpoints.all)
        answers: list[_Numbers] = [[] for _ in methods]
        pool = ThreadPoolExecutor(len(endpoints) * len(methods))
        try:
            for _ in range(3):
                missing = {
                    place: [pool.submit(self._number, methods[place], each) for each in endpoints]
                    for place, numbers in enumerate(answers)
                    if not any(isinstance(number, int) for _, number in numbers)
                }
                for place, replies in missing.items():
                    answers[place] = [
                        (each, reply.result())
                        for each, reply in zip(endpoints, replies, strict=True)
                    ]
            return answers
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _number(self, method: str, endpoint: Endpoint) -> int | EndpointError:
        time.sleep(endpoint.pause_s)
        try:
            answer = self.endpoints.ask_one(endpoint, method, [])
            return quantity_of(method, answer)
        except EndpointError as error:
            endpoint.failed(error)
            return error


def _block(number: int, reply: dict[str, Any]) -> Block:
    """A header as a Block. Raises LyingError where it is none, or another block's."""
    if "error" in reply:
        if lacks_method(reply["error"]):
            raise NoMethodError(message_of(reply["error"]))
        raise BusyError(f"block {number} is not to be had: {message_of(reply['error'])}")
    header = reply["result"]
    try:
        stated, at = quantity(header["number"]), quantity(header["timestamp"])
        block = Block(stated, hash_of(header), datetime.fromtimestamp(at, UTC))
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise LyingError(f"the header of block {number} cannot be read") from error
    if at < _FIRST_BLOCK_OF_ANY_S:
        raise LyingError(f"tells a time of 1970 for block {number}")
    if stated != number:
        raise LyingError(f"asked for block {number}, the node sent block {stated}")
    return block
