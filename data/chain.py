"""The chain beyond its logs: head, block times and the contract's own views, through web3.

web3 speaks through our endpoints, so its calls fail over, and fail in the same words, as
a fetch of logs does. Only a sync imports this module: web3 takes over a second.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, cast

from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from data import NodeError, WrongChainError
from data.config import Network
from data.contracts import GET_BURN_FEE, VIEWS, WITHDRAWALS
from data.endpoints import Endpoint, EndpointError, Endpoints
from data.pool_state import Block, PoolState

_BATCH = 100
# An endpoint further behind than this answers with holes at the end.
_LAG_BLOCKS = 1_000
_PROBES_FTM = (1, 1_000, 100_000)


class _Provider(JSONBaseProvider):
    """web3's way into our endpoints."""

    def __init__(self, endpoints: Endpoints) -> None:
        super().__init__()
        self._endpoints = endpoints

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return cast(RPCResponse, self._endpoints.request(method, params))

    def make_batch_request(
        self, batch_requests: list[tuple[RPCEndpoint, Any]]
    ) -> list[RPCResponse]:
        asked = [(str(method), params) for method, params in batch_requests]
        return cast(list[RPCResponse], self._endpoints.request_batch(asked))


class Chain:
    """A network's chain through every endpoint that is alive and on it.

    Raises WrongChainError where all that answer serve another chain, NodeError where none
    answers. `notices` says which endpoints were left out, and why.
    """

    def __init__(self, network: Network, timeout_s: float = 30.0) -> None:
        if not network.rpc_urls:
            raise NodeError(f"{network.name} has no endpoint: name one with --rpc-url")
        self.endpoints = Endpoints(network.rpc_urls, timeout_s)
        self.notices: list[str] = []
        self._network = network
        self._keep_usable()
        self._w3 = Web3(_Provider(self.endpoints))
        self._pool = self._w3.eth.contract(
            to_checksum_address(network.pool),
            abi=[view.abi for view in (*VIEWS, WITHDRAWALS, GET_BURN_FEE)],
        )

    @property
    def sources(self) -> str:
        """The hosts read from, without anything that may be a key."""
        return ", ".join(sorted({endpoint.host for endpoint in self.endpoints.all}))

    def head(self) -> int:
        """The newest block that every endpoint in use has."""
        heads = self._each(lambda e: int(self.endpoints.ask_one(e, "eth_blockNumber", []), 16))
        found = {e.host: head for e, head in heads if isinstance(head, int)}
        if not found:
            raise NodeError(f"no endpoint tells its newest block. {self.endpoints.faults()}")
        for endpoint, head in heads:
            behind = max(found.values()) - head if isinstance(head, int) else None
            if behind is None or behind > _LAG_BLOCKS:
                why = "gave no newest block" if behind is None else f"is {behind} blocks behind"
                self._leave_out(endpoint, why)
        return min(int(head) for endpoint, head in heads if endpoint in self.endpoints.all)

    def block(self, number: int) -> Block:
        """The header of one block. Raises NodeError where no endpoint has it."""
        try:
            header = self._w3.eth.get_block(number)
        except Web3Exception as error:
            raise NodeError(f"block {number} is not to be had: {error}") from error
        at = datetime.fromtimestamp(header["timestamp"], UTC)
        return Block(header["number"], header["hash"].to_0x_hex(), at)

    def block_times(self, numbers: list[int]) -> dict[int, datetime]:
        """The time (UTC) of each block, asked for once each, in batches."""
        times: dict[int, datetime] = {}
        for start in range(0, len(numbers), _BATCH):
            with self._w3.batch_requests() as batch:
                for number in numbers[start : start + _BATCH]:
                    batch.add(self._w3.eth.get_block(number))
                try:
                    headers = cast(list[Any], batch.execute())
                except Web3Exception as error:
                    raise NodeError(f"block headers are not to be had: {error}") from error
            for header in headers:
                times[header["number"]] = datetime.fromtimestamp(header["timestamp"], UTC)
        missing = set(numbers) - times.keys()
        if missing:
            raise NodeError(f"no header came for block {min(missing)}: try another --rpc-url")
        return times

    def pool_state(self, block: Block) -> PoolState:
        """The pool's balance and views at `block`. Raises NodeError where the node keeps no
        state of that block or there is no contract at the pool's address."""
        at = block.number
        pool = self._pool.address
        try:
            if not self._w3.eth.get_code(pool, at):
                raise NodeError(f"there is no contract at {pool} at block {at}")
            balance_wei = self._w3.eth.get_balance(pool, at)
        except Web3Exception as error:
            raise NodeError(f"the node tells no state of block {at}: {error}") from error
        views = {view.name: self._view(view.name, at) for view in VIEWS}
        for probe in _PROBES_FTM:
            amount_wei = probe * 10**18
            views[f"{GET_BURN_FEE.name}({amount_wei})"] = self._view(
                GET_BURN_FEE.name, at, amount_wei
            )
        views["pendingWei"] = self._pending_wei(views["firstWrId"], views["lastWrId"], at)
        known = {name: value for name, value in views.items() if value is not None}
        return PoolState(block, balance_wei, known)

    def _view(self, name: str, at: int, *arguments: int) -> int | None:
        """None where this generation of the contract has no such view."""
        try:
            return int(self._pool.functions[name](*arguments).call(block_identifier=at))
        except (Web3Exception, ValueError):
            return None

    def _pending_wei(self, first: int | None, last: int | None, at: int) -> int | None:
        """The queued amounts as the contract holds them, summed."""
        if first is None or last is None:
            return None
        total = 0
        for start in range(first, last, _BATCH):
            with self._w3.batch_requests() as batch:
                for wr_id in range(start, min(start + _BATCH, last)):
                    call = self._pool.functions[WITHDRAWALS.name](wr_id)
                    batch.add(call.call(block_identifier=at))
                try:
                    total += sum(amount for _, amount in cast(list[Any], batch.execute()))
                except (Web3Exception, ValueError, TypeError):
                    return None
        return total

    def _keep_usable(self) -> None:
        """Leave out endpoints that are dead or serve another chain; refuse when none is left."""
        wanted = self._network.chain_id
        wrong = 0
        for endpoint, answer in self._each(lambda e: self.endpoints.ask_one(e, "eth_chainId", [])):
            try:
                found = int(answer, 16)
            except (TypeError, ValueError):
                self._leave_out(endpoint, str(answer))
                continue
            if found != wanted:
                wrong += 1
                self._leave_out(endpoint, f"serves chain {found}, not {wanted}")
        if not self.endpoints.all:
            told = "; ".join(self.notices)
            kind = WrongChainError if wrong == len(self.notices) else NodeError
            raise kind(
                f"no endpoint of {self._network.name} is usable. {told}. Nothing was written: "
                "name a working one with --rpc-url or FTM_RPC_URLS"
            )

    def _leave_out(self, endpoint: Endpoint, why: str) -> None:
        self.notices.append(f"{endpoint.host}: {why}")
        self.endpoints.drop(endpoint)

    def _each(self, ask: Callable[[Endpoint], Any]) -> list[tuple[Endpoint, Any]]:
        """The answer, or the error, of every endpoint at once."""

        def guarded(endpoint: Endpoint) -> Any:
            try:
                return ask(endpoint)
            except (EndpointError, TypeError, ValueError) as error:
                return error

        endpoints = list(self.endpoints.all)
        with ThreadPoolExecutor(max(1, len(endpoints))) as pool:
            return list(zip(endpoints, pool.map(guarded, endpoints), strict=True))
