"""What is known of an unstake: live from a node, and where none answers from the store.

Each figure says which of the two, and of which block. Nothing is guessed where both are silent.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from data import TrackerError
from data.config import Network, load_network, network_names
from data.live.by_log import Made, find_unstakes
from data.live.outcome import Outcome, read_outcome
from data.live.read import read_live
from data.live.reading import Reading
from data.live.set_aside import SetAside, read_set_aside
from data.live.verdict import Expected
from data.node.live_node import LiveNode
from data.pool.burn import Token, Unstaked, gross_of, unstaked
from pages.unstake.terms import Terms, read_terms
from ui.shown.store_view import StoreView

NO_NETWORK = "no network that is known here has the chain and the pool of this store"
_KEPT_S = 5  # a few blocks: long enough that no keystroke asks again


@dataclass(frozen=True)
class Live:
    """A node's reading, or why there is none."""

    reading: Reading | None
    why_not: str


@dataclass(frozen=True)
class Given:
    """What burning an amount gives. `unknown` says why a figure is None, `of` where it is from."""

    gross_wei: int | None
    fee_wei: int | None
    payout_wei: int | None
    ratio: int | None
    terms: Terms | None
    of: str
    unknown: str = ""


def network_of(view: StoreView) -> Network | None:
    """The network of the store that is shown; None where none has its chain and its pool: what
    would be read or signed there is not what the page shows."""
    name, info = view.source.name, view.info
    if name not in network_names():
        return None
    network = load_network(name)
    same = (network.chain_id, network.pool) == (info.chain_id, info.pool)
    return network if same else None


def live(
    network: Network | None,
    token: Token,
    amount_wei: int,
    address: str | None,
    queue: range | None,
    ratio_guess: int | None = None,
) -> Live:
    """The pool as a node tells it now, and one holder. A silent node is no error of the page."""
    if network is None:
        return Live(None, NO_NETWORK)
    if network.simulated:
        return Live(None, "the sample is simulated")
    return _live(network, token, amount_wei, address, queue, ratio_guess)


@st.cache_data(ttl=_KEPT_S, max_entries=256, show_spinner="Asking the chain")
def _live(
    network: Network,
    token: Token,
    amount_wei: int,
    address: str | None,
    queue: range | None,
    ratio_guess: int | None,
) -> Live:
    node = _node(network)
    try:
        found = read_live(node, token, amount_wei, address, ratio_guess=ratio_guess, queue=queue)
    except TrackerError as error:
        return Live(None, str(error))
    return Live(found, "")


def forget() -> None:
    """What was kept of the last seconds: the reader wants to know what is now."""
    for kept in (_live, _outcome, made, set_aside):
        kept.clear()


def outcome(network: Network, tx: str, expected: Expected | None) -> Outcome:
    """What the chain says of a transaction. Raises TrackerError."""
    return _outcome(network, tx, expected)


@st.cache_data(ttl=_KEPT_S, max_entries=256, show_spinner="Asking the chain")
def _outcome(network: Network, tx: str, expected: Expected | None) -> Outcome:
    return read_outcome(_node(network), tx, expected)


@st.cache_data(ttl=_KEPT_S, max_entries=256, show_spinner="Asking the chain")
def made(network: Network, expected: Expected, first_block: int) -> tuple[Made, ...]:
    """Each such unstake from a block on. Raises TrackerError."""
    return find_unstakes(_node(network), expected, first_block)


@st.cache_data(ttl=_KEPT_S, max_entries=256, show_spinner="Asking the chain")
def set_aside(network: Network, wr_id: int, caller: str | None) -> SetAside:
    """A refused payout, and what fetching it would take. Raises TrackerError."""
    return read_set_aside(_node(network), wr_id, caller)


@st.cache_resource(max_entries=8, show_spinner=False)
def _node(network: Network) -> LiveNode:
    """The one node of a network, which remembers which endpoints failed. Raises NodeError."""
    return LiveNode(network)


def given(view: StoreView, found: Live, token: Token, amount_wei: int) -> Given:
    """What the amount gives, from the node if it told all, else by the store's own logs."""
    reading, known = found.reading, terms(view)
    if reading is not None and reading.payout_wei is not None:
        of = f"read at block {reading.block:,} from {reading.host}"
        return Given(
            reading.gross_wei, reading.fee_wei, reading.payout_wei, reading.ratio, known, of
        )
    if known is None or known.ratio is None:
        return Given(None, None, None, None, known, "", "no log tells what the token is worth")
    gross_wei = gross_of(token, amount_wei, known.ratio)
    fee = known.fee(gross_wei)
    of = f"worked out from the logs up to block {known.block:,}"
    if fee is None:
        return Given(gross_wei, None, None, known.ratio, known, of, "no log tells the fee's rule")
    return Given(gross_wei, fee.fee_wei, gross_wei - fee.fee_wei, known.ratio, known, of)


def of_other_amount(
    view: StoreView, found: Live, token: Token, amount_wei: int, shift_wei: int = 0
) -> Unstaked | None:
    """What another amount would give on the same terms, after `shift_wei` more were burned."""
    reading, known = found.reading, terms(view)
    if reading and reading.ratio and reading.fee_rule and reading.fee_shift_wei is not None:
        ratio, rule, shift = reading.ratio, reading.fee_rule, reading.fee_shift_wei
    elif known and known.ratio and known.rule and known.shift_wei is not None:
        ratio, rule, shift = known.ratio, known.rule, known.shift_wei
    else:
        return None
    return unstaked(token, amount_wei, ratio, rule, shift + shift_wei)


def terms(view: StoreView) -> Terms | None:
    """The terms that the store's own logs tell."""
    return read_terms(view.ask("unstake_terms").row(0, named=True))
