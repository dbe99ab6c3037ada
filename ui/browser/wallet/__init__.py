"""The browser's wallet: connect it, bring it to the right network, have it sign.

The page builds the unsigned transaction, and the user's click in the panel has the wallet sign and
send it. No key comes here, no link and no rerun signs. What the browser answers is a claim.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from data.config import Network, public_rpc_urls
from ui.browser.component import component
from ui.browser.wallet.claims import Connection as Connection
from ui.browser.wallet.claims import NotSigned as NotSigned
from ui.browser.wallet.claims import Report as Report
from ui.browser.wallet.claims import Signed as Signed
from ui.browser.wallet.claims import Strayed as Strayed
from ui.browser.wallet.claims import UnsignedTransaction as UnsignedTransaction
from ui.browser.wallet.claims import WhyNot as WhyNot
from ui.browser.wallet.claims import read_report

_FILES = ("wallet.html", "wallet.css", "session.js", "panel.js")


def connection(key: str = "wallet") -> Connection | None:
    """What the panel of this `key` said before this run, so that a page can build on it first."""
    return read_report(_reported(key), None).connection


def last_report(network: Network, transaction: UnsignedTransaction, key: str = "wallet") -> Report:
    """What the panel of this `key` said before this run, also of this transaction."""
    return read_report(_reported(key), transaction.wish(network.chain_id))


def panel(
    network: Network,
    transaction: UnsignedTransaction | None = None,
    label: str = "Sign in the wallet",
    key: str = "wallet",
    *,
    known: Sequence[str] = (),
    may_sign: bool = True,
) -> Report:
    """Draw the wallet's panel, and return what the browser said up to this run.

    Without a `transaction` it connects and switches networks; with one it has a button, called
    `label`, that signs it, unless it only tells what became of it (`may_sign`). The transactions
    in `known` are not told of as strayed. On simulated data there is nothing to sign: it says so.
    Inside another page it offers nothing: what is clicked could be hidden or moved there.
    """
    if network.simulated:
        st.caption("These data are simulated: there is no chain for a wallet to act on.")
        return Report()
    if _is_embedded():
        transaction = None
    wish = transaction.wish(network.chain_id) if transaction else None
    order = transaction and {
        "wish": wish,
        "transaction": transaction.for_wallet(network.chain_id),
        "label": label,
        "what": transaction.what,
        "since": transaction.since,
        "mayBeSigned": may_sign,
    }
    draw = component("wallet", *(f"wallet/{file}" for file in _FILES))
    state = draw(
        key=key,
        data={
            "network": _for_wallet(network),
            "order": order,
            "reported": _reported(key),
            "known": list(known),
            "embedded": _is_embedded(),
        },
        default={"report": None},
        on_report_change=lambda: None,
    )
    return Report() if _is_embedded() else read_report(state.report, wish)


def _is_embedded() -> bool:
    """Whether the page is asked for as a part of another; that it is one unasked, the browser
    finds out."""
    return bool(st.context.is_embedded)


def _reported(key: str) -> Any:
    kept = None if _is_embedded() else st.session_state.get(key)
    return kept.get("report") if isinstance(kept, Mapping) else None


def title(network: Network) -> str:
    """`fantom-testnet` as a wallet lists it: Fantom testnet."""
    return network.name.replace("-", " ").capitalize()


def _for_wallet(network: Network) -> dict[str, Any]:
    """What a wallet must be told to switch to the network, or to add it (EIP-3085)."""
    chain_id, name = hex(network.chain_id), title(network)
    fields: dict[str, Any] = {"name": name, "chain": network.chain_id, "chainId": chain_id}
    if rpc_urls := public_rpc_urls(network):
        symbol = network.native_symbol
        fields["add"] = {
            "chainId": chain_id,
            "chainName": name,
            "nativeCurrency": {"name": symbol, "symbol": symbol, "decimals": 18},
            "rpcUrls": list(rpc_urls),
        }
        if network.explorer:
            fields["add"]["blockExplorerUrls"] = [network.explorer]
    return fields
