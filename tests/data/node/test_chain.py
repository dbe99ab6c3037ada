"""The chain beyond its logs: which endpoints are used, and what their headers and views say."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data import NodeError, WrongChainError, sync
from data.config import Network, load_network
from data.node.chain import Chain
from data.node.endpoint import Manners
from data.pool.state import Block
from devnet import Devnet, DevnetError
from devnet.node import free_port
from tests.fake_node import (
    Answers,
    Asked,
    FakeNode,
    Fault,
    Reply,
    devnet_answers,
    error,
    fake_node,
    only,
    result,
)
from tests.made_chain import BRISK, HASTY, header, ledger, time_of

pytestmark = pytest.mark.node


@pytest.fixture
def nodes() -> Iterator[ExitStack]:
    with ExitStack() as running:
        yield running


def start(nodes: ExitStack, answers: Answers, fault: Fault | None = None) -> FakeNode:
    return nodes.enter_context(fake_node(answers, fault))


def network(*urls: str) -> Network:
    return load_network("devnet", urls)


def chain_of(*nodes: FakeNode, manners: Manners = BRISK) -> Chain:
    return Chain(network(*(node.url for node in nodes)), manners)


def host(node: FakeNode) -> str:
    return node.url.removeprefix("http://")


def test_an_endpoint_on_another_chain_is_left_out_and_named(nodes: ExitStack) -> None:
    right, wrong = start(nodes, ledger([], 5)), start(nodes, ledger([], 9_000, chain_id=250))
    chain = chain_of(wrong, right)
    assert chain.sources == host(right)
    assert chain.notices == [f"{host(wrong)}: serves chain 250, not 31337"]
    assert chain.head() == 5


def test_endpoints_that_all_serve_another_chain_are_refused_and_nothing_is_written(
    nodes: ExitStack, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [start(nodes, ledger([], 5, chain_id=250)).url for _ in range(2)]
    with pytest.raises(WrongChainError, match=r"serves chain 250, not 31337.*Nothing was written"):
        Chain(network(*wrong), BRISK)
    store = tmp_path / "devnet.duckdb"
    urls = [word for url in wrong for word in ("--rpc-url", url)]
    assert sync.main(["--network", "devnet", "--store", str(store), *urls]) == 1
    assert "serves chain 250" in capsys.readouterr().err
    written = {path.suffix for path in tmp_path.iterdir()}
    assert written == {".lock", ".progress"}  # no store, nor a next one


def test_dead_and_wrong_endpoints_together_are_a_node_error_that_names_each(
    nodes: ExitStack,
) -> None:
    wrong = start(nodes, ledger([], 5, chain_id=250))
    dead = f"http://127.0.0.1:{free_port()}/v3/aaaabbbbcccc"
    with pytest.raises(NodeError) as caught:
        Chain(network(wrong.url, dead), BRISK)
    assert not isinstance(caught.value, WrongChainError)
    assert "cannot be reached" in str(caught.value)
    assert f"{host(wrong)}: serves chain 250" in str(caught.value)
    assert "aaaabbbb" not in str(caught.value)


def test_no_endpoint_at_all_says_what_to_do() -> None:
    with pytest.raises(NodeError, match="name one with --rpc-url"):
        Chain(network().model_copy(update={"rpc_urls": ()}))


@pytest.mark.parametrize("answer", [7, "0xzz", {"a": 1}, "", [], None])
def test_a_chain_id_that_is_none_leaves_the_endpoint_out(nodes: ExitStack, answer: object) -> None:
    strange = start(nodes, ledger([], 5), only("eth_chainId", lambda asked: result(asked, answer)))
    assert chain_of(strange, right := start(nodes, ledger([], 5))).sources == host(right)


def test_a_single_endpoint_that_hiccups_is_asked_again(nodes: ExitStack) -> None:
    node = start(nodes, ledger([], 5), lambda asked: Reply(b"", 503) if asked.turn == 0 else None)
    chain = chain_of(node)
    assert chain.head() == 5
    assert chain.notices == []


def test_the_head_is_asked_in_the_same_breath_once_and_of_no_other_chain(nodes: ExitStack) -> None:
    node = start(nodes, ledger([], 100))
    other = start(nodes, ledger([], 9, chain_id=250))
    chain = Chain(network(node.url, other.url), BRISK, head=True)
    asked = len(node.asked)
    assert (chain.head(), len(node.asked)) == (100, asked)
    assert (chain.head(), len(node.asked)) == (100, asked + 1)  # what was told before is old now


def _busy_once(method: str) -> Fault:
    return only(method, lambda asked: Reply(b"", 503) if asked.turn == 0 else None)


@pytest.mark.parametrize("left_out", ["of another chain", "without an id"])
def test_who_did_not_tell_its_head_with_its_id_is_asked_again(
    left_out: str, nodes: ExitStack
) -> None:
    chain_id = 250 if left_out == "of another chain" else 31337
    mute = only("eth_chainId", lambda asked: Reply(b"", 503))
    other = start(nodes, ledger([], 9_000, chain_id=chain_id), mute if chain_id == 31337 else None)
    ours = start(nodes, ledger([], 100), _busy_once("eth_blockNumber"))
    chain = Chain(network(other.url, ours.url), BRISK, head=True)
    assert (chain.sources, chain.head()) == (host(ours), 100)


def test_who_told_its_head_and_not_its_id_is_asked_for_that_again(nodes: ExitStack) -> None:
    busy = start(nodes, ledger([], 100), _busy_once("eth_chainId"))
    other = start(nodes, ledger([], 9_000))
    chain = Chain(network(other.url, busy.url), BRISK, head=True)
    assert chain.notices == []
    assert chain.head() == 100


def test_the_head_is_the_newest_block_that_every_endpoint_has(nodes: ExitStack) -> None:
    assert chain_of(*(start(nodes, ledger([], head)) for head in (5_000, 4_321, 4_999))).head() == (
        4_321
    )


@pytest.mark.parametrize(
    ("heads", "used", "told"),
    [
        # Behind the median: left out.
        ((9_000, 3_000, 9_001), 9_000, "is not used: is 6000 blocks behind"),
        # One that overstates removes nobody, and is not believed.
        ((9_000, 1 << 40, 9_001), 9_000, f"tells a block {(1 << 40) - 9_001} ahead of the others"),
        # Of two, nobody can know which is wrong.
        ((9_000, 3_000), 3_000, "tells a block 6000 ahead of the others"),
        # No chain has such a block.
        ((9_000, 1 << 63), 9_000, "is not used: answered eth_blockNumber with '0x8"),
        ((9_000, -1, 9_000), 9_000, "is not used: answered eth_blockNumber with '-0x1'"),
    ],
)
def test_the_head_is_held_against_the_median_of_all(
    nodes: ExitStack, heads: tuple[int, ...], used: int, told: str
) -> None:
    chain = chain_of(*(start(nodes, ledger([], head)) for head in heads))
    assert chain.head() == used
    (notice,) = chain.drain_notices()
    assert told in notice
    assert chain.drain_notices() == []
    assert all(endpoint.head <= 9_001 for endpoint in chain.endpoints.all)


def test_two_keys_of_one_host_are_two_endpoints(nodes: ExitStack) -> None:
    heads = iter(["0x10000", "0x10", "0x10000"])
    both = start(
        nodes, ledger([], 9), only("eth_blockNumber", lambda asked: result(asked, next(heads)))
    )
    chain = Chain(network(*(f"{both.url}/{key}" for key in "123")), BRISK)
    assert chain.head() == 0x10000
    assert len(chain.notices) == 1


def test_endpoints_that_tell_no_head_are_quoted(nodes: ExitStack) -> None:
    node = start(nodes, ledger([], 5), only("eth_blockNumber", lambda asked: error(asked, "tired")))
    with pytest.raises(NodeError, match=f"{host(node)}: eth_blockNumber: tired"):
        chain_of(node).head()


def test_a_deeply_nested_answer_is_no_answer_and_no_crash(nodes: ExitStack) -> None:
    """A library of web3's raises the recursion limit beyond what the stack holds."""
    nested = Reply(b'{"a":' * 200_000 + b"0" + b"}" * 200_000)
    deep = start(nodes, ledger([], 5), lambda asked: nested)
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    try:
        with pytest.raises(NodeError, match="no JSON"):
            chain_of(deep)
    finally:
        sys.setrecursionlimit(limit)


