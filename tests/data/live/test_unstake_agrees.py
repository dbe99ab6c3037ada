"""What an unstake gives is what the contract makes of it, to the wei, in real requests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest

from data.node.endpoints import Endpoints
from data.node.live_node import LIVE
from data.pool.burn import (
    BOND,
    CERT,
    FeeRule,
    bonds_of_shares,
    burn_fee_wei,
    most_of,
    shares_of_bonds,
    unstaked,
)
from data.pool.calls import call, words
from data.pool.contracts import BURN_FEE, Function
from devnet import Devnet, DevnetError, act
from devnet.rpc import Rpc, calldata

FTM = 10**18
ROUNDS, PER_ROUND = 20, 50

pytestmark = pytest.mark.node


def an_amount(dice: Random, most_wei: int) -> int:
    """Of any size, with odd or even digits, and now and then a few wei."""
    kind = dice.random()
    if kind < 0.1:
        return dice.randrange(4)
    size = int(10 ** dice.uniform(0, len(str(most_wei)) - 1)) + dice.randrange(10**6)
    return min(most_wei, size // FTM * FTM if kind < 0.2 else size)


def a_rule(dice: Random) -> tuple[FeeRule, int]:
    """A rule and its first shift: flat, jumping or rising, on any side of its limits."""
    ratios = (0, FTM // 1000, dice.randrange(15 * FTM // 100), dice.randrange(15 * FTM // 100))
    low, high = sorted(dice.sample(ratios, 2))
    start = dice.randrange(5_000 * FTM)
    stop = start + dice.choice((0, 400 * FTM, dice.randrange(9_000 * FTM)))
    near = max(0, stop - dice.randrange(2_000 * FTM))
    shift = dice.choice((0, dice.randint(start, stop), near, stop + dice.randrange(FTM)))
    return FeeRule(low, high, start, stop), shift


def zone(rule: FeeRule, point_wei: int) -> str:
    if point_wei >= rule.increase_stop_wei:
        return "most fee"
    return "rising fee" if point_wei > rule.increase_start_wei else "least fee"


def set_up(devnet: Devnet, ratio: int, rule: FeeRule, shift: int) -> None:
    act.update_ratio(devnet, ratio)
    update = "updateFeeRule(uint256,uint256,uint256,uint256,uint256)"
    terms = (rule.min_ratio, rule.max_ratio, rule.increase_start_wei, rule.increase_stop_wei)
    act.send(devnet, devnet.owner, devnet.addresses.pool, update, *terms, shift)


@contextmanager
def one_block(rpc: Rpc) -> Iterator[None]:
    """What is sent inside is mined in one block, in its order."""
    rpc.call("evm_setAutomine", False)
    try:
        yield
        rpc.call("evm_mine")
    finally:
        rpc.call("evm_setAutomine", True)


def views(devnet: Devnet, at: str = "latest") -> Callable[[str, Function, list[int]], Any]:
    """Asks one view for many amounts, in batches."""
    endpoints = Endpoints((devnet.rpc_url,), LIVE)

    def ask(to: str, function: Function, amounts: list[int]) -> list[int]:
        asked = [("eth_call", [call(to, function, amount), at]) for amount in amounts]
        return [words(answer["result"])[0] for answer in endpoints.request_batch(asked)]

    return ask


def test_a_thousand_requests_in_twenty_settings_are_what_was_foretold(
    chain: Devnet, record_property: Callable[[str, object], None]
) -> None:
    dice = Random(11)
    rpc, pool, account = Rpc(chain.rpc_url), chain.addresses.pool, chain.accounts[2]
    act.stake(chain, account, 400_000 * FTM, rebasing=True)
    act.stake(chain, account, 400_000 * FTM, rebasing=False)
    met: Counter[str] = Counter()
    for _ in range(ROUNDS):
        ratio = dice.choice((FTM, 777_777_777_777_777_777, dice.randrange(FTM // 3, FTM)))
        rule, shift = a_rule(dice)
        set_up(chain, ratio, rule, shift)
        expected = []
        with one_block(rpc):
            for _ in range(PER_ROUND):
                token, amount = dice.choice((BOND, CERT)), an_amount(dice, 400 * FTM)
                gives = unstaked(token, amount, ratio, rule, shift)
                met.update([token, zone(rule, gives.gross_wei + shift)])
                shift += gives.gross_wei
                expected.append(gives)
                name = "burnBonds(uint256)" if token == BOND else "burnCerts(uint256)"
                transaction = {"from": account, "to": pool, "data": calldata(name, amount)}
                fee = {"gas": hex(400_000), "gasPrice": "0x0"}
                rpc.call("eth_sendTransaction", transaction | fee)
        receipts = rpc.call("eth_getBlockReceipts", "latest")
        assert [receipt["status"] for receipt in receipts] == ["0x1"] * PER_ROUND
        for gives, receipt in zip(expected, receipts, strict=True):
            log = receipt["logs"][-1]
            wr_id, is_rebasing = (int(topic, 16) for topic in log["topics"][2:])
            assert words(log["data"]) == [gives.gross_wei, gives.shares_wei, gives.fee_wei]
            assert is_rebasing == (gives.token == BOND)
            queued = rpc.read_words(pool, "withdrawals(uint256)", wr_id)
            assert queued == [int(account, 16), gives.payout_wei]
            met["requests"] += 1
    assert met["requests"] == 1_000
    assert min(met.values()) > 100
    assert met.keys() == {"requests", BOND, CERT, "least fee", "rising fee", "most fee"}
    told = f"compared at {ROUNDS} ratios and fee rules: {dict(met)}"
    record_property("compared", told)
    print(told)


def test_a_thousand_views_of_amounts_up_to_all_ftm_agree(chain: Devnet) -> None:
    dice = Random(12)
    pool, bond = chain.addresses.pool, chain.addresses.bond
    balance_of = Function("sharesToBalance(uint256 shares)", "0x53735f37")
    shares_of = Function("balanceToShares(uint256 amount)", "0xd8ddf18f")
    for _ in range(10):
        ratio = dice.choice((1, 3, dice.randrange(1, FTM), FTM))
        rule, shift = a_rule(dice)
        set_up(chain, ratio, rule, shift)
        amounts = [an_amount(dice, 4 * 10**27) for _ in range(100)]
        ask = views(chain)
        assert ask(bond, balance_of, amounts) == [bonds_of_shares(a, ratio) for a in amounts]
        assert ask(bond, shares_of, amounts) == [shares_of_bonds(a, ratio) for a in amounts]
        said = ask(pool, BURN_FEE, amounts)
        assert [min(fee, a) for fee, a in zip(said, amounts, strict=True)] == [
            burn_fee_wei(rule, a, shift) for a in amounts
        ]


def test_the_first_generations_fee_looks_at_the_amount_alone(devnet: Devnet) -> None:
    rpc, pool, block = Rpc(devnet.rpc_url), devnet.addresses.pool, hex(60)
    with pytest.raises(DevnetError):
        rpc.call("eth_call", {"to": pool, "data": calldata("feeShift()")}, block)
    names = ("minFeeRatio()", "maxFeeRatio()", "feeIncreaseStart()", "feeIncreaseStop()")
    answers = [rpc.call("eth_call", {"to": pool, "data": calldata(n)}, block) for n in names]
    rule = FeeRule(*(int(answer, 16) for answer in answers))
    assert rule.max_ratio > rule.min_ratio > 0
    dice = Random(13)
    amounts = [an_amount(dice, 30_000 * FTM) for _ in range(100)]
    said = views(devnet, block)(pool, BURN_FEE, amounts)
    assert [min(fee, a) for fee, a in zip(said, amounts, strict=True)] == [
        burn_fee_wei(rule, a, 0) for a in amounts
    ]


def test_max_is_the_most_that_the_contract_lets_a_holder_burn(chain: Devnet) -> None:
    account = chain.accounts[3]
    rpc, pool, bond = Rpc(chain.rpc_url), chain.addresses.pool, chain.addresses.bond
    shares = rpc.read(bond, "sharesOf(address)", account)
    certs = rpc.read(chain.addresses.cert, "balanceOf(address)", account)

    def refused(signature: str, amount: int) -> bool:
        burning = {"from": account, "to": pool, "data": calldata(signature, amount)}
        try:
            rpc.call("eth_call", burning, "latest")
        except DevnetError:
            return True
        return False

    for ratio in (FTM, 777_777_777_777_777_777, 333_333_333_333_333_334, 3):
        act.update_ratio(chain, ratio)
        most = most_of(BOND, shares, ratio)
        assert most == rpc.read(bond, "balanceOf(address)", account)
        assert not refused("burnBonds(uint256)", most)
        assert refused("burnBonds(uint256)", most + -(-FTM // ratio))
    assert most_of(CERT, certs, 3) == certs
    assert not refused("burnCerts(uint256)", certs)
    assert refused("burnCerts(uint256)", certs + 1)


def test_max_at_a_ratio_above_one_is_still_covered_by_the_shares() -> None:
    dice = Random(14)
    for _ in range(1_000):
        ratio, shares = dice.randrange(1, 3 * FTM), dice.randrange(1, 10 * FTM)
        most = most_of(BOND, shares, ratio)
        assert shares_of_bonds(most, ratio) <= shares
        assert most <= bonds_of_shares(shares, ratio)
        assert shares_of_bonds(most + 1, ratio) > shares or most == bonds_of_shares(shares, ratio)
