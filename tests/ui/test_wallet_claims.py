"""What the browser says is held to its shape, and what a wallet is asked is built right."""

from __future__ import annotations

import json
from typing import Any

import pytest

from data.config import load_network, public_rpc_urls
from ui.browser.wallet import _for_wallet
from ui.browser.wallet.claims import (
    Connection,
    NotSigned,
    Report,
    Signed,
    Strayed,
    UnsignedTransaction,
    read_report,
)

ACCOUNT, HASH = "0x" + "aB" * 20, "0x" + "Cd" * 32
SAID = {"account": ACCOUNT, "chain": 250, "wallet": "A wallet", "outcome": None}
CALL = {"sender": "0x" + "ab" * 20, "to": "0x" + "01" * 20, "data": "0x00ff"}


def test_what_has_the_right_shape_is_passed_on_in_lower_case() -> None:
    said = SAID | {"outcome": {"wish": "a1", "hash": HASH, "since": 7}}
    connection = Connection(ACCOUNT.lower(), 250, "A wallet")
    assert read_report(said, "a1") == Report(connection, Signed(HASH.lower(), 7))
    assert read_report(said, "b2") == read_report(said, None) == Report(connection)


def test_what_strayed_is_a_hash_with_words_or_nothing() -> None:
    told = {"hash": HASH, "what": "4 aFTMb\n" + "x" * 99}
    words = "4 aFTMb" + "x" * 33
    for sender, read in [(ACCOUNT, ACCOUNT.lower()), ("0x12", None), (None, None), ([], None)]:
        stray = read_report(SAID | {"strayed": told | {"sender": sender}}, None).strayed
        assert stray == Strayed(HASH.lower(), words, read)
    for odd in (HASH, {"hash": "0x12"}, {"what": "x"}, [], None, 7):
        assert read_report(SAID | {"strayed": odd}, None).strayed is None


def test_of_what_was_signed_only_the_same_call_counts_under_other_counts() -> None:
    hashes = {f"call {count}": f"0x{count:064x}" for count in range(4)} | {"other 1": HASH}
    said = SAID | {"signed": hashes | {"call 2": "0x12", "call": HASH}}
    assert read_report(said, "call 1").signed == (hashes["call 0"], hashes["call 3"])
    assert read_report(said, None).signed == ()
    for odd in (None, HASH, [HASH], {"call 1": HASH}, {"call 0": [HASH]}, {"call 0": None}):
        assert read_report(SAID | {"signed": odd}, "call 1").signed == ()


NO_ADDRESS = [
    "0x12",
    ACCOUNT + "00",
    ACCOUNT + "\n",
    "0X" + "ab" * 21,
    "é" * 42,
    7,
    [ACCOUNT],
    {},
]


@pytest.mark.parametrize(
    "said",
    [None, "x", 1, [SAID], {}, {"outcome": []}, {"account": None}]
    + [SAID | {"account": account} for account in NO_ADDRESS],
)
def test_what_makes_no_sense_or_names_no_address_is_nothing(said: Any) -> None:
    assert read_report(said, "a1") == Report()


@pytest.mark.parametrize("chain", ["250", 0, -250, 2**53, 2.5, True, None, [250], float("nan")])
def test_a_chain_that_is_no_number_is_unknown(chain: Any) -> None:
    connection = read_report(SAID | {"chain": chain}, None).connection
    assert connection.chain_id is None


def test_a_wallets_name_is_cut_to_letters_that_can_be_seen() -> None:
    for name, read in [("a\u202e\nb\x00c" + "d" * 99, "abc" + "d" * 37), (7, ""), (None, "")]:
        connection = read_report(SAID | {"wallet": name}, None).connection
        assert connection.wallet == read


@pytest.mark.parametrize("why", ["rejected", "busy", "locked", "changed", "failed", "unsettled"])
def test_why_it_was_not_signed_is_one_of_the_known_reasons(why: str) -> None:
    said = SAID | {"outcome": {"wish": "a1", "why": why, "since": 7}}
    assert read_report(said, "a1").outcome == NotSigned(why, 7)


