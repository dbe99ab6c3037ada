"""The last statements of a browser: what it is sent to keep, and what is taken of what it says."""

from __future__ import annotations

from typing import Any

import pytest
import streamlit as st

from ui.browser import statements


def _last(
    monkeypatch: pytest.MonkeyPatch, ran: str | None = None, told: Any = None
) -> tuple[Any, list[str]]:
    """What is sent to the browser, and what is taken when the browser says `told`."""
    sent: dict[str, Any] = {}
    taken: list[str] = []
    monkeypatch.setattr(statements, "component", lambda *_: lambda **options: sent.update(options))
    monkeypatch.setattr(st, "session_state", {"last statements": {"taken": told}})
    statements.last(ran, "now", 20, taken.append)
    sent["on_taken_change"]()
    return sent["data"]["ran"], taken


@pytest.mark.parametrize("ran", [None, "", " \n", "SELECT " + "1" * 20])
def test_what_was_not_run_or_cannot_be_taken_back_is_not_kept(
    ran: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not _last(monkeypatch, ran)[0]


def test_what_was_run_is_kept_once_for_its_run(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _last(monkeypatch, "SELECT 1")[0] == {"text": "SELECT 1", "turn": "now"}


@pytest.mark.parametrize("told", [None, "", " ", 1, ["SELECT 1"], {"a": 1}, "1" * 21])
def test_what_a_browser_says_beside_a_statement_is_not_taken(
    told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _last(monkeypatch, told=told)[1] == []


def test_a_statement_that_was_clicked_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _last(monkeypatch, told="SELECT 2")[1] == ["SELECT 2"]
