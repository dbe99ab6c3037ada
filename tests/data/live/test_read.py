"""One reading of a live chain is the contracts' own state at the block it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.live.read import read_live
from data.pool.burn import BOND, CERT, burn_fee_wei, gross_of
from devnet import Devnet, act
from devnet.rpc import Rpc
from tests.devnet.expected import DEVNET_UNTIL
from tests.fake_node import Asked, Reply, devnet_answers, error, fake_node, only, result
from tests.live_steps import AMOUNT, FTM, live, of
from tests.unstake_sample import terms_of

pytestmark = pytest.mark.node


def test_a_reading_is_the_contracts_own_state_at_one_named_block(devnet: Devnet) -> None:
    rpc, account = Rpc(devnet.rpc_url), devnet.accounts[1]
    first, last = act.read(devnet, "firstWrId()"), act.read(devnet, "lastWrId()")
    reading = read_live(of(devnet), CERT, AMOUNT, account.upper().replace("X", "x"), queue=range(0))
    addresses = devnet.addresses
    assert reading.block == int(rpc.call("eth_blockNumber"), 16)
    assert reading.at == DEVNET_UNTIL
    assert reading.network == "devnet"
    assert reading.host in devnet.rpc_url
    assert reading.ratio == rpc.read(addresses.bond, "ratio()")
    assert reading.supply_wei == rpc.read(addresses.cert, "totalSupply()")
    assert reading.gross_wei == rpc.read(addresses.bond, "sharesToBalance(uint256)", AMOUNT)
    assert reading.fee_wei == act.read(devnet, "getBurnFee(uint256)", reading.gross_wei)
    assert reading.payout_wei == reading.gross_wei - reading.fee_wei
    assert (reading.first_wr_id, reading.last_wr_id) == (first, last)
    assert reading.pending_wei == sum(act.pending_wei(devnet)) > 0
    assert reading.balance_wei == act.balance_wei(devnet, addresses.pool)
    assert reading.stashed_wei == act.read(devnet, "stashedForManualWithdrawals()") > 0
    assert reading.spendable_wei == reading.balance_wei - reading.stashed_wei
    assert reading.minimum_stake_wei == 20 * FTM
    assert reading.gas_price_wei == int(rpc.call("eth_gasPrice"), 16)
    holder = reading.holder
    assert holder.address == account
    assert holder.native_wei == act.balance_wei(devnet, account)
    assert holder.bond_wei == rpc.read(addresses.bond, "balanceOf(address)", account)
    assert holder.bond_shares_wei == rpc.read(addresses.bond, "sharesOf(address)", account)
    assert holder.cert_wei == rpc.read(addresses.cert, "balanceOf(address)", account)
    assert holder.most_wei == holder.cert_wei
    assert (holder.is_contract, holder.refusal) == (False, None)
    assert reading.unknown == {}


def test_all_there_is_of_a_token_is_told_in_the_unit_of_its_amounts(devnet: Devnet) -> None:
    rpc, bond = Rpc(devnet.rpc_url), devnet.addresses.bond
    bonds = read_live(of(devnet), BOND, AMOUNT)
    assert bonds.supply_wei == rpc.read(bond, "totalSupply()")
    shares = rpc.read(bond, "totalShares()")
    assert bonds.supply_wei == gross_of(CERT, shares, bonds.ratio) != shares  # FTM, no shares
    assert read_live(of(devnet), CERT, AMOUNT).supply_wei != bonds.supply_wei


@pytest.mark.parametrize("token", [BOND, CERT])
def test_the_fee_rule_of_a_reading_gives_its_fee(devnet: Devnet, token: str) -> None:
    reading = read_live(of(devnet), token, AMOUNT)
    fee = burn_fee_wei(reading.fee_rule, reading.gross_wei, reading.fee_shift_wei)
    assert reading.fee_wei == fee > 0
    assert reading.gross_wei == gross_of(token, AMOUNT, reading.ratio)


def test_the_fee_of_a_wei_is_no_more_than_the_wei(devnet: Devnet) -> None:
    reading = read_live(of(devnet), BOND, 1)
    assert (reading.gross_wei, reading.fee_wei, reading.payout_wei) == (1, 1, 0)

    def more(asked: Asked) -> Reply | None:
        is_fee = asked.method == "eth_call" and asked.params[0]["data"].startswith("0xad20d2e6")
        return result(asked, f"0x{7:064x}") if is_fee else None

    with fake_node(devnet_answers(devnet.rpc_url), more) as node:
        reading = read_live(of(node), BOND, 5)
    assert (reading.gross_wei, reading.fee_wei, reading.payout_wei) == (5, 5, 0)


def test_the_gas_has_a_margin_over_what_the_burn_takes(changing_devnet: Devnet) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    reading = read_live(of(devnet), CERT, AMOUNT, account)
    sent = act.burn_certs(devnet, account, AMOUNT)
    used = int(Rpc(devnet.rpc_url).call("eth_getTransactionReceipt", sent)["gasUsed"], 16)
    assert 1.15 * used < reading.holder.gas < 1.6 * used


def test_what_the_contract_would_refuse_is_told_in_its_words_and_the_gas_is_unknown(
    devnet: Devnet,
) -> None:
    holder = (reading := read_live(of(devnet), CERT, 10**27, devnet.accounts[1])).holder
    assert holder.refusal == "burn exceeds balance"
    assert holder.gas is None
    assert reading.unknown["holder.gas"] == "burn exceeds balance"
    assert holder.cert_wei > 0


def test_what_a_node_says_of_gas_is_its_last_word(devnet: Devnet) -> None:
    poor = only("eth_estimateGas", lambda asked: error(asked, "insufficient funds for gas"))
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers, poor) as one, fake_node(answers, poor) as two:
        reading = read_live(live(one.url, two.url), BOND, AMOUNT, devnet.accounts[1])
        assert one.posts + two.posts == 1
    assert (reading.holder.gas, reading.holder.refusal) == (None, None)
    assert reading.unknown["holder.gas"] == "insufficient funds for gas"


def test_a_contract_wallet_is_told_from_an_account(devnet: Devnet) -> None:
    for address, is_contract in ((devnet.hungry_wallets[0], True), (devnet.accounts[1], False)):
        assert read_live(of(devnet), CERT, 1, address).holder.is_contract is is_contract


def test_a_reading_is_one_batch_and_a_second_only_where_it_must_be(
    devnet: Devnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        first = read_live(of(node), BOND, AMOUNT, devnet.accounts[1])
        assert node.posts == 1
        read_live(of(node), CERT, AMOUNT, devnet.accounts[1], ratio_guess=first.ratio)
        assert node.posts == 2
        guessed = read_live(of(node), CERT, AMOUNT, ratio_guess=first.ratio - 10**12)
        assert node.posts == 4
        assert guessed.fee_wei == read_live(of(node), CERT, AMOUNT).fee_wei
        assert node.posts == 6
        queue = range(first.first_wr_id, first.last_wr_id)
        monkeypatch.setattr("data.live.read._FIRST_IDS", len(queue))
        known = read_live(of(node), BOND, AMOUNT, queue=queue)
        assert node.posts == 7
        monkeypatch.setattr("data.live.read._FIRST_IDS", len(queue) - 1)  # too long for the first
        assert read_live(of(node), BOND, AMOUNT, queue=queue).pending_wei == known.pending_wei
        assert node.posts == 9
        assert known.pending_wei == sum(act.pending_wei(devnet))


def test_a_queue_that_moved_since_it_was_known_is_still_added_up_whole(
    changing_devnet: Devnet,
) -> None:
    devnet = changing_devnet
    node = of(devnet)
    before = read_live(node, BOND, AMOUNT, queue=range(0))
    known = range(before.first_wr_id, before.last_wr_id)
    head = act.pending_wei(devnet)[0]
    act.fund(devnet, head)
    act.pay(devnet)
    act.burn_bonds(devnet, devnet.accounts[1], 3 * FTM)
    after = read_live(node, BOND, AMOUNT, queue=known)
    assert (after.first_wr_id, after.last_wr_id) == (known.start + 1, known.stop + 1)
    assert after.pending_wei == sum(act.pending_wei(devnet)) != before.pending_wei


def test_a_block_that_comes_between_two_answers_splits_no_reading(changing_devnet: Devnet) -> None:
    """Every balance is the one of the block that the reading names."""
    devnet = changing_devnet

    def moves(asked: Asked) -> Reply | None:
        if asked.method == "eth_getBalance" and asked.turn == 0:
            act.burn_bonds(devnet, devnet.accounts[1], 5 * FTM)
        return None

    with fake_node(devnet_answers(devnet.rpc_url), moves) as node:
        last, shift = act.read(devnet, "lastWrId()"), act.read(devnet, "feeShift()")
        block = int(Rpc(devnet.rpc_url).call("eth_blockNumber"), 16)
        reading = read_live(of(node), BOND, AMOUNT, devnet.accounts[1])
        assert node.posts == 2
    assert act.read(devnet, "lastWrId()") == last + 1
    assert (reading.block, reading.last_wr_id, reading.fee_shift_wei) == (block, last, shift)
    assert (
        reading.holder.bond_wei
        == Rpc(devnet.rpc_url).read(devnet.addresses.bond, "balanceOf(address)", devnet.accounts[1])
        + 5 * FTM
    )


def test_the_fee_the_store_tells_is_the_nodes_at_the_same_block(
    devnet: Devnet, devnet_store: Path
) -> None:
    reading = read_live(of(devnet), CERT, AMOUNT)
    rebuilt = terms_of(devnet_store).fee(reading.gross_wei)
    assert (rebuilt.fee_wei, rebuilt.block) == (reading.fee_wei, reading.block)
