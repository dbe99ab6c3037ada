"""What step 1 of the Unstake page tells: what an amount gives, when, and what others would."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import timedelta

import streamlit as st

from data import AmountError
from data.live.reading import Reading
from data.pool.amounts import DECIMALS, format_short, format_wei, parse_amount
from forecast import ReleaseWindow
from forecast.present import Present
from pages.unstake import form as unstake_form
from pages.unstake import node, step1_fee, step1_other_amounts
from pages.unstake.form import Form
from pages.unstake.node import Given, Live
from pages.unstake.remarks import over_supply
from ui.odds import scored, window_card, window_words
from ui.odds.scored import Odds
from ui.parts import words
from ui.parts.tiles import fact_tiles
from ui.shown.store_view import StoreView

_ONE = 10**DECIMALS
_NEAR = timedelta(hours=1)
_THOUSAND = re.compile(r"[1-9][0-9]{0,2}[.][0-9]{3}")


def show(view: StoreView, form: Form) -> str:
    """As soon as there is an amount, all that follows from it; returns it in a sentence, ""
    where there is none, or where an alert says why."""
    if not form.amount:
        st.caption(
            "Write an amount: what you would receive, the fee and when it is paid appear here. No "
            "wallet is needed."
        )
        return ""
    try:
        amount_wei = parse_amount(form.amount)
    except AmountError as error:
        st.error(words.fault(str(error)))
        return ""
    if _THOUSAND.fullmatch(form.amount):
        st.caption(f"Read as {format_wei(amount_wei)}: a point marks decimals, not thousands.")
    found = live(view, form, amount_wei)
    if found.reading is not None:
        if (more := over_supply(found.reading)) is not None:
            st.error(words.escaped(f"{more.sentence} {more.remedy}"))
            return ""
        saw(found.reading)
    given = node.given(view, found, form.token, amount_wei)
    _tiles(view, found, given)
    _about(form, found, given)
    now = scored.odds_of(view)
    told = ""
    if given.payout_wei is None:
        st.warning(f"What you would receive is unknown: {words.fault(given.unknown)}.")
    elif given.payout_wei == 0:
        st.error("The fee takes all of this amount. Write a larger one.")
    else:
        window = _window(view, found, now, given.payout_wei)
        told = _spoken(given, now, window)
        unstake_form.go("Continue to the checks", 2, primary=True)
        if now is not None:
            step1_other_amounts.show(view, form.token, found, amount_wei, present(found, now), now)
    facts()
    return told


def _spoken(given: Given, now: Odds | None, window: ReleaseWindow | None) -> str:
    told = f"You receive {_ftm(given.payout_wei)}; fee {_ftm(given.fee_wei, up=True)}"
    if now is None or window is None or not window_words.has_odds(window):
        return f"{told}."
    days = window.quantile(0.5)
    if math.isfinite(days):
        return f"{told}; even odds by {words.day(now.day(days))}."
    return f"{told}; less than even odds within {scored.FAN_DAYS} days."


def use_max(form: Form, reading: Reading) -> None:
    """A button that writes all the address holds, where that is known and another amount."""
    holder = reading.holder
    if holder is not None and holder.most_wei and holder.most_wei != reading.amount_wei:
        most = format_wei(holder.most_wei)
        unstake_form.go(f"Use max: {most}", form.step, {"amount": most})


def saw(reading: Reading) -> None:
    """Keep what the reader was shown, for the next step to tell what moved since."""
    st.session_state["unstake seen"] = reading


def seen(network: str) -> Reading | None:
    """What the reader was shown last of this network."""
    kept = st.session_state.get("unstake seen")
    return kept if isinstance(kept, Reading) and kept.network == network else None


def live(view: StoreView, form: Form, amount_wei: int) -> Live:
    """The node's reading, with the queue as the store last knew it."""
    network, known = node.network_of(view), node.terms(view)
    guess = known.ratio if known else None
    queue = waiting_ids(view)
    return node.live(network, form.token, amount_wei, form.holder, queue, guess)


def waiting_ids(view: StoreView) -> range:
    """The requests that waited at the store's last block."""
    row = view.ask("newest_request")
    newest = int(row["wr_id"][0]) + 1 if row.height and row["wr_id"][0] is not None else 0
    return range(max(0, newest - view.ask("money_ahead")["requests"][0]), newest)


