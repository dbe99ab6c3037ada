"""What is found without a hash: an unstake by its log, and a refused payout by its id."""

from __future__ import annotations

from typing import Any

import pytest

from data import ConfigError, NodeError
from data.config import load_network
from data.live.by_log import find_unstakes
from data.live.outcome import read_outcome
from data.live.set_aside import read_set_aside
from data.live.verdict import Expected
from data.pool.burn import BOND, CERT
from data.pool.transaction import build_withdraw_manual
from devnet import Devnet, act
from devnet.rpc import Rpc, calldata
from tests.fake_node import Asked, Reply, error, only, result
from tests.live_steps import AMOUNT, FTM, RECEIPT, burning, expected, live, of, relay, send

pytestmark = pytest.mark.node


def refused(devnet: Devnet) -> int:
    """The id of a request that a contract wallet has just refused."""
    wr_id, wallet = act.read(devnet, "lastWrId()"), devnet.hungry_wallets[0]
    unstake = ("unstake(address,uint256)", devnet.addresses.pool, 2 * FTM)
    act.send(devnet, devnet.accounts[9], wallet, *unstake)
    pending = act.pending_wei(devnet)
    act.fund(devnet, sum(pending) + FTM)
    act.pay(devnet, len(pending))
    return wr_id


def fetch(devnet: Devnet, wr_id: int, gas: int = 500_000) -> str:
    network = load_network("devnet", (devnet.rpc_url,))
    return send(devnet, build_withdraw_manual(network, wr_id, devnet.accounts[4]), gas)


def test_it_waits_until_it_is_fetched_and_the_fetch_is_recognised(chain: Devnet) -> None:
    caller = chain.accounts[4]
    wr_id = refused(chain)
    payout_wei = act.read(chain, "stashedForManualWithdrawals()")
    told = read_set_aside(of(chain), wr_id, caller)
    assert (told.waits, told.refusal, dict(told.unknown)) == (True, None, {})
    assert 0 < told.payout_wei <= payout_wei
    assert told.native_wei == act.balance_wei(chain, caller)
    assert told.block == int(Rpc(chain.rpc_url).call("eth_blockNumber"), 16)
    before_wei = act.balance_wei(chain, chain.hungry_wallets[0])
    tx = fetch(chain, wr_id, told.gas)
    found = read_outcome(of(chain), tx)
    assert (found.kind, found.fetches, found.requests) == ("fetched", wr_id, ())
    sent_wei = act.balance_wei(chain, chain.hungry_wallets[0]) - before_wei
    assert sent_wei == told.payout_wei
    assert f"the payout of request {wr_id}, to {chain.hungry_wallets[0]}" in found.sentence
    # It is no unstake, whatever was expected.
    assert read_outcome(of(chain), tx, expected(chain)).kind == "fetched"
    after = read_set_aside(of(chain), wr_id, caller)
    assert (after.waits, after.gas) == (False, None)
    assert after.refusal == "not marked for manual withdrawal"


def test_a_fetch_that_fails_says_why(chain: Devnet) -> None:
    wr_id = refused(chain)
    short = read_outcome(of(chain), fetch(chain, wr_id, 70_000))
    assert (short.kind, short.fetches) == ("reverted", wr_id)
    assert "Nothing was sent on, and only gas was spent." in short.sentence
    assert read_set_aside(of(chain), wr_id).waits
    never = read_outcome(of(chain), fetch(chain, 10**6))
    assert "Why: not marked for manual withdrawal." in never.sentence


def test_a_fetch_that_is_not_mined_yet_is_pending(chain: Devnet) -> None:
    wr_id, rpc = refused(chain), Rpc(chain.rpc_url)
    rpc.call("evm_setAutomine", False)
    try:
        tx = fetch(chain, wr_id)
        waiting = read_outcome(of(chain), tx)
        assert (waiting.kind, waiting.fetches) == ("pending", wr_id)
        rpc.call("evm_mine")
        assert read_outcome(of(chain), tx).kind == "fetched"
    finally:
        rpc.call("evm_setAutomine", True)


def test_a_receipt_without_the_payout_is_not_believed_to_have_paid(chain: Devnet) -> None:
    wr_id = refused(chain)
    tx = fetch(chain, wr_id)
    of_another = "0x" + (wr_id + 1).to_bytes(32).hex()

    def other(log: dict[str, Any]) -> dict[str, Any]:
        return log | {"topics": [*log["topics"][:2], of_another]}

    for logs in (lambda told: [], lambda told: [other(each) for each in told]):
        lie = only(
            RECEIPT,
            lambda asked, logs=logs: result(
                asked, asked.honest() | {"logs": logs(asked.honest()["logs"])}
            ),
        )
        with relay(chain, lie) as node:
            assert read_outcome(of(node), tx).kind == "no payout"
    failed = only(RECEIPT, lambda asked: result(asked, asked.honest() | {"status": "0x0"}))
    with relay(chain, failed) as node, pytest.raises(NodeError, match="was reverted"):
        read_outcome(of(node), tx)


