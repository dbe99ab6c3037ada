"""What endpoints say when they refuse: real answers of providers, and other words for the same."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from data.node.refusals import (
    BusyError,
    EndpointError,
    LyingError,
    NeverError,
    PrunedError,
    RangeTooWideError,
    TooMuchError,
    UnclearError,
    http_refusal,
    message_of,
    parsed,
    plain,
    refusal,
    refused_whatever_is_asked,
)

KINDS: dict[str, type[EndpointError]] = {
    "range": RangeTooWideError,
    "busy": BusyError,
    "slow": TooMuchError,
    "never": NeverError,
    "old": PrunedError,
    "unclear": UnclearError,
}
NOW = "Sat, 11 Jul 2026 23:59:00 GMT"


def lines_of(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(__file__).with_name(name).read_text().splitlines()]


def numbered(texts: list[str]) -> list[str]:
    """Names for tests, each its own."""
    numbers = count(1)
    return [f"{next(numbers)} {text}" for text in texts]


REAL = lines_of("rpc_errors.jsonl")
OTHERS = lines_of("other_wordings.jsonl")


@pytest.mark.parametrize("case", REAL, ids=numbered([case["provider"] for case in REAL]))
def test_a_providers_refusal_is_understood(case: dict[str, Any]) -> None:
    status, body = case["http_status"], case["body"].encode()
    found = http_refusal(status, body) if status >= 300 else None
    if found is None:
        found = refusal(parsed(body)["error"], case["asked_blocks"])
    assert type(found) is KINDS[case["kind"]]
    assert getattr(found, "length", None) == case["length"]


@pytest.mark.parametrize("case", OTHERS, ids=numbered([case["words"] for case in OTHERS]))
def test_other_words_for_the_same_are_understood(case: dict[str, Any]) -> None:
    words, blocks = case["words"], case.get("asked_blocks", 20_000)
    for error in ({"code": -32000, "message": words}, words, {"message": "no", "data": [words]}):
        found = refusal(error, blocks)
        assert type(found) is KINDS[case["kind"]]
        assert getattr(found, "length", None) == case.get("length")


@pytest.mark.parametrize(
    ("words", "blocks", "length"),
    [
        ("block range too large, the limit is 2000", 2_000, None),
        ("block range too large, the limit is 1999", 2_000, 1_999),
        ("block range 1999 is too large", 2_000, None),
        ("block range too large: more than 1999 blocks", 2_000, None),
        ("block range too large, maximum 0", 2_000, None),
        ("more than 50 results in the block range", 2_000, None),
        ("block range too large after 10 seconds", 2_000, None),
        (
            "block range too large for 5MB, version v1.2, node 10.0.0.1, 2026-11-29, -32000",
            2_000,
            None,
        ),
        ("block range too large; plan 7, 30 requests", 2_000, None),
    ],
)
def test_only_what_counts_fewer_blocks_than_were_asked_is_a_length(
    words: str, blocks: int, length: int | None
) -> None:
    found = refusal(words, blocks)
    assert isinstance(found, RangeTooWideError)
    assert found.length == length


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        ("Too many requests, retry in 10s", 10),
        ("rate limit exceeded, try again in 748.5ms", 0.7485),
        ("rate limited. Please wait 2 minutes", 120),
        ("rate limit, retry after 1m30s", 90),
        ("Rate Limit Hit, limit will reset in 60 seconds", 60),
        ({"message": "rate limit", "data": {"try_again_in": "12ms"}}, 0.012),
        ({"message": "rate limit", "data": {"rate": {"backoff_seconds": 30}}}, 30),
        ({"message": "rate limit", "data": {"retryAfter": 7}}, 7),
        ({"message": "rate limit", "data": {"retry_after_ms": 500}}, 0.5),
        ({"message": "daily quota", "data": {"resets_at": "2026-07-12T00:00:00Z"}}, 60),
        ({"message": "daily quota", "data": {"resets_at": "2026-07-11T00:00:00Z"}}, 0),
        ("rate limit of 25 requests exceeded", None),
        ("too many requests from 10.0.0.1", None),
        ("rate limit, retry later", None),
    ],
)
def test_when_to_ask_again_is_read_from_the_words(error: Any, seconds: float | None) -> None:
    found = refusal(error, 1, datetime(2026, 7, 11, 23, 59, tzinfo=UTC))
    assert type(found) is BusyError
    assert found.retry_after_s == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("after", "seconds"),
    [("17", 17), ("0.5", 0.5), ("Sun, 12 Jul 2026 00:00:00 GMT", 60), ("soon", None), ("-1", None)],
)
def test_when_to_ask_again_is_read_from_the_header(after: str, seconds: float | None) -> None:
    """A date counts from the server's own clock."""
    for status in (429, 503):
        found = http_refusal(status, b"", {"retry-after": after, "date": NOW})
        assert found is not None
        assert found.retry_after_s == seconds
    limited = http_refusal(503, b'{"error":"rate limit"}', {"retry-after": after, "date": NOW})
    assert isinstance(limited, BusyError)
    assert limited.retry_after_s == seconds


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (429, b"<html>", BusyError),
        (429, b'{"error":{"message":"block range is too wide"}}', BusyError),
        (413, b"<html>", RangeTooWideError),
        (413, b"", RangeTooWideError),
        (408, b"", TooMuchError),
        (504, b"<html>", TooMuchError),
        (524, b"<title>A timeout occurred</title>", TooMuchError),
        (500, b"", UnclearError),
        (502, b"<html><title>502 Bad Gateway</title>", UnclearError),
        (503, b"upstream unavailable", UnclearError),
        (503, b"endpoint not found", UnclearError),
        (503, b"server is busy, try again later", BusyError),
        (400, b"Bad Request", UnclearError),
        (400, b"too many requests", BusyError),
        (404, b"not here", BusyError),
        (401, b'{"message":"no"}', BusyError),
        (401, b'{"message":"no API key given"}', NeverError),
        (401, b"Unauthorized", NeverError),
        (402, b"", NeverError),
        (402, b'{"error":{"message":"Daily quota exceeded"}}', BusyError),
        (403, b"<html><title>403 Forbidden</title>", BusyError),
        (403, b'{"error":"account suspended"}', NeverError),
        (403, b"rate limit exceeded", BusyError),
        (451, b"", NeverError),
        (422, b"", UnclearError),
        (400, b'{"error":{"message":"Monthly capacity limit exceeded."}}', NeverError),
    ],
    ids=lambda part: part.decode() or "nothing" if isinstance(part, bytes) else None,
)
def test_a_status_is_what_to_do_about_it(
    status: int, body: bytes, kind: type[EndpointError]
) -> None:
    assert type(http_refusal(status, body)) is kind


