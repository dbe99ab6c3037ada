"""Who keeps old blocks, and who may be asked for which: no log is lost to what was not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain, repeat

import pytest

from data import NodeError
from data.config import load_network
from data.node.chain import Chain
from data.node.endpoint import Manners
from data.node.log_ranges import LogRanges
from data.node.survey import survey, table
from tests.fake_node import Answers, Asked, FakeNode, Fault, Reply, at_most, error, fake_node, only
from tests.made_chain import BRISK, FILTER, HASTY, HEAD, LOGS, ledger

pytestmark = pytest.mark.node


@pytest.fixture
def nodes() -> Iterator[ExitStack]:
    with ExitStack() as running:
        yield running


def start(nodes: ExitStack, fault: Fault | None = None, answers: Answers | None = None) -> FakeNode:
    return nodes.enter_context(fake_node(answers or ledger(LOGS, HEAD), fault))


def chain_of(*nodes: FakeNode, manners: Manners = BRISK) -> Chain:
    chain = Chain(load_network("devnet", tuple(node.url for node in nodes)), manners)
    assert chain.head() == HEAD
    return chain


def read(chain: Chain, first: int, last: int, **others: object) -> int:
    """How many logs there are."""
    answers = LogRanges(chain.endpoints, FILTER, [(first, last)], **others)
    return sum(answer.logs.tobytes().count(b"logIndex") for answer in answers)


RECENT = [log for log in LOGS if int(log["blockNumber"], 16) > HEAD - 100]


@pytest.mark.parametrize("known", [None, (9_000, 0)])
def test_who_answers_with_nothing_for_old_blocks_is_asked_for_the_newest_only(
    nodes: ExitStack, known: tuple[int, int] | None
) -> None:
    pruned, archive = start(nodes, answers=ledger(RECENT, HEAD)), start(nodes)
    chain = chain_of(pruned, archive)
    chain.probe_history(FILTER, 0, HEAD, known)
    (notice,) = chain.drain_notices()
    assert "keeps no old blocks: used for the newest only" in notice
    assert pruned.count("eth_getLogs") < 20
    before = pruned.count("eth_getLogs")
    assert read(chain, 0, HEAD - 1) == len(LOGS) - 1
    assert pruned.count("eth_getLogs") == before
    asked = archive.count("eth_getLogs")
    chain.probe_history(FILTER, 0, HEAD)  # all is known
    assert archive.count("eth_getLogs") == asked


def test_who_says_that_it_keeps_no_such_blocks_is_passed_over_and_alone_is_an_error(
    nodes: ExitStack,
) -> None:
    empty = start(nodes, answers=ledger([], HEAD))
    chain = chain_of(empty)
    chain.probe_history(FILTER, 0, HEAD, known=(9_000, 0))
    with pytest.raises(NodeError, match="no endpoint keeps blocks as old as 0: name one"):
        read(chain, 0, 10)


def test_where_no_log_is_found_nobody_is_thought_less_of(nodes: ExitStack) -> None:
    chain = chain_of(*(start(nodes, answers=ledger([], HEAD)) for _ in range(2)))
    chain.probe_history(FILTER, 0, HEAD)
    assert chain.drain_notices() == []
    assert read(chain, 0, HEAD) == 0


def test_a_backend_that_lags_behind_its_balancer_covers_nothing_it_has_not(
    nodes: ExitStack,
) -> None:
    """The number that a lagging backend tells with its logs is its own."""
    behind = ledger([log for log in LOGS if int(log["blockNumber"], 16) <= HEAD - 600], HEAD - 600)

    node = start(nodes)
    chain = chain_of(node)
    honest, turn = node.answers, iter([True] * 2 + [False] * 1_000)
    lagging = lambda: node.posts > 2 and next(turn)  # noqa: E731
    state = {"posts": 0, "lags": False}

    def either(method: str, params: list[object]) -> object:
        if state["posts"] != node.posts:
            state.update(posts=node.posts, lags=lagging())
        return (behind if state["lags"] else honest)(method, params)

    node.answers = either
    assert read(chain, HEAD - 700, HEAD, in_flight=1) == sum(
        int(log["blockNumber"], 16) >= HEAD - 700 for log in LOGS
    )
    assert f"is at block {HEAD - 600}, and was asked up to block {HEAD}" in (
        chain.endpoints.all[0].last_error
    )


def test_no_endpoint_is_asked_beyond_its_own_newest_block(nodes: ExitStack) -> None:
    short, long = start(nodes, answers=ledger(LOGS, HEAD - 500)), start(nodes)
    chain = Chain(load_network("devnet", (short.url, long.url)), BRISK)
    assert chain.head() == HEAD - 500
    assert read(chain, 0, HEAD) == len(LOGS)
    assert max(last for _, last in short.blocks_asked()) <= HEAD - 500


def test_only_some_endpoints_are_asked_and_some_hosts_are_not(nodes: ExitStack) -> None:
    one, two = start(nodes), start(nodes)
    chain = chain_of(one, two)
    assert read(chain, 0, HEAD, of=[chain.endpoints.all[1]]) == len(LOGS)
    assert one.count("eth_getLogs") == 0
    seen = two.count("eth_getLogs")
    assert read(chain, 0, HEAD, avoid=[chain.endpoints.all[1].host]) == len(LOGS)
    assert two.count("eth_getLogs") == seen
    with pytest.raises(NodeError, match="no endpoint is left to ask"):
        read(chain, 0, HEAD, avoid=[endpoint.host for endpoint in chain.endpoints.all])


def test_what_each_endpoint_gave_is_counted(nodes: ExitStack) -> None:
    node = start(nodes, at_most(1_000, "limited to a 1,000 block range"))
    chain = chain_of(node)
    read(chain, 0, HEAD - 1)
    (gave,) = chain.contributions()
    assert (gave.blocks, gave.widest, gave.refusals) == (HEAD, 1_000, 1)
    assert gave.requests == node.count("eth_getLogs") == 41
    assert gave.log_bytes > 0


def test_a_method_that_one_lacks_is_asked_of_the_others_once_and_for_all(nodes: ExitStack) -> None:
    lacking = start(
        nodes,
        only(
            "eth_getBlockByNumber",
            lambda asked: error(asked, "the method eth_getBlockByNumber is not available", -32601),
        ),
    )
    chain = chain_of(lacking, start(nodes))
    assert [chain.block(number).number for number in range(6)] == [*range(6)]
    assert len(chain.block_times([*range(200)])) == 200
    assert lacking.count("eth_getBlockByNumber") == 1
    with pytest.raises(NodeError, match="no endpoint has eth_getBlockByNumber"):
        chain_of(lacking).block(7)
    logless = start(nodes, only("eth_getLogs", lambda asked: error(asked, "no method", -32601)))
    assert read(chain_of(logless, start(nodes)), 0, HEAD) == len(LOGS)
    assert logless.count("eth_getLogs") == 1
    with pytest.raises(NodeError, match=r"no endpoint is left to ask.*no eth_getLogs"):
        read(chain_of(logless), 0, HEAD)


def test_a_survey_tells_each_endpoints_worth_and_raises_for_none(nodes: ExitStack) -> None:
    narrow = start(nodes, at_most(1_000, "limited to a 1,000 block range"))
    pruned, wrong = (
        start(nodes, answers=ledger(RECENT, HEAD)),
        start(nodes, answers=ledger([], 5, 250)),
    )
    silent = start(nodes, lambda asked: Reply(b"", 503))
    network = load_network("devnet", tuple(n.url for n in (narrow, pruned, wrong, silent)))
    rows = survey(network, BRISK)
    assert [row.usable for row in rows] == [True, False, False, False]
    assert (rows[0].chain_id, rows[0].head, rows[0].keeps_history) == (31337, HEAD, True)
    assert (rows[0].widest_blocks, rows[0].takes_batches) == (1_000, True)
    assert rows[1].keeps_history is False
    assert rows[2].fault == "serves chain 250, not 31337"
    assert "503" in rows[3].fault
    assert narrow.count("eth_getLogs") <= 20
    lines = table(rows)
    assert len(lines) == 5
    assert lines[1].endswith("use it")
    assert "no: keeps no old blocks" in lines[2]


# Answers that begin and do not end

DRIPPING = only(
    "eth_getLogs",
    lambda asked: Reply(b"", pieces=chain([b"HTTP/1.1 200 "], repeat(b"O")), drip_s=0.02),
)


def test_whose_answer_does_not_end_is_left_to_itself_after_one_where_another_serves_us(
    nodes: ExitStack,
) -> None:
    dripping, good = start(nodes, DRIPPING), start(nodes)
    both = chain_of(dripping, good, manners=HASTY)
    both.probe_history(FILTER, 0, HEAD)
    for _ in range(3):
        assert read(both, 0, HEAD) == len(LOGS)
    assert read(both, 0, HEAD, in_flight=8) == len(LOGS)
    assert dripping.count("eth_getLogs") == 1
    with pytest.raises(NodeError, match="no endpoint is left to ask"):
        read(both, 0, HEAD, of=[both.endpoints.all[0]])
    assert dripping.count("eth_getLogs") == 1
    (notice,) = both.drain_notices()
    place = dripping.url.removeprefix("http://")
    assert notice == (
        f"{place} is asked only where there is no other: the answer's headers did not end within "
        f"{HASTY.begin_s:g} s"
    )


def test_who_alone_keeps_old_blocks_is_asked_though_an_answer_of_it_did_not_end(
    nodes: ExitStack,
) -> None:
    def once(asked: Asked) -> Reply | None:
        return DRIPPING(asked) if asked.turn == 0 else None

    archive, pruned = start(nodes, once), start(nodes, answers=ledger(RECENT, HEAD))
    both = chain_of(archive, pruned, manners=HASTY)
    both.endpoints.all[1].forgets("it said so")
    assert read(both, 0, HEAD) == len(LOGS)
    alone = chain_of(start(nodes, once), manners=HASTY)
    assert read(alone, 0, HEAD) == len(LOGS)


def test_who_answers_nothing_but_429_is_not_waited_for_to_learn_what_it_keeps(
    nodes: ExitStack,
) -> None:
    busy = start(nodes, only("eth_getLogs", lambda asked: Reply(b"", status=429)))
    chain = chain_of(busy, start(nodes), manners=replace(BRISK, attempts=1_000, idle_s=0.5))
    chain.probe_history(FILTER, 0, HEAD)
    kept = {endpoint.host: endpoint.keeps_history for endpoint in chain.endpoints.all}
    assert list(kept.values()) == [None, True]
    assert 2 <= busy.count("eth_getLogs") < 100
    assert read(chain, 0, HEAD - 1) == len(LOGS) - 1


def test_a_question_for_one_block_tells_nothing_of_how_many_a_host_takes(nodes: ExitStack) -> None:
    chain = chain_of(start(nodes), start(nodes))
    chain.probe_history(FILTER, 0, HEAD, (9_000, 0))
    assert [endpoint.width.blocks for endpoint in chain.endpoints.all] == [BRISK.first_span] * 2
    assert read(chain, 0, HEAD) == len(LOGS)
    first, second = (each.requests for each in chain.contributions())
    assert min(first, second) > 1, "both are asked"
