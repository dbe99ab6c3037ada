"""What pool and stubs hold is what came less what went, to the wei; a missing log shows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from data import NodeError
from data.config import load_network
from data.ingest import decode
from data.ingest.checks import Finding, run_checks
from data.ingest.money import locate, spans
from data.node.chain import Chain
from data.pool import contracts
from data.pool.contracts import CLAIMED_REWARDS, STAKE_RECEIVED
from data.pool.state import PoolState
from devnet import Devnet, act
from tests.fake_node import Asked, Log, Reply, changed, devnet_answers, error, fake_node, only
from tests.log_lines import rows
from tests.syncing import STEADY, column, dicts, head_of, sync

pytestmark = pytest.mark.node

FTM = 10**18
SPARE = 8  # an account of nobody's stubs
CLAIMED, DELEGATED = CLAIMED_REWARDS.topic0, contracts.DELEGATED.topic0


def _chain(devnet: Devnet) -> Chain:
    return Chain(load_network("devnet", (devnet.rpc_url,)), STEADY)


@pytest.fixture(scope="module")
def state(devnet: Devnet) -> PoolState:
    """What the pool says of itself at the end of the history."""
    chain = _chain(devnet)
    return chain.pool_state(chain.block(head_of(devnet)))


@pytest.fixture
def con(devnet_store: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A copy of the whole history to spoil, ready for a rebuild."""
    copy = shutil.copy(devnet_store, tmp_path / "spoilt.duckdb")
    with duckdb.connect(copy) as con:
        decode.prepare(con, load_network("devnet", ()))
        yield con


def _money(con: duckdb.DuckDBPyConnection, state: PoolState | None, why: str = "") -> Finding:
    decode.rebuild(con)
    return next(finding for finding in run_checks(con, state, why) if finding.name == "money")


def _told(store: Path) -> tuple[str, str]:
    """Status and message of the last sync's check."""
    return next(
        (check["status"], check["message"])
        for check in dicts(store, "checks")
        if check["name"] == "money"
    )


def test_the_history_adds_up_and_the_parts_are_told(
    devnet: Devnet, devnet_store: Path, state: PoolState
) -> None:
    assert _told(devnet_store)[0] == "passed"
    parts = {row["part"]: int(row["amount_wei"]) for row in dicts(devnet_store, "money")}
    held = {"held by the pool", "held by the stubs", "held"}
    logged = {part: wei for part, wei in parts.items() if part not in {*held, "difference"}}
    in_stubs = [act.balance_wei(devnet, stub) for stub in devnet.stubs]
    assert parts["held by the pool"] == act.balance_wei(devnet, devnet.addresses.pool)
    assert parts["held by the stubs"] == sum(in_stubs)
    assert parts["held"] == sum(logged.values()) == parts["held by the pool"] + sum(in_stubs)
    assert parts["difference"] == 0
    assert [wei > 0 for wei in logged.values()] == [True, True, True, False, False]
    assert state.stub_balances == dict(zip(devnet.stubs, in_stubs, strict=True))
    # Restaked rewards are in the history too, and each is told by `Delegated` as well.
    restaked = column(devnet_store, "SELECT sum(reward_wei) FROM reward_claims WHERE restaked")
    assert restaked[0] > 0


# Of each kind of log one is taken away: where its amount stands, and what the check then says.
MISSING = {
    "ClaimedRewards": ("unknown", "more", "reward_wei, tx FROM reward_claims WHERE NOT restaked"),
    "RestakedRewards": ("unknown", "more", "reward_wei, tx FROM reward_claims WHERE restaked"),
    "Withdrawn of the SFC": ("unknown", "more", "amount_wei, tx FROM returned_stakes"),
    "StakeReceived": ("unknown", "more", "amount_wei, tx FROM stakes"),
    "Withdrawn": ("failed", "less", "payout_wei, tx FROM payouts"),
    "Delegated": (
        "failed",
        "less",
        "word(data, 0), tx FROM decodable_logs SEMI JOIN stubs ON topic_address(topic1) = stub "
        f"WHERE topic0 = '{DELEGATED}'",
    ),
}