@pytest.mark.parametrize(
    "words", ["block range is too wide", "execution reverted: rate limit", "missing trie node"]
)
def test_json_rpc_speaks_for_itself_about_what_was_asked(words: str) -> None:
    body = json.dumps({"id": 1, "error": {"message": words}}).encode()
    assert [http_refusal(status, body) for status in (400, 408, 413, 500)] == [None] * 4
    assert refused_whatever_is_asked({"message": words}) is None


def test_a_range_that_a_plan_does_not_have_is_no_matter_of_the_plan() -> None:
    body = (
        b'{"id":1,"error":{"message":"ranges over 10000 blocks need a paid plan and an API key"}}'
    )
    assert [http_refusal(status, body) for status in (401, 402, 403)] == [None] * 3


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (
            "https://rpc.new.example/v3/s3cr3tk3y?key=s3cr3tk3y",
            "has moved to https://rpc.new.example:",
        ),
        ("https://user:s3cr3tk3y@rpc.new.example:8443/", "https://rpc.new.example:8443:"),
        ("//rpc.new.example/s3cr3tk3y", "https://rpc.new.example:"),
        ("/s3cr3tk3y", "to another path"),
        ("", "to another path"),
        ("https://[bad/s3cr3tk3y", "to another path"),
    ],
)
def test_a_redirect_names_the_new_place_without_keys(location: str, place: str) -> None:
    found = http_refusal(308, b"", {"location": location})
    assert type(found) is BusyError
    assert place in str(found)
    assert "s3cr3tk3y" not in str(found)


def test_what_may_be_the_width_says_so() -> None:
    marked = [kind for kind, error in KINDS.items() if error("no").may_be_width]
    assert marked == ["range", "slow", "unclear"]
    with pytest.raises(LyingError) as cut:
        parsed(b'{"result": [')
    assert cut.value.may_be_width
    with pytest.raises(LyingError) as page:
        parsed(b"<html>")
    assert not page.value.may_be_width


NESTED: Any = "deep"
for _ in range(150):
    NESTED = {"message": [NESTED]}


@pytest.mark.parametrize(
    "error",
    [
        *(True, 7, 1e300, float("nan"), [], {}, "", {"message": None}, {"message": {"a": [1]}}),
        *({"code": {}, "data": 3}, {"message": "x", "data": {"a": None}}, [["no"]], NESTED),
        {"code": 429},
        {"message": "9" * 5_000},
        {"message": "block range too large, limit " + "9" * 5_000},
        {"message": "rate limit, retry in " + "9" * 5_000 + "s"},
        {"message": "quota", "data": {"resets_at": "2026-07-12T00:00:00"}},
        {"message": "quota, resets at 2026-99-99T99:99:99Z"},
        {"message": "block " * 100_000},
        {"message": "\ud800 \x00"},
    ],
)
def test_an_error_of_any_shape_is_an_error_of_the_endpoint(error: Any) -> None:
    for found in (refusal(error, 2_000), refused_whatever_is_asked(error)):
        assert found is None or isinstance(found, EndpointError)
    body = json.dumps({"id": 1, "error": error}).encode()
    for status in (302, 400, 401, 403, 413, 429, 500, 504):
        refused = http_refusal(status, body, {"date": NOW.replace("GMT", "-0000")})
        assert refused is None or isinstance(refused, EndpointError)
    assert 0 < len(message_of(error)) <= 300
    message_of(error).encode()


def test_no_text_of_a_node_commands_a_terminal() -> None:
    text = "a\x1b[31mred\x1b]0;title\x07 b\x9b2Jc\r\n\td\x00\u202e\u2028e\x85"
    assert plain(text) == "a red b c d e"
    assert message_of({"message": text, "data": f"more {text}"}).isprintable()
    for status in (308, 400, 429, 403):
        found = http_refusal(status, text.encode(), {"location": f"https://{text}.example/"})
        assert found is not None
        assert str(found).isprintable()
