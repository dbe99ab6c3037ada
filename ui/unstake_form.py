"""What a user has said on the Unstake page. It stands in the URL alone, so that nothing typed is
lost on a reload, by going back, or from step to step; a link can fill it in, and never sign.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from data import AmountError, ConfigError
from data.amounts import parse_amount
from data.config import parse_address
from data.outcome import parse_hash
from data.unstake import BOND, CERT, Token
from ui import links, typed_address

Step = Literal[1, 2, 3, 4, 5]
FIELDS = ("step", "token", "amount", "address", "tx", "request", "intent", "since")
STEPS = ("1 Amount", "2 Check", "3 Confirm", "4 In progress", "5 Late")
TOKENS: dict[str, Token] = {"aFTMc (ankrFTM)": CERT, "aFTMb": BOND}
_SHAPES = {
    "step": (re.compile(r"[1-5]"), "1 to 5"),
    "token": (re.compile(f"{BOND}|{CERT}"), f"{BOND} or {CERT}"),
    "request": (re.compile(r"[0-9]{1,9}"), "a request's id"),
    "intent": (re.compile(r"[A-Za-z0-9_-]{1,64}"), "a name this page gave"),
    "since": (re.compile(r"[0-9]{1,12}"), "a block"),
}
_LONGEST = 100
# What was to be signed is another thing once one of these changes.
_SIGNED = ("token", "amount", "address")
_OF_ONE_WISH = ("intent", "since")
# What names something on one network names nothing, or something else, on another.
_OF_ONE_NETWORK = ("tx", "request", "intent", "since")


@dataclass(frozen=True)
class Form:
    """What stands in the URL, as typed: texts may be empty or wrong."""

    step: Step
    token: Token
    amount: str
    address: str
    tx: str
    wr_id: int | None
    since: int | None
    intent: str

    @property
    def amount_wei(self) -> int | None:
        """The amount in wei; None while it is none."""
        try:
            return parse_amount(self.amount)
        except AmountError:
            return None

    @property
    def holder(self) -> str | None:
        """The address in lower case; None while it is none."""
        try:
            return parse_address(self.address)
        except ConfigError:
            return None

    @property
    def tx_hash(self) -> str | None:
        """The transaction's hash in lower case; None while it is none."""
        try:
            return parse_hash(self.tx)
        except ConfigError:
            return None


def read(notices: DeltaGenerator) -> Form:
    """What the URL says; what it cannot say is named and leaves it."""
    for name in FIELDS:
        asked = st.query_params.get(name)
        if asked is None:
            continue
        shape, wanted = _SHAPES.get(name, (None, f"a text of at most {_LONGEST} letters"))
        if len(asked) > _LONGEST or (shape and not shape.fullmatch(asked)):
            links.refuse(notices, name, asked, wanted, "what is usual")
            del st.query_params[name]
    said = st.query_params
    if foreign := [name for name in _OF_ONE_NETWORK if _network_of(name, said) != _network(said)]:
        put(**dict.fromkeys(foreign, ""))
    request, since = said.get("request"), said.get("since")
    return Form(
        step=int(said.get("step", "1")),  # type: ignore[arg-type]
        token=said.get("token", CERT),  # type: ignore[arg-type]
        amount=said.get("amount", ""),
        address=said.get("address", ""),
        tx=said.get("tx", ""),
        wr_id=int(request) if request else None,
        since=int(since) if since else None,
        intent=said.get("intent", ""),
    )


def followed() -> list[str]:
    """The transactions that this session went on to step 4 with."""
    known: list[str] = st.session_state.setdefault("unstake followed", [])
    return known


def left(form: Form) -> bool:
    """Whether the URL has gone on from `form`: a button in a fragment draws that alone anew."""
    said = st.query_params
    request = said.get("request")
    now = (said.get("step", "1"), said.get("tx", ""), int(request) if request else None)
    return now != (str(form.step), form.tx, form.wr_id)


def put(**fields: str) -> None:
    """Write fields into the URL at once, as one step to go back; an empty text leaves it."""
    said = st.query_params.to_dict()
    if any(said.get(name, "") != text for name, text in fields.items() if name in _SIGNED):
        fields = dict.fromkeys(_OF_ONE_WISH, "") | fields
    written = {name: text for name, text in (said | fields).items() if text}
    for name in _OF_ONE_NETWORK:
        if fields.get(name):
            _networks()[name, fields[name]] = _network(said)
    if written != said:
        st.query_params.from_dict(written)


def _network(said: Mapping[str, str]) -> str:
    return said.get("network", "")


def _networks() -> dict[tuple[str, str], str]:
    """On which network this session first met a name, so that another one takes none over."""
    met: dict[tuple[str, str], str] = st.session_state.setdefault("unstake networks", {})
    return met


def _network_of(name: str, said: Mapping[str, str]) -> str:
    here = _network(said)
    return _networks().setdefault((name, said[name]), here) if name in said else here


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
    key = f"unstake {name}"
    _show(key, st.query_params.get(name, ""))
    st.text_input(
        label,
        key=key,
        on_change=_typed,
        args=(name, key),
        max_chars=_LONGEST,
        help=help or None,
        placeholder=placeholder,
        width=width,
        live="400ms" if live else False,
    )
    if live:
        typed_address.follow(key, name, _OF_ONE_WISH)


def _show(key: str, value: str) -> None:
    """Set only what differs: a value set is drawn anew, over what is being typed."""
    if str(st.session_state.get(key, "")).strip() != value:
        st.session_state[key] = value


def token_input(form: Form) -> None:
    """Which token is burned, by the names it goes by."""
    names = list(TOKENS)
    _show("unstake token", names[[*TOKENS.values()].index(form.token)])
    st.segmented_control(
        "Token",
        names,
        required=True,
        key="unstake token",
        on_change=_chosen,
        help="aFTMc is also called ankrFTM: it grows in worth. aFTMb grows in number.",
    )


def stepper(form: Form) -> None:
    """All five steps; each can be gone to."""
    _show("unstake step", STEPS[form.step - 1])
    st.segmented_control(
        "Step",
        STEPS,
        required=True,
        key="unstake step",
        on_change=_stepped,
        label_visibility="collapsed",
        wrap=True,
    )


def go(
    label: str, step: Step, fields: Mapping[str, str] | None = None, *, primary: bool = False
) -> None:
    """A button to another step, which may write fields too."""
    st.button(
        label,
        type="primary" if primary else "secondary",
        key=f"go {step} {label}",
        on_click=put,
        kwargs={"step": str(step), **(fields or {})},
    )


def wish(form: Form, block: int, *, anew: bool = False) -> dict[str, str]:
    """`intent`, the name of this one wish to sign, which a tab signs once through reloads, and
    `since`, the last block before it."""
    if form.intent and not anew:
        return {"intent": form.intent, "since": str(block if form.since is None else form.since)}
    return {"intent": secrets.token_urlsafe(9), "since": str(block)}


def _typed(name: str, key: str) -> None:
    put(**{name: str(st.session_state[key]).strip()})


def _chosen() -> None:
    put(token=TOKENS[st.session_state["unstake token"]])


def _stepped() -> None:
    put(step=str(STEPS.index(st.session_state["unstake step"]) + 1))
