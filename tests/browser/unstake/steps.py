"""What happens beside the Unstake page."""

from __future__ import annotations

from devnet import Devnet, act
from tests.app import App
from tests.syncing import sync

FETCH = "Fetch it: sign in the wallet"
FTM = 10**18


def pay_all(chain: Devnet) -> None:
    """The operator finds the money and settles the whole queue."""
    pending = act.pending_wei(chain)
    act.fund(chain, sum(pending) + FTM)
    act.pay(chain, len(pending))


def synced(app: App, chain: Devnet) -> None:
    """The store catches up, as a sync beside the app would do it."""
    sync(app.store("devnet"), chain.rpc_url)
