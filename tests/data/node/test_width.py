"""Widths and paces, learnt from answers alone: no node and no clock."""

from __future__ import annotations

from random import Random

import pytest

from data.node.pace import Pace
from data.node.width import Width


def asked(width: Width, limit: int, named: bool, requests: int) -> list[int]:
    """The lengths asked of a provider with a limit, one after the other."""
    lengths = []
    for _ in range(requests):
        length = width.ask(trying=False)
        lengths.append(length)
        if length > limit:
            width.objected(length, limit if named else None)
        else:
            width.good(length, 0.1, 1_000)
    return lengths


@pytest.mark.parametrize("limit", [1, 5, 100, 1_000, 2_000, 3_000, 10_000, 50_000])
@pytest.mark.parametrize("named", [True, False])
def test_a_limit_is_reached_exactly_and_seldom_run_into_again(limit: int, named: bool) -> None:
    lengths = asked(Width(100_000), limit, named, 1_000)
    assert sum(length > limit for length in lengths) <= (6 if named else 18)
    assert set(lengths[40:]) - {limit} == {length for length in lengths[40:] if length > limit}


def test_a_limit_that_a_wider_trial_is_told_of_is_used_at_once() -> None:
    width = Width(2_000)
    width.good(2_000, 0.1, 1_000)
    trial = width.ask(trying=False)
    assert trial == 8_000
    width.objected(trial, 3_000)
    assert width.ask(trying=False) == 3_000


@pytest.mark.parametrize(("took_s", "size"), [(5.0, 1_000), (0.1, 12_000_000), (30.0, 1_000)])
def test_one_answer_that_is_slow_or_large_freezes_no_width(took_s: float, size: int) -> None:
    width = Width(2_000)
    width.good(2_000, 0.1, 1_000)
    width.good(width.ask(trying=False), took_s, size)
    for _ in range(8):
        width.good(width.ask(trying=False), 0.1, 1_000)
    assert width.blocks > 1_000_000


def test_slowness_that_narrower_ranges_do_not_cure_narrows_for_a_few_requests_only() -> None:
    width = Width(100_000)
    lengths = []
    for _ in range(40):
        lengths.append(width.ask(trying=False))
        width.good(lengths[-1], 8.0, 1_000)
    assert lengths[-30:] == [100_000] * 30


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize("share", [0.1, 1 / 3])
def test_a_share_of_refusals_whatever_the_width_leaves_it_wide(certain: bool, share: float) -> None:
    width, dice = Width(100_000), Random(3)
    lengths = []
    for _ in range(400):
        length = width.ask(trying=False)
        lengths.append(length)
        if dice.random() < share:
            width.objected(length, certain=certain)
        else:
            width.good(length, 0.2, 1_000)
    assert sorted(lengths[50:])[len(lengths) // 3] >= 25_000


def test_while_a_wider_range_is_tried_the_others_are_as_before() -> None:
    width = Width(100_000)
    assert width.ask(trying=False) == 100_000
    assert width.ask(trying=True) == 0
    width.good(100_000, 0.1, 1_000)
    assert width.ask(trying=False) == 400_000
    assert width.ask(trying=True) == 100_000


def test_a_rate_that_is_refused_is_kept_to_and_few_requests_are_wasted() -> None:
    pace, now, refused, recent = Pace(), 0.0, 0, list[float]()
    for _ in range(2_000):
        now += max(0.02, pace.wait_s(now))
        pace.begun(now)
        recent = [at for at in recent if now - at < 1]
        if len(recent) >= 10:
            refused += 1
            pace.busy()
            pace.too_fast(now, 15.0)
        else:
            recent.append(now)
            pace.good(quick=True)
    assert refused < 40
    assert now < 2_000 / 5


def test_a_rate_of_ones_own_choice_is_never_exceeded_however_well_it_goes() -> None:
    pace, now = Pace(most=2), 0.0
    for number in range(1_000):
        now += pace.wait_s(now)
        assert now >= number / 2
        pace.begun(now)
        pace.good(quick=True)
        if number == 500:
            pace.too_fast(now, longest_pause_s=0.1)
            assert pace.rate is not None
            assert pace.rate <= 2


def test_the_size_of_an_answer_too_large_to_take_tells_how_many_blocks_are_worth_asking_for() -> (
    None
):
    width = Width(100_000)
    assert width.objected(100_000, size=200_000_000)
    assert width.ask(trying=False) == 3_000
    # What comes to little more than is wanted is asked for in fewer pieces, and a size that cannot
    # be makes no end of it.
    for size, blocks in ((7_000_000, 25_000), (10**15, 100_000 // 64)):
        width = Width(100_000)
        assert width.objected(100_000, size=size)
        assert width.ask(trying=False) == blocks
