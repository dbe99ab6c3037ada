"""One batch of questions to a live chain, answered within seconds or not at all.

Every batch asks for the chain's id too: what another chain says is never believed. An
endpoint that lacks something is passed over for one that has it; where none has, the
fullest answer is taken and what it lacks stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from data import NodeError, WrongChainError
from data.config import Network
from data.node.endpoint import Endpoint, Manners
from data.node.endpoints import Endpoints
from data.node.refusals import BusyError, EndpointError, LyingError, message_of, plain
from data.pool.calls import quantity, revert_reason

# Somebody waits for the page: an endpoint that says nothing for two seconds is given up.
LIVE = Manners(
    timeout_s=2.0,
    attempts=3,
    pause_s=0.1,
    longest_pause_s=1.0,
    largest_body=4 * 1024 * 1024,
    patience_s=6.0,
    deadline_s=4.0,
    grace_s=1.0,
    aside_s=60.0,
)
Request = tuple[str, list[Any]]


@dataclass(frozen=True)
class Answer:
    """A result, or the node's `error` as text. `reverted` is the contract's reason where the
    contract refused ("" where it gave none)."""

    result: Any = None
    error: str | None = None
    reverted: str | None = None


@dataclass(frozen=True)
class Answers:
    """The answers of one endpoint, named by its `host`, in the order of the requests."""

    host: str
    each: tuple[Answer, ...]


# Raises EndpointError where another endpoint should be asked; what it returns is counted as
# how much these answers lack.
Judge = Callable[[Sequence[Answer]], int]


class LiveNode:
    """A network's endpoints for reads that a page waits for. Keep one per network: it
    remembers which endpoints failed lately. Threads may share it.

    Raises NodeError where the network has no endpoint, as a simulated one.
    """

    def __init__(self, network: Network, manners: Manners = LIVE) -> None:
        if network.simulated:
            raise NodeError(f"{network.name} is simulated: there is no node to ask")
        if not network.rpc_urls:
            raise NodeError(f"{network.name} has no endpoint: name one in FTM_RPC_URLS")
        self.network = network
        self._endpoints = Endpoints(network.rpc_urls, manners)

    def ask(self, requests: Sequence[Request], judge: Judge) -> Answers:
        """The answers of the first endpoint that `judge` finds to lack nothing, else the
        fullest of all.

        Raises WrongChainError where all that answer serve another chain, and NodeError
        where none gives an answer that can be used.
        """
        batch: list[Request] = [("eth_chainId", []), *requests]
        wrong: dict[str, str] = {}
        faults: dict[str, str] = {}
        partial: dict[str, tuple[int, Answers]] = {}

        def fullest() -> Answers:
            return min(partial.values(), key=itemgetter(0))[1]

        def ask_one(endpoint: Endpoint) -> Answers:
            try:
                answers = self._ask_one(endpoint, batch)
                lacking = judge(answers.each)
            except _OtherChainError as error:
                wrong[endpoint.url] = f"{endpoint.host} {error}"
                raise
            except EndpointError as error:
                faults[endpoint.url] = f"{endpoint.host}: {endpoint.redacted(error)}"
                raise
            partial[endpoint.url] = (lacking, answers)
            tried = {*partial, *wrong, *faults}
            if lacking and len(tried) < len(self._endpoints.all):
                raise BusyError("lacks some of what was asked")
            return fullest()

        try:
            return self._endpoints.attempt("a live question", ask_one)
        except NodeError as error:
            if partial:
                return fullest()
            reasons = "; ".join([*wrong.values(), *faults.values()]) or self._endpoints.errors()
            kind = WrongChainError if wrong and not faults else NodeError
            raise kind(
                f"no endpoint of {self.network.name} answered: {reasons}"
                ". Try again, or name another endpoint in FTM_RPC_URLS"
            ) from error

    def _ask_one(self, endpoint: Endpoint, batch: list[Request]) -> Answers:
        replies = self._endpoints.ask_batch(endpoint, list(batch))
        chain, *each = [_answer(endpoint, reply) for reply in replies]
        if chain.error is not None:
            raise BusyError(f"eth_chainId: {chain.error}")
        try:
            chain_id = quantity(chain.result)
        except ValueError:
            raise LyingError(f"answered eth_chainId with {str(chain.result)[:40]!r}") from None
        if chain_id != self.network.chain_id:
            raise _OtherChainError(f"serves chain {chain_id}, not {self.network.chain_id}")
        return Answers(endpoint.host, tuple(each))


class _OtherChainError(LyingError):
    """The endpoint serves another chain."""


def _answer(endpoint: Endpoint, reply: dict[str, Any]) -> Answer:
    """A reply without what may be a key: it is shown to visitors."""
    if "error" not in reply:
        return Answer(reply["result"])
    reason = revert_reason(reply["error"])
    words = endpoint.redacted(message_of(reply["error"]))
    shown = None if reason is None else endpoint.redacted(plain(reason))
    return Answer(error=words, reverted=shown)
