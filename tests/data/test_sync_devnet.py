"""A sync against the real node: what it fetches, what it keeps, what it says of it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from data import NodeError
from data.archive import main as archive_command
from data.config import load_network
from data.ingest.from_node import Looks, has_news
from data.node.chain import Chain
from devnet import Devnet, act
from devnet.rpc import Rpc
from tests.app import edited
from tests.data.archive_steps import write
from tests.fake_node import Asked, at_most, devnet_answers, either, fake_node
from tests.syncing import ONE_SOURCE, column, dicts, failed, head_of, not_passed, sync, tables

pytestmark = pytest.mark.node

FTM = 10**18


def test_all_that_is_rebuilt_equals_the_contracts_own_views(
    devnet: Devnet, devnet_store: Path
) -> None:
    checks = dicts(devnet_store, "checks")
    assert not_passed(devnet_store) == ONE_SOURCE
    compared = {check["name"].removeprefix("view ") for check in checks if "view" in check["name"]}
    assert compared == {
        "firstWrId",
        "lastWrId",
        "pendingWei",
        "stashedForManualWithdrawals",
        "stubCount",
        "ratio",
        "bondContract",
        "certContract",
        "feeShift",
        *(f"getBurnFee({amount * FTM})" for amount in (1, 1_000, 100_000)),
    }
    views = {row["view"]: row["value"] for row in dicts(devnet_store, "contract_views")}
    for name in ("firstWrId", "lastWrId", "stashedForManualWithdrawals", "feeShift", "stubCount"):
        assert int(views[name]) == act.read(devnet, f"{name}()")
    for amount in (1, 1_000, 100_000):
        fee = act.read(devnet, "getBurnFee(uint256)", amount * FTM)
        assert int(views[f"getBurnFee({amount * FTM})"]) == fee
    assert int(views["pendingWei"]) == sum(act.pending_wei(devnet))


def test_the_store_says_how_far_it_came_from_where_and_what_the_pool_held(
    devnet: Devnet, store: Path
) -> None:
    sync(store, devnet.rpc_url)  # the shared store may be of another process's node
    (info,) = dicts(store, "store_info")
    (balance,) = dicts(store, "pool_balances")
    header = Rpc(devnet.rpc_url).call("eth_getBlockByNumber", hex(head_of(devnet)), False)
    assert info["synced_block"] == info["head_block"] == head_of(devnet)
    assert info["synced_hash"] == header["hash"]
    assert info["synced_at"].timestamp() == int(header["timestamp"], 16)
    assert info["source"] == devnet.rpc_url.removeprefix("http://")
    assert balance["balance_wei"] == act.balance_wei(devnet, devnet.addresses.pool)
    assert balance["block"] == head_of(devnet)


def test_a_second_sync_reads_the_last_blocks_again_and_nothing_else(
    devnet: Devnet, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.from_node._TAIL_BLOCKS", 64)
    monkeypatch.setattr("data.ingest.evidence._FEW_LOGS", 0)  # it is read again but once a day
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        sync(store, node.url)
        before, stood = tables(store), store.stat().st_ino
        node.asked.clear()
        assert failed(sync(store, node.url)) == []
        head = head_of(devnet)
        assert min(first for first, _ in node.blocks_asked()) == head - 63
        assert len(node.blocks_asked()) <= 2 * 2
    assert tables(store) == before
    assert store.stat().st_ino != stood
    assert len(dicts(store, "pool_balances")) == 1


def test_where_nothing_happened_there_is_no_news_and_nothing_is_written(
    changing_devnet: Devnet, store: Path
) -> None:
    devnet, network = changing_devnet, load_network("devnet", (changing_devnet.rpc_url,))
    sync(store, devnet.rpc_url)
    before, now = store.read_bytes(), dicts(store, "store_info")[0]["published_at"]
    Rpc(devnet.rpc_url).call("evm_mine")
    assert not has_news(network, store, Chain(network), now)
    assert store.read_bytes() == before
    assert has_news(network, store, Chain(network), now + timedelta(hours=1))
    checked = dicts(store, "checks")
    assert sync(store, devnet.rpc_url).findings == []  # nothing is rebuilt for an empty block
    assert dicts(store, "store_info")[0]["synced_block"] == head_of(devnet)
    assert dicts(store, "checks") == checked
    # An archive of it passes the same checks: what was not asked again is still what was said.
    archive = write(store, store.with_name("archive"))
    again = store.with_name("again.duckdb")
    assert archive_command(["read", "--network=devnet", "--store", str(again), str(archive)]) == 0
    statuses = [(row["name"], row["status"]) for row in checked]
    assert [(row["name"], row["status"]) for row in dicts(again, "checks")] == statuses
    # A plain transfer to a stub is news, though no log tells it.
    act.transfer(devnet, devnet.accounts[3], devnet.stubs[0], FTM)
    assert has_news(network, store, Chain(network), now)
    act.burn_certs(devnet, devnet.accounts[3], FTM)
    assert has_news(network, store, Chain(network), now)


def test_logs_that_were_dropped_since_are_news_though_the_chain_has_none(
    changing_devnet: Devnet, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.from_node._TAIL_BLOCKS", 8)
    monkeypatch.setattr("data.ingest.evidence._FEW_LOGS", 0)  # nothing is asked for again
    sync(store, changing_devnet.rpc_url)
    before = tables(store)
    block = dicts(store, "lock_ups")[0]["block"]
    edited(store, store.with_name("edited"), f"DELETE FROM raw_logs WHERE block = {block}")
    store.with_name("edited").replace(store)
    Rpc(changing_devnet.rpc_url).call("evm_mine")
    sync(store, changing_devnet.rpc_url)
    assert tables(store) == before


def test_what_happens_on_the_chain_appears_with_the_next_sync(
    changing_devnet: Devnet, store: Path
) -> None:
    devnet = changing_devnet
    staker = devnet.accounts[3]
    sync(store, devnet.rpc_url)
    before = len(dicts(store, "requests"))
    act.burn_certs(devnet, staker, 7 * FTM)
    act.burn_bonds(devnet, staker, 3 * FTM)
    act.fund(devnet, 9_000 * FTM)
    act.pay(devnet, 2)
    act.update_ratio(devnet, 9 * 10**17)
    act.stake(devnet, staker, 500 * FTM, rebasing=False)
    assert failed(sync(store, devnet.rpc_url)) == []
    requests = dicts(store, "requests")
    assert [(r["staker"], r["token"], r["status"]) for r in requests[before:]] == [
        (staker, "aFTMc", "pending"),
        (staker, "aFTMb", "pending"),
    ]
    assert requests[-1]["gross_wei"] == 3 * FTM
    head = act.read(devnet, "firstWrId()")
    assert [r["status"] for r in requests[head - 2 : head + 1]] == ["paid", "paid", "pending"]
    assert requests[head]["ahead_wei"] == 0
    assert requests[-1]["ahead_wei"] == sum(act.pending_wei(devnet)[:-1])
    assert dicts(store, "ratios")[-1]["ratio_wei"] == 9 * 10**17
    assert dicts(store, "stakes")[-1]["amount_wei"] == 500 * FTM
    assert dicts(store, "reward_claims")[-1]["reward_wei"] == 9_000 * FTM


def test_a_store_is_published_while_it_is_read_and_ends_as_the_same(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    published = set()

    def look(asked: Asked) -> None:
        if asked.method == "eth_getBlockByNumber" and store.exists():
            published.add(dicts(store, "store_info")[0]["synced_block"])

    with fake_node(devnet_answers(devnet.rpc_url), either(at_most(16), look)) as node:
        node.latency_s = 0.1  # the first answers are landed while others are on their way
        assert failed(sync(store, node.url, looks=Looks(0, 0))) == []
    assert published
    assert tables(store) == tables(devnet_store)


def test_a_published_segment_is_whole_up_to_its_block_and_claims_no_more(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    synced = sync(store, devnet.rpc_url, last=300)
    assert synced.block == 300
    assert failed(synced) == []
    assert dicts(store, "store_info")[0]["synced_block"] == 300
    assert dicts(store, "store_info")[0]["head_block"] == head_of(devnet)
    expected = [row for row in tables(devnet_store)["raw_logs"] if row[0] <= 300]
    assert tables(store)["raw_logs"] == expected
    sync(store, devnet.rpc_url)
    assert tables(store) == tables(devnet_store)


def test_ranges_read_in_any_order_end_in_the_same_store(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    late = sync(store, devnet.rpc_url, first=200, last=400)
    assert "request ids" in {name for name, *_ in failed(late)}
    assert sync(store, devnet.rpc_url, first=0, last=150).block == 400
    assert failed(sync(store, devnet.rpc_url)) == []
    assert tables(store) == tables(devnet_store)


def test_blocks_left_out_in_the_middle_are_a_failed_check_until_they_are_read(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    sync(store, devnet.rpc_url, last=300)
    assert ("no gaps", 301, None) in failed(sync(store, devnet.rpc_url, first=450))
    assert failed(sync(store, devnet.rpc_url)) == []
    assert tables(store) == tables(devnet_store)


def test_an_end_before_what_is_stored_takes_nothing_away_and_alarms_nobody(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    sync(store, devnet.rpc_url)
    again = sync(store, devnet.rpc_url, last=50)
    assert failed(again) == []
    assert again.block == head_of(devnet)
    assert tables(store) == tables(devnet_store)
    assert not_passed(store) == ONE_SOURCE


def test_the_staking_contract_is_read_from_the_first_stubs_block_on(
    devnet: Devnet, store: Path
) -> None:
    last_stub = devnet.stubs[-1]
    blocks = f"SELECT block FROM raw_logs WHERE address = '{devnet.addresses.sfc}' "
    mine = blocks + f"AND topic1[27:] = '{last_stub[2:]}' ORDER BY ALL"
    sync(store, devnet.rpc_url)
    first, *_, last = [stub["block"] for stub in dicts(store, "stubs")]
    assert column(store, mine)[0] >= last
    covered = {row["filter"]: row["from_block"] for row in dicts(store, "coverage")}
    assert covered["sfc"] == first


def test_a_first_block_after_the_newest_says_so(devnet: Devnet, store: Path) -> None:
    with pytest.raises(NodeError, match=f"newest block is {head_of(devnet)}, before 9999"):
        sync(store, devnet.rpc_url, first=9_999)
    assert not store.exists()
