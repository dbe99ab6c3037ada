"""What this session was about to sign on the Unstake page, each wish under a name of its own.

Who goes back to before a wish was named, or changes the amount and changes it back, wishes the
same: until it was signed or given up it has one name, and no wallet is asked for it twice.
"""

from __future__ import annotations

import secrets

import streamlit as st

from data.live.verdict import Expected

Wished = tuple[str, ...]


def name(wished: Wished, block: int, *, anew: bool) -> dict[str, str]:
    """`intent` and `since` of what is wished, from before unless it is to be `anew`."""
    named = _named()
    if anew or wished not in named:
        return keep(wished, secrets.token_urlsafe(9), block)
    return named[wished]


def keep(wished: Wished, intent: str, since: int) -> dict[str, str]:
    """The same for what has a name already."""
    _named()[wished] = {"intent": intent, "since": str(since)}
    return _named()[wished]


def give_up(wished: Wished) -> None:
    """The next wish of the same is another one."""
    _named().pop(wished, None)


def followed() -> list[str]:
    """The transactions that this session went on to step 4 with."""
    known: list[str] = st.session_state.setdefault("unstake followed", [])
    return known


def signed() -> dict[str, tuple[str, Expected]]:
    """The network of each transaction that was signed here, and what was to be signed with it:
    the form may have left it since."""
    known: dict[str, tuple[str, Expected]] = st.session_state.setdefault("unstake signed", {})
    return known


def met() -> dict[tuple[str, str], str]:
    """On which network this session first met a name, so that another one takes none over."""
    known: dict[tuple[str, str], str] = st.session_state.setdefault("unstake networks", {})
    return known


def _named() -> dict[Wished, dict[str, str]]:
    named: dict[Wished, dict[str, str]] = st.session_state.setdefault("unstake wishes", {})
    return named
