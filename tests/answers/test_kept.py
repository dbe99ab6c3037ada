"""What is kept of answers: bounded by bytes, and made once however many wait."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import polars as pl
import pytest

from answers.kept import Kept, size_of


def of_bytes(size: int) -> pl.DataFrame:
    return pl.DataFrame({"a": pl.repeat(1, size, dtype=pl.Int8, eager=True)})


class Asked:
    """Answers of one size, and how often each was made."""

    def __init__(self, most_bytes: int, size: int) -> None:
        self.kept, self.size = Kept(most_bytes), size
        self.made: list[str] = []

    def ask(self, key: str) -> int:
        def make() -> tuple[pl.DataFrame, int]:
            self.made.append(key)
            return of_bytes(self.size), self.size

        return self.kept.get(key, make, lambda made: size_of(made[0]))[1]


def test_what_was_asked_for_longest_ago_goes_when_there_are_too_many_bytes() -> None:
    asked = Asked(3_500_000, 1_000_000)
    for key in "abcada":  # b was asked for longest ago when d comes
        asked.ask(key)
    assert asked.made == ["a", "b", "c", "d"]
    asked.ask("b")
    assert asked.made == ["a", "b", "c", "d", "b"]


def test_many_small_ones_are_kept_where_few_large_ones_are_not() -> None:
    asked = Asked(10_000_000, 100)
    for key in [*map(str, range(1_000))] * 2:
        asked.ask(key)
    assert len(asked.made) == 1_000


def test_one_that_is_larger_than_all_room_is_kept_alone() -> None:
    asked = Asked(1_000, 1_000_000)
    for key in "aabba":
        asked.ask(key)
    assert asked.made == ["a", "b", "a"]


def test_an_answer_is_made_once_however_many_wait_for_it() -> None:
    kept, made = Kept(10_000), []

    def make() -> pl.DataFrame:
        made.append(threading.get_ident())
        time.sleep(0.2)
        return of_bytes(1)

    with ThreadPoolExecutor(8) as threads:
        told = [threads.submit(kept.get, "a", make, size_of) for _ in range(8)]
    assert len({id(answer.result()) for answer in told}) == len(made) == 1


def test_a_fault_is_told_and_not_kept() -> None:
    kept = Kept(10_000)
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: of_bytes(1 // 0), size_of)
    assert kept.get("a", lambda: of_bytes(1), size_of).height == 1


def test_what_is_made_anew_under_a_key_takes_the_room_of_its_last_value_alone() -> None:
    asked = Asked(3_500_000, 1_000_000)
    for _ in range(5):  # as when two of three that wait take turns
        asked.kept._put("a", (of_bytes(1_000_000), 0), 1_000_000)
    for key in "bcabc":
        asked.ask(key)
    assert asked.made == ["b", "c"]
