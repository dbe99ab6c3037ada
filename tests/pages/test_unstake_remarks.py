"""What stands in the way of an unstake, with its remedy, and which queue its odds go by."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from answers.terms import given
from data.live.read import read_live
from data.live.reading import Holder, Reading
from data.pool.amounts import parse_amount
from data.pool.burn import BOND, CERT, RebuiltFee
from devnet import Devnet, act
from forecast.present import Present
from pages.unstake.now import present
from pages.unstake.remarks import Remark, check_unstake, over_supply
from tests.live_steps import of

FTM = 10**18
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOLDER = Holder(
    address="0x" + "a1" * 20,
    native_wei=FTM,
    bond_wei=50 * FTM,
    bond_shares_wei=40 * FTM,
    cert_wei=32 * FTM // 10,
    is_contract=False,
    gas=150_000,
    refusal=None,
    most_wei=32 * FTM // 10,
)
READING = Reading(
    network="fantom",
    host="rpc.example",
    block=1_000,
    at=AT,
    token=CERT,
    amount_wei=3 * FTM,
    ratio=FTM // 2,
    supply_wei=1_000 * FTM,
    gross_wei=6 * FTM,
    fee_wei=FTM // 100,
    payout_wei=599 * FTM // 100,
    fee_rule=None,
    fee_shift_wei=None,
    first_wr_id=10,
    last_wr_id=40,
    pending={10: 500 * FTM},
    balance_wei=24 * FTM,
    stashed_wei=0,
    minimum_stake_wei=20 * FTM,
    gas_price_wei=10**9,
    holder=HOLDER,
    unknown={},
)


def having(reading: Reading = READING, **changed: object) -> Reading:
    """The reading with another holder."""
    return replace(reading, holder=replace(reading.holder, **changed))


def remark(reading: Reading, code: str, **given: object) -> Remark:
    found = [one for one in check_unstake(reading, **given) if one.code == code]
    assert len(found) == 1
    return found[0]


def test_when_all_is_well_every_check_says_so() -> None:
    remarks = check_unstake(
        READING, replace(READING, block=999), RebuiltFee(FTM // 100, 1_000), now=AT
    )
    assert {one.code: one.kind for one in remarks} == dict.fromkeys(
        ("payout", "balance", "gas", "receiver", "queue", "fee", "age"), "ok"
    )
    assert all(one.sentence.endswith(".") and not one.remedy for one in remarks)


def test_without_an_address_only_the_amount_is_checked() -> None:
    assert [one.code for one in check_unstake(replace(READING, holder=None))] == ["payout"]


def test_too_small_a_balance_names_both_amounts_and_the_remedy() -> None:
    assert remark(replace(READING, amount_wei=10 * FTM), "balance") == Remark(
        "problem",
        "balance",
        "This address holds 3.2 aFTMc (ankrFTM), you entered 10.",
        "Enter less, or use the whole balance.",
    )
    assert remark(replace(READING, amount_wei=HOLDER.most_wei), "balance").kind == "ok"


def test_a_balance_a_wei_too_small_is_told_exactly() -> None:
    told = remark(replace(READING, amount_wei=HOLDER.most_wei + 1), "balance")
    assert told.kind == "problem"
    assert "holds 3.2 aFTMc (ankrFTM), you entered 3.200000000000000001." in told.sentence


def test_more_than_all_there_is_is_a_problem_and_an_unknown_supply_is_none() -> None:
    assert over_supply(replace(READING, amount_wei=1_000 * FTM)) is None
    more = replace(READING, amount_wei=1_000 * FTM + 1)
    assert over_supply(more) == remark(more, "supply")
    assert remark(more, "supply") == Remark(
        "problem",
        "supply",
        "1000.000000000000000001 is more than all aFTMc (ankrFTM) there are, 1000: nobody holds "
        "that much.",
        "Enter less, or use the whole balance.",
    )
    bonds = replace(READING, token=BOND, amount_wei=20_000 * FTM)
    assert "20,000 is more than all aFTMb there are, 1,000:" in remark(bonds, "supply").sentence
    assert over_supply(replace(more, supply_wei=None)) is None


def test_a_fee_that_both_tell_reads_as_it_does_on_step_1() -> None:
    reading = replace(READING, fee_wei=FTM // 3)
    told = remark(reading, "fee", rebuilt=RebuiltFee(FTM // 3, 1_000))
    assert told.sentence == "The fee, 0.3334 FTM, is the same by the node and by the logs."


def test_who_holds_only_the_other_token_is_told_so() -> None:
    told = remark(having(cert_wei=0, most_wei=0), "balance")
    assert told.remedy == "It holds 50 aFTMb: choose that token."
    bonds = having(replace(READING, token=BOND), bond_wei=0, bond_shares_wei=0, most_wei=0)
    assert remark(bonds, "balance").remedy == "It holds 3.2 aFTMc (ankrFTM): choose that token."
    none = remark(having(cert_wei=0, bond_wei=0, most_wei=0), "balance")
    assert (none.kind, none.remedy) == ("problem", "Use another address.")


def test_missing_gas_money_is_named_to_the_wei() -> None:
    cost = 150_000 * 10**9
    assert remark(having(native_wei=cost), "gas").kind == "ok"
    short = remark(having(native_wei=cost - 1), "gas")
    assert short.kind == "problem"
    assert "holds 0.0001: 0.000000000000000001 FTM are missing." in short.sentence
    assert short.remedy.startswith("Send that much FTM")
    none = remark(having(native_wei=0), "gas")
    assert none.sentence == (
        "Gas takes about 0.0002 FTM, the address holds 0: 0.00015 FTM are missing."
    )


def test_an_amount_that_the_fee_takes_whole_gives_nothing_and_there_is_no_minimum() -> None:
    nothing = replace(READING, amount_wei=1, gross_wei=1, fee_wei=1, payout_wei=0)
    assert remark(nothing, "payout").kind == "problem"
    # The pool's minimum is for staking.
    tiny = replace(READING, amount_wei=5, gross_wei=10, fee_wei=1, payout_wei=9)
    assert remark(tiny, "payout").kind == "ok"
    assert "no minimum" in remark(tiny, "payout").sentence


def test_a_contract_may_refuse_the_push_and_is_told_the_way_out() -> None:
    told = remark(having(is_contract=True), "receiver")
    assert told.kind == "note"
    assert "withdrawManual" in told.remedy


def test_what_the_contract_says_of_the_burn_is_a_problem_in_its_words() -> None:
    remarks = check_unstake(having(refusal="paused", gas=None))
    assert (remarks[0].kind, remarks[0].code) == ("problem", "refusal")
    assert "refuse this unstake now: paused." in remarks[0].sentence
    silent = remark(having(refusal="", gas=None), "refusal")
    assert "without giving a reason" in silent.sentence
    assert "the contract would refuse" in remark(having(refusal="", gas=None), "gas").sentence


def test_a_queue_that_moved_and_a_payout_that_changed_since_are_noted() -> None:
    earlier = replace(READING, block=990, first_wr_id=8, last_wr_id=39, payout_wei=6 * FTM)
    moved = remark(READING, "queue", earlier=earlier)
    assert moved.kind == "note"
    assert "by block 1000: 2 left at its head, 1 joined at its end" in moved.sentence
    changed = remark(READING, "changed payout", earlier=earlier)
    assert changed.sentence == "You get 5.99 FTM now; it was 6 when you looked."
    hardly = replace(earlier, payout_wei=READING.payout_wei + 1)
    assert "5.990000000000000001" in remark(READING, "changed payout", earlier=hardly).sentence


def test_an_earlier_look_at_another_amount_or_a_later_block_tells_of_no_change() -> None:
    other = replace(READING, block=990, amount_wei=FTM, payout_wei=FTM)
    assert "changed payout" not in {one.code for one in check_unstake(READING, other)}
    newer = replace(READING, block=1_001, first_wr_id=11)
    assert {one.code for one in check_unstake(READING, newer)} == {
        one.code for one in check_unstake(READING)
    }


@pytest.mark.parametrize(("block", "kind"), [(1_000, "problem"), (900, "note")])
def test_a_fee_the_logs_tell_otherwise_is_shown_from_both_sides(block: int, kind: str) -> None:
    told = remark(READING, "fee", rebuilt=RebuiltFee(FTM // 50, block))
    assert told.kind == kind
    assert "0.01 FTM (block 1000)" in told.sentence
    assert f"0.02 FTM (block {block})" in told.sentence
    assert told.remedy


def test_a_node_that_stands_still_is_noted_with_its_age() -> None:
    assert remark(READING, "age", now=AT + timedelta(minutes=9)).kind == "ok"
    old = remark(READING, "age", now=AT + timedelta(minutes=125))
    assert old.kind == "note"
    assert "rpc.example knows, 1000, is 2 h 5 min old: the node is behind" in old.sentence
    days = remark(READING, "age", now=AT + timedelta(minutes=3_148))
    assert "is 2 d 4 h old" in days.sentence


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("holder.most_wei", "balance"),
        ("holder.native_wei", "gas"),
        ("holder.gas", "gas"),
        ("gas_price_wei", "gas"),
        ("holder.is_contract", "receiver"),
        ("payout_wei", "payout"),
        ("first_wr_id", "queue"),
        ("last_wr_id", "queue"),
        ("fee_wei", "fee"),
    ],
)
def test_what_is_not_known_is_neither_well_nor_wrong_and_says_why(field: str, code: str) -> None:
    name = field.removeprefix("holder.")
    reading = having(**{name: None}) if name != field else replace(READING, **{name: None})
    reading = replace(reading, unknown={field: "missing trie node"})
    earlier = replace(READING, block=990)
    told = remark(reading, code, earlier=earlier, rebuilt=RebuiltFee(1, 1_000))
    assert told.kind == "unknown"
    assert "is unknown: missing trie node." in told.sentence


@pytest.mark.node
def test_a_live_reading_is_checked_as_it_comes(chain: Devnet) -> None:
    account = chain.accounts[1]
    node = of(chain)
    earlier = read_live(node, CERT, parse_amount("10"), account)
    assert {one.kind for one in check_unstake(earlier)} == {"ok"}
    act.burn_certs(chain, account, earlier.holder.cert_wei)
    remarks = check_unstake(read_live(node, CERT, parse_amount("10"), account), earlier)
    assert [(one.kind, one.code) for one in remarks] == [
        ("problem", "balance"),  # that the contract would refuse is the same once more
        ("note", "queue"),
        ("note", "changed payout"),
        ("ok", "payout"),
        ("ok", "receiver"),
    ]
    wallet = read_live(node, CERT, 1, chain.hungry_wallets[0])
    assert remark(wallet, "receiver").kind == "note"


# Which queue the odds go by: the node's, or the store's


STORED = Present(
    curve=None,  # type: ignore[arg-type]
    source="payouts",
    waiting_ftm=7.0,
    spendable_ftm=1.0,
    unseen_ftm=0.0,
    unspent_ftm=0.0,
    inputs_hash="",
)
NOW: Any = SimpleNamespace(at=AT, present=STORED)


@pytest.mark.parametrize(("minutes", "is_near"), [(-59, True), (0, True), (60, True), (61, False)])
def test_a_node_far_ahead_of_the_store_lends_the_odds_no_queue(minutes: int, is_near: bool) -> None:
    """Days count from the store's last block: a queue that was paid off since would come early."""
    reading = replace(READING, at=AT + timedelta(minutes=minutes))
    used = present(reading, NOW)
    expected = (500.0, 24.0) if is_near else (7.0, 1.0)
    assert (used.waiting_ftm, used.spendable_ftm) == expected


