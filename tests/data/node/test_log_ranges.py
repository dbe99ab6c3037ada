"""Ranges of logs: how wide they are asked for, and that none is lost or doubled by a bad answer."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import ExitStack
from dataclasses import replace

import pytest

from data import NodeError
from data.node.endpoint import Manners
from data.node.endpoints import Endpoints
from data.node.log_answers import bare_array
from data.node.log_ranges import LogRanges
from data.node.refusals import EndpointError, LyingError, suggested_length
from tests.fake_node import Asked, Reply, at_most, error, fake_node, result
from tests.made_chain import (
    BRISK,
    EXPECTED,
    FILTER,
    HASTY,
    HEAD,
    LOGS,
    PASSING,
    fetch,
    fetch_with,
    ledger,
)

pytestmark = pytest.mark.node


def test_ranges_grow_while_answers_are_quick_and_small() -> None:
    with fake_node(ledger([], 1_000_000)) as node:
        answers = LogRanges(Endpoints((node.url,), BRISK), FILTER, [(0, 1_000_000)], 1)
        lengths = [answer.last - answer.first + 1 for answer in answers]
    assert lengths == [2_000, 8_000, 32_000, 128_000, 512_000, 1_000_001 - 682_000]


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
    assert sum(last - first >= 700 for first, last in later) < len(later) / 5


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
        return result(asked, [], after_s=0.8) if asked.length > 600 else None

    assert fetch_with(fault, manners=HASTY)[0] == EXPECTED


def test_a_body_that_drips_is_given_up_after_a_bounded_time() -> None:
    began = time.monotonic()
    found, _ = fetch_with(
        lambda asked: result(asked, [], drip_s=0.2) if asked.turn < 2 else None,
        manners=Manners(timeout_s=0.5, pause_s=0.01),
    )
    assert found == EXPECTED
    assert time.monotonic() - began < 60  # such a body takes hours


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


# Answers that break off, lie or never come


# An empty answer is believed here: whether it is true is found out by who keeps the logs.
FAILING = sorted(PASSING.keys() - {"empty lie"})


@pytest.mark.parametrize("name", FAILING)
def test_every_third_answer_bad_loses_and_doubles_nothing(name: str) -> None:
    bad = PASSING[name]
    found, node = fetch_with(lambda asked: bad(asked) if asked.turn % 3 == 2 else None, in_flight=1)
    assert found == EXPECTED
    assert node.count("eth_getLogs") < 40


@pytest.mark.parametrize("name", FAILING)
def test_each_question_answered_badly_once_loses_and_doubles_nothing(name: str) -> None:
    bad = PASSING[name]
    found, node = fetch_with(lambda asked: bad(asked) if asked.again == 0 else None)
    assert found == EXPECTED
    assert node.count("eth_getLogs") < 80


@pytest.mark.parametrize("name", FAILING)
def test_what_is_always_bad_is_an_error_that_names_blocks_and_host(name: str) -> None:
    began = time.monotonic()
    with fake_node(ledger(LOGS, HEAD), PASSING[name]) as node:
        with pytest.raises(NodeError) as caught:
            fetch(node.url)
        assert node.url.removeprefix("http://") in str(caught.value)
    assert "block" in str(caught.value)
    assert "--rpc-url" in str(caught.value)
    assert time.monotonic() - began < 60


def test_an_endpoint_that_refuses_even_one_block_is_named_with_the_block() -> None:
    with fake_node(ledger(LOGS, HEAD), at_most(0)) as node, pytest.raises(NodeError) as caught:
        fetch(node.url)
    assert re.match(r"block \d+: ", str(caught.value))
    assert f"{node.url.removeprefix('http://')}: refuses even one block" in str(caught.value)


def test_a_body_cut_anywhere_is_never_taken_for_a_whole_one() -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 0, "result": LOGS[:2]}).encode()
    for length in range(len(body)):
        for end in (b"", b"}"):
            cut = body[:length] + end
            if cut == body:
                continue
            try:
                array = bare_array(cut, 0, 9)
            except EndpointError:
                continue
            with pytest.raises(ValueError, match=r"Expecting|Extra|delimiter"):
                json.loads(array.tobytes())


def test_an_error_text_with_brackets_is_an_error_and_no_array() -> None:
    body = b'{"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"see [0x0, 0x5]"}}'
    with pytest.raises(EndpointError, match="see"):
        bare_array(body, 0, 9)
    with pytest.raises(LyingError):
        bare_array(b'{"id":0,"result":"none]["}', 0, 9)


def test_answers_that_are_held_at_once_have_room_in_memory_and_several_are_on_their_way() -> None:
    under_way, held = [0], []

    def dense(asked: Asked) -> Reply | None:
        if asked.method == "eth_getLogs":
            under_way[0] += asked.length
            held.append((asked.length, under_way[0]))
            time.sleep(0.1)
            under_way[0] -= asked.length
        return None

    block = [{"blockNumber": hex(1), "data": "0x" + "00" * 500_000}]
    answers = ledger([], 40)
    with fake_node(
        lambda method, params: (
            block * (int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1)
            if method == "eth_getLogs"
            else answers(method, params)
        ),
        dense,
    ) as node:
        endpoints = Endpoints((node.url,), replace(BRISK, first_span=16))
        read = [answer.first for answer in LogRanges(endpoints, FILTER, [(0, 40)])]
    assert held[0] == (16, 16)  # of a megabyte a block, which nobody knew
    later = held[1:]
    assert len(read) == len(set(read)) == len(held)
    assert max(length for length, _ in later) < 8
    assert 6 < max(together for _, together in later) <= 24


def test_whoever_stops_in_the_middle_waits_for_nobody_and_the_end_leaves_no_thread() -> None:
    before = threading.active_count()
    slow = Manners(timeout_s=60)
    with ExitStack() as nodes:
        node = nodes.enter_context(fake_node(ledger(LOGS, HEAD)))
        assert fetch(node.url) == EXPECTED
        assert not [t for t in threading.enumerate() if "ThreadPoolExecutor" in t.name]
        node.fault = lambda asked: result(asked, [], after_s=60.0) if asked.turn > 70 else None
        answers = iter(LogRanges(Endpoints((node.url,), slow), FILTER, [(0, HEAD)]))
        next(answers)
        began = time.monotonic()
        answers.close()
        assert time.monotonic() - began < 30
    assert threading.active_count() - before < 12
