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
from tests.fake_node import Asked, Reply, devnet_answers, error, fake_node, only, result
from tests.live_steps import AMOUNT, FTM, RECEIPT, burning, expected, live, of, send

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


def test_it_waits_until_it_is_fetched_and_the_fetch_is_recognised(changing_devnet: Devnet) -> None:
    devnet, caller = changing_devnet, changing_devnet.accounts[4]
    wr_id = refused(devnet)
    payout_wei = act.read(devnet, "stashedForManualWithdrawals()")
    told = read_set_aside(of(devnet), wr_id, caller)
    assert (told.waits, told.refusal, dict(told.unknown)) == (True, None, {})
    assert 0 < told.payout_wei <= payout_wei
    assert told.native_wei == act.balance_wei(devnet, caller)
    assert told.block == int(Rpc(devnet.rpc_url).call("eth_blockNumber"), 16)
    before_wei = act.balance_wei(devnet, devnet.hungry_wallets[0])
    tx = fetch(devnet, wr_id, told.gas)
    found = read_outcome(of(devnet), tx)
    assert (found.kind, found.fetches, found.requests) == ("fetched", wr_id, ())
    sent_wei = act.balance_wei(devnet, devnet.hungry_wallets[0]) - before_wei
    assert sent_wei == told.payout_wei
    assert f"the payout of request {wr_id}, to {devnet.hungry_wallets[0]}" in found.sentence
    # It is no unstake, whatever was expected.
    assert read_outcome(of(devnet), tx, expected(devnet)).kind == "fetched"
    after = read_set_aside(of(devnet), wr_id, caller)
    assert (after.waits, after.gas) == (False, None)
    assert after.refusal == "not marked for manual withdrawal"


def test_a_fetch_that_fails_says_why(changing_devnet: Devnet) -> None:
    devnet, wr_id = changing_devnet, refused(changing_devnet)
    short = read_outcome(of(devnet), fetch(devnet, wr_id, 70_000))
    assert (short.kind, short.fetches) == ("reverted", wr_id)
    assert "Nothing was sent on, and only gas was spent." in short.sentence
    assert read_set_aside(of(devnet), wr_id).waits
    never = read_outcome(of(devnet), fetch(devnet, 10**6))
    assert "Why: not marked for manual withdrawal." in never.sentence


def test_a_fetch_that_is_not_mined_yet_is_pending(changing_devnet: Devnet) -> None:
    devnet, wr_id, rpc = changing_devnet, refused(changing_devnet), Rpc(changing_devnet.rpc_url)
    rpc.call("evm_setAutomine", False)
    try:
        tx = fetch(devnet, wr_id)
        waiting = read_outcome(of(devnet), tx)
        assert (waiting.kind, waiting.fetches) == ("pending", wr_id)
        rpc.call("evm_mine")
        assert read_outcome(of(devnet), tx).kind == "fetched"
    finally:
        rpc.call("evm_setAutomine", True)


def test_a_receipt_without_the_payout_is_not_believed_to_have_paid(changing_devnet: Devnet) -> None:
    devnet, wr_id = changing_devnet, refused(changing_devnet)
    tx = fetch(devnet, wr_id)
    answers = devnet_answers(devnet.rpc_url)
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
        with fake_node(answers, lie) as node:
            assert read_outcome(of(node), tx).kind == "no payout"
    failed = only(RECEIPT, lambda asked: result(asked, asked.honest() | {"status": "0x0"}))
    with fake_node(answers, failed) as node, pytest.raises(NodeError, match="was reverted"):
        read_outcome(of(node), tx)


def test_what_is_not_told_is_unknown_and_what_is_wrong_is_refused(changing_devnet: Devnet) -> None:
    devnet, wr_id = changing_devnet, refused(changing_devnet)
    marked = calldata("markedForManualWithdrawal(uint256)", wr_id)

    def silent(asked: Asked) -> Reply | None:
        is_it = asked.method == "eth_call" and asked.params[0]["data"] == marked
        return error(asked, "overloaded") if is_it else None

    with fake_node(devnet_answers(devnet.rpc_url), silent) as node:
        told = read_set_aside(of(node), wr_id)
    assert (told.waits, told.native_wei, told.gas) == (None, None, None)
    assert "overloaded" in told.unknown["waits"]
    assert told.payout_wei
    with pytest.raises(ConfigError, match="no address"):
        read_set_aside(of(devnet), wr_id, "0x12")
    with pytest.raises(ConfigError, match="counted from 0"):
        read_set_aside(of(devnet), -1)


# An unstake whose hash was lost with a reload


def test_it_is_found_from_the_block_before_signing_on_and_only_it(changing_devnet: Devnet) -> None:
    devnet, account = changing_devnet, changing_devnet.accounts[1]
    before = int(Rpc(devnet.rpc_url).call("eth_blockNumber"), 16)
    assert find_unstakes(of(devnet), expected(devnet), before) == ()
    wr_id = act.read(devnet, "lastWrId()")
    sent = send(devnet, burning(devnet, CERT, AMOUNT, account))
    others = ((BOND, AMOUNT, account), (CERT, AMOUNT + 1, account))
    for other in (*others, (CERT, AMOUNT, devnet.accounts[2])):
        send(devnet, burning(devnet, *other))
    (made,) = find_unstakes(of(devnet), expected(devnet), before)
    assert (made.tx_hash, made.request.wr_id) == (sent, wr_id)
    outcome = read_outcome(of(devnet), made.tx_hash, expected(devnet))
    assert (outcome.request, outcome.block) == (made.request, made.block)
    assert find_unstakes(of(devnet), expected(devnet), before + 2) == ()


def test_one_that_lags_is_passed_over_and_one_that_lies_is_not_believed(
    changing_devnet: Devnet,
) -> None:
    devnet = changing_devnet
    first = int(Rpc(devnet.rpc_url).call("eth_blockNumber"), 16)
    send(devnet, burning(devnet, CERT, AMOUNT, devnet.accounts[1]))
    answers = devnet_answers(devnet.rpc_url)
    foreign = [{"address": devnet.addresses.bond, "topics": [], "data": "0x"}]
    logs = Rpc(devnet.rpc_url).call(
        "eth_getLogs", {"address": devnet.addresses.pool, "fromBlock": hex(first)}
    )
    for bad in (
        lambda asked: result(asked, []),
        lambda asked: result(asked, foreign),
        lambda asked: result(asked, logs * 2),  # the same request twice
        lambda asked: result(asked, 5),
        lambda asked: error(asked, "block range is too wide"),
    ):
        with fake_node(answers, only("eth_getLogs", bad)) as node:
            both = live(node.url, devnet.rpc_url)
            assert len(find_unstakes(both, expected(devnet), first)) == 1
    with (
        fake_node(answers, only("eth_getLogs", lambda asked: result(asked, foreign))) as node,
        pytest.raises(NodeError, match="not asked for"),
    ):
        find_unstakes(of(node), Expected(devnet.accounts[1], CERT, AMOUNT), first)
