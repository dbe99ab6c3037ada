"""A transaction's hash is a claim: what became of it is what the node says, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from data import ConfigError, NodeError, WrongChainError
from data.config import load_network
from data.live.outcome import read_outcome
from data.live.verdict import Expected
from data.node.live_node import LiveNode
from data.pool.burn import BOND, CERT
from devnet import Devnet, act
from devnet.compile import compiled
from devnet.node import free_port
from devnet.rpc import Rpc, calldata
from tests.fake_node import Asked, Fault, Reply, error, only, result
from tests.live_steps import (
    AMOUNT,
    BRISK,
    FTM,
    RECEIPT,
    UNKNOWN,
    burning,
    expected,
    live,
    of,
    relay,
    send,
)

pytestmark = pytest.mark.node


@pytest.fixture
def by_hand(chain: Devnet) -> Any:
    """Mining is by hand, until the test ends."""
    rpc = Rpc(chain.rpc_url)
    rpc.call("evm_setAutomine", False)
    yield chain
    rpc.call("evm_setAutomine", True)


@pytest.mark.parametrize("token", [BOND, CERT])
def test_what_was_built_and_signed_is_recognised_with_its_request(
    chain: Devnet, token: str
) -> None:
    account = chain.accounts[1]
    wr_id = act.read(chain, "lastWrId()")
    sent = send(chain, burning(chain, token, AMOUNT, account))
    outcome = read_outcome(of(chain), sent.upper().replace("X", "x"), expected(chain, token))
    assert (outcome.kind, outcome.wr_id, outcome.through) == ("success", wr_id, None)
    assert outcome.block == int(Rpc(chain.rpc_url).call("eth_blockNumber"), 16)
    request = outcome.request
    assert (request.staker, request.token, request.amount_wei) == (account, token, AMOUNT)
    assert request.payout_wei == act.pending_wei(chain)[-1]
    assert outcome.sentence.startswith(f"Done: request {wr_id} for ")


def test_the_older_name_of_the_function_is_as_good(chain: Devnet) -> None:
    account = chain.accounts[1]
    sent = act.send(chain, account, chain.addresses.pool, "burn(uint256)", AMOUNT)
    assert read_outcome(of(chain), sent, expected(chain, BOND)).kind == "success"


def test_a_transaction_waits_to_be_mined_and_then_is(by_hand: Devnet) -> None:
    sent = send(by_hand, burning(by_hand, CERT, AMOUNT, by_hand.accounts[1]))
    waiting = read_outcome(of(by_hand), sent, expected(by_hand))
    assert (waiting.kind, waiting.block, waiting.wr_id) == ("pending", None, None)
    assert "burnCerts of the pool: shares 12.000000000000000345 aFTMc" in waiting.sentence
    # What differs from what was chosen is told before it is mined.
    assert read_outcome(of(by_hand), sent, expected(by_hand, CERT, 1)).kind == "another amount"
    Rpc(by_hand.rpc_url).call("evm_mine")
    assert read_outcome(of(by_hand), sent, expected(by_hand)).kind == "success"


def test_before_it_is_mined_a_wallets_call_may_yet_unstake_and_a_transfer_cannot(
    by_hand: Devnet,
) -> None:
    wallet = by_hand.hungry_wallets[0]
    unstake = calldata("unstake(address,uint256)", by_hand.addresses.pool, FTM)
    by_wallet = send(by_hand, {"from": by_hand.accounts[5], "to": wallet, "data": unstake})
    transfer = calldata("transfer(address,uint256)", by_hand.accounts[2], FTM)
    token = by_hand.addresses.cert
    by_token = send(by_hand, {"from": by_hand.accounts[1], "to": token, "data": transfer})
    plain = send(by_hand, {"from": by_hand.accounts[1], "to": wallet, "value": hex(FTM)})
    kinds = [read_outcome(of(by_hand), sent).kind for sent in (by_wallet, by_token, plain)]
    assert kinds == ["pending", "another contract", "another contract"]
    Rpc(by_hand.rpc_url).call("evm_mine")
    assert read_outcome(of(by_hand), by_wallet, Expected(wallet, CERT, FTM)).kind == "success"


def test_a_hash_that_no_node_knows_is_not_found_and_says_why_it_may_be(devnet: Devnet) -> None:
    outcome = read_outcome(of(devnet), UNKNOWN, expected(devnet))
    assert (outcome.kind, outcome.block, outcome.requests) == ("not found", None, ())
    assert "replaced in the wallet" in outcome.sentence


def test_only_what_is_given_is_compared(chain: Devnet) -> None:
    account = chain.accounts[1]
    sent = send(chain, burning(chain, CERT, AMOUNT, account))

    def kind(sender: str | None, amount: int | None) -> str:
        return read_outcome(of(chain), sent, Expected(sender, CERT, amount)).kind

    assert kind(None, None) == kind(account, None) == kind(None, AMOUNT) == "success"
    assert kind(chain.accounts[2], None) == "another sender"
    assert kind(None, AMOUNT + 1) == "another amount"


def test_what_is_no_hash_is_refused(devnet: Devnet) -> None:
    for bad in ("", "0x12", UNKNOWN + "1", devnet.accounts[1], UNKNOWN.replace("1", "g")):
        with pytest.raises(ConfigError, match="64 hex digits"):
            read_outcome(of(devnet), bad)


def test_a_reverted_transaction_tells_the_contracts_reason(chain: Devnet) -> None:
    account = chain.accounts[1]
    sent = send(chain, burning(chain, CERT, 10**27, account))
    outcome = read_outcome(of(chain), sent, expected(chain, CERT, 10**27))
    assert (outcome.kind, outcome.reason) == ("reverted", "burn exceeds balance")
    assert outcome.block is not None
    assert outcome.wr_id is None
    assert "Why: burn exceeds balance. Nothing was unstaked" in outcome.sentence
    assert read_outcome(of(chain), sent, expected(chain, BOND, 1)).kind == "reverted"


def test_a_reason_that_is_gone_after_the_block_is_found_before_it(by_hand: Devnet) -> None:
    account = by_hand.accounts[1]
    held = Rpc(by_hand.rpc_url).read(by_hand.addresses.cert, "balanceOf(address)", account)
    sent = send(by_hand, burning(by_hand, CERT, held + FTM, account))
    stake = {"from": account, "to": by_hand.addresses.pool, "value": hex(100 * FTM)}
    send(by_hand, stake | {"data": calldata("stakeAndClaimCerts()")})
    Rpc(by_hand.rpc_url).call("evm_mine")
    outcome = read_outcome(of(by_hand), sent, expected(by_hand, CERT, held + FTM))
    assert (outcome.kind, outcome.reason) == ("reverted", "burn exceeds balance")


def test_one_that_ran_out_of_gas_says_so_and_one_without_a_reason_too(chain: Devnet) -> None:
    sent = send(chain, burning(chain, CERT, AMOUNT, chain.accounts[1]), gas=60_000)
    outcome = read_outcome(of(chain), sent)
    assert outcome.reason.startswith("it probably ran out of gas (")
    assert outcome.reason.endswith(" of 60,000 were used)")
    # A node that keeps no state of that block can tell no reason.
    sent = send(chain, burning(chain, CERT, 10**27, chain.accounts[1]))
    pruned = only("eth_call", lambda asked: error(asked, "missing trie node"))
    with relay(chain, pruned) as node:
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
    chain: Devnet, wanted: dict[str, Any], kind: str, words: str
) -> None:
    sent = send(chain, burning(chain, CERT, AMOUNT, chain.accounts[1]))
    outcome = read_outcome(of(chain), sent, expected(chain, **wanted))
    assert (outcome.kind, outcome.wr_id) == (kind, None)
    assert words in outcome.sentence
    assert len(outcome.requests) == 1  # told all the same


# Transactions that are not the one expected, or reach the pool through another contract


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
    chain: Devnet, name: str, is_expected: bool
) -> None:
    make, kind, words = OTHERS[name]
    sent = make(chain, chain.accounts[1])
    outcome = read_outcome(of(chain), sent, expected(chain) if is_expected else None)
    assert (outcome.kind, outcome.wr_id, outcome.requests) == (kind, None, ())
    assert words in outcome.sentence


def test_a_contract_wallets_request_is_found_by_the_pools_own_log(chain: Devnet) -> None:
    wallet = chain.hungry_wallets[0]
    arguments = ("unstake(address,uint256)", chain.addresses.pool, 2 * FTM)
    wr_id = act.read(chain, "lastWrId()")
    sent = act.send(chain, chain.accounts[5], wallet, *arguments)
    outcome = read_outcome(of(chain), sent, Expected(wallet, CERT, 2 * FTM))
    assert (outcome.kind, outcome.wr_id) == ("success", wr_id)
    assert (outcome.through, outcome.sender) == (wallet, chain.accounts[5])
    # Who sent it does not own it.
    stranger = Expected(chain.accounts[5], CERT, 2 * FTM)
    assert read_outcome(of(chain), sent, stranger).kind == "another sender"


def test_of_several_requests_in_one_transaction_the_matching_one_is_taken(chain: Devnet) -> None:
    rpc, account, wallets = Rpc(chain.rpc_url), chain.accounts[1], chain.hungry_wallets
    code = {"from": account, "data": "0x" + compiled()["TwoAtOnce"]["bytecode"]}
    both = rpc.call(RECEIPT, send(chain, code))["contractAddress"]
    signature = "unstake(address,address,uint256,address,uint256)"
    amounts = (3 * FTM, 4 * FTM)
    given = (chain.addresses.pool, wallets[0], amounts[0], wallets[1], amounts[1])
    first = act.read(chain, "lastWrId()")
    sent = act.send(chain, account, both, signature, *given)
    for number, (wallet, amount) in enumerate(zip(wallets, amounts, strict=True)):
        outcome = read_outcome(of(chain), sent, Expected(wallet, CERT, amount))
        assert (outcome.kind, outcome.wr_id) == ("success", first + number)
    swapped = read_outcome(of(chain), sent, Expected(wallets[0], CERT, amounts[1]))
    assert (swapped.kind, swapped.wr_id) == ("another amount", None)
    assert "unstakes 3 aFTMc" in swapped.sentence  # told of the nearest, not of the last
    outcome = read_outcome(of(chain), sent)
    assert (outcome.kind, outcome.wr_id, len(outcome.requests)) == ("success", None, 2)
    assert outcome.sentence == f"Done: requests {first}, {first + 1} are in the queue."


def test_the_same_log_of_another_pool_counts_for_nothing(chain: Devnet) -> None:
    sent = send(chain, burning(chain, CERT, AMOUNT, chain.accounts[1]))
    network = load_network("devnet", (chain.rpc_url,))
    other = LiveNode(network.model_copy(update={"pool": "0x" + "ab" * 20}), BRISK)
    outcome = read_outcome(other, sent, expected(chain))
    assert (outcome.kind, outcome.requests) == ("another contract", ())


# Nodes that lie about a transaction, lag behind or are of another chain


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
def test_a_node_that_contradicts_itself_is_not_believed(chain: Devnet, name: str) -> None:
    sent = send(chain, burning(chain, CERT, AMOUNT, chain.accounts[1]))
    with relay(chain, LIES[name]) as node:
        with pytest.raises(NodeError, match="name another endpoint"):
            read_outcome(live(node.url), sent, expected(chain))
        # An honest one beside it is.
        both = live(node.url, chain.rpc_url)
        assert read_outcome(both, sent, expected(chain)).kind == "success"


def test_a_request_of_another_staker_in_a_direct_calls_receipt_is_a_lie(chain: Devnet) -> None:
    sent = send(chain, burning(chain, CERT, AMOUNT, chain.accounts[1]))
    topics = Rpc(chain.rpc_url).call(RECEIPT, sent)["logs"][-1]["topics"]
    topics[1] = "0x" + chain.accounts[2][2:].rjust(64, "0")
    with (
        relay(chain, changed_log(topics=topics)) as node,
        pytest.raises(NodeError, match="by another than the one who called"),
    ):
        read_outcome(live(node.url), sent, expected(chain, number=2))


def test_an_unstake_without_its_log_is_no_success(chain: Devnet) -> None:
    sent = send(chain, burning(chain, CERT, AMOUNT, chain.accounts[1]))
    with relay(chain, changed(RECEIPT, logs=[])) as node:
        outcome = read_outcome(live(node.url), sent, expected(chain))
    assert (outcome.kind, outcome.wr_id) == ("no request", None)


def test_the_endpoint_that_knows_most_is_asked_last_and_believed(chain: Devnet) -> None:
    """One that lags behind knows no such transaction, or no receipt of it yet."""
    sent = send(chain, burning(chain, CERT, AMOUNT, chain.accounts[1]))

    def ignorant(asked: Asked) -> Reply | None:
        return result(asked, None) if asked.method.startswith("eth_getTransaction") else None

    unmined = only(RECEIPT, lambda asked: result(asked, None))
    with relay(chain, ignorant) as first, relay(chain, unmined) as second:
        for urls in ((first.url, second.url), (second.url, first.url)):
            assert read_outcome(live(*urls), sent, expected(chain)).kind == "pending"
        for urls in permutations((first.url, second.url, chain.rpc_url)):
            assert read_outcome(live(*urls), sent, expected(chain)).kind == "success"


def test_another_chain_and_a_dead_node_are_errors_and_no_outcome(devnet: Devnet) -> None:
    other = only("eth_chainId", lambda asked: result(asked, "0xfa"))
    with relay(devnet, other) as wrong, pytest.raises(WrongChainError, match="serves chain 250"):
        read_outcome(live(wrong.url), UNKNOWN)
    with pytest.raises(NodeError, match="cannot be reached"):
        read_outcome(live(f"http://127.0.0.1:{free_port()}"), UNKNOWN)
