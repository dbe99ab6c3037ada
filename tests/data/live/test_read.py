"""One reading is the contracts' own state at the block it names; what fails is unknown or named."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from data import AmountError, ConfigError, NodeError, WrongChainError
from data.config import load_network
from data.live.read import read_live
from data.node.live_node import LiveNode
from data.pool.amounts import MOST_WEI
from data.pool.burn import BOND, CERT, burn_fee_wei, gross_of
from devnet import Devnet, act
from devnet.node import free_port
from devnet.rpc import Rpc
from tests.devnet.expected import DEVNET_UNTIL
from tests.fake_node import Asked, Fault, Reply, error, only, result
from tests.live_steps import AMOUNT, BRISK, FTM, live, of, relay, terms_of, to

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

    with relay(devnet, more) as node:
        reading = read_live(of(node), BOND, 5)
    assert (reading.gross_wei, reading.fee_wei, reading.payout_wei) == (5, 5, 0)


def test_the_gas_has_a_margin_over_what_the_burn_takes(chain: Devnet) -> None:
    account = chain.accounts[1]
    reading = read_live(of(chain), CERT, AMOUNT, account)
    sent = act.burn_certs(chain, account, AMOUNT)
    used = int(Rpc(chain.rpc_url).call("eth_getTransactionReceipt", sent)["gasUsed"], 16)
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
    with relay(devnet, poor) as one, relay(devnet, poor) as two:
        reading = read_live(live(one.url, two.url), BOND, AMOUNT, devnet.accounts[1])
        assert one.posts + two.posts == 1
    assert (reading.holder.gas, reading.holder.refusal) == (None, None)
    assert reading.unknown["holder.gas"] == "insufficient funds for gas"


def test_a_reading_is_one_batch_and_a_second_only_where_it_must_be(
    devnet: Devnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with relay(devnet) as node:
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


def test_a_block_that_comes_between_two_answers_splits_no_reading(chain: Devnet) -> None:
    """Every balance is the one of the block that the reading names."""

    def moves(asked: Asked) -> Reply | None:
        if asked.method == "eth_getBalance" and asked.turn == 0:
            act.burn_bonds(chain, chain.accounts[1], 5 * FTM)
        return None

    with relay(chain, moves) as node:
        last, shift = act.read(chain, "lastWrId()"), act.read(chain, "feeShift()")
        block = int(Rpc(chain.rpc_url).call("eth_blockNumber"), 16)
        reading = read_live(of(node), BOND, AMOUNT, chain.accounts[1])
        assert node.posts == 2
    assert act.read(chain, "lastWrId()") == last + 1
    assert (reading.block, reading.last_wr_id, reading.fee_shift_wei) == (block, last, shift)
    assert (
        reading.holder.bond_wei
        == Rpc(chain.rpc_url).read(chain.addresses.bond, "balanceOf(address)", chain.accounts[1])
        + 5 * FTM
    )


def test_the_fee_the_store_tells_is_the_nodes_at_the_same_block(
    devnet: Devnet, devnet_store: Path
) -> None:
    reading = read_live(of(devnet), CERT, AMOUNT)
    rebuilt = terms_of(devnet_store).fee(reading.gross_wei)
    assert (rebuilt.fee_wei, rebuilt.block) == (reading.fee_wei, reading.block)


# What a node does not tell, and nodes that fail


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
    with relay(devnet, to(selector, bad)) as node:
        reading = read_live(of(node), CERT, AMOUNT, queue=range(0))
    assert {name for name, value in vars(reading).items() if value is None} == fields | {"holder"}
    assert reading.unknown.keys() == fields
    assert all(reading.unknown.values())
    assert reading.minimum_stake_wei == 20 * FTM


def test_a_ratio_of_nothing_is_no_ratio(devnet: Devnet) -> None:
    nothing = to("0x71ca337d", lambda asked: result(asked, "0x" + "0" * 64))
    with relay(devnet, nothing) as node:
        reading = read_live(of(node), CERT, AMOUNT)
    assert reading.ratio is reading.payout_wei is None
    assert "ratio of 0" in reading.unknown["payout_wei"]


def test_what_one_endpoint_lacks_another_tells(devnet: Devnet) -> None:
    pruned = to("0x3f6b13cc", lambda asked: error(asked, "missing trie node"))
    with relay(devnet, pruned) as lacking, relay(devnet) as whole:
        for _ in range(3):
            reading = read_live(live(lacking.url, whole.url), BOND, AMOUNT)
            assert (reading.host, reading.unknown) == (
                whole.url.removeprefix("http://"),
                {"pending": "not asked for"},
            )


def test_an_endpoint_without_batches_tells_the_same(devnet: Devnet) -> None:
    with relay(devnet) as node:
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
    with relay(devnet, fault) as node:
        with pytest.raises(NodeError, match="name another endpoint in FTM_RPC_URLS") as caught:
            read_live(of(node), BOND, AMOUNT)
        assert node.url.removeprefix("http://") in str(caught.value)


def test_a_dead_or_hanging_node_is_given_up_in_bounded_time(devnet: Devnet) -> None:
    began = time.monotonic()
    with pytest.raises(NodeError, match=r"no endpoint of devnet answered: .*cannot be reached"):
        read_live(live(f"http://127.0.0.1:{free_port()}/key/secretkey"), BOND, AMOUNT)
    with relay(devnet) as slow:
        slow.latency_s = 30
        urls = [f"{slow.url}/{number}" for number in range(8)]
        with pytest.raises(NodeError, match="no answer in time"):
            read_live(live(*urls), BOND, AMOUNT)
    assert time.monotonic() - began < 25  # each of the eight alone may take six


def test_a_dead_endpoint_beside_a_living_one_is_not_noticed(devnet: Devnet) -> None:
    node = live(f"http://127.0.0.1:{free_port()}", devnet.rpc_url)
    for _ in range(4):
        assert read_live(node, BOND, AMOUNT).host in devnet.rpc_url


def test_another_chain_is_refused_and_never_believed(devnet: Devnet) -> None:
    def other(asked: Asked) -> Reply | None:
        return result(asked, "0xfa") if asked.method == "eth_chainId" else None

    with relay(devnet, other) as wrong:
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


def test_no_key_of_an_endpoint_is_told_even_where_the_node_quotes_it(devnet: Devnet) -> None:
    key = "s3cr3tk3y"
    for words in (f"no access at /v3/{key}", f"execution reverted: /v3/{key}"):
        quoting = to("0x3f6b13cc", lambda asked, words=words: error(asked, words))
        with relay(devnet, quoting) as node:
            reading = read_live(live(f"{node.url}/v3/{key}"), BOND, AMOUNT)
        assert key not in str(reading)
        assert reading.unknown["stashed_wei"].endswith("/v3/...")


def test_an_amount_that_cannot_be_is_refused_before_a_node_is_asked(devnet: Devnet) -> None:
    with relay(devnet) as node:
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
        with relay(devnet, to("0xad20d2e6", fault)) as node:
            reading = read_live(of(node), CERT, AMOUNT, ratio_guess=ratio - 10**12)
        assert reading.fee_wei is reading.payout_wei is None
        assert reading.unknown["fee_wei"] == reading.unknown["payout_wei"] != ""
        assert reading.gross_wei == int(right, 16)


def test_another_block_than_was_asked_for_is_not_believed(devnet: Devnet) -> None:
    """The head has moved on, and the second time the node tells of another block."""
    other = Rpc(devnet.rpc_url).call("eth_getBlockByNumber", "0x5", False)

    def moving(asked: Asked) -> Reply | None:
        if asked.method == "eth_blockNumber":
            return result(asked, hex(10**6))
        pinned = asked.method == "eth_getBlockByNumber" and asked.params[0] != "latest"
        return result(asked, other) if pinned else None

    with (
        relay(devnet, moving) as node,
        pytest.raises(NodeError, match=r"was asked for block \d+ and told of block 5"),
    ):
        read_live(of(node), BOND, AMOUNT)
