"""A store that was read from a liar, once the same host or another tells the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from devnet import Devnet
from tests.fake_node import FakeNode, Fault, changed, devnet_answers, fake_node
from tests.syncing import dicts, not_passed, sync, tables

pytestmark = pytest.mark.node


@pytest.fixture(autouse=True)
def short_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The devnet is shorter than what each sync reads again."""
    monkeypatch.setattr("data.ingest.from_node._TAIL_BLOCKS", 64)


def leaving_out(tx: str) -> Fault:
    return changed(lambda logs: [log for log in logs if log["transactionHash"] != tx])


def claims(devnet_store: Path, *, restaked: bool) -> list[str]:
    """The transactions of some claims, those of the newest last. Restaked ones move no money."""
    rows = [row for row in dicts(devnet_store, "reward_claims") if row["restaked"] is restaked]
    return [row["tx"] for row in rows]


def claims_asked(node: FakeNode) -> list[tuple[int, int]]:
    """The ranges in which the node was asked for the staking contract's logs."""
    return [
        (int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16))
        for method, params in node.asked
        if method == "eth_getLogs" and params[0]["topics"]
    ]


def test_what_a_host_that_stands_alone_left_out_it_is_asked_for_again_once(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    lie = leaving_out(claims(devnet_store, restaked=True)[0])
    with fake_node(devnet_answers(devnet.rpc_url), lie) as node:
        sync(store, node.url)
        sync(store, node.url)
        assert tables(store) != tables(devnet_store)
        asked = [row for row in dicts(store, "searched_in_vain") if "again" in row["source"]]
        assert {row["source"].split()[1] for row in asked} == {"pool", "sfc"}
        node.asked.clear()
        sync(store, node.url)  # not twice in a day
        assert len(claims_asked(node)) == len(set(claims_asked(node)))


def test_a_host_that_stands_alone_and_tells_the_truth_by_now_heals_the_store_at_once(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    lie = leaving_out(claims(devnet_store, restaked=True)[0])
    with fake_node(devnet_answers(devnet.rpc_url), lie) as node:
        sync(store, node.url)
        assert "money" not in not_passed(store)
        node.fault = None
        sync(store, node.url)
    assert tables(store) == tables(devnet_store)


@pytest.mark.parametrize("another", [False, True])
def test_where_the_money_says_that_a_log_is_missing_it_is_searched_though_nothing_is_new(
    another: bool,
    devnet: Devnet,
    store: Path,
    devnet_store: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("data.ingest.evidence._FEW_LOGS", 0)  # a large store: nobody asks again
    monkeypatch.setattr("data.ingest.evidence._AT_LEAST", 1)
    lie = leaving_out(claims(devnet_store, restaked=False)[0])
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers, lie) as node, fake_node(answers) as honest:
        for _ in range(3):
            sync(store, node.url)
        assert "money" in not_passed(store)
        searches = len(dicts(store, "searched_in_vain"))
        assert searches == 2  # no more in a day, from the same host
        if another:
            sync(store, node.url, honest.url)
        else:
            with pytest.MonkeyPatch.context() as tomorrow:
                tomorrow.setattr("data.ingest.healing._SEARCHES_A_DAY", 3)
                node.fault = None
                sync(store, node.url)
    assert tables(store) == tables(devnet_store)
    assert "money" not in not_passed(store)
