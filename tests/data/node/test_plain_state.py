"""What the contracts say in plain calls, against what web3 makes of the same node's answers."""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from data.config import ROOT, load_network
from data.node.chain import Chain
from data.node.contract_reader import ContractReader
from data.node.plain_state import plain_state
from data.pool.state import PoolState
from devnet import Devnet
from tests.fake_node import Asked, Fault, Reply, devnet_answers, error, fake_node, result
from tests.made_chain import BRISK

pytestmark = pytest.mark.node
FEE_SHIFT, BOND, WITHDRAWALS, FIRST = "0xf4ca2d4c", "0xe7004a7a", "0x5cc07076", "0xb23220c3"


def instead(selector: str, word: str | None) -> Fault:
    """A node that answers a view with `word`, or reverts it."""

    def fault(asked: Asked) -> Reply | None:
        if asked.method != "eth_call" or not asked.params[0]["data"].startswith(selector):
            return None
        return error(asked, "execution reverted", 3) if word is None else result(asked, word)

    return fault


def both(devnet: Devnet, fault: Fault | None) -> tuple[PoolState | None, PoolState, PoolState]:
    """The state by plain calls, by web3, and as a sync gets it."""
    with ExitStack() as running:
        node = running.enter_context(fake_node(devnet_answers(devnet.rpc_url), fault))
        network = load_network("devnet", (node.url,))
        chain = Chain(network, BRISK)
        block = chain.block(chain.head())
        return (
            plain_state(network, chain.endpoints, block, devnet.stubs, with_sum=True),
            ContractReader(network, chain.endpoints).state(block, devnet.stubs),
            chain.pool_state(block, devnet.stubs),
        )


@pytest.mark.parametrize(
    "fault",
    [None, *(instead(selector, None) for selector in (FEE_SHIFT, BOND, WITHDRAWALS, FIRST))],
    ids=["all told", "no shift", "no bond", "no withdrawals", "no first id"],
)
def test_plain_calls_tell_what_web3_tells(devnet: Devnet, fault: Fault | None) -> None:
    plain, by_web3, got = both(devnet, fault)
    assert plain == by_web3 == got
    assert len(got.views) > 10
    assert set(got.stub_balances or ()) == set(devnet.stubs)


@pytest.mark.parametrize(
    "fault",
    [
        instead(FEE_SHIFT, "0x"),
        instead(FEE_SHIFT, "0x" + "00" * 64),
        instead(BOND, "0x" + "ff" * 32),
        instead(WITHDRAWALS, "0x" + "00" * 32),
        instead(FIRST, "none"),
    ],
    ids=["no word", "two words", "no address", "half a request", "no hex"],
)
def test_an_answer_of_another_form_is_left_to_web3(devnet: Devnet, fault: Fault) -> None:
    plain, by_web3, got = both(devnet, fault)
    assert plain is None
    assert got == by_web3


def test_a_sync_of_a_pool_that_answers_plainly_does_not_load_web3(
    devnet: Devnet, tmp_path: Path
) -> None:
    store = tmp_path / "store.duckdb"
    script = (
        "import sys; from data import sync; status = sync.main(sys.argv[1:]); "
        "print(status, 'web3' in sys.modules)"
    )
    options = ["--network", "devnet", "--rpc-url", devnet.rpc_url, "--store", str(store)]
    done = subprocess.run(
        [sys.executable, "-c", script, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "0 False"
