"""The inputs of the Unstake page: each shows what the URL holds, and changes it there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from data.pool.burn import BOND, CERT, Token
from pages.unstake.form import OF_ONE_WISH, Form, write_link
from ui.browser import typed_address

_STEPS = ("1 Amount", "2 Check", "3 Confirm", "4 In progress", "5 Late")
_TOKENS: dict[str, Token] = {"aFTMc (ankrFTM)": CERT, "aFTMb": BOND}


def text(
    label: str,
    name: str,
    *,
    width: int,
    help: str = "",
    placeholder: str = "",
    live: bool = False,
) -> None:
    """A text input for a field. The URL is the truth: going back shows what stood there then."""
    key, began_as = _shown(name, st.query_params.get(name, "").strip())
    st.text_input(
        label,
        began_as,
        key=key,
        on_change=_typed,
        args=(name, key),
        help=help or None,
        placeholder=placeholder,
        width=width,
        live="400ms" if live else False,
    )
    if live:
        typed_address.follow(key, name, OF_ONE_WISH)


def _shown(name: str, value: str) -> tuple[str, str]:
    """The key of the input that shows `value`, and what that input began with.

    An input that holds something else gives way to a new one, which begins with `value`. Setting
    the old one's would let a browser that answers too soon say that it was emptied.
    """
    number, began_as = st.session_state.get(f"unstake input {name}", (0, value))
    key = f"unstake {name} {number}"
    if str(st.session_state.get(key, began_as)).strip() != value:
        number, began_as, key = number + 1, value, f"unstake {name} {number + 1}"
    st.session_state[f"unstake input {name}"] = (number, began_as)
    return key, began_as


def token_input(form: Form) -> None:
    """Which token is burned, by the names it goes by."""
    chosen = next(name for name, token in _TOKENS.items() if token == form.token)
    help = (
        "ankrFTM (aFTMc): each token is worth more FTM over time. aFTMb: one token is always 1 FTM."
    )
    _choice("Token", "token", list(_TOKENS), chosen, help=help)


def stepper(form: Form) -> None:
    """All five steps; each can be gone to."""
    _choice("Step", "step", _STEPS, _STEPS[form.step - 1], label_visibility="collapsed", wrap=True)


def _choice(label: str, name: str, options: Sequence[str], chosen: str, **more: Any) -> None:
    key, began_as = _shown(name, chosen)
    st.segmented_control(
        label,
        options,
        default=began_as,
        required=True,
        key=key,
        on_change=_picked,
        args=(name, key),
        **more,
    )


def _entry(name: str, key: str) -> str | None:
    """What the input of this `key` holds; None of one that gave way to another, of which a
    browser that answers late may still speak."""
    number, _ = st.session_state[f"unstake input {name}"]
    return str(st.session_state[key]).strip() if key == f"unstake {name} {number}" else None


def _typed(name: str, key: str) -> None:
    if (entry := _entry(name, key)) is not None:
        # A request belongs to the transaction that made it.
        write_link(**{name: entry} | ({"request": ""} if name == "tx" else {}))


def _picked(name: str, key: str) -> None:
    if (entry := _entry(name, key)) is not None:
        fields = {"token": _TOKENS.get(entry, ""), "step": entry[0]}
        write_link(**{name: fields[name]})
