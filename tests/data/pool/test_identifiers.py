"""What people paste, and what it is taken for."""

from __future__ import annotations

import re

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import example, given
from hypothesis import strategies as st

from data.pool.identifiers import (
    Address,
    Identifier,
    RequestId,
    Transaction,
    Unreadable,
    read_identifier,
)
from tests.processes import python

LOWER = "0x84db6ee82b7cf3b47e8f19270abde5718b936670"
CHECKED = "0x84db6eE82b7Cf3b47E8F19270abdE5718B936670"
HASH = "0xa86b9dcb5cde55394b51dc6f9183cc14f931f1dfc7add3d40bf3f2e0a74830a4"
OTHER = "0x623108cf006cf7771c1818faf85818cf41a2d6ad"


def hexes(count: int) -> st.SearchStrategy[str]:
    return st.text("0123456789abcdef", min_size=count, max_size=count)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (LOWER, Address(LOWER)),
        (CHECKED, Address(LOWER)),
        (LOWER.upper(), Address(LOWER)),
        ("0x" + LOWER[2:].upper(), Address(LOWER)),
        (LOWER[2:], Address(LOWER)),
        (f"  {CHECKED}\t", Address(LOWER)),
        (f"\u200b{CHECKED}\ufeff\n", Address(LOWER)),
        (f"\u00a0{LOWER},", Address(LOWER)),
        (f'"{LOWER}"', Address(LOWER)),
        ("0x" + "1" * 40, Address("0x" + "1" * 40)),
        ("1" * 40, Address("0x" + "1" * 40)),
        (HASH, Transaction(HASH)),
        (HASH.upper(), Transaction(HASH)),
        (HASH[2:], Transaction(HASH)),
        ("2210", RequestId(2210)),
        ("#123", RequestId(123)),
        ("# 123", RequestId(123)),
        ("1,490", RequestId(1490)),
        ("#1,234,567", RequestId(1_234_567)),
        ("Request 2,210", RequestId(2210)),
        ("request #7", RequestId(7)),
        ("0", RequestId(0)),
        ("007", RequestId(7)),
        ("9" * 18, RequestId(10**18 - 1)),
        ("0" * 30 + "5", RequestId(5)),
    ],
)
def test_what_is_pasted_is_read_in_any_case_and_dress(text: str, expected: Identifier) -> None:
    assert read_identifier(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"https://explorer.fantom.network/address/{CHECKED}", Address(LOWER)),
        (f"https://ftmscan.com/address/{CHECKED}#internaltx", Address(LOWER)),
        (f"ftmscan.com/address/{LOWER}?page=2", Address(LOWER)),
        (f"https://ftmscan.com/tx/{HASH}#eventlog", Transaction(HASH)),
        (f"https://explorer.example/en/transactions/{HASH}/", Transaction(HASH)),
        (f"https://ftmscan.com/token/{LOWER}?a={OTHER}", Address(OTHER)),
        (f"https://ftmscan.com/tokentxns?a={OTHER}&p=1", Address(OTHER)),
        (f"https://explorer.example/?q={HASH}", Transaction(HASH)),
        (f"https://explorer.example/%2Faddress%2F{OTHER}", Address(OTHER)),
        ("http://localhost:8501/track?network=sample&find=2210", RequestId(2210)),
        (f"https://queue.example/track?find={OTHER}&network=fantom", Address(OTHER)),
        ("?find=%232%2C210", RequestId(2210)),
    ],
)
def test_a_pasted_link_gives_what_it_is_about(text: str, expected: Identifier) -> None:
    assert read_identifier(text) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LOWER[:-1], "It has 39 hex digits, an address has 40 (a transaction hash has 64)."),
        (LOWER + "0", "It has 41 hex digits, an address has 40"),
        (HASH[:-1], "It has 63 hex digits, a transaction hash has 64 (an address has 40)."),
        (LOWER[2:-1], "It has 39 hex digits, an address has 40"),
        ("0x1", "It has 1 hex digit, an address"),
        ("0x", "It has 0 hex digits, an address"),
        ("0X" + "f" * 1_000, "It has 1,000 hex digits, a transaction hash has 64"),
        (LOWER[:9] + "O" + LOWER[10:], "Character 8 after 0x is no hex digit"),
        (LOWER[:20] + " " + LOWER[20:], "There is a space in it"),
        (f"{LOWER} {OTHER}", "There is a space in it: paste one address"),
        ("0x6231…d6ad", "It is shortened in the middle"),
        ("0x6231...d6ad", "It is shortened in the middle"),
        ("vitalik.eth", "Names are not looked up"),
        ("my.name.ftm", "Names are not looked up"),
        ("-5", "Request ids are not negative"),
        ("#-5", "Request ids are not negative"),
        ("\u2212" + "1,490", "Request ids are not negative"),
        ("1" * 19, "A number of 19 digits is no request id"),
        ("9" * 63, "A number of 63 digits is no request id"),
        ("1.5", "A request id is a whole number"),
        ("1,49", "A request id is a whole number"),
        ("12 34", "A request id is a whole number"),
        ("x" * 3_000, "It has 3,000 characters"),
        ("https://example.com/", "This link holds no address and no transaction hash."),
        (f"https://ftmscan.com/address/{LOWER[:-1]}", "It has 39 hex digits, an address has 40"),
        ("https://[broken", "This link cannot be read"),
        ("?find=banana", "This cannot be looked up."),
        ("banana", "This cannot be looked up."),
        ("<b>1</b>", "This cannot be looked up."),
        ("١٢٣", "This cannot be looked up."),
    ],
)
def test_what_cannot_be_meant_says_what_is_wrong_with_it(text: str, why: str) -> None:
    found = read_identifier(text)
    assert isinstance(found, Unreadable)
    assert found.why.startswith(why)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u200b", '""', "..."])
