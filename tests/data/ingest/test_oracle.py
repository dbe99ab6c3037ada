"""Every table against another way to it: web3's own decoder, and a plain loop over events."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3

from data.pool.contracts import EVENTS
from devnet import Devnet
from tests.syncing import dicts, tables

pytestmark = pytest.mark.node

Event = dict[str, Any]


@pytest.fixture(scope="module")
def events(devnet: Devnet) -> list[Event]:
    """All of the tracked events as web3 decodes them, in the chain's order."""
    web3 = Web3(Web3.HTTPProvider(devnet.rpc_url))
    address = {name: getattr(devnet.addresses, name) for name in ("pool", "bond", "sfc")}
    decoders = {
        (address[e.contract], e.topic0, e.topics_count): (
            e.contract,
            web3.eth.contract(abi=[e.abi]).events[e.name](),
        )
        for e in EVENTS
    }
    found = []
    for log in web3.eth.get_logs({"fromBlock": 0, "toBlock": "latest"}):
        key = (log["address"].lower(), log["topics"][0].to_0x_hex(), len(log["topics"]))
        if key in decoders:
            contract, decoder = decoders[key]
            decoded = decoder.process_log(log)
            found.append(
                {
                    "contract": contract,
                    "event": decoded["event"],
                    "args": {name: lower(value) for name, value in decoded["args"].items()},
                    "at": datetime.fromtimestamp(int(log["blockTimestamp"], 16), UTC),
                    "block": log["blockNumber"],
                    "tx": log["transactionHash"].to_0x_hex(),
                    "index": log["logIndex"],
                }
            )
    return sorted(found, key=lambda event: (event["block"], event["index"]))


def lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def of(events: list[Event], contract: str, *names: str) -> list[Event]:
    return [
        event
        for event in events
        if (event["contract"], event["event"]) in [(contract, name) for name in names]
    ]


def where(event: Event, time_name: str) -> dict[str, Any]:
    return {time_name: event["at"], "block": event["block"], "tx": event["tx"]}


def replayed(events: list[Event]) -> dict[int, Event]:
    """The queue as the contract keeps it, one event after the other."""
    requests: dict[int, Event] = {}
    head = 0

    def ahead_wei(wr_id: int) -> int:
        return sum(requests[earlier]["payout_wei"] for earlier in range(head, wr_id))

    for event in of(
        events, "pool", "TokensBurned", "TokensBurned2", "Withdrawn", "ManualWithdrawalExpected"
    ):
        args = event["args"]
        wr_id = args["wrId"]
        if "shares" in args:
            requests[wr_id] = {
                "wr_id": wr_id,
                "staker": args["staker"],
                "token": "aFTMb" if args.get("isRebasing", True) else "aFTMc",
                "gross_wei": args["amount"],
                "fee_wei": args["fee"],
                "payout_wei": args["amount"] - args["fee"],
                "shares_wei": args["shares"],
                "requested_at": event["at"],
                "requested_block": event["block"],
                "requested_tx": event["tx"],
                "status": "pending",
                "manual_at": None,
                "paid_at": None,
                "paid_block": None,
                "paid_tx": None,
                "ahead_wei_at_request": ahead_wei(wr_id),
            }
            continue
        request = requests[wr_id]
        if request["status"] == "pending":
            head = wr_id + 1
        if event["event"] == "ManualWithdrawalExpected":
            request |= {"status": "manual", "manual_at": event["at"]}
        else:
            paid = {"paid_at": event["at"], "paid_block": event["block"], "paid_tx": event["tx"]}
            request |= {"status": "paid"} | paid
    for wr_id, request in requests.items():
        request["ahead_wei"] = ahead_wei(wr_id) if request["status"] == "pending" else 0
    return requests


def test_each_request_is_what_a_replay_of_the_queue_gives(
    devnet_store: Path, events: list[Event]
) -> None:
    expected = list(replayed(events).values())
    assert dicts(devnet_store, "requests") == expected
    assert {request["status"] for request in expected} == {"pending", "manual", "paid"}
    assert {request["token"] for request in expected} == {"aFTMb", "aFTMc"}
    assert len({request["ahead_wei_at_request"] for request in expected}) > 50


