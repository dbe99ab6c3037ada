"""The simulated pool keeps the contract's rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.pool.burn import FeeRule, burn_fee_wei
from data.sample import Simulation
from data.sample.contracts import Pool, RevertError
from tests.data.sample.seen import WEI, Seen, head_moves, named, payout


def test_request_ids_are_consecutive_from_0(simulation: Simulation, requests: list[Seen]) -> None:
    assert [log.values["wrId"] for log in requests] == list(
        range(simulation.state.views["lastWrId"])
    )


def test_the_head_passes_every_request_in_its_order(
    simulation: Simulation, logs: list[Seen], requests: list[Seen]
) -> None:
    moves = head_moves(logs)
    assert [log.values["wrId"] for log in moves] == list(range(simulation.state.views["firstWrId"]))
    for move in moves:
        assert requests[move.values["wrId"]].place < move.place


def test_a_payout_is_the_amount_without_its_fee_to_the_same_staker(
    logs: list[Seen], requests: list[Seen]
) -> None:
    for log in named(logs, "Withdrawn", "ManualWithdrawalExpected"):
        request = requests[log.values["wrId"]]
        assert log.values["amount"] == payout(request)
        assert log.values["staker"] == request.values["staker"]
    paid = Counter(log.values["wrId"] for log in named(logs, "Withdrawn"))
    assert set(paid.values()) == {1}


def rebuilt_fees(logs: list[Seen]) -> Iterator[tuple[int, int, int]]:
    """For each request its fee, the fee by the rules, and the fee shift after it."""
    rule, shift = FeeRule(0, 0, 0, 1), 0
    for log in named(logs, "FeeRuleUpdated", "TokensBurned", "TokensBurned2"):
        values = log.values
        if log.event.name == "FeeRuleUpdated":
            low, high, start, stop, *rest = values.values()
            rule, shift = FeeRule(low, high, start, stop), rest[0] if rest else shift
            continue
        shifted = shift if log.event.name == "TokensBurned2" else 0
        expected = burn_fee_wei(rule, values["amount"], shifted)
        shift += values["amount"] if log.event.name == "TokensBurned2" else 0
        yield values["fee"], expected, shift


def test_fees_and_the_fee_shift_can_be_rebuilt_from_logs_alone(
    simulation: Simulation, logs: list[Seen]
) -> None:
    rebuilt = list(rebuilt_fees(logs))
    assert all(fee == expected for fee, expected, _ in rebuilt)
    assert rebuilt[-1][2] == simulation.state.views["feeShift"] > 0
    views = simulation.state.views
    last_rule = FeeRule(
        views["minFeeRatio"],
        views["maxFeeRatio"],
        views["feeIncreaseStart"],
        views["feeIncreaseStop"],
    )
    for amount in (WEI, 1_000 * WEI, 100_000 * WEI):
        fee = burn_fee_wei(last_rule, amount, views["feeShift"])
        assert views[f"getBurnFee({amount})"] == fee


def test_certificates_are_worth_their_shares_at_the_announced_ratio(logs: list[Seen]) -> None:
    ratio, ratios, checked = WEI, [WEI], 0
    for log in logs:
        if log.event.name == "RatioUpdate":
            ratio = log.values["newRatio"]
            ratios.append(ratio)
        if log.event.name == "TokensBurned2" and not log.values["isRebasing"]:
            assert log.values["amount"] == ceil(Fraction(log.values["shares"] * WEI, ratio))
            checked += 1
    assert checked > 500
    assert ratios == sorted(ratios, reverse=True)


def test_what_is_pending_and_stashed_at_the_end_are_the_views(
    simulation: Simulation, logs: list[Seen], requests: list[Seen], stubs: set[str]
) -> None:
    views = simulation.state.views
    assert views["pendingWei"] == sum(map(payout, requests[views["firstWrId"] :]))
    paid = {log.values["wrId"] for log in named(logs, "Withdrawn")}
    refused = named(logs, "ManualWithdrawalExpected")
    waiting = [log for log in refused if log.values["wrId"] not in paid]
    assert len(waiting) == 1
    assert views["stashedForManualWithdrawals"] == waiting[0].values["amount"]
    assert views["stubCount"] == len(stubs) == 47


def test_the_balance_is_sampled_daily_and_never_negative(simulation: Simulation) -> None:
    balances = simulation.balances
    assert len(balances) == 1096
    assert all(sample.balance_wei >= 0 for sample in balances)
    assert all(before.block < after.block for before, after in pairwise(balances))
    for before, after in pairwise(balances):
        assert timedelta(hours=23, minutes=58) < after.at - before.at
    assert balances[-1].balance_wei == simulation.state.balance_wei


wei = st.integers(0, 10**24)
ratios = st.integers(0, WEI * 15 // 100)


@settings(deadline=None)
@given(amount=wei, shift=wei, low=ratios, high=ratios, start=wei, width=st.integers(1, 10**24))
def test_a_fees_ratio_is_rounded_down_and_the_fee_up(
    amount: int, shift: int, low: int, high: int, start: int, width: int
) -> None:
    low, high = sorted((low, high))
    rule = FeeRule(low, high, start, start + width)
    point = amount + shift
    risen = min(Fraction(1), max(Fraction(0), Fraction(point - start, width)))
    ratio = low + floor((high - low) * risen)
    assert burn_fee_wei(rule, amount, shift) == ceil(Fraction(amount * ratio, WEI))


@settings(deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["money", "request", "pay", "refuse", "fetch"]), wei), max_size=60
    )
)
def test_the_pool_pays_whole_heads_it_can_cover_and_nothing_else(
    steps: list[tuple[str, int]],
) -> None:
    pool = Pool(FeeRule(0, WEI // 100, 0, 10**24))
    pool.generation = 2
    received = paid = 0
    for step, amount in steps:
        if step == "money":
            pool.receive(amount)
            received += amount
        elif step == "request":
            pool.burn_bonds("0x" + "11" * 20, amount)
        elif step == "fetch" and pool.marked:
            wr_id = max(pool.marked)
            pool.withdraw_manual(wr_id)
            paid += pool.withdrawals[wr_id].payout_wei
        elif step in ("pay", "refuse"):
            head = pool.head
            if head is None or pool.balance_wei < head.payout_wei + pool.stashed_wei:
                with pytest.raises(RevertError):
                    pool.withdraw_last(accepted=True)
                continue
            pool.withdraw_last(accepted=step == "pay")
            paid += head.payout_wei if step == "pay" else 0
        assert pool.balance_wei == received - paid >= pool.stashed_wei
        queued = pool.withdrawals[pool.first_wr_id :]
        assert pool.pending_wei == sum(request.payout_wei for request in queued)
