"""Answers that break off, lie or never come: no log may be lost, none may come twice."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import ExitStack
from random import Random

import pytest

from data import NodeError
from data.node.endpoints import Endpoints, Manners
from data.node.log_ranges import LogRanges, bare_array
from data.node.refusals import EndpointError, LyingError
from tests.fake_node import at_most, either, fake_node, result
from tests.made_chain import EXPECTED, FILTER, HEAD, LOGS, PASSING, fetch, fetch_with, ledger

pytestmark = pytest.mark.node


@pytest.mark.parametrize("name", PASSING)
def test_every_third_answer_bad_loses_and_doubles_nothing(name: str) -> None:
    bad = PASSING[name]
    found, node = fetch_with(lambda asked: bad(asked) if asked.turn % 3 == 2 else None, in_flight=1)
    assert_all_came(found, name)
    assert node.count("eth_getLogs") < 400


@pytest.mark.parametrize("name", PASSING)
def test_each_question_answered_badly_once_loses_and_doubles_nothing(name: str) -> None:
    bad = PASSING[name]
    found, _ = fetch_with(lambda asked: bad(asked) if asked.again == 0 else None)
    assert_all_came(found, name)


def assert_all_came(found: list[tuple[int, int]], name: str) -> None:
    """What was believed of a liar is asked again: only then a log may come twice."""
    assert sorted(set(found)) == EXPECTED
    assert found == EXPECTED or name == "empty lie"


@pytest.mark.parametrize("name", sorted(PASSING.keys() - {"empty lie"}))
def test_what_is_always_bad_is_an_error_that_names_blocks_and_host(name: str) -> None:
    began = time.monotonic()
    with fake_node(ledger(LOGS, HEAD), PASSING[name]) as node:
        with pytest.raises(NodeError) as caught:
            fetch(node.url)
        assert node.url.removeprefix("http://") in str(caught.value)
    assert "block" in str(caught.value)
    assert "--rpc-url" in str(caught.value)
    assert time.monotonic() - began < 3


def test_a_liar_of_emptiness_is_found_out_and_what_was_believed_is_asked_again() -> None:
    """One answer of three, at random: two in a row would lose one range of nine."""
    for seed in range(5):
        dice = Random(seed)
        lie = lambda asked, dice=dice: result(asked, []) if dice.random() < 1 / 3 else None  # noqa: E731
        found, _ = fetch_with(either(at_most(2_000), lie), in_flight=1)
        assert sorted(set(found)) == EXPECTED


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


def test_whoever_stops_in_the_middle_waits_for_nobody_and_the_end_leaves_no_thread() -> None:
    before = threading.active_count()
    slow = Manners(timeout_s=2)
    with ExitStack() as nodes:
        node = nodes.enter_context(fake_node(ledger(LOGS, HEAD)))
        assert fetch(node.url) == EXPECTED
        assert not [t for t in threading.enumerate() if "ThreadPoolExecutor" in t.name]
        node.fault = lambda asked: result(asked, [], after_s=1.0) if asked.turn > 70 else None
        answers = iter(LogRanges(Endpoints((node.url,), slow), FILTER, [(0, HEAD)]))
        next(answers)
        began = time.monotonic()
        answers.close()
        assert time.monotonic() - began < 0.5
    assert threading.active_count() - before < 12
