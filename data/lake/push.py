"""A local store into a lake, whatever others pushed meanwhile.

What the store has and the lake has not is laid together with the lake's newest state, in a file
beside, and that is sent; where yet another push came between, once more.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from data import StoreError
from data.config import Network
from data.lake.address import LakeAddress, shown
from data.lake.connection import open_lake
from data.lake.merge import lay_together
from data.lake.pull import beside, pull
from data.lake.pushes import install, keep_base
from data.lake.send import NotNewestError, Pushed, send
from data.store.reader import open_reader, read_info
from data.store.upgrade import OLDEST

_ROUNDS = 8


def push(
    store: Path,
    address: LakeAddress,
    network: Network,
    now: datetime,
    *,
    whole: bool = False,
    adopt: bool = False,
) -> Pushed:
    """Bring what the store at `store` holds into the lake; what the lake holds stays there.

    With `whole` the lake gets this store in place of what it holds of the network. With `adopt`,
    for which the store's lock is to be held, the store becomes what then lies in the lake. Raises
    StoreError or ChangedLogError with the lake as it was.
    """
    for _ in range(_ROUNDS):
        try:
            return send(store, address, network, whole=whole)
        except NotNewestError:
            if network.simulated:  # two of them are no parts of one history
                _refuse_shorter(store, address, network.name)
                return send(store, address, network, whole=True)
        with beside(store) as folder:
            both = folder / store.name
            pull(address, network.name, both, oldest=OLDEST)
            keep_base(both)
            lay_together(both, store, network, now)
            try:
                pushed = send(both, address, network)
            except NotNewestError:
                continue
            if adopt:
                install(both, store)
            return pushed
    raise StoreError(
        f"others push to {shown(address)} all the time: nothing was pushed. Run the same again"
    )


def _refuse_shorter(store: Path, address: LakeAddress, network: str) -> None:
    """Raise StoreError where the lake holds more of a simulation than the store would leave."""
    with open_reader(store, OLDEST) as own, open_lake(address, network, oldest=OLDEST) as lake:
        here, there = (read_info(con).synced_block or 0 for con in (own, lake))
    if here < there:
        raise StoreError(
            f"the lake {shown(address)} holds {network} up to block {there}, {store} up to {here}: "
            "nothing was pushed. To put it in the place of what the lake holds: --whole"
        )
