"""A transaction's hash is a claim: what became of it is what the node says, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from data import ConfigError
from data.live.outcome import read_outcome
from data.live.verdict import Expected
from data.pool.burn import BOND, CERT
from devnet import Devnet, act
from devnet.rpc import Rpc, calldata
from tests.fake_node import devnet_answers, error, fake_node, only
from tests.live_steps import AMOUNT, FTM, UNKNOWN, burning, expected, live, of, send

pytestmark = pytest.mark.node


@pytest.fixture
def by_hand(changing_devnet: Devnet) -> Any:
    """Mining is by hand, until the test ends."""
    rpc = Rpc(changing_devnet.rpc_url)
    rpc.call("evm_setAutomine", False)
    yield changing_devnet
    rpc.call("evm_setAutomine", True)


@pytest.mark.parametrize("token", [BOND, CERT])
def test_what_was_built_and_signed_is_recognised_with_its_request(
    changing_devnet: Devnet, token: str
) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    wr_id = act.read(devnet, "lastWrId()")
    sent = send(devnet, burning(devnet, token, AMOUNT, account))
    outcome = read_outcome(of(devnet), sent.upper().replace("X", "x"), expected(devnet, token))
    assert (outcome.kind, outcome.wr_id, outcome.through) == ("success", wr_id, None)
    assert outcome.block == int(Rpc(devnet.rpc_url).call("eth_blockNumber"), 16)
    request = outcome.request
    assert (request.staker, request.token, request.amount_wei) == (account, token, AMOUNT)
    assert request.payout_wei == act.pending_wei(devnet)[-1]
    assert f"request {wr_id};" in outcome.sentence


def test_the_older_name_of_the_function_is_as_good(changing_devnet: Devnet) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    sent = act.send(devnet, account, devnet.addresses.pool, "burn(uint256)", AMOUNT)
    assert read_outcome(of(devnet), sent, expected(devnet, BOND)).kind == "success"


def test_a_transaction_waits_to_be_mined_and_then_is(by_hand: Devnet) -> None:
    devnet = by_hand
    sent = send(devnet, burning(devnet, CERT, AMOUNT, devnet.accounts[1]))
    waiting = read_outcome(of(devnet), sent, expected(devnet))
    assert (waiting.kind, waiting.block, waiting.wr_id) == ("pending", None, None)
    assert "burnCerts of the pool: shares 12.000000000000000345 aFTMc" in waiting.sentence
    # What differs from what was chosen is told before it is mined.
    assert read_outcome(of(devnet), sent, expected(devnet, CERT, 1)).kind == "another amount"
    Rpc(devnet.rpc_url).call("evm_mine")
    assert read_outcome(of(devnet), sent, expected(devnet)).kind == "success"


def test_before_it_is_mined_a_wallets_call_may_yet_unstake_and_a_transfer_cannot(
    by_hand: Devnet,
) -> None:
    devnet, wallet = by_hand, by_hand.hungry_wallets[0]
    unstake = calldata("unstake(address,uint256)", devnet.addresses.pool, FTM)
    by_wallet = send(devnet, {"from": devnet.accounts[5], "to": wallet, "data": unstake})
    transfer = calldata("transfer(address,uint256)", devnet.accounts[2], FTM)
    token = devnet.addresses.cert
    by_token = send(devnet, {"from": devnet.accounts[1], "to": token, "data": transfer})
    plain = send(devnet, {"from": devnet.accounts[1], "to": wallet, "value": hex(FTM)})
    kinds = [read_outcome(of(devnet), sent).kind for sent in (by_wallet, by_token, plain)]
    assert kinds == ["pending", "another contract", "another contract"]
    Rpc(devnet.rpc_url).call("evm_mine")
    assert read_outcome(of(devnet), by_wallet, Expected(wallet, CERT, FTM)).kind == "success"


def test_a_hash_that_no_node_knows_is_not_found_and_says_why_it_may_be(devnet: Devnet) -> None:
    outcome = read_outcome(of(devnet), UNKNOWN, expected(devnet))
    assert (outcome.kind, outcome.block, outcome.requests) == ("not found", None, ())
    assert "replaced in the wallet" in outcome.sentence


def test_a_reverted_one_is_told_as_such_whatever_was_expected(changing_devnet: Devnet) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    sent = send(devnet, burning(devnet, BOND, 10**9 * FTM, account))
    other = expected(devnet, CERT, 1)
    outcome = read_outcome(of(devnet), sent, other)
    assert outcome.kind == "reverted"
    assert "Nothing was unstaked" in outcome.sentence


def test_only_what_is_given_is_compared(changing_devnet: Devnet) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    sent = send(devnet, burning(devnet, CERT, AMOUNT, account))

    def kind(sender: str | None, amount: int | None) -> str:
        return read_outcome(of(devnet), sent, Expected(sender, CERT, amount)).kind

    assert kind(None, None) == kind(account, None) == kind(None, AMOUNT) == "success"
    assert kind(devnet.accounts[2], None) == "another sender"
    assert kind(None, AMOUNT + 1) == "another amount"


def test_what_is_no_hash_is_refused(devnet: Devnet) -> None:
    for bad in ("", "0x12", UNKNOWN + "1", devnet.accounts[1], UNKNOWN.replace("1", "g")):
        with pytest.raises(ConfigError, match="64 hex digits"):
            read_outcome(of(devnet), bad)


def test_a_reverted_transaction_tells_the_contracts_reason(changing_devnet: Devnet) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    sent = send(devnet, burning(devnet, CERT, 10**27, account))
    outcome = read_outcome(of(devnet), sent, expected(devnet, CERT, 10**27))
    assert (outcome.kind, outcome.reason) == ("reverted", "burn exceeds balance")
    assert outcome.block is not None
    assert outcome.wr_id is None
    assert "Why: burn exceeds balance. Nothing was unstaked" in outcome.sentence


def test_a_reason_that_is_gone_after_the_block_is_found_before_it(by_hand: Devnet) -> None:
    devnet, account = by_hand, by_hand.accounts[1]
    held = Rpc(devnet.rpc_url).read(devnet.addresses.cert, "balanceOf(address)", account)
    sent = send(devnet, burning(devnet, CERT, held + FTM, account))
    stake = {"from": account, "to": devnet.addresses.pool, "value": hex(100 * FTM)}
    send(devnet, stake | {"data": calldata("stakeAndClaimCerts()")})
    Rpc(devnet.rpc_url).call("evm_mine")
    outcome = read_outcome(of(devnet), sent, expected(devnet, CERT, held + FTM))
    assert (outcome.kind, outcome.reason) == ("reverted", "burn exceeds balance")


def test_one_that_ran_out_of_gas_says_so_and_one_without_a_reason_too(
    changing_devnet: Devnet,
) -> None:
    devnet = changing_devnet
    sent = send(devnet, burning(devnet, CERT, AMOUNT, devnet.accounts[1]), gas=60_000)
    outcome = read_outcome(of(devnet), sent)
    assert outcome.reason.startswith("it probably ran out of gas (")
    assert outcome.reason.endswith(" of 60,000 were used)")
    # A node that keeps no state of that block can tell no reason.
    sent = send(devnet, burning(devnet, CERT, 10**27, devnet.accounts[1]))
    pruned = only("eth_call", lambda asked: error(asked, "missing trie node"))
    with fake_node(devnet_answers(devnet.rpc_url), pruned) as node:
        outcome = read_outcome(live(node.url), sent)
    assert (outcome.kind, outcome.reason) == ("reverted", None)
    assert "Why is not known" in outcome.sentence


@pytest.mark.parametrize(
    ("wanted", "kind", "words"),
    [
        ({"number": 2}, "another sender", "paste the hash of your own"),
        ({"amount": AMOUNT + 1}, "another amount", "not 12.000000000000000346 as was chosen"),
        ({"token": BOND}, "another function", "unstakes aFTMc (ankrFTM), not aFTMb"),
    ],
)
def test_an_unstake_that_is_another_than_was_chosen_is_no_success(
    changing_devnet: Devnet, wanted: dict[str, Any], kind: str, words: str
) -> None:
    devnet = changing_devnet
    sent = send(devnet, burning(devnet, CERT, AMOUNT, devnet.accounts[1]))
    outcome = read_outcome(of(devnet), sent, expected(devnet, **wanted))
    assert (outcome.kind, outcome.wr_id) == (kind, None)
    assert words in outcome.sentence
    assert len(outcome.requests) == 1  # told all the same