def test_what_is_not_told_is_unknown_and_what_is_wrong_is_refused(chain: Devnet) -> None:
    wr_id = refused(chain)
    marked = calldata("markedForManualWithdrawal(uint256)", wr_id)

    def silent(asked: Asked) -> Reply | None:
        is_it = asked.method == "eth_call" and asked.params[0]["data"] == marked
        return error(asked, "overloaded") if is_it else None

    with relay(chain, silent) as node:
        told = read_set_aside(of(node), wr_id)
    assert (told.waits, told.native_wei, told.gas) == (None, None, None)
    assert "overloaded" in told.unknown["waits"]
    assert told.payout_wei
    with pytest.raises(ConfigError, match="no address"):
        read_set_aside(of(chain), wr_id, "0x12")
    with pytest.raises(ConfigError, match="counted from 0"):
        read_set_aside(of(chain), -1)


# An unstake whose hash was lost with a reload


def test_it_is_found_from_the_block_before_signing_on_and_only_it(chain: Devnet) -> None:
    account = chain.accounts[1]
    before = int(Rpc(chain.rpc_url).call("eth_blockNumber"), 16)
    assert find_unstakes(of(chain), expected(chain), before) == ()
    wr_id = act.read(chain, "lastWrId()")
    sent = send(chain, burning(chain, CERT, AMOUNT, account))
    others = ((BOND, AMOUNT, account), (CERT, AMOUNT + 1, account))
    for other in (*others, (CERT, AMOUNT, chain.accounts[2])):
        send(chain, burning(chain, *other))
    (made,) = find_unstakes(of(chain), expected(chain), before)
    assert (made.tx_hash, made.wr_id) == (sent, wr_id)
    outcome = read_outcome(of(chain), made.tx_hash, expected(chain))
    assert (outcome.wr_id, outcome.block) == (made.wr_id, made.block)
    assert find_unstakes(of(chain), expected(chain), before + 2) == ()


def test_one_that_lags_is_passed_over_and_one_that_lies_is_not_believed(chain: Devnet) -> None:
    first = int(Rpc(chain.rpc_url).call("eth_blockNumber"), 16)
    send(chain, burning(chain, CERT, AMOUNT, chain.accounts[1]))
    foreign = [{"address": chain.addresses.bond, "topics": [], "data": "0x"}]
    logs = Rpc(chain.rpc_url).call(
        "eth_getLogs", {"address": chain.addresses.pool, "fromBlock": hex(first)}
    )
    for bad in (
        lambda asked: result(asked, []),
        lambda asked: result(asked, foreign),
        lambda asked: result(asked, logs * 2),  # the same request twice
        lambda asked: result(asked, 5),
        lambda asked: error(asked, "block range is too wide"),
    ):
        with relay(chain, only("eth_getLogs", bad)) as node:
            both = live(node.url, chain.rpc_url)
            assert len(find_unstakes(both, expected(chain), first)) == 1
    with (
        relay(chain, only("eth_getLogs", lambda asked: result(asked, foreign))) as node,
        pytest.raises(NodeError, match="not asked for"),
    ):
        find_unstakes(of(node), Expected(chain.accounts[1], CERT, AMOUNT), first)


def test_it_is_found_over_more_blocks_than_an_endpoint_takes_at_once(chain: Devnet) -> None:
    first = int(Rpc(chain.rpc_url).call("eth_blockNumber"), 16)
    account = chain.accounts[1]
    early = send(chain, burning(chain, CERT, AMOUNT, account))
    for _ in range(3):
        Rpc(chain.rpc_url).call("anvil_mine", hex(400))
    late = send(chain, burning(chain, CERT, AMOUNT, account))
    head = int(Rpc(chain.rpc_url).call("eth_blockNumber"), 16)

    def limited(asked: Asked) -> Reply | None:
        log_filter, last = asked.params[0], head
        if log_filter["toBlock"] != "latest":
            last = int(log_filter["toBlock"], 16)
        too_many = last - int(log_filter["fromBlock"], 16) + 1 > 1_000
        return error(asked, "block range is too wide") if too_many else None

    with relay(chain, only("eth_getLogs", limited)) as node:
        made = find_unstakes(of(node), expected(chain), first)
        assert [one.tx_hash for one in made] == [early, late]
        asked = [method for method, _ in node.asked]
        assert asked.count("eth_getLogs") == 1 + 2, "the whole, and pieces that it takes"
    too_large = only("eth_getLogs", lambda asked: limited(asked) and Reply(b"", 413))
    with relay(chain, too_large) as node:
        made = find_unstakes(of(node), expected(chain), first)
        assert [one.tx_hash for one in made] == [early, late]
    never = only("eth_getLogs", lambda asked: error(asked, "logs are not served here"))
    with relay(chain, never) as node, pytest.raises(NodeError, match=r"from block .* not served"):
        find_unstakes(of(node), expected(chain), first)