def test_finding_out_who_is_alive_takes_a_bounded_time(nodes: ExitStack) -> None:
    hanging = start(nodes, ledger([], 5), lambda asked: result(asked, "0x0", after_s=60))
    began = time.monotonic()
    with pytest.raises(NodeError, match="no answer in time"):
        chain_of(hanging, manners=HASTY)
    assert time.monotonic() - began < 30


def test_a_header_is_read_with_its_time_in_utc(nodes: ExitStack) -> None:
    block = chain_of(start(nodes, ledger([], 9))).block(7)
    assert block == Block(7, f"0x{7:064x}", datetime.fromtimestamp(time_of(7), UTC))


@pytest.mark.parametrize(("length", "left_out"), [(9, False), (3, True)])
def test_who_has_the_remembered_block_no_more_is_left_out_if_its_chain_ends_before(
    length: int, left_out: bool, nodes: ExitStack
) -> None:
    """A header that is not told for a moment is no other chain."""
    node = start(nodes, ledger([], 9))
    chain = chain_of(node)
    chain.remember(7)
    node.answers = ledger([], length)
    node.fault = only("eth_getBlockByNumber", lambda asked: result(asked, None))
    assert chain.leave_turned() == ([host(node)] if left_out else [])
    if left_out:
        assert "serves another chain by now: it has block 7 no more" in chain.notices[-1]