@pytest.mark.parametrize(("status", "word", "source"), MISSING.values(), ids=MISSING)
def test_a_missing_log_is_told_by_its_amount(
    status: str, word: str, source: str, con: duckdb.DuckDBPyConnection, state: PoolState
) -> None:
    amount, tx = rows(con, f"SELECT {source} LIMIT 1")[0]
    con.execute(
        "DELETE FROM raw_logs WHERE tx = $tx AND (topic0 <> $delegated "  # two logs tell a restake
        "OR (SELECT count(*) FROM raw_logs WHERE tx = $tx) = 1)",
        {"tx": tx, "delegated": DELEGATED},
    )
    found = _money(con, state)
    assert found.status == status
    assert found.message.startswith(f"pool and stubs hold {amount} wei (")
    assert f"FTM) {word} than what came and went up to block {state.block.number}" in found.message
    (difference,) = rows(con, "SELECT abs(amount_wei) FROM money WHERE part = 'difference'")
    assert difference == (amount,)


def test_a_claim_that_a_node_withholds_is_found_in_its_block(devnet: Devnet, store: Path) -> None:
    hidden: list[Log] = []

    def without_first(logs: list[Log]) -> list[Log]:
        hidden[:] = hidden or [log for log in logs if log["topics"][0] == CLAIMED][:1]
        return [log for log in logs if log not in hidden]

    with fake_node(devnet_answers(devnet.rpc_url), changed(without_first)) as node:
        sync(store, node.url)
    data = hidden[0]["data"][2:]
    amount = sum(int(data[place : place + 64], 16) for place in (0, 64, 128))
    block = int(hidden[0]["blockNumber"], 16)
    status, message = _told(store)
    assert (status, message.split(" wei")[0]) == ("unknown", f"pool and stubs hold {amount}")
    assert f"in block {block}" in message, message
    with duckdb.connect(store) as con:
        decode.prepare(con, load_network("devnet", ()))
        assert [span.change_wei for span in spans(con)] == [0, amount, 0]
        assert locate(con, _chain(devnet).balances_wei) == [block]
    sync(store, devnet.rpc_url)
    assert _told(store)[0] == "passed"


def test_a_plain_transfer_is_told_and_what_came_after_it_still_adds_up(
    changing_devnet: Devnet, synced_store: Path
) -> None:
    devnet, spare = changing_devnet, changing_devnet.accounts[SPARE]
    before = head_of(devnet)
    act.transfer(devnet, spare, devnet.addresses.pool, 5 * FTM)
    act.transfer(devnet, spare, devnet.stubs[1], 1)
    sync(synced_store, devnet.rpc_url)
    status, message = _told(synced_store)
    assert status == "unknown"
    assert message.startswith("pool and stubs hold 5000000000000000001 wei (5.0")
    assert f"in block {before + 1}" in message, message
    act.stake(devnet, devnet.accounts[3], 400 * FTM)
    act.send(devnet, devnet.operator, devnet.addresses.pool, "sendToStub(uint256,uint256)", 1, FTM)
    act.fund(devnet, 9_000 * FTM)
    act.pay(devnet, 2)
    sync(synced_store, devnet.rpc_url)
    assert _told(synced_store)[1].startswith("pool and stubs hold 5000000000000000001 wei (5.0")
    with duckdb.connect(synced_store) as con:
        decode.prepare(con, load_network("devnet", ()))
        marks = [0, before + 1, before + 2, before + 3]
        assert [(span.first, span.change_wei) for span in spans(con)] == list(
            zip(marks, (0, 5 * FTM, 1, 0), strict=True)
        )
        assert locate(con, _chain(devnet).balances_wei) == [before + 1, before + 2]


