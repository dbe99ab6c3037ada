"""The simulated pool keeps the rules of the contract, and its logs hold what real ones may."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.pool.burn import FeeRule, burn_fee_wei
from data.pool.contracts import BOND_CONTRACT_CHANGED, CERT_CONTRACT_CHANGED, EVENTS
from data.sample import SAMPLE_UNTIL, Simulation, simulate
from data.sample.contracts import Pool, RevertError
from tests.data.sample.seen import ADDRESSES, DAY, LOCKS_END, WEI, Seen, head_moves, named, payout
from tests.log_lines import DEPLOYED, node_log


def test_a_payout_is_the_amount_without_its_fee_to_the_same_staker(
    logs: list[Seen], requests: list[Seen]
) -> None:
    for log in named(logs, "Withdrawn", "ManualWithdrawalExpected"):
        request = requests[log.values["wrId"]]
        assert log.values["amount"] == payout(request)
        assert log.values["staker"] == request.values["staker"]
    paid = Counter(log.values["wrId"] for log in named(logs, "Withdrawn"))
    assert set(paid.values()) == {1}


def test_every_fee_can_be_rebuilt_from_logs_alone(logs: list[Seen]) -> None:
    """And so can the last feeShift: the checks of the sample's store hold it against the view."""
    rule, shift = FeeRule(0, 0, 0, 1), 0
    for log in named(logs, "FeeRuleUpdated", "TokensBurned", "TokensBurned2"):
        values = log.values
        if log.event.name == "FeeRuleUpdated":
            low, high, start, stop, *rest = values.values()
            rule, shift = FeeRule(low, high, start, stop), rest[0] if rest else shift
            continue
        has_shift = log.event.name == "TokensBurned2"
        assert values["fee"] == burn_fee_wei(rule, values["amount"], shift if has_shift else 0)
        shift += values["amount"] if has_shift else 0


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


def test_the_balance_is_sampled_daily_and_never_negative(simulation: Simulation) -> None:
    balances = simulation.balances
    assert len(balances) == 1096
    assert all(sample.balance_wei >= 0 for sample in balances)
    assert all(before.block < after.block for before, after in pairwise(balances))
    for before, after in pairwise(balances):
        assert timedelta(hours=23, minutes=58) < after.at - before.at
    assert balances[-1].balance_wei == simulation.state.balance_wei


wei = st.integers(0, 10**24)


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


# What a real history may bring


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
    logs: list[Seen], stubs: set[str]
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


@pytest.mark.parametrize("seed", range(3))
def test_no_seeds_queue_explodes_or_dies(seed: int) -> None:
    views = simulate(seed, SAMPLE_UNTIL, addresses=ADDRESSES).state.views
    assert 20 < views["lastWrId"] - views["firstWrId"] < 250
    assert 2_000 * WEI < views["pendingWei"] < 40_000 * WEI


# The form of a node's logs, the same for the same seed


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    until = datetime(2024, 6, 1, tzinfo=UTC)
    first = simulate(1, until, 120, addresses=ADDRESSES)
    assert simulate(1, until, 120, addresses=ADDRESSES) == first
    assert simulate(2, until, 120, addresses=ADDRESSES).logs != first.logs


def test_a_time_without_zone_or_between_hours_is_refused() -> None:
    for until in (SAMPLE_UNTIL.replace(tzinfo=None), SAMPLE_UNTIL + timedelta(minutes=1)):
        with pytest.raises(ValueError, match="full hour"):
            simulate(1, until, 30, addresses=ADDRESSES)


def test_every_event_occurs_and_web3_reads_it_as_it_was_meant(logs: list[Seen]) -> None:
    from web3 import Web3
    from web3.types import HexBytes

    examples = {log.event: log for log in logs}
    # No owner of the sample ever changes a token: that fails a check.
    assert set(EVENTS) - set(examples) == {BOND_CONTRACT_CHANGED, CERT_CONTRACT_CHANGED}
    for event, log in examples.items():
        contract = Web3().eth.contract(
            address=Web3.to_checksum_address(ADDRESSES[event.contract]), abi=[event.abi]
        )
        receipt = {
            **log.raw,
            "topics": [HexBytes(topic) for topic in log.raw["topics"]],
            "data": HexBytes(log.raw["data"]),
        }
        read = dict(contract.events[event.name]().process_log(receipt)["args"])
        lowered = {k: v.lower() if isinstance(v, str) else int(v) for k, v in read.items()}
        assert lowered == log.values


def test_a_line_has_a_nodes_keys_and_lower_case_hex(simulation: Simulation) -> None:
    for line in simulation.logs.splitlines()[::97]:
        log = json.loads(line)
        assert log.keys() == node_log(DEPLOYED, 1, ADDRESSES["pool"]).keys()
        assert log["removed"] is False
        for text in (*log["topics"], log["blockHash"], log["transactionHash"]):
            assert len(text) == 66
            assert text == text.lower()


def test_logs_stand_in_the_chains_order_and_a_block_has_one_time_and_hash(
    simulation: Simulation, logs: list[Seen]
) -> None:
    places = [log.place for log in logs]
    assert all(before < after for before, after in pairwise(places))
    times = [log.time for log in logs]
    assert times == sorted(times)
    blocks = defaultdict(set)
    transactions = defaultdict(set)
    for log in logs:
        blocks[log.place[0]].add((log.time, log.raw["blockHash"]))
        transactions[log.raw["transactionHash"]].add((log.place[0], log.raw["transactionIndex"]))
    assert {len(found) for found in blocks.values()} == {1}
    assert {len(found) for found in transactions.values()} == {1}
    assert simulation.first_block <= places[0][0]
    assert places[-1][0] <= simulation.state.block.number
    assert simulation.state.block.at == SAMPLE_UNTIL


def test_blocks_come_at_no_constant_pace(logs: list[Seen]) -> None:
    paces = [
        (late.time - early.time) / (late.place[0] - early.place[0])
        for early, late in pairwise(logs[::40])
        if late.place[0] > early.place[0]
    ]
    assert min(paces) < 1.1
    assert max(paces) > 1.6
    assert len({round(pace, 4) for pace in paces}) > len(paces) * 0.9
