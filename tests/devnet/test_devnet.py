"""The played history: what it must contain for tests and the demo to meet every case."""

from __future__ import annotations

import tomllib
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from web3 import Web3

from data.config import ROOT
from data.pool.burn import FeeRule, burn_fee_wei
from data.pool.contracts import EVENTS, Event
from devnet import Devnet, act
from devnet.rpc import Rpc
from tests.devnet.expected import DEVNET_UNTIL

FEE_RULES = ("FeeRuleUpdated/4", "FeeRuleUpdated/5")
REQUESTS = ("TokensBurned/5", "TokensBurned2/6")

Log = dict[str, Any]
History = dict[str, list[tuple[str, Log]]]

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def history(devnet: Devnet) -> History:
    """Every log of the pool, bond and SFC by "name/number of fields", decoded by web3."""
    web3 = Web3(Web3.HTTPProvider(devnet.rpc_url))
    addresses = {name: getattr(devnet.addresses, name) for name in ("pool", "bond", "sfc")}
    logs = web3.eth.get_logs({"fromBlock": 0, "toBlock": "latest"})
    found = {name: [] for name in addresses}
    shapes = {(addresses[e.contract], e.topic0, e.topics_count): e for e in EVENTS}
    for log in logs:
        shape = (log["address"].lower(), log["topics"][0].to_0x_hex(), len(log["topics"]))
        if event := shapes.get(shape):
            decoder = web3.eth.contract(abi=[event.abi]).events[event.name]()
            decoded = dict(decoder.process_log(log), time=int(log["blockTimestamp"], 16))
            found[event.contract].append((f"{event.name}/{len(event.fields)}", decoded))
    return found


def of(history: History, contract: str, *keys: str) -> list[Log]:
    return [log for key, log in history[contract] if key in keys]


def days_between(first: Log, last: Log) -> float:
    return (last["time"] - first["time"]) / 86_400


@pytest.fixture(scope="module")
def requests(history: History) -> dict[int, Log]:
    return {log["args"]["wrId"]: log for log in of(history, "pool", *REQUESTS)}


@pytest.fixture(scope="module")
def payouts(history: History) -> dict[int, Log]:
    return {log["args"]["wrId"]: log for log in of(history, "pool", "Withdrawn/3")}


def test_the_addresses_are_those_of_the_networks_file(devnet: Devnet) -> None:
    networks = tomllib.loads((ROOT / "data" / "networks.toml").read_text())
    expected = {key: networks["devnet"][key].lower() for key in ("pool", "bond", "cert", "sfc")}
    assert vars(devnet.addresses) == expected


def test_at_most_1000_blocks_span_at_least_120_days_and_end_when_asked(devnet: Devnet) -> None:
    rpc = Rpc(devnet.rpc_url)
    first = rpc.call("eth_getBlockByNumber", "0x1", False)
    last = rpc.call("eth_getBlockByNumber", "latest", False)
    assert int(last["number"], 16) <= 1_000
    assert int(last["timestamp"], 16) - int(first["timestamp"], 16) >= 120 * 86_400
    assert datetime.fromtimestamp(int(last["timestamp"], 16), UTC) == DEVNET_UNTIL


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: f"{event.contract}.{event.canonical}")
def test_every_event_occurs(history: History, event: Event) -> None:
    found = of(history, event.contract, f"{event.name}/{len(event.fields)}")
    assert [log for log in found if log["event"] == event.name]


def test_the_contracts_emit_nothing_the_tracker_does_not_know(devnet: Devnet) -> None:
    known = {event.topic0 for event in EVENTS}
    addresses = [devnet.addresses.pool, devnet.addresses.sfc, devnet.addresses.bond]
    span = {"fromBlock": "0x0", "toBlock": "latest", "address": addresses}
    logs = Rpc(devnet.rpc_url).call("eth_getLogs", span)
    transfer = Web3.keccak(text="Transfer(address,address,uint256)").to_0x_hex()
    assert {log["topics"][0] for log in logs} == known | {transfer}


def test_upgrades_of_the_pool_and_of_its_stubs_differ_by_their_topics(devnet: Devnet) -> None:
    topic0 = next(event.topic0 for event in EVENTS if event.name == "Upgraded")
    span = {"fromBlock": "0x0", "toBlock": "latest", "topics": [topic0]}
    logs = Rpc(devnet.rpc_url).call("eth_getLogs", span | {"address": devnet.addresses.pool})
    assert [len(log["topics"]) for log in logs] == [2, 1, 2, 1, 2]


def test_a_refused_payout_is_fetched_later_and_out_of_order_and_one_still_waits(
    devnet: Devnet, history: History, payouts: dict[int, Log]
) -> None:
    refused = [log["args"]["wrId"] for log in of(history, "pool", "ManualWithdrawalExpected/3")]
    fetched = [wr_id for wr_id in payouts if wr_id in refused]
    waiting = [wr_id for wr_id in refused if wr_id not in payouts]
    assert fetched != sorted(fetched)
    assert max(payouts) > min(fetched)
    assert len(waiting) == 1
    assert act.read(devnet, "markedForManualWithdrawal(uint256)", waiting[0]) == 1


