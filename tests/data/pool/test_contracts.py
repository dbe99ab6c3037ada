"""Events, views and calls are the contracts' own, and an answer is read only if it is whole."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.abi import function_abi_to_4byte_selector
from eth_utils.crypto import keccak
from web3 import Web3

from data.pool import contracts
from data.pool.calls import calldata, find_function, quantity, revert_reason, words
from data.pool.contracts import (
    BURN_CERTS,
    BURN_FEE,
    EVENTS,
    POOL_FUNCTIONS,
    SILENT_EVENTS,
    TOKEN_FUNCTIONS,
    VIEWS,
    WITHDRAWALS,
    Event,
    Function,
)
from tests.log_lines import ALICE, FANTOM, node_log

SHAPES = {  # topics, words
    ("pool", "TokensBurned"): (3, 3),
    ("pool", "TokensBurned2"): (4, 3),
    ("pool", "Withdrawn"): (3, 1),
    ("pool", "ManualWithdrawalExpected"): (3, 1),
    ("pool", "StakeReceived"): (2, 1),
    ("pool", "StakeReceived2"): (3, 1),
    ("pool", "Deployed"): (2, 1),
    ("pool", "MinimumStakeChanged"): (1, 1),
    ("pool", "OperatorChanged"): (1, 2),
    ("pool", "BondContractChanged"): (1, 2),
    ("pool", "CertContractChanged"): (1, 2),
    ("sfc", "ClaimedRewards"): (3, 3),
    ("sfc", "RestakedRewards"): (3, 3),
    ("sfc", "LockedUpStake"): (3, 2),
    ("sfc", "UnlockedStake"): (3, 2),
    ("sfc", "Delegated"): (3, 1),
    ("sfc", "Undelegated"): (4, 1),
    ("sfc", "Withdrawn"): (4, 1),
    ("bond", "RatioUpdate"): (1, 1),
}


def _id(of: Event | Function) -> str:
    return f"{of.contract} {of.canonical}" if isinstance(of, Event) else of.name


@pytest.mark.parametrize("event", [*EVENTS, *SILENT_EVENTS], ids=_id)
def test_topic0_is_the_hash_of_the_signature(event: Event) -> None:
    assert event.topic0 == "0x" + keccak(text=event.canonical).hex()


@pytest.mark.parametrize("event", EVENTS, ids=_id)
def test_web3_decodes_the_abi_as_the_signature_says(event: Event) -> None:
    examples = {"address": ALICE, "bool": True}
    values = [examples.get(f.type, number) for number, f in enumerate(event.fields, 7)]
    log = node_log(event, *values)
    log |= {
        "topics": [bytes.fromhex(topic[2:]) for topic in log["topics"]],
        "data": bytes.fromhex(log["data"][2:]),
    }
    contract = Web3().eth.contract(abi=[event.abi])
    decoded = contract.events[event.name]().process_log(log)["args"]
    assert [
        decoded[f.name].lower() if f.type == "address" else decoded[f.name] for f in event.fields
    ] == values


def test_each_event_has_the_topics_and_words_of_its_contract() -> None:
    shapes = {
        (event.contract, event.name): (event.topics_count, event.words_count) for event in EVENTS
    }
    assert {key: shapes[key] for key in SHAPES} == SHAPES


def test_both_fee_rules_and_both_upgrades_are_told_apart() -> None:
    rules = [event for event in EVENTS if event.name == "FeeRuleUpdated"]
    assert [(event.topics_count, event.words_count) for event in rules] == [(1, 4), (1, 5)]
    assert len({event.topic0 for event in rules}) == 2
    upgrades = [event for event in EVENTS if event.name == "Upgraded"]
    assert [(event.topics_count, event.words_count) for event in upgrades] == [(2, 0), (1, 1)]
    assert len({event.topic0 for event in upgrades}) == 1


def test_no_two_events_share_contract_topic0_and_number_of_topics() -> None:
    every = (*EVENTS, *SILENT_EVENTS)
    keys = [(event.contract, event.topic0, event.topics_count) for event in every]
    assert len(set(keys)) == len(keys) == 27


@pytest.mark.parametrize("view", [*VIEWS, WITHDRAWALS, BURN_FEE], ids=_id)
def test_the_abi_of_a_view_has_its_selector(view: Function) -> None:
    assert "0x" + function_abi_to_4byte_selector(view.abi).hex() == view.selector


def test_every_event_is_of_a_contract_that_a_network_names() -> None:
    assert {event.contract for event in EVENTS} == {"pool", "bond", "sfc"}
    assert all(getattr(FANTOM, event.contract).startswith("0x") for event in EVENTS)


# Calls


NAMED = [value for value in vars(contracts).values() if isinstance(value, Function)]
FUNCTIONS = {f.canonical: f for f in (*NAMED, *POOL_FUNCTIONS, *TOKEN_FUNCTIONS)}


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=lambda function: function.name)
def test_a_selector_is_the_first_bytes_of_its_signatures_hash(function: Function) -> None:
    assert function.selector == "0x" + keccak(text=function.canonical)[:4].hex()


def test_calldata_is_what_an_abi_library_makes_and_is_read_back() -> None:
    transfer = TOKEN_FUNCTIONS[0]
    data = calldata(transfer, ALICE, 10**30 + 7)
    assert data[10:] == encode(["address", "uint256"], [ALICE, 10**30 + 7]).hex()
    assert find_function(data, TOKEN_FUNCTIONS) == (transfer, [int(ALICE, 16), 10**30 + 7])
    assert find_function(data, POOL_FUNCTIONS) is None
    assert find_function(data[:-2], TOKEN_FUNCTIONS) is None
    with pytest.raises(ValueError, match="takes 1 argument"):
        calldata(BURN_CERTS)


@pytest.mark.parametrize("bad", [None, 7, "7", "0x", "0xzz", "0x" + "1" * 65, ["0x1"]])
def test_a_number_that_is_none_is_refused(bad: object) -> None:
    with pytest.raises(ValueError, match="no number"):
        quantity(bad)


def test_words_are_whole_or_refused() -> None:
    assert words("0x" + encode(["uint256", "uint256"], [5, 2**256 - 1]).hex()) == [5, 2**256 - 1]
    assert words("0x") == []
    for bad in (None, 5, "0x12", "0x" + "g" * 64):
        with pytest.raises(ValueError, match="32-byte"):
            words(bad)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ({"message": "execution reverted: burn exceeds balance"}, "burn exceeds balance"),
        ({"message": "execution reverted"}, ""),
        ("VM Exception: reverted with reason string 'no funds'", "no funds"),
        ({"message": "failed", "data": "0x08c379a0" + encode(["string"], ["no"]).hex()}, "no"),
        ({"message": "x", "data": "0x08c379a0zz"}, ""),
        ({"message": "missing trie node"}, None),
        ({}, None),
    ],
)
def test_why_a_call_was_reverted_is_the_contracts_own_words(
    error: object, reason: str | None
) -> None:
    assert revert_reason(error) == reason