def test_who_told_no_block_at_first_is_asked_for_the_chains_id_again(nodes: ExitStack) -> None:
    node = start(nodes, ledger([], 9))
    chain = chain_of(node)
    node.fault = only("eth_chainId", lambda asked: result(asked, "0x1"))
    assert chain.leave_turned() == [host(node)]


@pytest.mark.parametrize("odd_hash", ["0x7\x1b[2J", "0x" + "g" * 64])
def test_a_header_whose_hash_is_none_is_refused(odd_hash: str, nodes: ExitStack) -> None:
    odd = only("eth_getBlockByNumber", lambda asked: result(asked, header(7) | {"hash": odd_hash}))
    with pytest.raises(NodeError, match="the header of block 7 cannot be read"):
        chain_of(start(nodes, ledger([], 9), odd), manners=HASTY).block(7)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        {},
        [],
        "0x7",
        header(8),
        header(7) | {"hash": None},
        header(7) | {"timestamp": "0xzz"},
        header(7) | {"timestamp": hex(1 << 80)},
    ],
)
def test_a_header_that_is_none_is_asked_elsewhere_or_an_error(
    nodes: ExitStack, sent: object
) -> None:
    odd = start(
        nodes, ledger([], 9), only("eth_getBlockByNumber", lambda asked: result(asked, sent))
    )
    with pytest.raises(NodeError, match=r"(?i)block"):
        chain_of(odd).block(7)
    with pytest.raises(NodeError, match=r"(?i)block"):
        chain_of(odd).block_times([6, 7])
    if sent is None:  # a balancer's backend that has not the block yet
        assert chain_of(odd, start(nodes, ledger([], 9))).block(7).number == 7


@pytest.mark.parametrize("batches", [True, False])
def test_block_times_come_in_batches_or_without_and_each_block_is_asked_once(
    nodes: ExitStack, batches: bool
) -> None:
    node = start(nodes, ledger([], 2_000))
    node.batches = batches
    numbers = list(range(0, 1_000, 4))
    times = chain_of(node).block_times(numbers)
    assert times == {n: datetime.fromtimestamp(time_of(n), UTC) for n in numbers}
    assert node.count("eth_getBlockByNumber") == len(numbers)
    assert node.posts == (1 + 3 if batches else 1 + 1 + len(numbers))


def test_the_pools_state_is_its_balance_and_all_its_views(devnet: Devnet) -> None:
    chain = Chain(network(devnet.rpc_url), BRISK)
    state = chain.pool_state(chain.block(chain.head()))
    assert state.balance_wei > 0
    assert state.views["lastWrId"] > state.views["firstWrId"] > 0
    assert state.views["pendingWei"] > state.views["stashedForManualWithdrawals"] > 0
    assert len([name for name in state.views if name.startswith("getBurnFee(")]) == 3
    assert 0 < state.views["ratio"] < 10**18
    assert state.contracts == {
        "bondContract": devnet.addresses.bond,
        "certContract": devnet.addresses.cert,
    }
    assert tuple(state.stub_balances or ()) == devnet.stubs
    # The stubs that a caller knows of are not asked for.
    known = devnet.stubs[3:5]
    assert tuple(chain.pool_state(state.block, known).stub_balances or ()) == known


def test_a_view_that_a_generation_has_not_is_left_out_and_a_state_not_kept_is_said(
    devnet: Devnet, nodes: ExitStack
) -> None:
    real = devnet_answers(devnet.rpc_url)

    def old(asked: Asked) -> Reply | None:
        missing = asked.method == "eth_call" and asked.params[0]["data"].startswith("0xf4ca2d4c")
        return error(asked, "execution reverted", 3) if missing else None

    chain = chain_of(start(nodes, real, old))
    block = chain.block(chain.head())
    views = chain.pool_state(block).views
    assert "feeShift" not in views
    assert "lastWrId" in views

    pruned = start(nodes, real, only("eth_getCode", lambda asked: error(asked, "missing trie")))
    with pytest.raises(NodeError, match=f"no state of block {block.number}: missing trie"):
        chain_of(pruned).pool_state(block)
    # Beside one that keeps it, nobody notices.
    assert chain_of(pruned, start(nodes, real)).pool_state(block).views["stubCount"] == 10


def test_an_address_without_a_contract_is_told(devnet: Devnet) -> None:
    lost = network(devnet.rpc_url).model_copy(update={"pool": "0x" + "ab" * 20})
    chain = Chain(lost, BRISK)
    with pytest.raises(NodeError, match="there is no contract at 0x"):
        chain.pool_state(chain.block(5))


def test_withdrawals_that_cannot_be_read_leave_the_sum_unknown(
    devnet: Devnet, nodes: ExitStack
) -> None:
    def refused(method: str, params: list[object]) -> object:
        if method == "eth_call" and params[0]["data"].startswith("0x5cc07076"):
            raise DevnetError("execution reverted")
        return devnet_answers(devnet.rpc_url)(method, params)

    chain = chain_of(start(nodes, refused))
    assert "pendingWei" not in chain.pool_state(chain.block(chain.head())).views
