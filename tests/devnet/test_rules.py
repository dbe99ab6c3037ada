"""Our contracts against the rules they imitate, and the node and the demo as processes.

What a request is worth to the wei: tests/data/live/test_unstake_agrees.py.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.config import ROOT
from data.pool.contracts import VIEWS
from devnet import Devnet, DevnetError, act, compile, node
from devnet.compile import compiled
from devnet.rpc import Rpc
from devnet.scenario import play
from tests.devnet.expected import DEVNET_UNTIL

FTM = 10**18
# Whose selectors are the hashes of these: tests/data/pool/test_contracts.py.
POOL_FUNCTIONS = """
    burnCerts(uint256) burnBonds(uint256) burn(uint256) withdrawManual(uint256) firstWrId()
    lastWrId() withdrawals(uint256) markedForManualWithdrawal(uint256)
    stashedForManualWithdrawals() getBurnFee(uint256) minFeeRatio() maxFeeRatio()
    feeIncreaseStart() feeIncreaseStop() feeShift() getMinimumStake() stubCount()
    getContractById(uint256) operator() owner() bondContract() certContract() sfc()
""".split()

pytestmark = pytest.mark.node


def receipt_of(devnet: Devnet, transaction: str) -> dict[str, Any]:
    return Rpc(devnet.rpc_url).call("eth_getTransactionReceipt", transaction)


def spendable_wei(devnet: Devnet) -> int:
    stashed = act.read(devnet, "stashedForManualWithdrawals()")
    return act.balance_wei(devnet, devnet.addresses.pool) - stashed


def fund_head(devnet: Devnet) -> None:
    """Brings what the head lacks, to the wei."""
    act.fund(devnet, act.pending_wei(devnet)[0] - spendable_wei(devnet))


def pay_all(devnet: Devnet) -> None:
    waiting = act.pending_wei(devnet)
    act.fund(devnet, sum(waiting) - spendable_wei(devnet))
    act.pay(devnet, len(waiting))


def test_the_functions_are_the_real_ones() -> None:
    contracts = {name: each["selectors"].keys() for name, each in compiled().items()}
    views = {f"{view.name}()" for view in VIEWS}
    assert contracts["PoolR2"] >= {*POOL_FUNCTIONS, *views}
    assert contracts["Bond"] >= {"ratio()", "balanceToShares(uint256)", "sharesToBalance(uint256)"}
    assert contracts["Cert"] >= {"balanceOf(address)", "totalSupply()"}


def test_only_the_operator_or_the_owner_pays(chain: Devnet) -> None:
    fund_head(chain)
    pool = chain.addresses.pool
    with pytest.raises(DevnetError, match="only the operator"):
        act.send(chain, chain.accounts[1], pool, "withdrawLast()")
    act.send(chain, chain.owner, pool, "withdrawLast()")


def test_a_head_one_wei_too_large_blocks_the_smaller_one_behind_it(chain: Devnet) -> None:
    head, second, *_ = act.pending_wei(chain)
    assert second < spendable_wei(chain) < head
    act.fund(chain, head - 1 - spendable_wei(chain))
    with pytest.raises(DevnetError, match="not enough funds for the head"):
        act.pay(chain)
    act.fund(chain, 1)
    first = act.read(chain, "firstWrId()")
    act.pay(chain)
    assert act.read(chain, "firstWrId()") == first + 1
    assert spendable_wei(chain) == 0
    assert act.read(chain, "stashedForManualWithdrawals()") > 0


def test_a_payout_is_whole_and_clears_its_request(chain: Devnet) -> None:
    pay_all(chain)
    account = chain.accounts[3]
    act.burn_bonds(chain, account, 7 * FTM)
    wr_id, (owed,) = act.read(chain, "firstWrId()"), act.pending_wei(chain)
    before = act.balance_wei(chain, account)
    act.fund(chain, owed)
    act.pay(chain)
    assert act.balance_wei(chain, account) == before + owed
    rpc = Rpc(chain.rpc_url)
    assert rpc.read_words(chain.addresses.pool, "withdrawals(uint256)", wr_id) == [0, 0]
    with pytest.raises(DevnetError, match="the queue is empty"):
        act.pay(chain)


def test_a_refused_push_is_stashed_and_passed_and_anyone_fetches_it_once(chain: Devnet) -> None:
    pay_all(chain)
    wallet, stranger = chain.hungry_wallets[0], chain.accounts[5]
    unstake = (chain.addresses.pool, FTM)
    act.send(chain, stranger, wallet, "unstake(address,uint256)", *unstake)
    act.burn_certs(chain, chain.accounts[2], FTM)
    wr_id, owed = act.read(chain, "firstWrId()"), act.pending_wei(chain)
    stashed, held = act.read(chain, "stashedForManualWithdrawals()"), spendable_wei(chain)
    act.fund(chain, sum(owed) - held)
    act.pay(chain, 2)
    assert act.read(chain, "markedForManualWithdrawal(uint256)", wr_id) == 1
    assert act.read(chain, "stashedForManualWithdrawals()") == stashed + owed[0]
    before = act.balance_wei(chain, wallet)
    receipt = receipt_of(chain, act.withdraw_manual(chain, stranger, wr_id))
    assert [int(log["topics"][2], 16) for log in receipt["logs"]] == [wr_id]
    assert act.balance_wei(chain, wallet) == before + owed[0]
    assert act.read(chain, "stashedForManualWithdrawals()") == stashed
    with pytest.raises(DevnetError, match="not marked for manual withdrawal"):
        act.withdraw_manual(chain, stranger, wr_id)


def test_a_whole_bond_balance_can_be_unstaked_at_any_ratio(chain: Devnet) -> None:
    account = chain.accounts[4]
    rpc, bond = Rpc(chain.rpc_url), chain.addresses.bond
    act.update_ratio(chain, 777_777_777_777_777_777)
    act.burn_bonds(chain, account, rpc.read(bond, "balanceOf(address)", account))
    assert rpc.read(bond, "sharesOf(address)", account) == 0


def test_money_from_a_stub_arrives_without_a_log(chain: Devnet) -> None:
    before = act.balance_wei(chain, chain.addresses.pool)
    act.fund(chain, 5 * FTM)
    assert act.balance_wei(chain, chain.addresses.pool) == before + 5 * FTM
    block = Rpc(chain.rpc_url).call("eth_getBlockReceipts", "latest")
    assert block[0]["logs"] == []


def test_what_a_test_does_is_taken_back(devnet: Devnet) -> None:
    rpc = Rpc(devnet.rpc_url)
    before = rpc.call("eth_getBlockByNumber", "latest", False)
    with act.undone(devnet):
        act.stake(devnet, devnet.accounts[1], 50 * FTM, rebasing=False)
        act.advance_time(devnet, 86_400)
        later = rpc.call("eth_getBlockByNumber", "latest", False)
        assert int(later["timestamp"], 16) >= int(before["timestamp"], 16) + 86_400
    assert rpc.call("eth_getBlockByNumber", "latest", False)["hash"] == before["hash"]


def test_a_stake_below_the_minimum_is_refused(chain: Devnet) -> None:
    minimum = act.read(chain, "getMinimumStake()")
    with pytest.raises(DevnetError, match="at least the minimum stake"):
        act.stake(chain, chain.accounts[1], minimum - 1)


# The node and the demo: started, refused, stopped


def test_a_chain_with_a_past_takes_no_second_one(devnet: Devnet) -> None:
    with pytest.raises(DevnetError, match="start an empty one"):
        play(devnet.rpc_url, DEVNET_UNTIL)


def test_a_port_that_is_taken_gives_an_error_and_not_the_other_chain(devnet: Devnet) -> None:
    port = int(devnet.rpc_url.rsplit(":", 1)[1])
    assert node.free_port(port) != port
    with pytest.raises(DevnetError, match="is taken"), node.local_node(port):
        pass


def test_a_chain_that_is_not_ours_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "CHAIN_ID", 31338)
    command = node._command
    monkeypatch.setattr(
        node, "_command", lambda *args: [w.replace("31338", "31337") for w in command(*args)]
    )
    with pytest.raises(DevnetError, match="another chain"), node.local_node():
        pass


def test_missing_tools_are_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(node, "VAR", tmp_path)
    monkeypatch.setattr(compile, "SOLC", tmp_path)
    with pytest.raises(DevnetError, match="run 'make tools'"):
        node.anvil_binary()
    with pytest.raises(DevnetError, match="run 'make tools'"):
        compile.compiled.__wrapped__()


def test_the_demo_ends_cleanly_when_told_to() -> None:
    port = node.free_port()
    command = [sys.executable, "-m", "devnet", "--no-app", "--no-sync", "--port", str(port)]
    demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with demo:
        shown = list(iter(demo.stdout.readline, "Ctrl-C stops everything.\n"))
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(timeout=120) == 0
    assert shown[0].startswith("A local chain")
    with pytest.raises(DevnetError, match="no answer"):
        Rpc(f"http://127.0.0.1:{port}").call("eth_chainId")
