"""What a live node does not tell is unknown with a reason; a node that fails is named."""

from __future__ import annotations

import time

import pytest

from data import AmountError, ConfigError, NodeError, WrongChainError
from data.config import load_network
from data.live.read import read_live
from data.node.live_node import LiveNode
from data.pool.amounts import MOST_WEI
from data.pool.burn import BOND, CERT, gross_of
from devnet import Devnet
from devnet.node import free_port
from devnet.rpc import Rpc
from tests.fake_node import Asked, Fault, Reply, devnet_answers, error, fake_node, only, result
from tests.live_steps import AMOUNT, BRISK, FTM, live, of

pytestmark = pytest.mark.node


def to(selector: str, fault: Fault) -> Fault:
    """The fault at calls of one view alone."""
    return only(
        "eth_call",
        lambda asked: fault(asked) if asked.params[0]["data"].startswith(selector) else None,
    )


@pytest.mark.parametrize(
    ("selector", "fields"),
    [
        ("0x71ca337d", {"ratio", "gross_wei", "fee_wei", "payout_wei"}),
        ("0xad20d2e6", {"fee_wei", "payout_wei"}),
        ("0x18160ddd", {"supply_wei"}),
        ("0xf4ca2d4c", {"fee_shift_wei"}),
        ("0x701f7e1d", {"fee_rule"}),
        ("0xb23220c3", {"first_wr_id", "pending"}),
        ("0x5cc07076", {"pending"}),
        ("0x3f6b13cc", {"stashed_wei"}),
    ],
)
@pytest.mark.parametrize(
    "bad",
    [
        lambda asked: error(asked, "missing trie node"),
        lambda asked: error(asked, "execution reverted", 3),
        lambda asked: result(asked, "0x"),
        lambda asked: result(asked, "0x1234"),
        lambda asked: result(asked, 5),
    ],
    ids=["no state", "reverted", "nothing", "half a word", "a number"],
)
def test_what_one_call_does_not_tell_is_unknown_with_a_reason_and_the_rest_is_told(
    devnet: Devnet, selector: str, fields: set[str], bad: Fault
) -> None:
    with fake_node(devnet_answers(devnet.rpc_url), to(selector, bad)) as node:
        reading = read_live(of(node), CERT, AMOUNT, queue=range(0))
    assert {name for name, value in vars(reading).items() if value is None} == fields | {"holder"}
    assert reading.unknown.keys() == fields
    assert all(reading.unknown.values())
    assert reading.minimum_stake_wei == 20 * FTM


def test_a_ratio_of_nothing_is_no_ratio(devnet: Devnet) -> None:
    nothing = to("0x71ca337d", lambda asked: result(asked, "0x" + "0" * 64))
    with fake_node(devnet_answers(devnet.rpc_url), nothing) as node:
        reading = read_live(of(node), CERT, AMOUNT)
    assert reading.ratio is reading.payout_wei is None
    assert "ratio of 0" in reading.unknown["payout_wei"]


def test_what_one_endpoint_lacks_another_tells(devnet: Devnet) -> None:
    answers = devnet_answers(devnet.rpc_url)
    pruned = to("0x3f6b13cc", lambda asked: error(asked, "missing trie node"))
    with fake_node(answers, pruned) as lacking, fake_node(answers) as whole:
        for _ in range(3):
            reading = read_live(live(lacking.url, whole.url), BOND, AMOUNT)
            assert (reading.host, reading.unknown) == (
                whole.url.removeprefix("http://"),
                {"pending": "not asked for"},
            )


def test_an_endpoint_without_batches_tells_the_same(devnet: Devnet) -> None:
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        whole = read_live(of(node), CERT, AMOUNT, devnet.accounts[1], queue=range(0))
        node.batches = False
        assert read_live(of(node), CERT, AMOUNT, devnet.accounts[1], queue=range(0)) == whole


@pytest.mark.parametrize(
    "fault",
    [
        lambda asked: Reply(b'[{"jsonrpc":"2.0","id":1,"resu', missing=50),
        lambda asked: Reply(b"<html>sign in</html>"),
        only("eth_getBlockByNumber", lambda asked: result(asked, None)),
        only("eth_getBlockByNumber", lambda asked: result(asked, {"number": "0x5"})),
        only("eth_blockNumber", lambda asked: result(asked, "0xzz")),
        only("eth_gasPrice", lambda asked: Reply(b'{"jsonrpc":"2.0","id":0}')),
    ],
    ids=["cut", "page", "no header", "half a header", "no head", "one missing"],
)
def test_half_an_answer_is_an_error_that_names_host_and_remedy(
    devnet: Devnet, fault: Fault
) -> None:
    with fake_node(devnet_answers(devnet.rpc_url), fault) as node:
        with pytest.raises(NodeError, match="name another endpoint in FTM_RPC_URLS") as caught:
            read_live(of(node), BOND, AMOUNT)
        assert node.url.removeprefix("http://") in str(caught.value)


def test_a_dead_or_hanging_node_is_given_up_in_bounded_time(devnet: Devnet) -> None:
    began = time.monotonic()
    with pytest.raises(NodeError, match=r"no endpoint of devnet answered: .*cannot be reached"):
        read_live(live(f"http://127.0.0.1:{free_port()}/key/secretkey"), BOND, AMOUNT)
    with fake_node(devnet_answers(devnet.rpc_url)) as slow:
        slow.latency_s = 5
        urls = [f"{slow.url}/{number}" for number in range(8)]
        with pytest.raises(NodeError, match="no answer in time"):
            read_live(live(*urls), BOND, AMOUNT)
    assert time.monotonic() - began < 2 * BRISK.patience_s + 1


