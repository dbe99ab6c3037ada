"""What a user has entered on the Unstake page. It stands in the URL alone, so that nothing typed is
lost on a reload, by going back, or from step to step; a link can fill it in, and never sign.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from data import AmountError
from data.live.verdict import Expected
from data.pool.amounts import parse_amount
from data.pool.burn import BOND, CERT, Token
from data.pool.identifiers import read_address, read_hash
from ui.parts import links

Step = Literal[1, 2, 3, 4, 5]
FIELDS = ("step", "token", "amount", "address", "tx", "request", "since", "again")
_SHAPES = {
    "step": (re.compile(r"[1-5]"), "1 to 5"),
    "token": (re.compile(f"{BOND}|{CERT}"), f"{BOND} or {CERT}"),
    "request": (re.compile(r"[0-9]{1,9}"), "a request's id"),
    "since": (re.compile(r"[0-9]{1,12}"), "a block's number"),
    "again": (re.compile(r"[0-9]{1,4}"), "a count up to 9999"),
}
LONGEST = 100
_LONGEST_LINK = 2_000  # an explorer's, pasted into a field of its own
_LINKS = ("address", "tx")
# What was to be signed is another thing once one of these changes.
_SIGNED = ("token", "amount", "address")
OF_ONE_WISH = ("since", "again")


@dataclass(frozen=True)
class Form:
    """What stands in the URL, as typed: texts may be empty or wrong.

    `since` is a block from before it was signed: from there on the pool's log is searched for it.
    `again` is how often the same was signed before.
    """

    step: Step
    token: Token
    amount: str
    address: str
    tx: str
    wr_id: int | None
    since: int | None
    again: int

    @property
    def amount_wei(self) -> int | None:
        """The amount in wei; None while it is none."""
        try:
            return parse_amount(self.amount)
        except AmountError:
            return None

    @property
    def why_no_amount(self) -> str:
        """What is wrong with the amount, and what to write instead; "" of one that is well."""
        try:
            parse_amount(self.amount)
        except AmountError as error:
            return str(error)
        return ""

    @property
    def holder(self) -> str | None:
        """The address in lower case; None while it is none."""
        found = read_address(self.address)
        return found if isinstance(found, str) else None

    @property
    def tx_hash(self) -> str | None:
        """The transaction's hash in lower case; None while it is none."""
        found = read_hash(self.tx)
        return found if isinstance(found, str) else None

    @property
    def expected(self) -> Expected:
        """The unstake that these fields describe."""
        return Expected(self.holder, self.token, self.amount_wei)


def read_form(notices: DeltaGenerator) -> Form:
    """What the URL says; what it cannot say is named and leaves it."""
    links.settle(FIELDS)
    for name in FIELDS:
        text = st.query_params.get(name)
        if text is None:
            continue
        most = _LONGEST_LINK if name in _LINKS else LONGEST
        shape, wanted = _SHAPES.get(name, (None, f"a text of at most {most:,} letters"))
        if len(text) > most or (shape and not shape.fullmatch(text)):
            links.refuse(notices, name, text, wanted, "what is usual")
            links.rewrite(name, None)
    link = st.query_params
    links.keep({name: link[name] for name in FIELDS if name in link})
    request, since = link.get("request"), link.get("since")
    return Form(
        step=int(link.get("step", "1")),  # type: ignore[arg-type]
        token=link.get("token", CERT),  # type: ignore[arg-type]
        amount=link.get("amount", "").strip(),
        address=link.get("address", "").strip(),
        tx=link.get("tx", "").strip(),
        wr_id=int(request) if request else None,
        since=int(since) if since else None,
        again=int(link.get("again", "0")),
    )


def has_moved_on(form: Form) -> bool:
    """Whether the URL has gone on from `form`: a button in a fragment draws that alone anew."""
    link = st.query_params
    request = link.get("request")
    now = (link.get("step", "1"), link.get("tx", ""), int(request) if request else None)
    return now != (str(form.step), form.tx, form.wr_id)


def write_link(**fields: str) -> None:
    """Write fields into the URL at once, as one step to go back; an empty text leaves it."""
    link = links.settle(FIELDS)
    if any(link.get(name, "") != text for name, text in fields.items() if name in _SIGNED):
        fields = dict.fromkeys(OF_ONE_WISH, "") | fields
    written = {name: text for name, text in (link | fields).items() if text}
    if written != link:
        st.query_params.from_dict(written)
        links.keep({name: written[name] for name in FIELDS if name in written})


def step_button(
    label: str,
    step: Step,
    fields: Mapping[str, str] | None = None,
    *,
    primary: bool = False,
    why_not: str = "",
) -> None:
    """A button to another step, which may write fields too. It is off where a `why_not` says so."""
    st.button(
        label,
        help=why_not or None,
        disabled=bool(why_not),
        type="primary" if primary else "secondary",
        key=f"go {step} {label}",
        on_click=write_link,
        kwargs={"step": str(step), **(fields or {})},
    )


def another(form: Form) -> dict[str, str]:
    """The fields of a link to sign the same once more."""
    return {"tx": "", "request": "", "since": "", "again": str(form.again + 1)}
