"""What a node tells the Unstake page, kept for a few seconds. A silent node is no error here."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st

from answers.store_view import SupersededError
from data import NodeError, TrackerError
from data.config import Network
from data.live.by_log import Made, find_unstakes
from data.live.outcome import Outcome, read_outcome
from data.live.read import read_live
from data.live.reading import Reading
from data.live.set_aside import SetAside, read_set_aside
from data.live.verdict import Expected
from data.node.live_node import LiveNode
from data.pool.burn import Token
from ui.server import turns

NO_NETWORK = "no network that is known here has the chain and the pool of this store"
_KEPT_S = 5  # a few blocks: long enough that no keystroke asks again
# What one visit may ask a node: so much at once, and then one question in so many seconds.
_AT_ONCE, _EVERY_S = 40, 1.0
_LEFT = "questions left for the node"


class AskedTooOftenError(NodeError):
    """A visit asked a node more often than it may: it is answered again in a few seconds."""


@dataclass(frozen=True)
class Live:
    """A node's reading, or why there is none."""

    reading: Reading | None
    why_not: str


def live(
    network: Network | None,
    token: Token,
    amount_wei: int,
    address: str | None,
    queue: range | None,
    ratio_guess: int | None = None,
    payouts: Callable[[], Mapping[int, int]] = dict,
) -> Live:
    """The pool as a node tells it now, and the holder at `address`. `payouts` are those that the
    store knows of `queue`."""
    if network is None:
        return Live(None, NO_NETWORK)
    if network.simulated:
        return Live(None, "the sample is simulated")
    try:
        return _live(network, token, amount_wei, address, queue, ratio_guess, payouts)
    except AskedTooOftenError as error:
        return Live(None, str(error))


@st.cache_data(ttl=_KEPT_S, max_entries=256, show_spinner="Asking the chain")
def _live(
    network: Network,
    token: Token,
    amount_wei: int,
    address: str | None,
    queue: range | None,
    ratio_guess: int | None,
    _payouts: Callable[[], Mapping[int, int]],
) -> Live:
    try:
        with turns.aside():
            reading = read_live(
                _ask(network),
                token,
                amount_wei,
                address,
                ratio_guess=ratio_guess,
                queue=queue,
                payouts=_payouts,
            )
    except (SupersededError, AskedTooOftenError):
        raise  # nothing of it is kept for others
    except TrackerError as error:
        return Live(None, str(error))
    return Live(reading, "")


@st.cache_data(ttl=_KEPT_S, max_entries=256, show_spinner="Asking the chain")
def outcome(network: Network, tx: str, expected: Expected | None) -> Outcome:
    """What the chain says of a transaction. Raises TrackerError."""
    with turns.aside():
        return read_outcome(_ask(network), tx, expected)


@st.cache_data(ttl=_KEPT_S, max_entries=256, show_spinner="Asking the chain")
def made(network: Network, expected: Expected, first_block: int) -> tuple[Made, ...]:
    """Each such unstake from a block on. Raises TrackerError."""
    with turns.aside():
        return find_unstakes(_ask(network), expected, first_block)


@st.cache_data(ttl=_KEPT_S, max_entries=256, show_spinner="Asking the chain")
def set_aside(network: Network, wr_id: int, caller: str | None) -> SetAside:
    """A refused payout, and what fetching it would take. Raises TrackerError."""
    with turns.aside():
        return read_set_aside(_ask(network), wr_id, caller)


def forget() -> None:
    """Drop what was kept of the last seconds: the reader wants to know what is now."""
    for kept in (_live, outcome, made, set_aside):
        kept.clear()


def _ask(network: Network) -> LiveNode:
    """The node, for one question of this visit. Raises AskedTooOftenError, NodeError."""
    now = time.monotonic()
    left, since = st.session_state.get(_LEFT, (float(_AT_ONCE), now))
    left = min(_AT_ONCE, left + (now - since) / _EVERY_S)
    if left < 1:
        raise AskedTooOftenError(
            "this visit has asked the node very often: wait a few seconds and try again"
        )
    st.session_state[_LEFT] = (left - 1, now)
    return _node(network)


@st.cache_resource(max_entries=8, show_spinner=False)
def _node(network: Network) -> LiveNode:
    """The one node of a network, which remembers which endpoints failed. Raises NodeError."""
    return LiveNode(network)