def test_nothing_is_no_mistake(text: str) -> None:
    assert read_identifier(text) is None


@pytest.mark.parametrize("place", [5, 8, 17, 40])
def test_one_mistyped_letter_breaks_the_checksum(place: int) -> None:
    wrong = CHECKED[:place] + ("d" if CHECKED[place] != "d" else "e") + CHECKED[place + 1 :]
    found = read_identifier(wrong)
    assert isinstance(found, Unreadable)
    assert "a letter or digit is probably mistyped" in found.why
    assert isinstance(read_identifier(wrong.lower()), Address)
    assert read_identifier(f"https://ftmscan.com/address/{wrong}") == found


@given(hexes(40))
def test_every_address_is_read_whatever_its_case(digits: str) -> None:
    expected = Address("0x" + digits)
    assert read_identifier("0x" + digits) == expected
    assert read_identifier("0x" + digits.upper()) == expected
    assert read_identifier(to_checksum_address("0x" + digits)) == expected


@given(st.integers(0, 10**18 - 1))
def test_every_request_id_is_read_however_it_is_written(number: int) -> None:
    for text in (f"{number}", f"{number:,}", f"#{number}", f" #{number:,} ", f"Request {number:,}"):
        assert read_identifier(text) == RequestId(number)


@given(st.text() | st.text("0xaF9?=&/.:#, -…find", max_size=90))
@example("?find=?find=?find=1")
@example("0x\u0660")
@example("//[")
def test_no_text_breaks_it_and_what_is_read_has_one_form(text: str) -> None:
    match read_identifier(text):
        case Address(read):
            assert re.fullmatch("0x[0-9a-f]{40}", read)
        case Transaction(read):
            assert re.fullmatch("0x[0-9a-f]{64}", read)
        case RequestId(number):
            assert 0 <= number < 2**63
        case Unreadable(why):
            assert why[0].isupper()
            assert why.endswith(".")
            assert why.isascii()


def test_the_slow_library_of_checksums_is_loaded_only_for_mixed_case() -> None:
    code = (
        "import sys; from data.pool.identifiers import read_identifier as read; "
        f"read('{LOWER}'); read('2210'); assert 'eth_utils' not in sys.modules; "
        f"read('{CHECKED}'); assert 'eth_utils' in sys.modules"
    )
    python("-c", code, check=True)
