"""Nodes that lie about a transaction, lag behind or are of another chain."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from data import NodeError, WrongChainError
from data.live.outcome import read_outcome
from data.pool.burn import CERT
from devnet import Devnet
from devnet.node import free_port
from devnet.rpc import Rpc
from tests.fake_node import Asked, Fault, Reply, devnet_answers, error, fake_node, only, result
from tests.live_steps import AMOUNT, RECEIPT, UNKNOWN, burning, expected, live, send

pytestmark = pytest.mark.node


def changed(method: str, **fields: Any) -> Fault:
    return only(method, lambda asked: result(asked, asked.honest() | fields))


def changed_log(**fields: Any) -> Fault:
    """The last log of a receipt, with other fields."""

    def fault(asked: Asked) -> Reply | None:
        if asked.method != RECEIPT:
            return None
        receipt = asked.honest()
        return result(asked, receipt | {"logs": [receipt["logs"][-1] | fields]})

    return fault


LIES: dict[str, Fault] = {
    "another hash": changed("eth_getTransactionByHash", hash=UNKNOWN),
    "another receipt": changed(RECEIPT, transactionHash=UNKNOWN),
    "another sender": changed(RECEIPT, **{"from": "0x" + "cc" * 20}),
    "another receiver": changed(RECEIPT, to="0x" + "cc" * 20),
    "reverted with logs": changed(RECEIPT, status="0x0"),
    "no status": changed(RECEIPT, status=None),
    "odd status": changed(RECEIPT, status="0x7"),
    "no logs": changed(RECEIPT, logs=None),
    "half a log": changed_log(data="0x12"),
    "no input": changed("eth_getTransactionByHash", input=None),
    "text": only("eth_getTransactionByHash", lambda asked: result(asked, "0x1")),
    "receipt alone": only("eth_getTransactionByHash", lambda asked: result(asked, None)),
    "error": only(RECEIPT, lambda asked: error(asked, "internal error")),
    "half": lambda asked: Reply(b'[{"id":1,', missing=5),
}


@pytest.mark.parametrize("name", LIES)
def test_a_node_that_contradicts_itself_is_not_believed(changing_devnet: Devnet, name: str) -> None:
    devnet = changing_devnet
    sent = send(devnet, burning(devnet, CERT, AMOUNT, devnet.accounts[1]))
    with fake_node(devnet_answers(devnet.rpc_url), LIES[name]) as node:
        with pytest.raises(NodeError, match="name another endpoint"):
            read_outcome(live(node.url), sent, expected(devnet))
        # An honest one beside it is.
        both = live(node.url, devnet.rpc_url)
        assert read_outcome(both, sent, expected(devnet)).kind == "success"


def test_a_request_of_another_staker_in_a_direct_calls_receipt_is_a_lie(
    changing_devnet: Devnet,
) -> None:
    devnet = changing_devnet
    sent = send(devnet, burning(devnet, CERT, AMOUNT, devnet.accounts[1]))
    topics = Rpc(devnet.rpc_url).call(RECEIPT, sent)["logs"][-1]["topics"]
    topics[1] = "0x" + devnet.accounts[2][2:].rjust(64, "0")
    with (
        fake_node(devnet_answers(devnet.rpc_url), changed_log(topics=topics)) as node,
        pytest.raises(NodeError, match="by another than the one who called"),
    ):
        read_outcome(live(node.url), sent, expected(devnet, number=2))


def test_an_unstake_without_its_log_is_no_success(changing_devnet: Devnet) -> None:
    devnet = changing_devnet
    sent = send(devnet, burning(devnet, CERT, AMOUNT, devnet.accounts[1]))
    with fake_node(devnet_answers(devnet.rpc_url), changed(RECEIPT, logs=[])) as node:
        outcome = read_outcome(live(node.url), sent, expected(devnet))
    assert (outcome.kind, outcome.wr_id) == ("no request", None)


def test_the_endpoint_that_knows_most_is_asked_last_and_believed(changing_devnet: Devnet) -> None:
    """One that lags behind knows no such transaction, or no receipt of it yet."""
    devnet = changing_devnet
    sent = send(devnet, burning(devnet, CERT, AMOUNT, devnet.accounts[1]))
    answers = devnet_answers(devnet.rpc_url)

    def ignorant(asked: Asked) -> Reply | None:
        return result(asked, None) if asked.method.startswith("eth_getTransaction") else None

    unmined = only(RECEIPT, lambda asked: result(asked, None))
    with fake_node(answers, ignorant) as first, fake_node(answers, unmined) as second:
        for urls in ((first.url, second.url), (second.url, first.url)):
            assert read_outcome(live(*urls), sent, expected(devnet)).kind == "pending"
        for urls in permutations((first.url, second.url, devnet.rpc_url)):
            assert read_outcome(live(*urls), sent, expected(devnet)).kind == "success"


def test_another_chain_and_a_dead_node_are_errors_and_no_outcome(devnet: Devnet) -> None:
    other = only("eth_chainId", lambda asked: result(asked, "0xfa"))
    with (
        fake_node(devnet_answers(devnet.rpc_url), other) as wrong,
        pytest.raises(WrongChainError, match="serves chain 250"),
    ):
        read_outcome(live(wrong.url), UNKNOWN)
    with pytest.raises(NodeError, match="cannot be reached"):
        read_outcome(live(f"http://127.0.0.1:{free_port()}"), UNKNOWN)