@pytest.mark.parametrize(
    "outcome",
    [
        {},
        {"hash": "0x12"},
        {"hash": HASH + "\n"},
        {"hash": [HASH]},
        {"why": "sent"},
        {"why": ["x"]},
    ],
)
def test_any_other_outcome_is_unreadable(outcome: dict[str, Any]) -> None:
    said = SAID | {"outcome": outcome | {"wish": "a1"}}
    assert read_report(said, "a1").outcome == NotSigned("unreadable")


def test_a_wallet_is_asked_in_hex_and_for_one_chain() -> None:
    asked = UnsignedTransaction(**CALL, value_wei=255, gas=16)
    assert asked.for_wallet(250) == {
        "from": CALL["sender"],
        "to": CALL["to"],
        "data": "0x00ff",
        "value": "0xff",
        "chainId": "0xfa",
        "gas": "0x10",
    }
    assert "gas" not in UnsignedTransaction(**CALL).for_wallet(250)


@pytest.mark.parametrize("block", [-1, 10**12, 2.5, "7", True, None, [7]])
def test_a_block_that_is_none_is_unknown(block: Any) -> None:
    for outcome in ({"hash": HASH}, {"why": "unsettled"}):
        said = SAID | {"outcome": outcome | {"wish": "a1", "since": block}}
        assert read_report(said, "a1").outcome.since is None


def test_what_was_signed_before_the_page_was_loaded_is_told_apart() -> None:
    for earlier, read in [(True, True), (False, False), (None, False), ("yes", False), (1, False)]:
        said = SAID | {"outcome": {"wish": "a1", "hash": HASH, "earlier": earlier}}
        assert read_report(said, "a1").outcome == Signed(HASH.lower(), earlier=read)


def test_a_wish_is_named_by_the_call_itself() -> None:
    wish = UnsignedTransaction(**CALL).wish(250)
    again = UnsignedTransaction(**CALL, gas=16, what="this", since=7)
    assert again.wish(250) == wish
    other = {"sender": "0x" + "cd" * 20, "to": "0x" + "02" * 20, "data": "0x00"}
    others = [UnsignedTransaction(**CALL | {name: value}) for name, value in other.items()]
    others += [UnsignedTransaction(**CALL, value_wei=1), UnsignedTransaction(**CALL, count=1)]
    assert len({wish, again.wish(4002), *(one.wish(250) for one in others)}) == 7


def test_what_anybody_may_sign_is_one_wish_whoever_does() -> None:
    mine = UnsignedTransaction(**CALL, by_anybody=True)
    yours = UnsignedTransaction(**CALL | {"sender": "0x" + "cd" * 20}, by_anybody=True)
    assert mine.wish(250) == yours.wish(250) != UnsignedTransaction(**CALL).wish(250)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender": ACCOUNT},
        {"to": ""},
        {"data": "0x0"},
        {"data": "00"},
        {"value_wei": -1},
        {"value_wei": 2**256},
        {"gas": 0},
        {"gas": -5},
    ],
)
def test_a_malformed_transaction_cannot_be_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="an unsigned transaction's"):
        UnsignedTransaction(**CALL | wrong)


def test_an_operators_own_endpoint_is_never_told_to_a_wallet() -> None:
    """Its path may hold a key."""
    secret = "https://node.example/v3/secret"
    fantom = load_network("fantom")
    both = load_network("fantom", (secret, fantom.rpc_urls[0]))
    assert public_rpc_urls(both) == fantom.rpc_urls[:1]
    assert public_rpc_urls(fantom) == fantom.rpc_urls
    assert "secret" not in json.dumps(_for_wallet(both))
    told = _for_wallet(load_network("fantom", (secret,)))["add"]
    assert told == _for_wallet(fantom)["add"], "the public ones stand in for it"
    testnet = load_network("fantom-testnet", (secret,))
    assert _for_wallet(testnet)["add"]["rpcUrls"] == ["https://rpc.testnet.fantom.network"]
    assert told["chainId"] == "0xfa"
    assert told["chainName"] == "Fantom"
    assert told["blockExplorerUrls"] == [fantom.explorer]


def test_the_devnets_endpoint_is_told() -> None:
    here = "http://127.0.0.1:1234"
    assert public_rpc_urls(load_network("devnet", (here,))) == (here,)