def test_a_dead_endpoint_beside_a_living_one_is_not_noticed(devnet: Devnet) -> None:
    node = live(f"http://127.0.0.1:{free_port()}", devnet.rpc_url)
    for _ in range(4):
        assert read_live(node, BOND, AMOUNT).host in devnet.rpc_url


def test_another_chain_is_refused_and_never_believed(devnet: Devnet) -> None:
    def other(asked: Asked) -> Reply | None:
        return result(asked, "0xfa") if asked.method == "eth_chainId" else None

    with fake_node(devnet_answers(devnet.rpc_url), other) as wrong:
        with pytest.raises(WrongChainError, match="serves chain 250, not 31337"):
            read_live(of(wrong), BOND, AMOUNT)
        assert read_live(live(wrong.url, devnet.rpc_url), BOND, AMOUNT).host in devnet.rpc_url
        dead = f"http://127.0.0.1:{free_port()}"
        with pytest.raises(NodeError, match="serves chain 250") as caught:
            read_live(live(wrong.url, dead), BOND, AMOUNT)
        assert not isinstance(caught.value, WrongChainError)


def test_a_network_without_a_node_and_an_address_that_is_none_are_told(devnet: Devnet) -> None:
    with pytest.raises(NodeError, match="simulated"):
        LiveNode(load_network("sample"))
    with pytest.raises(NodeError, match="FTM_RPC_URLS"):
        LiveNode(load_network("devnet").model_copy(update={"rpc_urls": ()}))
    with pytest.raises(ConfigError, match="no address"):
        read_live(of(devnet), BOND, AMOUNT, "0x12")


def test_an_address_without_the_contract_is_unknown_and_told(devnet: Devnet) -> None:
    network = load_network("devnet", (devnet.rpc_url,))
    lost = network.model_copy(update={"pool": "0x" + "ab" * 20})
    reading = read_live(LiveNode(lost, BRISK), BOND, AMOUNT)
    assert reading.first_wr_id is reading.fee_wei is None
    assert "no contract with this view at 0xab" in reading.unknown["fee_wei"]


def test_too_long_a_queue_is_not_added_up(devnet: Devnet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.live.read.MOST_SUMMED", 5)
    reading = read_live(of(devnet), BOND, AMOUNT, queue=range(0))
    assert reading.pending_wei is None
    assert "too many to add up" in reading.unknown["pending"]


def test_no_key_of_an_endpoint_is_told_even_where_the_node_quotes_it(devnet: Devnet) -> None:
    key = "s3cr3tk3y"
    for words in (f"no access at /v3/{key}", f"execution reverted: /v3/{key}"):
        quoting = to("0x3f6b13cc", lambda asked, words=words: error(asked, words))
        with fake_node(devnet_answers(devnet.rpc_url), quoting) as node:
            reading = read_live(live(f"{node.url}/v3/{key}"), BOND, AMOUNT)
        assert key not in str(reading)
        assert reading.unknown["stashed_wei"].endswith("/v3/...")


def test_an_amount_that_cannot_be_is_refused_before_a_node_is_asked(devnet: Devnet) -> None:
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        for amount in (-1, MOST_WEI + 1):
            with pytest.raises(AmountError):
                read_live(of(node), BOND, amount)
        assert node.posts == 0
        assert read_live(of(node), CERT, 0, devnet.accounts[1]).payout_wei == 0


def test_the_fee_of_a_wrong_guess_is_never_told_for_the_right_one(devnet: Devnet) -> None:
    ratio = read_live(of(devnet), CERT, AMOUNT).ratio
    right = f"{gross_of(CERT, AMOUNT, ratio):064x}"

    def untold(asked: Asked) -> Reply | None:
        return error(asked, "missing trie") if asked.params[0]["data"].endswith(right) else None

    def dead(asked: Asked) -> Reply | None:
        return Reply(b"") if asked.params[0]["data"].endswith(right) else None

    for fault in (untold, dead):
        with fake_node(devnet_answers(devnet.rpc_url), to("0xad20d2e6", fault)) as node:
            reading = read_live(of(node), CERT, AMOUNT, ratio_guess=ratio - 10**12)
        assert reading.fee_wei is reading.payout_wei is None
        assert reading.unknown["fee_wei"] == reading.unknown["payout_wei"] != ""
        assert reading.gross_wei == int(right, 16)


def test_amounts_that_do_not_come_leave_only_their_sum_unknown(devnet: Devnet) -> None:
    silent = to("0x5cc07076", lambda asked: Reply(b""))
    with fake_node(devnet_answers(devnet.rpc_url), silent) as node:
        reading = read_live(of(node), CERT, AMOUNT, queue=range(0))
    assert reading.unknown.keys() == {"pending"}
    assert "no endpoint of devnet answered" in reading.unknown["pending"]


def test_another_block_than_was_asked_for_is_not_believed(devnet: Devnet) -> None:
    """The head has moved on, and the second time the node tells of another block."""
    other = Rpc(devnet.rpc_url).call("eth_getBlockByNumber", "0x5", False)

    def moving(asked: Asked) -> Reply | None:
        if asked.method == "eth_blockNumber":
            return result(asked, hex(10**6))
        pinned = asked.method == "eth_getBlockByNumber" and asked.params[0] != "latest"
        return result(asked, other) if pinned else None

    with (
        fake_node(devnet_answers(devnet.rpc_url), moving) as node,
        pytest.raises(NodeError, match=r"was asked for block \d+ and told of block 5"),
    ):
        read_live(of(node), BOND, AMOUNT)
