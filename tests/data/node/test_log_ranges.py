"""How wide a range is asked for, from nodes that each set other limits."""

from __future__ import annotations

import time

import pytest

from data.node.endpoints import Endpoints, Manners
from data.node.log_ranges import LogRanges
from data.node.refusals import suggested_length
from tests.fake_node import Asked, Reply, at_most, error, fake_node, result
from tests.made_chain import BRISK, EXPECTED, FILTER, HEAD, LOGS, fetch, fetch_with, ledger

pytestmark = pytest.mark.node


def test_ranges_double_while_answers_are_quick_and_small() -> None:
    with fake_node(ledger([], 1_000_000)) as node:
        answers = LogRanges(Endpoints((node.url,), BRISK), FILTER, [(0, 1_000_000)], 1)
        lengths = [answer.last - answer.first + 1 for answer in answers]
    assert lengths == [*(2_000 << step for step in range(8)), 1_000_001 - 510_000]


WORDINGS = [
    "block range is too wide",
    "too wide blocks range, the limit is {limit}",
    "ranges over {limit} blocks are not supported",
    "range {asked} exceeds limit of {limit}",
    "eth_getLogs is limited to a {limit:,} range",
    "exceed maximum block range: {limit}",
    "requested too many blocks, maximum is set to {limit}",
    "Maximum allowed number of requested blocks is {limit}",
    "block range is larger than max block range, block range = {asked}, max = {limit}",
    "You can make eth_getLogs requests with up to a {limit} block range. Based on your "
    "parameters, this block range should work: [0x1a30000, 0x1a302bb]",
    "Query timeout exceeded. Consider reducing your block range.",
    "query timeout of 10 seconds exceeded",
    "request timed out",
    "limit exceeded",
]


@pytest.mark.parametrize("words", WORDINGS)
def test_a_limit_on_the_range_is_found_however_it_is_worded(words: str) -> None:
    def fault(asked: Asked) -> Reply | None:
        return (
            error(asked, words.format(limit=700, asked=asked.length), -32602)
            if (asked.length > 700)
            else None
        )

    found, node = fetch_with(fault)
    assert found == EXPECTED
    later = node.blocks_asked()[node.count("eth_getLogs") // 2 :]
    assert sum(last - first >= 700 for first, last in later) < len(later) / 10


@pytest.mark.parametrize(
    "words",
    [
        "query returned more than 30 results",
        "query returned more than 30 results. Try with this block range [0x0, 0x9].",
        "Log response size exceeded. You can request any block range with a cap of 30 logs",
        "response too large",
    ],
)
def test_a_limit_on_the_result_narrows_where_logs_are_dense_and_is_forgotten(words: str) -> None:
    def fault(asked: Asked) -> Reply | None:
        many = len(asked.honest()) > (40 if asked.length == 1 else 30)
        return error(asked, words, -32005) if many else None

    found, node = fetch_with(fault, in_flight=1)
    assert found == EXPECTED
    assert max(last - first for first, last in node.blocks_asked()[-20:]) > 500


def test_http_413_narrows_with_and_without_a_body_that_says_how_far() -> None:
    said = "eth_getLogs is limited to a 1,000 range"
    for reply in (lambda asked: Reply(b"", 413), lambda asked: error(asked, said, status=413)):
        found, node = fetch_with(lambda asked, r=reply: r(asked) if asked.length > 1_000 else None)
        assert found == EXPECTED
        assert max(last - first for first, last in node.blocks_asked()) >= 999


def test_only_a_suggested_length_is_believed_and_never_its_range() -> None:
    text = "this block range should work: [0x1a30dfd, 0x1a30e60]"
    assert suggested_length(text, 2_000) == 100
    assert suggested_length("ranges over 10,000 blocks", 20_000) == 10_000
    assert suggested_length("blocks 31200000 to 31202047, maximum is 2048", 5_000) == 2_048
    for unusable in (text, "more than 50 results", "in 10 seconds", "5MB", "v1.2", "no number"):
        assert suggested_length(unusable, 100) is None


def test_timeouts_narrow_a_range_that_is_more_than_the_node_can_do() -> None:
    def fault(asked: Asked) -> Reply | None:
        return result(asked, [], after_s=0.4) if asked.length > 600 else None

    assert fetch_with(fault)[0] == EXPECTED


def test_a_body_that_drips_is_given_up_after_a_bounded_time() -> None:
    began = time.monotonic()
    found, _ = fetch_with(
        lambda asked: result(asked, [], drip_s=0.1) if asked.turn < 2 else None,
        manners=Manners(timeout_s=0.2, pause_s=0.01),
    )
    assert found == EXPECTED
    assert time.monotonic() - began < 5


def test_a_block_that_one_endpoint_refuses_is_read_at_another() -> None:
    with (
        fake_node(ledger(LOGS, HEAD), at_most(0)) as refusing,
        fake_node(ledger(LOGS, HEAD)) as willing,
    ):
        assert fetch(refusing.url, willing.url) == EXPECTED


def test_a_narrow_endpoint_does_not_narrow_the_others() -> None:
    with (
        fake_node(ledger(LOGS, HEAD), at_most(5, "limited to a 5 block range")) as narrow,
        fake_node(ledger(LOGS, HEAD)) as wide,
    ):
        assert fetch(narrow.url, wide.url) == EXPECTED
    assert wide.count("eth_getLogs") < 150
    assert max(last - first for first, last in wide.blocks_asked()) > 2_000
    # Wide answers without logs are confirmed where they were given.
    assert sum(last - first >= 5 for first, last in narrow.blocks_asked()) < 10


def test_widths_recover_from_one_block_that_was_too_much() -> None:
    def fault(asked: Asked) -> Reply | None:
        first, last = asked.blocks
        too_much = first <= 3_000 <= last and asked.length > 1
        return error(asked, "more than 10000 results") if too_much else None

    found, node = fetch_with(fault, in_flight=1)
    assert found == EXPECTED
    lengths = [last - first + 1 for first, last in node.blocks_asked()]
    assert min(lengths) == 1
    assert max(lengths[-10:]) >= 1_000
    assert len(lengths) < 500