def test_a_slashed_return_and_a_redirected_claim_leave_less_than_the_logs_tell(
    changing_devnet: Devnet, synced_store: Path
) -> None:
    devnet = changing_devnet
    stub, validator, sfc = devnet.stubs[0], devnet.validators[0], devnet.addresses.sfc
    act.advance_time(devnet, 50 * 86_400)  # beyond every lock-up
    amount, lost = 10 * FTM, 5 * FTM + 1
    undelegate = ("undelegate(uint256,uint256,uint256)", validator, 99, amount)
    act.send(devnet, devnet.operator, stub, *undelegate)
    act.advance_time(devnet, 8 * 86_400)
    act.send(devnet, devnet.owner, sfc, "slash(uint256,uint256)", validator, FTM // 2)
    act.send(devnet, devnet.operator, stub, "withdraw(uint256,uint256)", validator, 99)
    sync(synced_store, devnet.rpc_url)
    status, message = _told(synced_store)
    assert (status, message.split(" wei")[0]) == ("failed", f"pool and stubs hold {lost}")
    assert "FTM) less than what came and went" in message
    act.send(devnet, devnet.owner, sfc, "redirect(address,address)", stub, devnet.accounts[SPARE])
    act.fund(devnet, 3 * FTM)
    sync(synced_store, devnet.rpc_url)
    assert _told(synced_store)[1].split(" wei")[0] == f"pool and stubs hold {lost + 3 * FTM}"
    assert _told(synced_store)[0] == "failed"
    # What two hosts tell alike is no missing log: it is known from then on, and never passes.
    with fake_node(devnet_answers(devnet.rpc_url)) as second:
        for _ in range(2):
            sync(synced_store, devnet.rpc_url, second.url)
        status, message = _told(synced_store)
        assert (status, "It is a known deficit" in message) == ("unknown", True)
        act.fund(devnet, 2 * FTM)  # redirected too: one more, that one host gave
    sync(synced_store, devnet.rpc_url)
    status, message = _told(synced_store)
    assert (status, "It is a known deficit" in message) == ("failed", False)


# Unknown is neither passed nor failed


def test_without_balances_or_with_other_stubs_it_is_unknown(
    con: duckdb.DuckDBPyConnection, state: PoolState
) -> None:
    assert _money(con, None, "nobody was asked") == Finding("money", "unknown", "nobody was asked")
    assert rows(con, "FROM money WHERE part <> 'held'") == []
    untold = _money(con, replace(state, stub_balances=None))
    assert untold.status == "unknown"
    assert untold.message.startswith("the node does not tell what the stubs held at block")
    assert state.stub_balances is not None
    fewer = dict(list(state.stub_balances.items())[1:])
    assert _money(con, replace(state, stub_balances=fewer)).status == "unknown"
    eleven = replace(state, views=dict(state.views) | {"stubCount": 11})
    assert _money(con, eleven).message.startswith("the contract has 11 stubs and the logs tell 10")


def test_an_amount_that_is_not_known_leaves_the_sum_unknown(
    con: duckdb.DuckDBPyConnection, state: PoolState
) -> None:
    con.execute(
        "UPDATE raw_logs SET data = '0x' || repeat('f', 64) WHERE rowid = (SELECT min(rowid) FROM "
        f"raw_logs WHERE topic0 = '{STAKE_RECEIVED.topic0}')"
    )
    assert _money(con, state).message == "an amount in the logs is not known"


def test_a_node_that_keeps_no_old_state_leaves_it_unknown(
    devnet: Devnet, synced_store: Path
) -> None:
    pruned = only("eth_getBalance", lambda asked: error(asked, "missing trie node"))
    with fake_node(devnet_answers(devnet.rpc_url), pruned) as node:
        sync(synced_store, node.url)
        chain = Chain(load_network("devnet", (node.url,)), STEADY)
        with pytest.raises(NodeError, match="missing trie node"):
            chain.balances_wei(devnet.stubs, 5)
        with duckdb.connect(synced_store) as con:
            decode.prepare(con, load_network("devnet", ()))
            con.execute("UPDATE money SET amount_wei = amount_wei + 1 WHERE part = 'held'")
            assert locate(con, chain.balances_wei) == []
    status, message = _told(synced_store)
    assert status == "unknown"
    assert "missing trie node" in message


def test_stubs_alone_without_a_balance_leave_it_unknown(devnet: Devnet) -> None:
    def refused(asked: Asked) -> Reply | None:
        about_stub = asked.params[0].lower() in devnet.stubs
        return error(asked, "missing trie node") if about_stub else None

    with fake_node(devnet_answers(devnet.rpc_url), only("eth_getBalance", refused)) as node:
        chain = Chain(load_network("devnet", (node.url,)), STEADY)
        state = chain.pool_state(chain.block(head_of(devnet)))
    assert state.stub_balances is None
    assert state.views["stubCount"] == len(devnet.stubs)
