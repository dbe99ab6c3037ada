"""What the Queue page answers before anything else: what an amount gives if unstaked now, and when.

By the store's logs alone: no node is asked, so that the page is as quick for every visitor.
"""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from answers import new_unstake, scored, terms, typed_amount, window_words, words
from answers.scored import Odds
from answers.store_view import StoreView
from data import AmountError
from data.pool.amounts import format_short, parse_amount
from data.pool.burn import BOND, CERT, Token
from ui.browser import live_region, typed_address
from ui.odds import window_card
from ui.parts import links

FIELDS = ("amount", "unstake")
_USUAL = "1000"
_LONGEST = 100
TOKENS: dict[str, Token] = {"ankrFTM": CERT, "aFTMb": BOND}


@dataclass(frozen=True)
class Wish:
    """An amount of a token, as typed."""

    text: str
    name: str  # of the token

    @property
    def token(self) -> Token:
        return TOKENS[self.name]


def show(store: StoreView) -> None:
    """The inputs, then what the wish gives, its dates and its fee in a line, and the way on; or
    what is wrong."""
    of_link = st.container()
    sentence = _answer(store, scored.odds_of(store), _inputs(of_link))
    live_region.say(sentence.replace("*", "").replace("\\", ""))


def _inputs(notices: DeltaGenerator) -> Wish:
    """The amount and its token, under `amount` and `unstake` in the URL."""
    fits = f"a text of at most {_LONGEST} letters"
    links.check("amount", lambda text: len(text) <= _LONGEST, fits, _USUAL, notices)
    links.drop_other("amount", str)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        text = st.text_input(
            "You unstake",
            _USUAL,
            key="amount",
            bind="query-params",
            live="400ms",
            width=150,
            autocomplete="off",
            help="In the token, with a decimal point or comma. ankrFTM is aFTMc by another name.",
        )
        name = links.choose(
            "Token", list(TOKENS), "unstake", "ankrFTM", notices, label_visibility="collapsed"
        )
    typed_address.follow("amount", "amount", ())
    return Wish(text.strip(), name)


def _answer(store: StoreView, odds: Odds | None, wish: Wish) -> str:
    """The line that stands on the page; "" where a notice says why there is none."""
    if not wish.text:
        st.caption("Enter an amount to see what you receive, the fee and the expected date.")
        return ""
    try:
        amount_wei = parse_amount(wish.text)
    except AmountError as error:
        st.error(words.fault(str(error)))
        return ""
    row = store.ask("unstake_terms").row(0, named=True)
    given = terms.given(None, terms.read_terms(row), wish.token, amount_wei)
    if too_much := typed_amount.over_staked(store, given.gross_wei):
        st.error(too_much)
        return ""
    if given.payout_wei == 0:
        st.error("The fee takes all of this amount. Enter a larger one.")
        return ""
    then = "now" if store.at is None else "then"
    line = new_unstake.line(odds, wish.name, amount_wei, given, then)
    st.markdown(line)
    if given.payout_wei is None:
        st.warning(f"What you would receive is unknown: {words.fault(given.reason)}.")
    if text := typed_amount.read_as(wish.text, amount_wei):
        st.caption(text)
    if given.origin:
        st.caption(f"{words.escaped(given.origin).capitalize()}.")
    if store.at is None:
        st.page_link(
            links.page("unstake"),
            label="Unstake, step by step",
            icon=":material/arrow_forward:",
            query_params=store.link | {"token": wish.token, "amount": wish.text},
        )
    if odds is None:
        window_card.unscored(store)
    elif given.payout_wei is not None:
        payout = format_short(given.payout_wei).replace(",", "")
        has_odds = window_words.has_odds(new_unstake.window_of(odds, given))
        window_card.behind(odds, payout, has_odds=has_odds)
    return line
