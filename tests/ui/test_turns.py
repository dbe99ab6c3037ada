"""Two runs of a page at once: the others wait, but for no long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from ui.server import turns


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as pool:
        yield pool


def _runs(began: threading.Event) -> None:
    with turns.turn():
        began.set()


def test_a_third_run_begins_once_one_of_two_has_ended(
    others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_LONGEST_S", 60)
    began = threading.Event()
    with turns.turn():
        with turns.turn():
            third = others.submit(_runs, began)
            assert not began.wait(0.1)
        third.result(30)
    assert began.is_set()


def test_nobody_waits_long_for_runs_that_wait_themselves(others: ThreadPoolExecutor) -> None:
    began = threading.Event()
    with turns.turn(), turns.turn():
        others.submit(_runs, began).result(30)
        assert began.is_set()


def test_a_run_that_fails_or_had_no_turn_leaves_as_many_as_there_were(
    others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ExitStack() as three:
        for _ in range(3):
            three.enter_context(turns.turn())
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    monkeypatch.setattr(turns, "_LONGEST_S", 60)
    began = threading.Event()
    with turns.turn():
        others.submit(_runs, began).result(30)
        with turns.turn():
            third = others.submit(_runs, threading.Event())
            with pytest.raises(TimeoutError):
                third.result(0.1)
        third.result(30)


def test_a_run_that_waits_leaves_its_turn_to_others_and_takes_one_again(
    others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_LONGEST_S", 60)
    with turns.turn():
        for _ in range(2):  # as many are left each time
            with turns.aside():
                others.submit(_both_turns).result(30)
            with turns.turn():
                third = others.submit(_runs, threading.Event())
                with pytest.raises(TimeoutError):
                    third.result(0.1)
            third.result(30)


def test_who_has_no_turn_takes_none_by_waiting(
    others: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with turns.aside():
        pass
    monkeypatch.setattr(turns, "_LONGEST_S", 60)
    others.submit(_both_turns).result(30)


def _both_turns() -> None:
    both, began = threading.Barrier(2), []

    def run() -> None:
        with turns.turn():
            both.wait(30)  # neither goes on before the other has a turn too
            began.append(1)

    with ThreadPoolExecutor() as pool:
        for each in [pool.submit(run), pool.submit(run)]:
            each.result(30)
    assert len(began) == 2
