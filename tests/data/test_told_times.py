"""Nothing counts the times of blocks: a second host's headers bear them out, or nobody does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from devnet import Devnet
from tests.data.test_verify import verify
from tests.fake_node import devnet_answers, fake_node
from tests.syncing import ONE_SOURCE, column, not_passed, sync, tables

pytestmark = pytest.mark.node

DAY_S = 86_400
BORNE_OUT = "SELECT known FROM coverage WHERE filter = 'times'"


def answers(devnet: Devnet, late_s: int = 0) -> Callable[[str, list[Any]], Any]:
    """Like most real nodes: logs have no time. Headers are late by so much."""
    honest = devnet_answers(devnet.rpc_url)

    def answer(method: str, params: list[Any]) -> Any:
        result = honest(method, params)
        if method == "eth_getLogs":
            return [{k: v for k, v in log.items() if k != "blockTimestamp"} for log in result]
        if method == "eth_getBlockByNumber" and result:
            return result | {"timestamp": hex(int(result["timestamp"], 16) + late_s)}
        return result

    return answer


def test_times_that_two_hosts_tell_alike_are_borne_out(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    with fake_node(answers(devnet)) as one, fake_node(answers(devnet)) as other:
        sync(store, one.url, other.url)
    assert tables(store) == tables(devnet_store)
    assert column(store, BORNE_OUT) == ["agreed"]
    assert "second source: times" not in not_passed(store)


def test_times_that_one_host_told_are_unknown_until_a_second_tells_them(
    devnet: Devnet, store: Path
) -> None:
    with fake_node(answers(devnet)) as one:
        sync(store, one.url)
    assert column(store, BORNE_OUT) == ["single"]
    assert not_passed(store) == ONE_SOURCE
    blocks = len({log[0] for log in tables(store)["raw_logs"]})
    assert column(store, "SELECT message FROM checks WHERE name = 'second source: times'") == [
        f"one source: no second host gave the time of {blocks:,} blocks with logs: run "
        "`python -m data.sync verify --network devnet`"
    ]
    with fake_node(answers(devnet)) as other:
        assert verify(store, other.url).fine
        asked = other.count("eth_getBlockByNumber")
        assert verify(store, other.url).fine
        assert other.count("eth_getBlockByNumber") < asked + 5  # nothing is left to bear out
        assert verify(store, other.url, everything=True).fine
        assert other.count("eth_getBlockByNumber") > asked + 5
    assert column(store, BORNE_OUT) == ["agreed"]
    assert not_passed(store) == {}


def test_times_of_a_host_that_is_a_day_late_are_unknown_and_then_contradicted(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    with fake_node(answers(devnet, DAY_S)) as late, fake_node(answers(devnet)) as honest:
        sync(store, late.url)
        assert tables(store)["raw_logs"] != tables(devnet_store)["raw_logs"]
        assert not_passed(store) == ONE_SOURCE  # nothing tells it, and nothing says "passed"
        found = verify(store, honest.url)
        assert {each.reason for each in found.differences} == {"disagree about a block's time"}
        assert {"contradictions", "second source: times"} <= set(not_passed(store))


def test_of_three_hosts_the_one_that_is_a_day_late_is_found(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    with (
        fake_node(answers(devnet)) as one,
        fake_node(answers(devnet, DAY_S)) as late,
        fake_node(answers(devnet)) as other,
    ):
        for _ in range(3):
            sync(store, one.url, late.url, other.url)
    assert tables(store) == tables(devnet_store)
    assert column(store, BORNE_OUT) == ["agreed"]
    wrong = "SELECT DISTINCT source FROM contradictions WHERE settled"
    assert late.url.removeprefix("http://") in column(store, wrong)
    assert column(store, "SELECT block FROM contradictions WHERE NOT settled") == []
