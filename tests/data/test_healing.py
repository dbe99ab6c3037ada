"""A store that was read from a liar, once the same host or another tells the truth."""

from __future__ import annotations

import shutil
from contextlib import ExitStack, suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest

from data import NodeError, WrongChainError
from data.config import load_network
from data.ingest import healing
from data.ingest.progress import Progress
from data.ingest.reading import Reading
from data.ingest.verify import verify_store
from data.node.chain import Chain
from data.store.writer import lock
from devnet import Devnet
from tests.fake_node import (
    Asked,
    FakeNode,
    Fault,
    Reply,
    devnet_answers,
    fake_node,
    leaving_out,
    result,
)
from tests.made_chain import ledger
from tests.syncing import ONE_SOURCE, STEADY, dicts, not_passed, sync, tables

pytestmark = pytest.mark.node


@pytest.fixture(autouse=True)
def short_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The devnet is shorter than what each sync reads again."""
    monkeypatch.setattr("data.ingest.from_node._TAIL_BLOCKS", 64)


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


def test_a_host_that_stands_alone_is_asked_for_each_block_of_a_long_history_once(
    devnet: Devnet, store: Path, devnet_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.from_node.LONG_BLOCKS", 1)
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        sync(store, node.url)
        asked = sorted(
            (int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16))
            for method, params in node.asked
            if method == "eth_getLogs" and not params[0]["topics"]
        )
    assert len(asked) > 1
    assert all(after == end + 1 for (_, end), (after, _) in pairwise(asked))
    assert tables(store) == tables(devnet_store)


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


def test_where_the_money_says_that_a_log_is_missing_it_is_searched_though_nothing_is_new(
    devnet: Devnet, store: Path, devnet_store: Path, monkeypatch: pytest.MonkeyPatch
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
        other = Path(shutil.copy(store, store.with_name("other.duckdb")))
        sync(store, node.url, honest.url)
        with pytest.MonkeyPatch.context() as tomorrow:
            tomorrow.setattr("data.ingest.healing._SEARCHES_A_DAY", 3)
            node.fault = None
            sync(other, node.url)
    for healed in (store, other):
        assert tables(healed) == tables(devnet_store)
        assert "money" not in not_passed(healed)


def test_a_log_that_all_but_one_leave_out_is_asked_of_each_in_turn(
    devnet: Devnet, store: Path, devnet_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.evidence._AT_LEAST", 0)  # nobody asks for second answers
    monkeypatch.setattr("data.ingest.evidence._SHARE", 10**6)
    lie = leaving_out(claims(devnet_store, restaked=False)[0])
    answers = devnet_answers(devnet.rpc_url)
    with ExitStack() as nodes:
        liars = [nodes.enter_context(fake_node(answers, lie)).url for _ in range(4)]
        sync(store, *liars)
        assert "money" in not_passed(store)
        honest = nodes.enter_context(fake_node(answers)).url
        sync(store, *liars, honest)
    assert tables(store) == tables(devnet_store)
    found_wrong = {row["source"] for row in dicts(store, "contradictions")}
    assert found_wrong
    assert found_wrong <= {url.removeprefix("http://") for url in liars}


def made_up(devnet: Devnet, store: Path, block: int, tx: str) -> None:
    """Put a log of the bond into a store that the chain has not."""
    with duckdb.connect(store) as con:
        con.execute(
            "INSERT INTO raw_logs BY NAME SELECT block, 999 AS log_index, ? AS tx, block_time, "
            "? AS address, ? AS topic0, '0x' AS data FROM raw_logs WHERE block = ? LIMIT 1",
            [tx, devnet.addresses.bond, "0x" + "11" * 32, block],
        )


def test_what_a_host_made_up_goes_by_its_own_receipts_while_all_it_told_is_read_again(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        sync(store, node.url)
        first, *_ = {row["block"]: None for row in dicts(store, "reward_claims")}
        made_up(devnet, store, first, "0x" + "22" * 32)
        with duckdb.connect(store) as con:  # as a sync leaves it that caught the host
            con.execute(
                "INSERT INTO contradictions VALUES (get_current_timestamp(), ?, 1, 'told of a log "
                "that no receipt holds', 0, FALSE, FALSE)",
                [node.url.removeprefix("http://")],
            )
        sync(store, node.url)
    assert tables(store) == tables(devnet_store)


@pytest.mark.parametrize("tx", ["0x" + "22" * 32, ""])
def test_what_another_host_made_up_of_the_newest_blocks_stops_no_honest_one(
    tx: str, devnet: Devnet, synced_store: Path, devnet_store: Path
) -> None:
    """A log of a transaction that there is not, or a second time under another index."""
    newest = dicts(devnet_store, "raw_logs")[-1]
    if tx:
        made_up(devnet, synced_store, newest["block"], tx)
    else:
        with duckdb.connect(synced_store) as con:
            con.execute(
                "INSERT INTO raw_logs SELECT * REPLACE (999 AS log_index) FROM raw_logs "
                "WHERE (block, log_index) = (?, ?)",
                [newest["block"], newest["log_index"]],
            )
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        sync(synced_store, node.url)
    assert tables(synced_store) == tables(devnet_store)


def test_a_host_found_wrong_while_another_log_is_searched_is_believed_no_more(
    devnet: Devnet, store: Path, devnet_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.evidence._AT_LEAST", 0)  # nobody asks for second answers
    monkeypatch.setattr("data.ingest.evidence._SHARE", 10**6)
    searched: list[set[str]] = []

    def search(reading: Reading, *arguments: Any) -> dict[str, int]:
        left_out = read_from_each(reading, *arguments)
        searched.append({each.host for each in reading.chain.endpoints.all if each.lied})
        return left_out

    read_from_each = healing._read_from_each
    monkeypatch.setattr(healing, "_read_from_each", search)
    claim = claims(devnet_store, restaked=False)[0]
    block = next(row["block"] for row in dicts(devnet_store, "reward_claims") if row["tx"] == claim)
    answers = devnet_answers(devnet.rpc_url)
    with (
        fake_node(answers, leaving_out(claim)) as one,
        fake_node(answers) as inventor,
        fake_node(answers) as honest,
    ):
        sync(store, one.url)
        made_up(devnet, store, block, claim)
        host = inventor.url.removeprefix("http://")
        with duckdb.connect(store) as con:
            con.execute("UPDATE coverage SET source = ? WHERE filter = 'bond'", [host])
        searched.clear()
        sync(store, one.url, inventor.url, honest.url)
    assert host in searched[0]
    assert tables(store) == tables(devnet_store)


def test_a_wrong_time_is_fixed_though_the_check_names_the_block_after_it(
    devnet: Devnet, store: Path, devnet_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.evidence._FEW_LOGS", 0)  # a large store: nobody asks again
    sync(store, devnet.rpc_url)
    with duckdb.connect(store) as con:
        blocks = con.execute("SELECT DISTINCT block FROM raw_logs ORDER BY 1 LIMIT 3 OFFSET 9")
        early, late, after = (block for (block,) in blocks.fetchall())
        con.execute(
            "UPDATE raw_logs SET block_time = block_time + INTERVAL 1 DAY WHERE block = ?", [late]
        )
        con.execute("UPDATE store_info SET published_at = published_at - INTERVAL 1 HOUR")
        con.execute("DELETE FROM rebuilt")  # as a version before would have left it
    sync(store, devnet.rpc_url)
    assert early < late < after
    assert tables(store) == tables(devnet_store)
    assert "times ascend" not in not_passed(store)


@pytest.mark.parametrize("year", [1970, 4147])
def test_a_wrong_time_of_the_very_first_block_is_fixed_too(
    year: int, devnet: Devnet, store: Path, devnet_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.evidence._FEW_LOGS", 0)  # a large store: nobody asks again
    sync(store, devnet.rpc_url)
    with duckdb.connect(store) as con:
        con.execute(
            "UPDATE raw_logs SET block_time = make_timestamptz(?, 1, 1, 0, 0, 0) "
            "WHERE block = (SELECT min(block) FROM raw_logs)",
            [year],
        )
        con.execute("UPDATE store_info SET published_at = published_at - INTERVAL 1 HOUR")
        con.execute("DELETE FROM rebuilt")
    for _ in range(2):
        sync(store, devnet.rpc_url)
    assert tables(store) == tables(devnet_store)


# An endpoint that serves another chain from some moment on


def other_chain(asked: Asked, length: int = 10**6) -> Reply:
    """What a node says of a chain by our id, of so many blocks, on which nothing ever happened."""
    match asked.method:
        case "eth_getTransactionReceipt":
            return result(asked, None)
        case "eth_getCode" | "eth_call":
            return result(asked, "0x")
        case "eth_getBalance":
            return result(asked, "0x0")
        case _:
            if asked.method == "eth_getBlockByNumber" and int(asked.params[0], 16) > length:
                return result(asked, None)
            return result(asked, ledger([], length)(asked.method, asked.params))


def turning(after: int, length: int = 10**6) -> Fault:
    """On the other chain from the answer to so many questions for logs on."""
    turned: list[bool] = []

    def fault(asked: Asked) -> Reply | None:
        if asked.method == "eth_getLogs" and asked.turn >= after:
            turned.append(True)
        return other_chain(asked, length) if turned else None

    return fault


def test_an_endpoint_that_turns_to_a_chain_which_is_shorter_adds_nothing(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers, turning(2, length=20)) as node, fake_node(answers) as honest:
        with pytest.raises(NodeError):
            sync(store, node.url)
        assert not store.exists()
        node.fault = turning(2, length=20)
        sync(store, node.url, honest.url)
    assert tables(store) == tables(devnet_store)


@pytest.mark.parametrize("after", [0, 2])
def test_an_endpoint_that_turns_to_another_chain_is_left_out_and_what_it_told_is_read_again(
    after: int, devnet: Devnet, store: Path, devnet_store: Path, tmp_path: Path
) -> None:
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers, turning(after)) as node:
        words = r"serves another chain by now: block \d+ was 0x.*--rpc-url"
        with pytest.raises(NodeError, match=words):
            sync(store, node.url)
        assert not store.exists()
        node.fault = None
        sync(store, node.url)
        assert (tables(store), not_passed(store)) == (tables(devnet_store), ONE_SOURCE)
        both = tmp_path / "both.duckdb"
        with fake_node(answers, turning(after)) as other:
            sync(both, node.url, other.url)
        assert tables(both) == tables(devnet_store)


def test_nobody_on_another_chain_makes_a_store_drop_a_log(
    devnet: Devnet, synced_store: Path
) -> None:
    before = tables(synced_store)
    network = load_network("devnet", ())
    with fake_node(devnet_answers(devnet.rpc_url), turning(2)) as node, Progress() as progress:
        chain = Chain(load_network("devnet", (node.url,)), STEADY)
        # Whether somebody must be asked again depends on which answer came last.
        with lock(synced_store), suppress(NodeError):
            verify_store(network, synced_store, chain, progress)
        assert chain.endpoints.all == []
    assert dicts(synced_store, "contradictions") == []
    sync(synced_store, devnet.rpc_url)
    assert tables(synced_store) == before


def test_where_there_is_neither_the_contract_nor_a_log_of_it_nothing_is_published(
    devnet: Devnet, store: Path
) -> None:
    with (
        fake_node(devnet_answers(devnet.rpc_url), other_chain) as node,
        pytest.raises(WrongChainError, match=r"there is no contract at 0x.*--rpc-url"),
    ):
        sync(store, node.url)
    assert not store.exists()


def test_a_store_without_a_log_that_was_read_from_another_chain_is_read_anew(
    devnet: Devnet, synced_store: Path, devnet_store: Path
) -> None:
    with duckdb.connect(synced_store) as con:
        con.execute("DELETE FROM raw_logs")
        con.execute("UPDATE store_info SET synced_hash = '0x12'")
    sync(synced_store, devnet.rpc_url)
    assert tables(synced_store) == tables(devnet_store)
