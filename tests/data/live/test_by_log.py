"""An unstake whose hash was lost with a reload is found again by its log."""

from __future__ import annotations

import pytest

from data import NodeError
from data.live.by_log import find_unstakes
from data.live.outcome import read_outcome
from data.live.verdict import Expected
from data.pool.burn import BOND, CERT
from devnet import Devnet, act
from devnet.rpc import Rpc
from tests.fake_node import devnet_answers, error, fake_node, only, result
from tests.live_steps import AMOUNT, burning, expected, live, of, send

pytestmark = pytest.mark.node


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