def test_payouts(devnet_store: Path, events: list[Event]) -> None:
    refused = {e["args"]["wrId"] for e in of(events, "pool", "ManualWithdrawalExpected")}
    expected = [
        where(event, "paid_at")
        | {
            "wr_id": event["args"]["wrId"],
            "payout_wei": event["args"]["amount"],
            "manual": event["args"]["wrId"] in refused,
        }
        for event in of(events, "pool", "Withdrawn")
    ]
    assert dicts(devnet_store, "payouts") == expected
    assert any(payout["manual"] for payout in expected)


def test_stakes(devnet_store: Path, events: list[Event]) -> None:
    tokens = {None: None, True: "aFTMb", False: "aFTMc"}
    expected = [
        where(event, "staked_at")
        | {
            "staker": event["args"]["staker"],
            "amount_wei": event["args"]["amount"],
            "token": tokens[event["args"].get("isRebasing")],
        }
        for event in of(events, "pool", "StakeReceived", "StakeReceived2")
    ]
    assert dicts(devnet_store, "stakes") == expected
    assert {stake["token"] for stake in expected} == {None, "aFTMb", "aFTMc"}


def test_ratios_fee_rules_and_stubs(devnet_store: Path, events: list[Event]) -> None:
    assert dicts(devnet_store, "ratios") == [
        where(event, "updated_at") | {"ratio_wei": event["args"]["newRatio"]}
        for event in of(events, "bond", "RatioUpdate")
    ]
    assert dicts(devnet_store, "fee_rules") == [
        where(event, "updated_at")
        | {
            "min_fee_ratio_wei": event["args"]["minFeeRatio"],
            "max_fee_ratio_wei": event["args"]["maxFeeRatio"],
            "fee_increase_start_wei": event["args"]["feeIncreaseStart"],
            "fee_increase_stop_wei": event["args"]["feeIncreaseStop"],
            "fee_shift_wei": event["args"].get("feeShift"),
        }
        for event in of(events, "pool", "FeeRuleUpdated")
    ]
    assert dicts(devnet_store, "stubs") == [
        {"stub_id": event["args"]["id"], "stub": event["args"]["proxy"]}
        | where(event, "deployed_at")
        for event in of(events, "pool", "Deployed")
    ]


def stub_events(devnet: Devnet, events: list[Event], *names: str) -> list[Event]:
    found = of(events, "sfc", *names)
    return [event for event in found if event["args"]["delegator"] in devnet.stubs]


def test_reward_claims_returned_stakes_and_lock_ups_are_those_of_the_stubs(
    devnet: Devnet, devnet_store: Path, events: list[Event]
) -> None:
    assert dicts(devnet_store, "reward_claims") == [
        where(event, "claimed_at")
        | {
            "stub": event["args"]["delegator"],
            "validator_id": event["args"]["toValidatorID"],
            "reward_wei": sum(value for key, value in event["args"].items() if "eward" in key),
            "restaked": event["event"] == "RestakedRewards",
        }
        for event in stub_events(devnet, events, "ClaimedRewards", "RestakedRewards")
    ]
    assert dicts(devnet_store, "returned_stakes") == [
        where(event, "returned_at")
        | {
            "stub": event["args"]["delegator"],
            "validator_id": event["args"]["toValidatorID"],
            "amount_wei": event["args"]["amount"],
        }
        for event in stub_events(devnet, events, "Withdrawn")
    ]
    assert dicts(devnet_store, "lock_ups") == [
        where(event, "locked_at")
        | {
            "ends_at": datetime.fromtimestamp(
                event["at"].timestamp() + event["args"]["duration"], UTC
            ),
            "stub": event["args"]["delegator"],
            "validator_id": event["args"]["validatorID"],
            "amount_wei": event["args"]["amount"],
            "duration_s": event["args"]["duration"],
        }
        for event in stub_events(devnet, events, "LockedUpStake")
    ]


def test_no_delegator_but_the_stubs_appears_and_each_stub_has_all_its_logs(
    devnet: Devnet, devnet_store: Path, events: list[Event]
) -> None:
    names = {event.name for event in EVENTS}
    everyone = [event["args"]["delegator"] for event in of(events, "sfc", *names)]
    sfc_logs = [row for row in tables(devnet_store)["raw_logs"] if row[4] == devnet.addresses.sfc]
    landed = ["0x" + row[6][26:] for row in sfc_logs]
    assert set(everyone) - set(devnet.stubs)
    assert sorted(landed) == sorted(who for who in everyone if who in devnet.stubs)
    # The last stub came late, and its first logs may be of the very block it came in.
    assert devnet.stubs[-1] in landed
