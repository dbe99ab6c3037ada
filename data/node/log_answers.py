"""The array of logs cut out of a JSON-RPC answer unparsed: DuckDB reads it faster than we could."""

from __future__ import annotations

from codecs import BOM_UTF8

from data.node.refusals import (
    LyingError,
    NeverError,
    NoMethodError,
    TooMuchError,
    lacks_method,
    parsed,
    read_json,
    refusal,
    refused_whatever_is_asked,
)

LOGS_METHOD, HEAD_METHOD = "eth_getLogs", "eth_blockNumber"
_MOST_BLOCKS = 1 << 53


class NoBatchError(LyingError):
    """Something else than the answers of a batch came for one."""


def bare_array(body: bytes, first: int, last: int) -> memoryview:
    """The array of logs within a JSON-RPC answer, cut out unparsed.

    Checks the envelope around it: that it answers this request, with a list and no error.
    Raises EndpointError for anything else.
    """
    start, end = body.find(b"["), body.rfind(b"]")
    try:
        envelope = read_json(body[:start] + b"[]" + body[end + 1 :] if start >= 0 else body)
    except ValueError:
        envelope = parsed(body)
    if not isinstance(envelope, dict):
        raise LyingError("the answer is no JSON-RPC answer")
    if envelope.get("error") is not None:
        _raise_refusal(parsed(body)["error"], last - first + 1)
    if str(envelope.get("id")) != str(first):  # some send it as text
        raise LyingError("answered another request than it was asked")
    if not isinstance(envelope.get("result"), list) or end < start:
        raise LyingError(f"answered {str(envelope.get('result'))[:40]!r} where a list was due")
    return memoryview(body)[start : end + 1]


def holds_something(array: memoryview) -> bool:
    """Whether a JSON array has an element."""
    for start in range(1, len(array) - 1, 256):
        if array[start : min(start + 256, len(array) - 1)].tobytes().strip():
            return True
    return False


def head_of(answer: object) -> int:
    """The block number that a JSON-RPC answer tells. Raises EndpointError where there is none
    that a chain can have."""
    if not isinstance(answer, dict):
        raise LyingError("the answer is no JSON-RPC answer")
    if answer.get("error") is not None:
        raise refusal(answer["error"], 1)
    return quantity_of(HEAD_METHOD, answer.get("result"))


def quantity_of(method: str, result: object) -> int:
    """The number that a node answered a method with. Raises LyingError for what is none, and for
    one that is no chain's id or block."""
    try:
        number = int(result, 16) if isinstance(result, str) else -1
    except ValueError:
        number = -1
    if not 0 <= number < _MOST_BLOCKS:
        raise LyingError(f"answered {method} with {str(result)[:40]!r}")
    return number


def logs_and_head(body: bytes, first: int, last: int) -> tuple[memoryview, int]:
    """The bare array of logs, unparsed, and the newest block, of a batch that asked for both.

    Raises EndpointError for anything else.
    """
    body = body.removeprefix(BOM_UTF8)
    outer = body.find(b"[")
    start, end = body.find(b"[", outer + 1), body.rfind(b"]", 0, body.rfind(b"]"))
    cut = 0 <= outer < start < end and not body[:outer].strip()
    answers: object = None
    if cut:
        try:
            answers = read_json(body[:start] + b"[]" + body[end + 1 :])
        except ValueError:
            cut = False
    if not cut:
        answers = parsed(body)
    if not isinstance(answers, list):
        if isinstance(answers, dict) and answers.get("error") is not None:
            _raise_if_busy(answers["error"], last - first + 1)
        raise NoBatchError("answered a batch with something else")
    by_id = {str(answer.get("id")): answer for answer in answers if isinstance(answer, dict)}
    logs, number = by_id.get(str(first)), by_id.get(str(first + 1))
    if logs is None or number is None:
        raise NoBatchError("answered another request than it was asked")
    if logs.get("error") is not None:
        whole = {str(answer.get("id")): answer for answer in parsed(body)}
        _raise_refusal(whole[str(first)]["error"], last - first + 1)
    if not isinstance(logs.get("result"), list) or not cut:
        raise LyingError(f"answered {str(logs.get('result'))[:40]!r} where a list was due")
    return memoryview(body)[start : end + 1], head_of(number)


def _raise_refusal(error: object, asked_blocks: int) -> None:
    if lacks_method(error):
        raise NoMethodError(f"has no {LOGS_METHOD}")
    raise refusal(error, asked_blocks)


def _raise_if_busy(error: object, asked_blocks: int) -> None:
    """Raise what is said of the endpoint, and not of a batch it does not take."""
    meant = refusal(error, asked_blocks)
    if isinstance(meant, TooMuchError | NeverError) or refused_whatever_is_asked(error):
        raise meant