def test_what_stands_before_a_request_is_unknown_to_a_node_that_does_not_know_it_yet() -> None:
    reading = replace(READING, first_wr_id=98, last_wr_id=100, pending={98: 5, 99: 7})
    assert [reading.ahead_wei(wr_id) for wr_id in (97, 98, 99, 100)] == [0, 0, 5, 12]
    assert reading.ahead_wei(101) is None
    assert replace(reading, last_wr_id=None).ahead_wei(99) is None
    assert replace(reading, pending=None).ahead_wei(99) is None


def test_what_the_node_does_not_tell_is_the_stores() -> None:
    for unknown in ("pending", "balance_wei", "stashed_wei"):
        silent: Any = {unknown: None}
        assert present(replace(READING, **silent), NOW) is STORED
    assert present(None, NOW) is STORED


def test_strangers_are_told_neither_which_node_nor_what_its_operator_may_do(
    environment: pytest.MonkeyPatch,
) -> None:
    environment.setenv("FTM_PUBLIC", "on")
    reading = replace(READING, host="10.1.2.3:8545")
    assert remark(reading, "age", now=AT).sentence == "Read at block 1000 from a node."
    late = remark(reading, "age", now=AT + timedelta(hours=1))
    assert late.sentence.startswith("The newest block a node knows, 1000, is 1 h old")
    assert late.remedy == "Try again later."
    fee = remark(reading, "fee", rebuilt=RebuiltFee(FTM // 50, 999))
    assert fee.remedy == "The fee changes with each unstake."
    origin = given(reading, None, CERT, 3 * FTM).origin
    assert origin == "read at block 1,000 from a node"
    environment.setenv("FTM_PUBLIC", "off")
    assert "10.1.2.3:8545" in given(reading, None, CERT, 3 * FTM).origin
