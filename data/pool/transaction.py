"""The transaction a wallet is asked to sign, and in words what any transaction does.

The words are read from the bytes that are signed, never from what they were made from.
Nothing here signs or sends: the user's wallet does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data import AmountError, ConfigError
from data.config import Network, parse_address
from data.pool.amounts import format_wei
from data.pool.burn import BOND, Token
from data.pool.calls import address_in, calldata, find_function
from data.pool.contracts import (
    BURN_BONDS,
    BURN_CERTS,
    POOL_FUNCTIONS,
    TOKEN_FUNCTIONS,
    WITHDRAW_MANUAL,
    Field,
    Function,
)

TOKEN_NAMES: Mapping[Token, str] = {"aFTMb": "aFTMb", "aFTMc": "aFTMc (ankrFTM)"}


@dataclass(frozen=True)
class Described:
    """What a transaction asks for. `contract` is "pool", "aFTMb", "aFTMc (ankrFTM)", "" for
    any other address; `function` is "" where it is not known or none is called. `arguments`
    are (name, exact value as the contract takes it, value in words). `sentence` ends without
    a full stop."""

    contract: str
    address: str | None
    function: str
    arguments: tuple[tuple[str, str, str], ...]
    sentence: str


def build_unstake(
    network: Network, token: Token, amount_wei: int, sender: str, gas: int | None = None
) -> dict[str, str]:
    """The parameter of eth_sendTransaction that burns `amount_wei` of `token` for FTM.

    `gas` is a reading's `holder.gas`, which has its margin; without it the wallet estimates.
    Raises ConfigError for a bad sender or a simulated network, AmountError for an amount that
    is not above 0.
    """
    if amount_wei <= 0 or amount_wei >= 1 << 256:
        raise AmountError("The amount is 0 or no amount: write a number above 0.")
    burn = BURN_BONDS if token == BOND else BURN_CERTS
    return _to_pool(network, burn, amount_wei, sender, gas)


def build_withdraw_manual(
    network: Network, wr_id: int, sender: str, gas: int | None = None
) -> dict[str, str]:
    """The transaction that fetches a refused payout: anyone may send it, and the FTM goes to
    the request's staker. Raises ConfigError as build_unstake does."""
    if wr_id < 0:
        raise ConfigError(f"request {wr_id} cannot be: requests are counted from 0")
    return _to_pool(network, WITHDRAW_MANUAL, wr_id, sender, gas)


def _to_pool(
    network: Network, function: Function, argument: int, sender: str, gas: int | None
) -> dict[str, str]:
    if network.simulated:
        raise ConfigError(f"{network.name} is simulated: there is nothing to sign")
    transaction = {
        "from": parse_address(sender),
        "to": network.pool,
        "data": calldata(function, argument),
        "value": "0x0",
        "chainId": hex(network.chain_id),
    }
    return transaction if gas is None else transaction | {"gas": hex(gas)}


def describe(network: Network, transaction: Mapping[str, object]) -> Described:
    """What a transaction (`to`, `data` or `input`, `value`) would do, or did, on `network`."""
    to = transaction.get("to")
    data = str(transaction.get("data") or transaction.get("input") or "0x")
    value_wei = int(str(transaction.get("value") or "0x0"), 16)
    if not to:
        return Described("", None, "", (), "creates a contract")
    address = str(to).lower()
    contract = _contracts(network).get(address, "")
    named = "the pool" if contract == "pool" else contract or address
    if data == "0x":
        ftm = f"{format_wei(value_wei)} {network.native_symbol}"
        return Described(contract, address, "", (), f"sends {ftm} to {named}")
    known = POOL_FUNCTIONS if contract == "pool" else TOKEN_FUNCTIONS
    call = find_function(data, known)
    if call is None or not (contract or call[0] in TOKEN_FUNCTIONS[:3]):
        return Described(contract, address, "", (), f"calls {data[:10]} of {named}")
    function, values = call
    arguments = tuple(
        _argument(field, word, function, contract)
        for field, word in zip(function.fields, values, strict=True)
    )
    listed = ", ".join(f"{name} {words}" for name, _, words in arguments)
    with_value = f" with {format_wei(value_wei)} {network.native_symbol}" if value_wei else ""
    sentence = f"calls {function.name} of {named}{with_value}{': ' if listed else ''}{listed}"
    return Described(contract, address, function.canonical, arguments, sentence)


def _contracts(network: Network) -> dict[str, str]:
    return {
        network.pool: "pool",
        network.bond: TOKEN_NAMES["aFTMb"],
        network.cert: TOKEN_NAMES["aFTMc"],
    }


def _argument(field: Field, word: int, function: Function, contract: str) -> tuple[str, str, str]:
    """Name, value, and the value in words: whole tokens where its unit is known."""
    if field.type == "address":
        return field.name, address_in(word), address_in(word)
    if field.name not in ("amount", "shares") or not contract:
        return field.name, str(word), str(word)
    unit = contract
    if contract == "pool":
        unit = TOKEN_NAMES["aFTMc" if function == BURN_CERTS else "aFTMb"]
    elif field.name == "shares":  # of the bond's own functions too
        unit = TOKEN_NAMES["aFTMc"]
    return field.name, str(word), f"{format_wei(word)} {unit}"
