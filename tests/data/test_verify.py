"""`python -m data.sync verify` asks other hosts for what one alone gave."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from data import archive
from data.config import load_network
from data.ingest import decode
from data.ingest.coverage import cover, gaps
from data.ingest.doubts import PLACE, as_chain_log, drop_misplaced
from data.ingest.progress import Progress
from data.ingest.reading import Reading
from data.ingest.verify import Sample, Verified, verify_store
from data.ingest.verify_report import highest_share, lines
from data.node.chain import Chain
from data.store.sync_state import SyncState, read_state, write_state
from data.store.writer import lock, open_next, publish, transaction
from data.sync import main
from devnet import Devnet
from devnet.node import free_port
from tests.fake_node import (
    Log,
    changed,
    devnet_answers,
    either,
    error,
    fake_node,
    leaving_out,
    only,
)
from tests.syncing import ONE_SOURCE, STEADY, column, dicts, not_passed, sync, tables

pytestmark = pytest.mark.node

SINGLE = "SELECT DISTINCT filter FROM coverage WHERE known = 'single' ORDER BY 1"


def verify(store: Path, *urls: str, **options: Any) -> Verified:
    network = load_network("devnet", urls)
    with lock(store), Progress() as progress:
        return verify_store(network, store, Chain(network, STEADY), progress, **options)


@pytest.fixture
def claim(devnet_store: Path) -> tuple[int, str]:
    """Block and transaction of a claim."""
    block, tx = tables(devnet_store)["reward_claims"][2][1:3]
    return int(block), str(tx)


def test_what_one_host_told_is_raised_where_a_second_tells_the_same(
    devnet: Devnet, synced_store: Path
) -> None:
    before = tables(synced_store)
    assert column(synced_store, SINGLE) == ["bond", "sfc", "times"]
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        found = verify(synced_store, node.url)
        assert column(synced_store, SINGLE) == []
        assert not_passed(synced_store) == {}
        assert (found.fine, found.alone) == (True, {})
        # Nothing is left for another run.
        node.asked.clear()
        assert verify(synced_store, node.url).ranges == 0
        assert node.count("eth_getLogs") <= 1  # whether it keeps old blocks
        assert verify(synced_store, node.url, everything=True).ranges > 0
    assert tables(synced_store) == before


def test_it_is_no_sync_to_who_watches_syncs_however_it_ends(
    devnet: Devnet, synced_store: Path
) -> None:
    failed = SyncState(1, 2, ended_s=2, error="no", error_kind="node", failing_since_s=2)
    write_state(synced_store, failed)
    command = ["verify", "--network", "devnet", "--store", str(synced_store), "--rpc-url"]
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        assert main([*command, node.url]) == 0
    assert read_state(synced_store) == failed
    brought = SyncState(1, 2, ended_s=2)
    write_state(synced_store, brought)
    assert main([*command, f"http://127.0.0.1:{free_port()}"]) == 1
    assert read_state(synced_store) == brought


class Stopped(Progress):
    """Ctrl-C after the third answer."""

    answers = 0

    def __call__(self, contract: str, blocks: int, logs: int) -> None:
        self.answers += 1
        if self.answers == 3:
            raise KeyboardInterrupt


def test_what_was_raised_before_ctrl_c_is_not_asked_again(
    devnet: Devnet, synced_store: Path, tmp_path: Path
) -> None:
    whole = Path(shutil.copy(synced_store, tmp_path / "whole.duckdb"))
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        in_all = verify(whole, node.url).blocks
        network = load_network("devnet", (node.url,))
        with pytest.raises(KeyboardInterrupt), lock(synced_store), Stopped() as progress:
            verify_store(network, synced_store, Chain(network, STEADY), progress)
        assert column(synced_store, SINGLE) == ["bond", "sfc", "times"]  # not yet published
        assert verify(synced_store, node.url).blocks < in_all
    assert not_passed(synced_store) == {}


def test_where_nobody_else_can_be_asked_nothing_is_raised_and_that_is_told(
    devnet: Devnet, store: Path
) -> None:
    sync(store, devnet.rpc_url)
    found = verify(store, devnet.rpc_url)
    host = devnet.rpc_url.removeprefix("http://")
    assert (found.ranges, found.fine) == (0, False)
    assert found.unasked == f"nobody but {host} can be asked"
    assert not_passed(store) == ONE_SOURCE
    assert column(store, "SELECT message FROM checks WHERE name = 'second source: bond'") == [
        "one source: all of the blocks of the bond token, and of the pool's upgrades and settings, "
        f"were given by {host} alone: run "
        "`python -m data.sync verify --network devnet`"
    ]


def test_a_claim_that_the_first_host_left_out_is_found_landed_and_told_with_its_block(
    devnet: Devnet, store: Path, devnet_store: Path, claim: tuple[int, str]
) -> None:
    block, tx = claim
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers, leaving_out(tx)) as liar, fake_node(answers) as honest:
        sync(store, liar.url)
        assert len(tables(store)["reward_claims"]) < len(tables(devnet_store)["reward_claims"])
        # One that is staked again at once moves no money: only another host tells of it.
        assert not_passed(store) == ONE_SOURCE
        found = verify(store, liar.url, honest.url)
        assert tables(store) == tables(devnet_store)
        assert not found.fine
        assert {each.block for each in found.differences} == {block}
        told_by_the_other_alone = {"second source: sfc", "second source: times"}
        assert set(not_passed(store)) == told_by_the_other_alone
        with fake_node(answers) as third:
            assert verify(store, honest.url, third.url).fine
    assert not_passed(store) == {}


def test_where_nobody_kept_who_told_it_two_hosts_have_to_agree(
    devnet: Devnet, store: Path, devnet_store: Path, claim: tuple[int, str]
) -> None:
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers, leaving_out(claim[1])) as liar, fake_node(answers) as one:
        sync(store, liar.url)
        with lock(store):
            with open_next(store, load_network("devnet", ())) as con:
                con.execute("UPDATE coverage SET source = '' WHERE known = 'single'")
            publish(store)
        found = verify(store, one.url)
        assert {each.block for each in found.differences} == {claim[0]}
        assert tables(store) == tables(devnet_store)
        assert column(store, SINGLE) == ["bond", "sfc", "times"]
        assert verify(store, one.url, devnet.rpc_url).fine
    assert not_passed(store) == {}


def test_logs_under_a_wrong_index_are_all_read_again_where_nobody_kept_who_told_them(
    devnet: Devnet, store: Path, devnet_store: Path
) -> None:
    def shifted(logs: list[Log]) -> list[Log]:
        return [log | {"logIndex": hex(int(log["logIndex"], 16) + 1)} for log in logs]

    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers, changed(shifted)) as liar, fake_node(answers) as one:
        sync(store, liar.url)
        assert tables(store)["raw_logs"] != tables(devnet_store)["raw_logs"]
        with lock(store):
            network = load_network("devnet", (one.url,))
            with open_next(store, network) as con, Progress() as progress:
                con.execute("UPDATE coverage SET known = 'agreed', source = ''")
                decode.prepare(con, network)
                reading = Reading(con, Chain(network, STEADY), network, progress, progress.note)
                rows = con.execute(f"SELECT {PLACE} FROM raw_logs").fetchall()
                stored = [as_chain_log(row) for row in rows]
                true = [replace(log, log_index=log.log_index - 1) for log in stored]
                assert drop_misplaced(reading, stored, true) == []
                for block in {log.block for log in stored}:
                    assert gaps(con, "sfc", block, block) == [(block, block)]
        sync(store, one.url)
    assert tables(store) == tables(devnet_store)


def test_a_log_that_was_made_up_is_dropped_and_the_store_is_published_without_it(
    devnet: Devnet, store: Path, devnet_store: Path, claim: tuple[int, str]
) -> None:
    block, tx = claim

    def made_up(logs: list[Log]) -> list[Log]:
        mine = [log for log in logs if log["transactionHash"] == tx][-1:]
        false = {"logIndex": "0x999", "data": "0x" + "01" * 96, "address": devnet.addresses.sfc}
        return [*logs, *(log | false for log in mine)]

    answers = devnet_answers(devnet.rpc_url)
    no_receipts = only("eth_getTransactionReceipt", lambda asked: error(asked, "not found"))
    with (
        fake_node(answers, either(no_receipts, changed(made_up))) as liar,
        fake_node(answers) as honest,
    ):
        sync(store, liar.url)
        assert len(tables(store)["raw_logs"]) == len(tables(devnet_store)["raw_logs"]) + 1
        found = verify(store, honest.url)
    assert [each.block for each in found.differences] == [block]
    assert tables(store) == tables(devnet_store)


def test_a_sample_bounds_what_may_be_wrong_and_raises_only_what_it_read(
    devnet: Devnet, synced_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.verify.STRETCH_BLOCKS", 100)
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        found = verify(synced_store, node.url, stretches=2, dice=Random(1))
    assert found.sample == Sample(stretches=12, compared=2, differing=0)
    assert 577 + 566 - 200 <= sum(found.alone.values()) < 577 + 566
    assert "With 95 % confidence fewer than 78 % of all of them lack a log" in lines(found)[1]


def test_the_rule_of_three_and_what_a_difference_makes_of_it() -> None:
    assert highest_share(0, 750) == pytest.approx(3 / 750, rel=0.01)
    assert highest_share(0, 1) == pytest.approx(0.95)
    # By the tables of Clopper and Pearson.
    assert highest_share(1, 100) == pytest.approx(0.0466, abs=0.0001)
    assert highest_share(10, 10) == 1


def test_what_could_not_be_told_is_a_failed_check_until_a_second_reading_settles_it(
    devnet: Devnet, synced_store: Path
) -> None:
    (block,) = column(synced_store, "SELECT max(block) FROM raw_logs")
    with lock(synced_store):
        with open_next(synced_store, load_network("devnet", ())) as con, transaction(con):
            con.execute(
                "INSERT INTO contradictions VALUES (now(), 'a, b', ?, 'disagree', 0, FALSE, FALSE)",
                [block],
            )
            cover(con, ("pool", "bond", "sfc"), 0, 10**6, "agreed", "a, b")
        publish(synced_store)
    sync(synced_store, devnet.rpc_url)
    assert not_passed(synced_store)["contradictions"] == "failed"
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        verify(synced_store, node.url)
    assert [each["settled"] for each in dicts(synced_store, "contradictions")] == [True]
    assert "contradictions" not in not_passed(synced_store)


def test_the_command_reports_and_its_status_tells_what_it_found(
    devnet: Devnet, store: Path, claim: tuple[int, str], capsys: pytest.CaptureFixture[str]
) -> None:
    block, tx = claim
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers, leaving_out(tx)) as liar, fake_node(answers) as honest:
        sync(store, liar.url)
        words = ["verify", "--network", "devnet", "--store", str(store), "--rate", "500"]
        urls = ["--rpc-url", liar.url, "--rpc-url", honest.url]
        assert main([*words, *urls]) == 1
        told = capsys.readouterr().out
        assert f"block {block}: {liar.url.removeprefix('http://')} left out a log" in told
        with fake_node(answers) as third:
            assert main([*words, "--rpc-url", honest.url, "--rpc-url", third.url]) == 0
            assert "they tell the same" in capsys.readouterr().out
            assert main([*words, "--rpc-url", third.url, "--sample", "3", "--all"]) == 0
    assert "a sample of " in capsys.readouterr().out


def test_what_cannot_be_verified_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["verify", "--network", "sample"]) == 2
    assert "simulation" in capsys.readouterr().err
    missing = tmp_path / "none.duckdb"
    assert main(["verify", "--network", "devnet", "--store", str(missing)]) == 1
    assert "sync the network first" in capsys.readouterr().err
    assert not missing.exists()


def test_that_another_process_writes_the_store_has_a_status_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (store := tmp_path / "store.duckdb").touch()
    (file := tmp_path / "fantom.archive").touch()
    words = ["--network", "fantom", "--store", str(store)]
    with lock(store):
        for command, arguments in (
            (main, ["verify", *words]),
            (main, [*words, "--rpc-url", "http://127.0.0.1:1"]),
            (archive.main, ["read", *words, str(file)]),
        ):
            assert command(arguments) == 3
            assert "let it finish, or stop it, then try again" in capsys.readouterr().err
