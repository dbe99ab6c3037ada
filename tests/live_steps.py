"""What tests of the guided unstake share: nodes to ask, transactions to send and to expect."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import queries
from answers.terms import Terms, read_terms
from data.config import load_network
from data.live.verdict import Expected
from data.node.live_node import LIVE, LiveNode
from data.pool.burn import CERT
from data.pool.transaction import build_unstake
from data.store.reader import open_reader
from devnet import Devnet
from devnet.rpc import Rpc
from tests.fake_node import FakeNode, Fault, devnet_answers, fake_node, only

FTM = 10**18
AMOUNT = 12 * FTM + 345
UNKNOWN = "0x" + "11" * 32
RECEIPT = "eth_getTransactionReceipt"
BRISK = replace(LIVE, pause_s=0.005, longest_pause_s=0.02)


def live(*urls: str) -> LiveNode:
    return LiveNode(load_network("devnet", urls), BRISK)


def relay(devnet: Devnet, fault: Fault | None = None) -> AbstractContextManager[FakeNode]:
    """A node that passes all questions on to the devnet, but for the fault."""
    return fake_node(devnet_answers(devnet.rpc_url), fault)


def of(node: FakeNode | Devnet) -> LiveNode:
    return live(node.url if isinstance(node, FakeNode) else node.rpc_url)


def send(devnet: Devnet, transaction: dict[str, str], gas: int = 500_000) -> str:
    """Sent and, unless mining is by hand, mined; it may be reverted."""
    rpc = Rpc(devnet.rpc_url)
    fees = {"gas": hex(gas), "gasPrice": "0x0"}
    sent = rpc.call("eth_sendTransaction", transaction | fees)
    for _ in range(1_000):
        if rpc.call(RECEIPT, sent) is not None or not rpc.call("anvil_getAutomine"):
            break
    return str(sent)


def burning(devnet: Devnet, token: str, amount: int, sender: str) -> dict[str, str]:
    return build_unstake(load_network("devnet", (devnet.rpc_url,)), token, amount, sender)


def expected(devnet: Devnet, token: str = CERT, amount: int = AMOUNT, number: int = 1) -> Expected:
    return Expected(devnet.accounts[number], token, amount)


def terms_of(store: Path) -> Terms:
    """The terms that a store's own logs tell."""
    with open_reader(store) as con:
        terms = read_terms(queries.run(con, "unstake_terms").row(0, named=True))
    assert terms is not None
    return terms


def to(selector: str, fault: Fault) -> Fault:
    """The fault at calls of one view alone."""
    return only(
        "eth_call",
        lambda asked: fault(asked) if asked.params[0]["data"].startswith(selector) else None,
    )
