"""An event as the JSON object that a node answers to eth_getLogs.

Indexed fields become topics and the others 32-byte words of data; no event here has a
dynamic type, so every value is one word.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from data.pool.contracts import EVENTS, Contract, Event

Value = int | str  # a number, a boolean, or an address in lower case


@dataclass(frozen=True)
class Emission:
    """An event with its values, in the order of the event's fields."""

    event: Event
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Place:
    """Where in the chain a log stands. `block_time` is in unix seconds, hashes are hex."""

    block: int
    block_hash: str
    block_time: int
    tx_hash: str
    tx_index: int
    log_index: int


def _named(contract: Contract, start: str, fields: int | None = None) -> Event:
    """The one event whose signature starts so, with that many fields where names repeat."""
    (event,) = (
        event
        for event in EVENTS
        if event.contract == contract
        and event.signature.startswith(start)
        and fields in (None, len(event.fields))
    )
    return event


TOKENS_BURNED = _named("pool", "TokensBurned(")
TOKENS_BURNED_2 = _named("pool", "TokensBurned2(")
PAID = _named("pool", "Withdrawn(")
MANUAL_WITHDRAWAL_EXPECTED = _named("pool", "ManualWithdrawalExpected(")
STAKE_RECEIVED = _named("pool", "StakeReceived(")
STAKE_RECEIVED_2 = _named("pool", "StakeReceived2(")
FEE_RULE_UPDATED_4 = _named("pool", "FeeRuleUpdated(", fields=4)
FEE_RULE_UPDATED_5 = _named("pool", "FeeRuleUpdated(", fields=5)
DEPLOYED = _named("pool", "Deployed(")
MINIMUM_STAKE_CHANGED = _named("pool", "MinimumStakeChanged(")
OPERATOR_CHANGED = _named("pool", "OperatorChanged(")
POOL_UPGRADED = _named("pool", "Upgraded(address indexed")
STUBS_UPGRADED = _named("pool", "Upgraded(address implementation")
CLAIMED_REWARDS = _named("sfc", "ClaimedRewards(")
RESTAKED_REWARDS = _named("sfc", "RestakedRewards(")
LOCKED_UP_STAKE = _named("sfc", "LockedUpStake(")
UNLOCKED_STAKE = _named("sfc", "UnlockedStake(")
DELEGATED = _named("sfc", "Delegated(")
UNDELEGATED = _named("sfc", "Undelegated(")
STAKE_RETURNED = _named("sfc", "Withdrawn(")
RATIO_UPDATE = _named("bond", "RatioUpdate(")


def _word(value: Value) -> str:
    """One value as 64 hex digits."""
    if isinstance(value, str):
        return value[2:].zfill(64)
    return f"{value:064x}"


def node_log(emission: Emission, address: str, place: Place) -> str:
    """One line of JSON, keys in a node's order, hex in lower case; ends in a newline."""
    topics, words = [f'"{emission.event.topic0}"'], ["0x"]
    for field, value in zip(emission.event.fields, emission.values, strict=True):
        if field.indexed:
            topics.append(f'"0x{_word(value)}"')
        else:
            words.append(_word(value))
    return (
        f'{{"address":"{address}","topics":[{",".join(topics)}],"data":"{"".join(words)}",'
        f'"blockNumber":"{place.block:#x}","transactionHash":"{place.tx_hash}",'
        f'"transactionIndex":"{place.tx_index:#x}","blockHash":"{place.block_hash}",'
        f'"blockTimestamp":"{place.block_time:#x}","logIndex":"{place.log_index:#x}",'
        f'"removed":false}}\n'
    )


def emissions(*groups: Iterable[Emission]) -> tuple[Emission, ...]:
    """Several calls' events as one transaction's."""
    return tuple(emission for group in groups for emission in group)
