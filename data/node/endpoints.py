"""The endpoints of one chain: posting to them, and failing over from one to the next.

What goes wrong is named in data.node.refusals; one that failed is left alone for a while.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from data import NodeError
from data.node.endpoint import Endpoint, Manners
from data.node.http import Sockets
from data.node.refusals import (
    BusyError,
    EndpointError,
    LyingError,
    NoMethodError,
    NoResultError,
    StalledError,
    TooMuchError,
    UnclearError,
    http_refusal,
    lacks_method,
    message_of,
    parsed,
    refused_whatever_is_asked,
)

T = TypeVar("T")
# Null is an answer to these: the node knows no such transaction.
_NULLABLE = ("eth_getTransactionByHash", "eth_getTransactionReceipt")


class Endpoints:
    """All endpoints of a chain behind one socket pool; `request` fails over between them."""

    def __init__(
        self,
        urls: tuple[str, ...],
        manners: Manners,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.all = [Endpoint(url, manners, clock) for url in urls]
        self.ever = tuple(self.all)
        self.attempts = max(manners.attempts, len(self.all))
        self.manners = manners
        self._turn = itertools.count()
        self._ids = itertools.count(1)
        self._sockets = Sockets(manners)

    def drop(self, endpoint: Endpoint) -> None:
        """Use this endpoint no more; `ever` still holds it."""
        self.all = [other for other in self.all if other is not endpoint]

    @property
    def serving(self) -> list[Endpoint]:
        """Those that serve us; without those whose answers did not end, where others are left."""
        serving = [endpoint for endpoint in self.all if not endpoint.aside]
        return [endpoint for endpoint in serving if not endpoint.stalled] or serving

    def next(self, method: str = "", avoid: Collection[Endpoint] = ()) -> Endpoint:
        """The endpoint whose turn it is among the rested ones that have `method`; one of `avoid`
        only where there is no other. Raises NodeError where none has it."""
        serving = [endpoint for endpoint in self.all if not endpoint.aside]
        having = [endpoint for endpoint in serving if method not in endpoint.lacks]
        able = [endpoint for endpoint in having if not endpoint.stalled] or having
        if not able:
            what = f"no endpoint has {method}" if serving else "no endpoint serves us any more"
            raise NodeError(f"{what}. {self.faults()}")
        rested = [endpoint for endpoint in able if endpoint.pause_s == 0]
        choices = [endpoint for endpoint in rested if endpoint not in avoid] or rested
        if choices:
            return choices[next(self._turn) % len(choices)]
        return min(able, key=lambda endpoint: endpoint.pause_s)

    def attempt(
        self, method: str, ask: Callable[[Endpoint], T], avoid: Sequence[Endpoint] = ()
    ) -> T:
        """The first good answer to `ask`, trying endpoint after endpoint, a bounded number of times
        and with a pause; those to `avoid` last.

        Raises NodeError with the last error of each where no answer is good.
        """
        tried = list(avoid)
        deadline = time.monotonic() + self.manners.patience_s
        for _ in range(self.attempts):
            # Each is asked before any is asked again, and that is then not the last one.
            endpoint = self.next(method, avoid=tried)
            tried = [*(tried if len(tried) < len(self.all) - 1 else ()), endpoint]
            if time.monotonic() + endpoint.pause_s > deadline:
                break
            time.sleep(endpoint.pause_s)
            try:
                answer = ask(endpoint)
            except NoMethodError:
                endpoint.lacks_method(method)
            except EndpointError as error:
                endpoint.failed(error)
            else:
                endpoint.answered()
                return answer
        raise NodeError(f"no endpoint gave a usable answer to {method}. {self.faults()}")

    def errors(self) -> str:
        """Each endpoint's last error, or why it was left out."""
        return "; ".join(f"{e.host}: {e.last_error}" for e in self.ever if e.last_error)

    def faults(self) -> str:
        """Each endpoint's last error, and what to do about it."""
        advice = "What was fetched is kept: try again later, or name another --rpc-url"
        return f"{self.errors()}. {advice}"

    def request(self, method: str, params: Any) -> dict[str, Any]:
        """One JSON-RPC answer, its `error` included.

        An error that the node means, such as a reverted call, is the caller's to read. Any other is
        asked again: another endpoint may have what one lacks.
        """
        return self.request_batch([(method, params)])[0]

    def request_batch(self, requests: list[tuple[str, Any]]) -> list[dict[str, Any]]:
        """Answers in the order of the requests, errors as in `request`; as one HTTP batch where
        the endpoint takes it. What of it failed is asked again, elsewhere first."""
        answers: list[dict[str, Any]] = [{}] * len(requests)
        left = list(range(len(requests)))
        tried: list[Endpoint] = []
        turns = max(3, len(self.all))

        def ask(endpoint: Endpoint) -> list[dict[str, Any] | EndpointError]:
            tried.append(endpoint)
            return self._each(endpoint, [requests[place] for place in left])

        while left:
            turns -= 1
            found = self.attempt(requests[left[0]][0], ask, avoid=tried[-1:])
            again = []
            for place, answer in zip(left, found, strict=True):
                if isinstance(answer, EndpointError):
                    tried[-1].failed(answer)
                    again.append(place)
                    continue
                answers[place] = answer
                if "error" in answer and lacks_method(answer["error"]):
                    tried[-1].lacks_method(requests[place][0])
                    again.append(place)
                    continue
                if turns > 0 and "error" in answer and "revert" not in message_of(answer["error"]):
                    again.append(place)
            left = again
        return answers

    def ask_batch(
        self, endpoint: Endpoint, requests: list[tuple[str, Any]]
    ) -> list[dict[str, Any]]:
        """This endpoint's answers in the order of the requests, one by one where it takes no
        batches, errors included: also that it is too busy for some of them. Raises EndpointError
        where one is no answer, or all are refused."""
        answers: list[dict[str, Any]] = []
        for answer in self._each(endpoint, requests):
            if isinstance(answer, LyingError | UnclearError | TooMuchError):
                raise answer
            if isinstance(answer, EndpointError):
                answer = {"error": {"message": str(answer)}}
            answers.append(answer)
        return answers

    def ask_one(self, endpoint: Endpoint, method: str, params: Any) -> Any:
        """The result of one call at this endpoint. Raises EndpointError for anything else."""
        answer = self._ask(endpoint, [(method, params)])[0]
        if isinstance(answer, EndpointError):
            raise answer
        if "error" in answer:
            raise BusyError(f"{method}: {message_of(answer['error'])}")
        return answer["result"]

    def post(self, endpoint: Endpoint, payload: Any) -> bytes:
        """The body of one HTTP answer, JSON-RPC's own errors included, within the deadline.
        Raises EndpointError for anything else."""
        try:
            status, headers, body = self._sockets.post(endpoint.url, json.dumps(payload).encode())
        except StalledError as error:
            endpoint.stalls(error)
            raise
        refused = http_refusal(status, body, headers) if status >= 300 else None
        if refused is not None:
            raise refused
        return body

    def _each(
        self, endpoint: Endpoint, requests: list[tuple[str, Any]]
    ) -> list[dict[str, Any] | EndpointError]:
        """This endpoint's answer to each request, or what is wrong with it. Raises EndpointError
        where none is good."""
        if len(requests) == 1:
            return self._ask(endpoint, requests)
        deadline = time.monotonic() + self.manners.patience_s
        knows_batches = endpoint.batches
        if knows_batches:
            try:
                return self._ask(endpoint, requests, batch=True)
            except (LyingError, UnclearError) as error:  # it may know no batches and else be well
                knows_batches = error.may_be_width
        answers: list[dict[str, Any] | EndpointError] = []
        for request in requests:
            if time.monotonic() > deadline:
                raise TooMuchError("takes no batches, and too long one by one")
            try:
                answers += self._ask(endpoint, [request])
            except EndpointError as error:
                if not answers:
                    raise
                # Who fails once would keep us waiting as often as there are requests.
                return answers + [error] * (len(requests) - len(answers))
        endpoint.batches = knows_batches
        return answers

    def _ask(
        self, endpoint: Endpoint, requests: list[tuple[str, Any]], batch: bool = False
    ) -> list[dict[str, Any] | EndpointError]:
        """One HTTP request: the answer to each, or what is wrong with it. Raises EndpointError
        where none is good."""
        payload = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params or []}
            for method, params in requests
        ]
        content = parsed(self.post(endpoint, payload if batch else payload[0]))
        if batch and not isinstance(content, list):
            error = content.get("error") if isinstance(content, dict) else None
            refused = refused_whatever_is_asked(error) if error else None
            raise refused or LyingError("answered a batch with something else")
        by_id = {
            str(one.get("id"))[:40]: one
            for one in (content if batch else [content])
            if isinstance(one, dict) and isinstance(one.get("id"), int | str | None)
        }
        if not batch and "None" in by_id and by_id["None"].get("error") is not None:
            by_id = {str(payload[0]["id"]): content}  # what was not understood has no id
        answers = [
            _judged(by_id.get(str(item["id"])), method)
            for item, (method, _) in zip(payload, requests, strict=True)
        ]
        if batch and all(_refuses_batches(answer) for answer in answers):
            raise LyingError("takes no batches of so many")
        if all(isinstance(answer, EndpointError) for answer in answers):
            raise next(answer for answer in answers if isinstance(answer, EndpointError))
        return answers


def _refuses_batches(answer: dict[str, Any] | EndpointError) -> bool:
    error = str(answer) if isinstance(answer, EndpointError) else answer.get("error")
    return error is not None and "batch" in message_of(error).lower()


def _judged(answer: dict[str, Any] | None, method: str) -> dict[str, Any] | EndpointError:
    """An answer, or what is wrong with it."""
    if answer is None:
        return LyingError("left out an answer, or answered another request than it was asked")
    if answer.get("error") is not None:
        if lacks_method(answer["error"]):
            return answer
        return refused_whatever_is_asked(answer["error"]) or answer
    answer.pop("error", None)  # some send a null beside the result
    if answer.get("result") is None and not ("result" in answer and method in _NULLABLE):
        return NoResultError("answered with no result")
    return answer
