"""The simulated history holds what a real one may bring."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from data.sample import SAMPLE_UNTIL, Simulation, simulate
from tests.data.sample.seen import ADDRESSES, DAY, LOCKS_END, WEI, Seen, head_moves, named, payout


def test_generations_follow_each_other_as_the_pool_was_upgraded(logs: list[Seen]) -> None:
    def span(name: str, fields: int | None = None) -> tuple[Seen, Seen]:
        found = [
            log for log in named(logs, name) if fields is None or len(log.event.fields) == fields
        ]
        return found[0], found[-1]

    for before, after in (
        (span("TokensBurned"), span("TokensBurned2")),
        (span("FeeRuleUpdated", 4), span("FeeRuleUpdated", 5)),
        (span("StakeReceived"), span("StakeReceived2")),
    ):
        assert before[1].place < after[0].place
    last_of_the_first = datetime.fromtimestamp(span("TokensBurned")[1].time, UTC)
    assert (last_of_the_first.year, last_of_the_first.month) == (2022, 5)


def test_a_few_hundred_stakers_ask_and_some_ask_often(requests: list[Seen]) -> None:
    often = Counter(log.values["staker"] for log in requests)
    assert 200 < len(often) < 400
    assert often.most_common(1)[0][1] > 40
    tokens = Counter(log.values.get("isRebasing") for log in requests)
    assert min(tokens[0], tokens[1]) > 500


def test_amounts_are_heavy_tailed_and_one_request_is_of_nothing(requests: list[Seen]) -> None:
    amounts = sorted(log.values["amount"] for log in requests)
    assert amounts[0] == 0 < amounts[1]
    assert amounts[-1] > 100 * amounts[len(amounts) // 2]
    digits = Counter(str(amount)[-3:] for amount in amounts)
    assert digits.most_common(1)[0][1] < 20


def test_contract_wallets_fetch_refused_payouts_out_of_order(logs: list[Seen]) -> None:
    refused = {log.values["wrId"] for log in named(logs, "ManualWithdrawalExpected")}
    paid = [log.values["wrId"] for log in named(logs, "Withdrawn")]
    assert len(refused) > 10
    out_of_order = [late for early, late in pairwise(paid) if late < early]
    assert out_of_order
    assert set(out_of_order) <= refused


def test_several_events_share_a_transaction_and_a_block(logs: list[Seen]) -> None:
    in_transaction = Counter(log.raw["transactionHash"] for log in logs)
    assert max(in_transaction.values()) >= 3
    in_block = defaultdict(set)
    for log in logs:
        in_block[log.place[0]].add(log.raw["transactionHash"])
    assert sum(len(found) > 1 for found in in_block.values()) > 50
    burns = Counter(
        log.raw["transactionHash"] for log in named(logs, "TokensBurned", "TokensBurned2")
    )
    assert max(burns.values()) == 2


def test_the_operator_is_away_for_days_and_for_weeks(logs: list[Seen], stubs: set[str]) -> None:
    runs = [
        log.time
        for log in logs
        if log.event.name in ("LockedUpStake", "ClaimedRewards", "Undelegated")
        and log.values["delegator"] in stubs
        and log.time - logs[0].time > DAY * 100
    ]
    gaps = sorted((late - early) / DAY for early, late in pairwise(sorted(runs)))
    assert gaps[-1] > 14
    assert sum(gap > 3 for gap in gaps) >= 5


def test_a_large_head_blocks_the_queue_for_weeks(logs: list[Seen], requests: list[Seen]) -> None:
    moves = head_moves(logs)
    waits = {
        late.values["wrId"]: (late.time - max(early.time, requests[late.values["wrId"]].time)) / DAY
        for early, late in pairwise(moves)
    }
    blocking = max(waits, key=lambda wr_id: waits[wr_id])
    assert waits[blocking] > 21
    assert payout(requests[blocking]) > 5_000 * WEI


def test_waits_run_from_hours_to_months(logs: list[Seen], requests: list[Seen]) -> None:
    waits = sorted((log.time - requests[log.values["wrId"]].time) / DAY for log in head_moves(logs))
    assert waits[len(waits) // 50] < 0.5
    assert 10 < waits[len(waits) // 2] < 40
    assert waits[-len(waits) // 50] > 80


def test_locks_last_14_to_365_days_and_none_begins_after_the_regime_break(
    logs: list[Seen], stubs: set[str]
) -> None:
    own = [
        log
        for log in named(logs, "LockedUpStake", contract="sfc")
        if log.values["delegator"] in stubs
    ]
    days = [log.values["duration"] / DAY for log in own]
    assert (min(days), max(days)) == (14, 365)
    for log in named(logs, "LockedUpStake", "Delegated", "RestakedRewards", contract="sfc"):
        assert log.time < LOCKS_END


def test_after_the_regime_break_claims_fall_and_stake_returns(
    simulation: Simulation, logs: list[Seen], stubs: set[str]
) -> None:
    def monthly_wei(name: str, since: float, until: float) -> float:
        total = sum(
            sum(value for key, value in log.values.items() if "eward" in key or key == "amount")
            for log in named(logs, name, contract="sfc")
            if log.values["delegator"] in stubs and since <= log.time < until
        )
        return total / (until - since) * 30 * DAY

    half_year_before, end = LOCKS_END - 180 * DAY, SAMPLE_UNTIL.timestamp()
    claims_before = monthly_wei("ClaimedRewards", half_year_before, LOCKS_END)
    assert 0 < monthly_wei("ClaimedRewards", LOCKS_END, end) < claims_before / 4
    returns_before = monthly_wei("Withdrawn", half_year_before, LOCKS_END)
    assert monthly_wei("Withdrawn", LOCKS_END, end) > returns_before * 2


def test_others_delegate_too_and_stubs_act_only_once_deployed(
    logs: list[Seen], stubs: set[str]
) -> None:
    deployed: set[str] = set()
    strangers = 0
    for log in logs:
        if log.event.name == "Deployed":
            deployed.add(log.values["proxy"])
        if log.event.contract == "sfc":
            who = log.values["delegator"]
            assert who in deployed or who not in stubs
            strangers += who not in stubs
    assert strangers > 1_000
    late = [log for log in named(logs, "Deployed") if log.time > logs[0].time + 730 * DAY]
    assert late


def test_at_the_end_a_head_that_the_money_does_not_cover_blocks_dozens(
    simulation: Simulation, requests: list[Seen]
) -> None:
    state = simulation.state
    views = state.views
    assert 36 < views["lastWrId"] - views["firstWrId"] < 200
    head = payout(requests[views["firstWrId"]])
    spendable = state.balance_wei - views["stashedForManualWithdrawals"]
    assert head > 5_000 * WEI
    assert head - spendable > 1_000 * WEI


@pytest.mark.parametrize("seed", range(3))
def test_no_seeds_queue_explodes_or_dies(seed: int) -> None:
    views = simulate(seed, SAMPLE_UNTIL, addresses=ADDRESSES).state.views
    assert 20 < views["lastWrId"] - views["firstWrId"] < 250
    assert 2_000 * WEI < views["pendingWei"] < 40_000 * WEI