def present(found: Live, now: Odds) -> Present:
    """The odds with the queue as the node tells it, where it does; the money is the store's."""
    reading = found.reading
    if reading is None or reading.pending_wei is None or reading.spendable_wei is None:
        return now.present
    if not is_near(reading, now):
        return now.present
    return replace(
        now.present,
        waiting_ftm=reading.pending_wei / _ONE,
        spendable_ftm=max(0.0, reading.spendable_wei / _ONE),
    )


def is_near(reading: Reading, now: Odds) -> bool:
    """Whether the node's queue goes with odds that count their days from the store's last block:
    later, what was paid since would shorten the queue and not the days."""
    return abs(reading.at - now.at) <= _NEAR


def _tiles(view: StoreView, found: Live, given: Given) -> None:
    place, ahead = _place(view, found)
    rate = words.UNKNOWN if not given.ratio else f"{_ONE / given.ratio:.6g} FTM"
    fee_share = ""
    if given.fee_wei is not None and given.gross_wei:
        fee_share = f"{100 * given.fee_wei / given.gross_wei:.3g} % of {_ftm(given.gross_wei)}"
    facts = [
        ("You receive", _ftm(given.payout_wei), "fixed once it is in a block, paid whole"),
        ("Fee", _ftm(given.fee_wei, up=True), fee_share),
        ("1 aFTMc (ankrFTM)", rate, "1 aFTMb is 1 FTM"),
        ("Your place in the queue", place, ahead),
    ]
    fact_tiles(facts)


def _place(view: StoreView, found: Live) -> tuple[str, str]:
    reading = found.reading
    if reading and reading.first_wr_id is not None and reading.last_wr_id is not None:
        ahead = _ftm(reading.pending_wei) if reading.pending_wei is not None else words.UNKNOWN
        return f"{reading.last_wr_id - reading.first_wr_id + 1:,}", f"{ahead} ahead"
    row = view.ask("money_ahead").row(0, named=True)
    return f"{row['requests'] + 1:,}", f"{words.ftm(row['waiting_ftm'])} ahead"


def _ftm(wei: int | None, *, up: bool = False) -> str:
    return words.UNKNOWN if wei is None else f"{format_short(wei, up=up)} FTM"


def _about(form: Form, found: Live, given: Given) -> None:
    """Why the fee is what it is, and where the figures are from."""
    terms = given.terms
    rule, shift_wei = (terms.rule, terms.shift_wei) if terms else (None, None)
    if found.reading is not None and found.reading.fee_rule is not None:
        rule, shift_wei = found.reading.fee_rule, found.reading.fee_shift_wei
    why = step1_fee.why(rule, shift_wei, given.gross_wei, given.fee_wei)
    if given.of:
        st.caption(f"{why} {words.escaped(given.of).capitalize()}.".lstrip())
    if found.reading is None and given.payout_wei is not None:
        st.caption(f"No node was read: {words.fault(found.why_not)}.")
    if found.reading and terms and given.gross_wei is not None and given.fee_wei is not None:
        told = terms.fee(given.gross_wei)
        if told is not None and told.fee_wei != given.fee_wei:
            st.warning(
                f"The node says the fee is {format_wei(given.fee_wei)} FTM (block "
                f"{found.reading.block:,}), the logs say {format_wei(told.fee_wei)} FTM (block "
                f"{told.block:,}). It changes with each unstake, so an older block may differ."
            )


def _window(
    view: StoreView, found: Live, now: Odds | None, payout_wei: int
) -> ReleaseWindow | None:
    st.subheader("Expected release window")
    if now is None:
        window_card.unscored(view.source)
        return None
    window = present(found, now).new_window(payout_wei / _ONE)
    window_card.show(now, window, now.at, amount=f"{payout_wei / _ONE:.6g}")
    st.caption(
        f"The money is forecast from {words.moment(now.at)}, the store's last block"
        + (
            f"; the queue is that of block {found.reading.block:,}."
            if found.reading is not None and present(found, now) is not now.present
            else ", and so is the queue."
        )
    )
    return window


def facts() -> None:
    """What people get wrong, where it matters."""
    st.markdown(
        "- From the request on it **earns nothing** more.\n"
        "- It **cannot be cancelled** or changed.\n"
        "- It is paid **whole**, never in parts, and only after all before it.\n"
        "- The FTM are **sent to you**: there is nothing to claim."
    )
