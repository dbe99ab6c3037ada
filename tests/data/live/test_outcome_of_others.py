"""Transactions that are not the one expected, or reach the pool through another contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from data.config import load_network
from data.live.outcome import read_outcome
from data.live.verdict import Expected
from data.node.live_node import LiveNode
from data.pool.burn import CERT
from devnet import Devnet, act
from devnet.compile import compiled
from devnet.rpc import Rpc, calldata
from tests.live_steps import AMOUNT, BRISK, FTM, RECEIPT, burning, expected, of, send

pytestmark = pytest.mark.node


OTHERS: dict[str, tuple[Callable[[Devnet, str], str], str, str]] = {
    "token transfer": (
        lambda devnet, account: act.send(
            devnet,
            account,
            devnet.addresses.cert,
            "transfer(address,uint256)",
            devnet.accounts[2],
            5 * FTM,
        ),
        "another contract",
        "calls transfer of aFTMc (ankrFTM): to 0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc, "
        "amount 5 aFTMc (ankrFTM): it is no unstake",
    ),
    "plain payment": (
        lambda devnet, account: send(
            devnet, {"from": account, "to": devnet.accounts[2], "value": hex(3 * FTM)}
        ),
        "another contract",
        "sends 3 FTM to 0x3c44",
    ),
    "payment to the pool": (
        lambda devnet, account: send(
            devnet, {"from": account, "to": devnet.addresses.pool, "value": hex(3 * FTM)}
        ),
        "another function",
        "sends 3 FTM to the pool",
    ),
    "stake": (
        lambda devnet, account: act.stake(devnet, account, 50 * FTM),
        "another function",
        "calls stakeAndClaimBonds of the pool with 50 FTM",
    ),
    "failed rescue": (
        lambda devnet, account: send(
            devnet,
            {
                "from": account,
                "to": devnet.addresses.pool,
                "data": calldata("withdrawManual(uint256)", 1),
            },
        ),
        "reverted",
        "Why: not marked for manual withdrawal. Nothing was sent on",
    ),
    "creation": (
        lambda devnet, account: send(devnet, {"from": account, "data": "0x00"}),
        "another contract",
        "creates a contract",
    ),
    "rate change": (
        lambda devnet, account: act.update_ratio(devnet, FTM // 2),
        "another contract",
        f"calls {calldata('updateRatio(uint256)')[:10]} of aFTMb",
    ),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("is_expected", [True, False])
def test_any_other_transaction_is_told_for_what_it_was(
    changing_devnet: Devnet, name: str, is_expected: bool
) -> None:
    devnet = changing_devnet
    make, kind, words = OTHERS[name]
    sent = make(devnet, devnet.accounts[1])
    outcome = read_outcome(of(devnet), sent, expected(devnet) if is_expected else None)
    assert (outcome.kind, outcome.wr_id, outcome.requests) == (kind, None, ())
    assert words in outcome.sentence


def test_a_contract_wallets_request_is_found_by_the_pools_own_log(changing_devnet: Devnet) -> None:
    devnet, wallet = changing_devnet, changing_devnet.hungry_wallets[0]
    arguments = ("unstake(address,uint256)", devnet.addresses.pool, 2 * FTM)
    wr_id = act.read(devnet, "lastWrId()")
    sent = act.send(devnet, devnet.accounts[5], wallet, *arguments)
    outcome = read_outcome(of(devnet), sent, Expected(wallet, CERT, 2 * FTM))
    assert (outcome.kind, outcome.wr_id) == ("success", wr_id)
    assert (outcome.through, outcome.sender) == (wallet, devnet.accounts[5])
    # Who sent it does not own it.
    stranger = Expected(devnet.accounts[5], CERT, 2 * FTM)
    assert read_outcome(of(devnet), sent, stranger).kind == "another sender"


def test_of_several_requests_in_one_transaction_the_matching_one_is_taken(
    changing_devnet: Devnet,
) -> None:
    devnet = changing_devnet
    rpc, account, wallets = Rpc(devnet.rpc_url), devnet.accounts[1], devnet.hungry_wallets
    code = {"from": account, "data": "0x" + compiled()["TwoAtOnce"]["bytecode"]}
    both = rpc.call(RECEIPT, send(devnet, code))["contractAddress"]
    signature = "unstake(address,address,uint256,address,uint256)"
    amounts = (3 * FTM, 4 * FTM)
    given = (devnet.addresses.pool, wallets[0], amounts[0], wallets[1], amounts[1])
    first = act.read(devnet, "lastWrId()")
    sent = act.send(devnet, account, both, signature, *given)
    for number, (wallet, amount) in enumerate(zip(wallets, amounts, strict=True)):
        outcome = read_outcome(of(devnet), sent, Expected(wallet, CERT, amount))
        assert (outcome.kind, outcome.wr_id) == ("success", first + number)
    swapped = read_outcome(of(devnet), sent, Expected(wallets[0], CERT, amounts[1]))
    assert (swapped.kind, swapped.wr_id) == ("another amount", None)
    assert "unstakes 3 aFTMc" in swapped.sentence  # told of the nearest, not of the last
    outcome = read_outcome(of(devnet), sent)
    assert (outcome.kind, outcome.wr_id, len(outcome.requests)) == ("success", None, 2)
    assert outcome.sentence == f"It made requests {first}, {first + 1}."


def test_the_same_log_of_another_pool_counts_for_nothing(changing_devnet: Devnet) -> None:
    devnet = changing_devnet
    sent = send(devnet, burning(devnet, CERT, AMOUNT, devnet.accounts[1]))
    network = load_network("devnet", (devnet.rpc_url,))
    other = LiveNode(network.model_copy(update={"pool": "0x" + "ab" * 20}), BRISK)
    outcome = read_outcome(other, sent, expected(devnet))
    assert (outcome.kind, outcome.requests) == ("another contract", ())
