"""Calls are the contracts' own bytes, and what comes back is read only if it is whole."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from data.pool import contracts
from data.pool.calls import calldata, find_function, quantity, revert_reason, words
from data.pool.contracts import BURN_CERTS, POOL_FUNCTIONS, TOKEN_FUNCTIONS, Function

NAMED = [value for value in vars(contracts).values() if isinstance(value, Function)]
FUNCTIONS = {f.canonical: f for f in (*NAMED, *POOL_FUNCTIONS, *TOKEN_FUNCTIONS)}
ALICE = "0x" + "a1" * 20


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
