"""A chain of our own: the pool's rules in Solidity on a local node, for tests and the demo.

Nothing outside tests imports this; it imports nothing of the tracker.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

VAR = Path(__file__).resolve().parent.parent / "var"


class DevnetError(Exception):
    """The local chain cannot be built, started, or do what was asked."""


@dataclass(frozen=True)
class Addresses:
    """The contracts, in lower case, as `[devnet]` of networks.toml names them."""

    pool: str
    bond: str
    cert: str
    sfc: str


@dataclass(frozen=True)
class Devnet:
    """A played chain: addresses in lower case, every account unlocked at the node.

    `accounts[1]` to `accounts[5]` hold both tokens and are for the reader to act with; 1 has
    a past of its own. `validators[i]` is where `stubs[i]` delegates. The first hungry wallet
    was refused and rescued, the second still waits for its `withdrawManual`.
    """

    rpc_url: str
    addresses: Addresses
    accounts: tuple[str, ...]
    owner: str
    operator: str
    stubs: tuple[str, ...]
    validators: tuple[int, ...]
    hungry_wallets: tuple[str, ...]