def test_every_fee_and_the_fee_shift_follow_from_the_logs_alone(
    devnet: Devnet, history: History
) -> None:
    rule, shift = None, 0
    for key, log in history["pool"]:
        args = log["args"]
        if key in FEE_RULES:
            rule, shift = FeeRule(*list(args.values())[:4]), args.get("feeShift", 0)
        elif key in REQUESTS:
            counted = shift if key == "TokensBurned2/6" else 0
            assert args["fee"] == burn_fee_wei(rule, args["amount"], counted)
            shift += args["amount"]
    assert act.read(devnet, "feeShift()") == shift


def test_the_fee_grows_across_the_whole_linear_zone(history: History) -> None:
    ratios = [
        log["args"]["fee"] / log["args"]["amount"]
        for log in of(history, "pool", "TokensBurned2/6")
        if log["args"]["amount"] > 10**18
    ]
    assert min(ratios) == pytest.approx(0.0005)
    assert max(ratios) == pytest.approx(0.04)
    assert len({round(ratio, 6) for ratio in ratios}) > 50


def test_requests_come_as_one_and_as_many_in_both_tokens_and_as_nothing(
    history: History, requests: dict[int, Log]
) -> None:
    blocks = Counter(log["blockNumber"] for log in requests.values())
    stakers = Counter(log["args"]["staker"] for log in requests.values())
    twice = Counter((log["args"]["staker"], log["blockNumber"]) for log in requests.values())
    assert max(blocks.values()) > 1
    assert max(twice.values()) > 1
    assert len(stakers) > 15
    assert {log["args"]["isRebasing"] for log in of(history, "pool", REQUESTS[1])} == {True, False}
    assert any(log["args"]["amount"] == 0 for log in requests.values())


def test_a_large_head_blocks_the_queue_for_weeks_and_payouts_come_in_runs(
    requests: dict[int, Log], payouts: dict[int, Log]
) -> None:
    waits = [days_between(requests[wr_id], payouts[wr_id]) for wr_id in payouts]
    assert max(waits) > 35
    assert sorted(waits)[len(waits) // 2] < 14
    assert max(Counter(log["blockNumber"] for log in payouts.values()).values()) > 5


def test_many_stubs_and_some_strangers_claim_rewards(devnet: Devnet, history: History) -> None:
    claims = [
        (log["args"]["delegator"].lower(), log["time"])
        for log in of(history, "sfc", "ClaimedRewards/5")
    ]
    recent = (DEVNET_UNTIL - timedelta(days=35)).timestamp()
    assert len({claimer for claimer, _ in claims} & set(devnet.stubs)) >= 8
    assert len({claimer for claimer, _ in claims} - set(devnet.stubs)) == 2
    assert sum(claimer in devnet.stubs and time > recent for claimer, time in claims) >= 3


def test_one_stub_is_deployed_late(history: History) -> None:
    deployed = of(history, "pool", "Deployed/2")
    assert [log["args"]["id"] for log in deployed] == list(range(10))
    assert days_between(deployed[0], deployed[-1]) > 80


def test_some_lock_ups_run_and_one_ended_unclaimed(devnet: Devnet, history: History) -> None:
    ends = {}
    for log in of(history, "sfc", "LockedUpStake/4"):
        ends[log["args"]["delegator"].lower()] = log["time"] + log["args"]["duration"]
    ended = [stub for stub in devnet.stubs if ends[stub] < DEVNET_UNTIL.timestamp()]
    assert devnet.stubs[2] in ended
    assert len(ended) < len(devnet.stubs) - 3


def test_at_the_end_many_wait_behind_a_head_the_pool_cannot_pay(devnet: Devnet) -> None:
    pending = act.pending_wei(devnet)
    stashed = act.read(devnet, "stashedForManualWithdrawals()")
    spendable = act.balance_wei(devnet, devnet.addresses.pool) - stashed
    assert 0 < spendable < pending[0]
    assert len(pending) > 10
    assert sum(amount > 1_000 * 10**18 for amount in pending) == 2


def test_the_readers_accounts_hold_both_tokens_and_ftm(devnet: Devnet) -> None:
    rpc = Rpc(devnet.rpc_url)
    for account in devnet.accounts[1:6]:
        assert rpc.read(devnet.addresses.bond, "balanceOf(address)", account) > 100 * 10**18
        assert rpc.read(devnet.addresses.cert, "balanceOf(address)", account) > 100 * 10**18
        assert rpc.balance_wei(account) > 1_000 * 10**18


def test_past_balances_can_be_read_at_any_block(devnet: Devnet) -> None:
    rpc = Rpc(devnet.rpc_url)
    head = int(rpc.call("eth_blockNumber"), 16)
    for block in (1, 40, head // 2, head):
        rpc.call("eth_getBalance", devnet.addresses.pool, hex(block))
