"""Our contracts against the rules they imitate, and the node and the demo as processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.config import ROOT
from data.pool.contracts import BURN_FEE, VIEWS, WITHDRAWALS
from devnet import Devnet, DevnetError, act, compile, node
from devnet.compile import compiled
from devnet.rpc import Rpc
from devnet.scenario import play
from tests.devnet.expected import DEVNET_UNTIL

FTM = 10**18
POOL_SELECTORS = {
    "burnCerts(uint256)": "a79eb06e",
    "burnBonds(uint256)": "f93b909c",
    "burn(uint256)": "42966c68",
    "withdrawManual(uint256)": "7c8ed2dc",
    "firstWrId()": "b23220c3",
    "lastWrId()": "b9b4070e",
    "withdrawals(uint256)": "5cc07076",
    "markedForManualWithdrawal(uint256)": "e6506847",
    "stashedForManualWithdrawals()": "3f6b13cc",
    "getBurnFee(uint256)": "ad20d2e6",
    "minFeeRatio()": "fa4d6142",
    "maxFeeRatio()": "701f7e1d",
    "feeIncreaseStart()": "cd71ef26",
    "feeIncreaseStop()": "46e9929d",
    "feeShift()": "f4ca2d4c",
    "getMinimumStake()": "d9bbd278",
    "stubCount()": "436d3d9a",
    "getContractById(uint256)": "8ba9ac6f",
}
BOND_SELECTORS = {
    "ratio()": "71ca337d",
    "balanceToShares(uint256)": "d8ddf18f",
    "sharesToBalance(uint256)": "53735f37",
}

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


def test_the_selectors_are_the_real_ones() -> None:
    contracts = compiled()
    assert contracts["PoolR2"]["selectors"].items() >= POOL_SELECTORS.items()
    assert contracts["Bond"]["selectors"].items() >= BOND_SELECTORS.items()
    assert {"balanceOf(address)", "totalSupply()"} <= contracts["Cert"]["selectors"].keys()
    others = {"operator()", "owner()", "bondContract()", "certContract()", "sfc()"}
    assert others <= contracts["PoolR2"]["selectors"].keys()
    assert all(f"{view.name}()" in contracts["PoolR2"]["selectors"] for view in VIEWS)
    for view in (WITHDRAWALS, BURN_FEE):
        assert f"{view.name}(uint256)" in contracts["PoolR2"]["selectors"]


def test_only_the_operator_or_the_owner_pays(changing_devnet: Devnet) -> None:
    devnet = changing_devnet
    fund_head(devnet)
    pool = devnet.addresses.pool
    with pytest.raises(DevnetError, match="only the operator"):
        act.send(devnet, devnet.accounts[1], pool, "withdrawLast()")
    act.send(devnet, devnet.owner, pool, "withdrawLast()")


def test_a_head_one_wei_too_large_blocks_the_smaller_one_behind_it(changing_devnet: Devnet) -> None:
    devnet = changing_devnet
    head, second, *_ = act.pending_wei(devnet)
    assert second < spendable_wei(devnet) < head
    act.fund(devnet, head - 1 - spendable_wei(devnet))
    with pytest.raises(DevnetError, match="not enough funds for the head"):
        act.pay(devnet)
    act.fund(devnet, 1)
    first = act.read(devnet, "firstWrId()")
    act.pay(devnet)
    assert act.read(devnet, "firstWrId()") == first + 1
    assert spendable_wei(devnet) == 0
    assert act.read(devnet, "stashedForManualWithdrawals()") > 0


def test_a_payout_is_whole_and_clears_its_request(changing_devnet: Devnet) -> None:
    devnet = changing_devnet
    pay_all(devnet)
    account = devnet.accounts[3]
    act.burn_bonds(devnet, account, 7 * FTM)
    wr_id, (owed,) = act.read(devnet, "firstWrId()"), act.pending_wei(devnet)
    before = act.balance_wei(devnet, account)
    act.fund(devnet, owed)
    act.pay(devnet)
    assert act.balance_wei(devnet, account) == before + owed
    rpc = Rpc(devnet.rpc_url)
    assert rpc.read_words(devnet.addresses.pool, "withdrawals(uint256)", wr_id) == [0, 0]
    with pytest.raises(DevnetError, match="the queue is empty"):
        act.pay(devnet)


def test_a_refused_push_is_stashed_and_passed_and_anyone_fetches_it_once(
    changing_devnet: Devnet,
) -> None:
    devnet = changing_devnet
    pay_all(devnet)
    wallet, stranger = devnet.hungry_wallets[0], devnet.accounts[5]
    unstake = (devnet.addresses.pool, FTM)
    act.send(devnet, stranger, wallet, "unstake(address,uint256)", *unstake)
    act.burn_certs(devnet, devnet.accounts[2], FTM)
    wr_id, owed = act.read(devnet, "firstWrId()"), act.pending_wei(devnet)
    stashed, held = act.read(devnet, "stashedForManualWithdrawals()"), spendable_wei(devnet)
    act.fund(devnet, sum(owed) - held)
    act.pay(devnet, 2)
    assert act.read(devnet, "markedForManualWithdrawal(uint256)", wr_id) == 1
    assert act.read(devnet, "stashedForManualWithdrawals()") == stashed + owed[0]
    before = act.balance_wei(devnet, wallet)
    receipt = receipt_of(devnet, act.withdraw_manual(devnet, stranger, wr_id))
    assert [int(log["topics"][2], 16) for log in receipt["logs"]] == [wr_id]
    assert act.balance_wei(devnet, wallet) == before + owed[0]
    assert act.read(devnet, "stashedForManualWithdrawals()") == stashed
    with pytest.raises(DevnetError, match="not marked for manual withdrawal"):
        act.withdraw_manual(devnet, stranger, wr_id)


def test_a_request_stores_gross_less_the_fee_seen_before_and_shifts_by_gross(
    changing_devnet: Devnet,
) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    amount = 31 * FTM + 17
    fee, shift = act.read(devnet, "getBurnFee(uint256)", amount), act.read(devnet, "feeShift()")
    wr_id = act.read(devnet, "lastWrId()")
    act.burn_bonds(devnet, account, amount)
    words = Rpc(devnet.rpc_url).read_words(devnet.addresses.pool, "withdrawals(uint256)", wr_id)
    assert words == [int(account, 16), amount - fee]
    assert act.read(devnet, "feeShift()") == shift + amount
    assert act.read(devnet, "lastWrId()") == wr_id + 1
    assert act.read(devnet, "getBurnFee(uint256)", amount) > fee


def test_certificates_are_worth_their_shares_over_the_ratio_rounded_up(
    changing_devnet: Devnet,
) -> None:
    devnet, shares = changing_devnet, 10 * FTM + 1
    ratio = Rpc(devnet.rpc_url).read(devnet.addresses.bond, "ratio()")
    receipt = receipt_of(devnet, act.burn_certs(devnet, devnet.accounts[1], shares))
    data = bytes.fromhex(receipt["logs"][-1]["data"][2:])
    amount, emitted_shares = int.from_bytes(data[:32]), int.from_bytes(data[32:64])
    assert emitted_shares == shares
    assert amount == -(-shares * 10**18 // ratio)
    assert amount * ratio % 10**18  # it did round


def test_the_fee_of_a_single_wei_is_all_of_it_and_nothing_can_be_asked_for(
    changing_devnet: Devnet,
) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    act.burn_bonds(devnet, account, 1)
    act.burn_certs(devnet, account, 0)
    assert act.pending_wei(devnet)[-2:] == [0, 0]


def test_more_than_is_held_cannot_be_unstaked(changing_devnet: Devnet) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    held = Rpc(devnet.rpc_url).read(devnet.addresses.cert, "balanceOf(address)", account)
    with pytest.raises(DevnetError, match="burn exceeds balance"):
        act.burn_certs(devnet, account, held + 1)
    act.burn_certs(devnet, account, held)


def test_a_whole_bond_balance_can_be_unstaked_at_any_ratio(changing_devnet: Devnet) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[4]
    rpc, bond = Rpc(devnet.rpc_url), devnet.addresses.bond
    act.update_ratio(devnet, 777_777_777_777_777_777)
    act.burn_bonds(devnet, account, rpc.read(bond, "balanceOf(address)", account))
    assert rpc.read(bond, "sharesOf(address)", account) == 0


def test_money_from_a_stub_arrives_without_a_log(changing_devnet: Devnet) -> None:
    devnet = changing_devnet
    before = act.balance_wei(devnet, devnet.addresses.pool)
    act.fund(devnet, 5 * FTM)
    assert act.balance_wei(devnet, devnet.addresses.pool) == before + 5 * FTM
    block = Rpc(devnet.rpc_url).call("eth_getBlockReceipts", "latest")
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


def test_a_stake_below_the_minimum_is_refused(changing_devnet: Devnet) -> None:
    minimum = act.read(changing_devnet, "getMinimumStake()")
    with pytest.raises(DevnetError, match="at least the minimum stake"):
        act.stake(changing_devnet, changing_devnet.accounts[1], minimum - 1)


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
        assert demo.wait(timeout=20) == 0
    assert shown[0].startswith("A local chain")
    with pytest.raises(DevnetError, match="no answer"):
        Rpc(f"http://127.0.0.1:{port}").call("eth_chainId")
