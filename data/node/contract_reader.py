"""What the contracts say of themselves, through web3.

web3 speaks through our endpoints, so its calls fail over, and fail in the same words, as
a fetch of logs does. It takes over a second to load: only who asks the contracts does that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.exceptions import Web3Exception
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

from data import NodeError, WrongChainError
from data.config import Network
from data.node.endpoints import Endpoints
from data.node.plain_state import MOST_QUEUED
from data.node.refusals import message_of, plain
from data.pool.amounts import ONE
from data.pool.contracts import (
    BOND_CONTRACT,
    BURN_FEE,
    CERT_CONTRACT,
    GET_STUB,
    PROBES_FTM,
    RATIO,
    VIEWS,
    WITHDRAWALS,
    Function,
)
from data.pool.state import Block, PoolState

_BATCH = 100
_CONTRACTS = (BOND_CONTRACT, CERT_CONTRACT)
# What web3 and we meet in an answer that has not the shape it should have.
_UNREADABLE = (Web3Exception, ValueError, KeyError, TypeError, AttributeError, OverflowError)


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
        requests = [(str(method), params) for method, params in batch_requests]
        return cast(list[RPCResponse], self._endpoints.request_batch(requests))


class ContractReader:
    """The pool and the bond token of a network, asked through its endpoints."""

    def __init__(self, network: Network, endpoints: Endpoints) -> None:
        self._w3 = Web3(_Provider(endpoints))
        self._pool, self._bond = (
            self._w3.eth.contract(to_checksum_address(address), abi=[view.abi for view in views])
            for address, views in (
                (network.pool, (*VIEWS, WITHDRAWALS, BURN_FEE, GET_STUB, *_CONTRACTS)),
                (network.bond, (RATIO,)),
            )
        )

    def state(self, block: Block, stubs: Sequence[str] | None = None) -> PoolState:
        """The pool's balance and views at `block`, and what its `stubs` hold (those that it lists
        itself if None). Raises NodeError where the node keeps no state of that block, and
        WrongChainError where there is no contract at the pool's address."""
        at = block.number
        pool = self._pool.address
        try:
            if not self._w3.eth.get_code(pool, at):
                raise WrongChainError(
                    f"there is no contract at {pool} at block {at}: the node is on another chain"
                )
            balance_wei = self._w3.eth.get_balance(pool, at)
        except _UNREADABLE as error:
            raise NodeError(f"the node tells no state of block {at}: {_words(error)}") from error
        views = {view.name: self._view(view, at) for view in VIEWS}
        for probe in PROBES_FTM:
            amount_wei = probe * ONE
            views[f"{BURN_FEE.name}({amount_wei})"] = self._view(BURN_FEE, at, amount_wei)
        views["pendingWei"] = self._pending_wei(views["firstWrId"], views["lastWrId"], at)
        views[RATIO.name] = self._view(RATIO, at)
        return PoolState(
            block,
            balance_wei,
            {name: value for name, value in views.items() if value is not None},
            {view.name: address for view in _CONTRACTS if (address := self._address(view, at))},
            self._stub_balances(stubs, views["stubCount"], at),
        )

    def balances_wei(self, addresses: Sequence[str], at: int) -> list[int]:
        """What each address holds after block `at`, in wei. Raises NodeError where the node does
        not tell."""
        accounts = [to_checksum_address(address) for address in addresses]
        try:
            return self._in_batches(
                [partial(self._w3.eth.get_balance, account, at) for account in accounts]
            )
        except _UNREADABLE as error:
            raise NodeError(f"the node tells no balance of block {at}: {_words(error)}") from error

    def _view(self, view: Function, at: int, *arguments: int) -> int | None:
        """The value of a view; None where this generation of the contract has no such view."""
        contract = self._bond if view == RATIO else self._pool
        try:
            return int(contract.functions[view.name](*arguments).call(block_identifier=at))
        except _UNREADABLE:
            return None

    def _address(self, view: Function, at: int) -> str | None:
        """The address a view of the pool answers, None where it does not tell."""
        try:
            return str(self._pool.functions[view.name]().call(block_identifier=at)).lower()
        except _UNREADABLE:
            return None

    def _stub_balances(
        self, stubs: Sequence[str] | None, count: int | None, at: int
    ) -> dict[str, int] | None:
        """What each stub holds in wei, None where the node or the contract does not tell."""
        try:
            if stubs is None:
                if count is None:
                    return None
                listed = self._pool.functions[GET_STUB.name]
                asks = [partial(listed(id).call, block_identifier=at) for id in range(count)]
                stubs = [str(stub).lower() for stub in self._in_batches(asks)]
            return dict(zip(stubs, self.balances_wei(stubs, at), strict=True))
        except (NodeError, *_UNREADABLE):
            return None

    def _in_batches(self, asks: Sequence[Callable[[], Any]]) -> list[Any]:
        """The answers to calls of web3, each made within a batch."""
        answers: list[Any] = []
        for start in range(0, len(asks), _BATCH):
            with self._w3.batch_requests() as batch:
                for ask in asks[start : start + _BATCH]:
                    batch.add(ask())
                answers += cast(list[Any], batch.execute())
        return answers

    def _pending_wei(self, first: int | None, last: int | None, at: int) -> int | None:
        """The sum of the queued amounts, as the contract holds them."""
        if first is None or last is None or last - first > MOST_QUEUED:
            return None
        total = 0
        for start in range(first, last, _BATCH):
            with self._w3.batch_requests() as batch:
                for wr_id in range(start, min(start + _BATCH, last)):
                    call = self._pool.functions[WITHDRAWALS.name](wr_id)
                    batch.add(call.call(block_identifier=at))
                try:
                    total += sum(amount for _, amount in cast(list[Any], batch.execute()))
                except _UNREADABLE:
                    return None
        return total


def _words(error: Exception) -> str:
    """What a node's error says, without web3's wrapping."""
    response = getattr(error, "rpc_response", None)
    if isinstance(response, dict) and response.get("error"):
        return message_of(response["error"])
    return plain(f"{type(error).__name__} {error}")[:200]
