"""What copying adds to a text, in every kind of text that is pasted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.pool.amounts import parse_amount
from data.pool.identifiers import (
    Address,
    RequestId,
    Transaction,
    Unreadable,
    read_address,
    read_hash,
    read_identifier,
)
from data.pool.pasted import visible

ADDRESS = "0x84db6ee82b7cf3b47e8f19270abde5718b936670"
CHECKED = "0x84db6eE82b7Cf3b47E8F19270abdE5718B936670"
HASH = "0xa86b9dcb5cde55394b51dc6f9183cc14f931f1dfc7add3d40bf3f2e0a74830a4"
# Direction marks, joiners, soft hyphens, variation selectors, fillers, tags: all unseen.
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u17b4\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202c\u202d\u202e"
    "\u2060\u2064\u2066\u2069\u2800\u3164\ufe0e\ufe0f\ufeff\uffa0\U000e0020\U000e0100"
)
SPACES = " \t\r\n\u00a0\u1680\u2002\u2007\u2009\u202f\u2028\u205f\u3000"


@pytest.mark.parametrize("unseen", [*UNSEEN, *SPACES])
def test_what_is_not_seen_around_a_text_changes_nothing(unseen: str) -> None:
    def around(text: str) -> str:
        return f"{unseen}{text}{unseen * 2}"

    assert parse_amount(around("7.25")) == 725 * 10**16
    assert read_identifier(around(CHECKED)) == Address(ADDRESS)
    assert read_identifier(around(HASH)) == Transaction(HASH)
    assert read_identifier(around("#2,210")) == RequestId(2210)
    assert read_address(around(CHECKED)) == ADDRESS
    assert read_hash(around(HASH)) == HASH


@pytest.mark.parametrize("unseen", UNSEEN)
def test_what_is_not_seen_within_a_text_changes_nothing(unseen: str) -> None:
    assert parse_amount(f"7{unseen}.2{unseen}5") == 725 * 10**16
    assert read_address(f"0{unseen}x{unseen}{CHECKED[2:9]}{unseen}{CHECKED[9:]}") == ADDRESS
    assert read_identifier(f"22{unseen}10") == RequestId(2210)


@pytest.mark.parametrize(
    "text",
    [
        ADDRESS.upper(),
        "0X" + ADDRESS[2:],
        ADDRESS[2:],
        f"ftm:{CHECKED}",
        f"FTM:{ADDRESS}",
        f"eip155:250:{CHECKED}",
        f"ethereum:{CHECKED}@250",
        f"ethereum:pay-{ADDRESS}@250/transfer?value=1",
        f"https://ftmscan.com/address/{CHECKED}",
        f"ftmscan.com/address/{ADDRESS}#tokentxns",
        f"https://explorer.fantom.network/address/{ADDRESS}?tab=txs",
        f"https://ftmscan.com/token/0x{'1' * 40}?a={ADDRESS}",
        f"\u200ehttps://ftmscan.com/address/{ADDRESS}\u200b",
        f"({ADDRESS}).",
        f"Address:{ADDRESS}",
        f"wallet address: {CHECKED}",
        f"to:{ADDRESS}",
        f"\u201c{ADDRESS}\u201d",
        "".join(chr(ord(letter) + 0xFEE0) for letter in ADDRESS),  # of full width
    ],
)
def test_an_address_is_found_however_it_is_written(text: str) -> None:
    assert read_address(text) == ADDRESS
    assert read_identifier(text) == Address(ADDRESS)
    assert isinstance(read_hash(text), Unreadable)


@pytest.mark.parametrize(
    "text",
    [
        HASH.upper(),
        HASH[2:],
        f"tx:{HASH}",
        f"Txn Hash: {HASH}",
        f"transaction:{HASH}",
        f"https://ftmscan.com/tx/{HASH}",
        f"ftmscan.com/tx/{HASH}#eventlog",
    ],
)
def test_a_hash_is_found_however_it_is_written(text: str) -> None:
    assert read_hash(text) == HASH
    assert isinstance(read_address(text), Unreadable)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"eth:{ADDRESS}", "another network, eth"),
        (f"arb1:{ADDRESS}", "another network, arb1"),
        (f"eip155:1:{ADDRESS}", "another network, eip155:1"),
        (f"ethereum:{ADDRESS}@1", "another network, ethereum@1"),
        ("somebody.eth", "Names are not looked up"),
        (ADDRESS[:-1], "39 hex digits"),
        (HASH, "a transaction's hash"),
        ("2210", "This is a number"),
    ],
)
def test_what_is_no_address_here_is_told(text: str, why: str) -> None:
    found = read_address(text)
    assert isinstance(found, Unreadable)
    assert why in found.why


def test_no_text_is_nothing() -> None:
    assert read_address("\u200b ") is read_hash("") is None


@given(st.text())
def test_any_text_is_made_plain_once(text: str) -> None:
    assert visible(visible(text)) == visible(text)


def test_of_a_link_that_names_an_address_and_a_hash_each_field_takes_its_own() -> None:
    link = (
        f"https://app.safe.global/transactions/tx?safe=ftm:{CHECKED}&id=multisig_{CHECKED}_{HASH}"
    )
    assert read_hash(link) == HASH
    assert read_address(link) == ADDRESS
    assert read_hash(f"https://ftmscan.com/address/{CHECKED}") == Unreadable(
        "This is an address: a transaction's hash has 0x and 64 hex digits."
    )
