"""Step 1 of the Unstake page: the amount, what it gives and when, and what others would."""

from __future__ import annotations

import math

import polars as pl
import streamlit as st

from answers import scored, terms, typed_amount, window_words, words
from answers.scored import Odds
from answers.terms import Given
from data import AmountError
from data.live.reading import Reading
from data.pool.amounts import (
    ONE,
    format_brief,
    format_short,
    format_wei,
    parse_amount,
)
from data.pool.burn import BOND, CERT
from data.pool.transaction import TOKEN_NAMES
from forecast import ReleaseWindow
from pages.unstake import amount_chart, chain_end, holder, inputs, node, shared
from pages.unstake.form import Form, step_button
from pages.unstake.now import Now, present
from pages.unstake.remarks import over_supply
from ui.browser import wallet
from ui.odds import window_card
from ui.parts import drawing, tables
from ui.parts.tiles import fact_tiles

_MAX = "Use my whole balance"
_SHORT = {BOND: "aFTMb", CERT: "ankrFTM"}
_TWENTIETHS_OF_AMOUNT = (2, 5, 10, 20, 40, 80, 200)
_PARTS = (1, 2, 4, 10)
_RATE_DECIMALS = 6
_MARKS = {"low": 0.05, "q25": 0.25, "q50": 0.5, "q75": 0.75, "high": 0.95}


def show(now: Now) -> str:
    """Token and amount and, as soon as there is one, all that follows from it; returns that in a
    sentence, "" where there is none, or where an alert says why."""
    inputs.token_input(now.form)
    inputs.text(
        "Amount",
        "amount",
        width=480,
        help="In the token, with a decimal point or comma and up to 18 decimals.",
        placeholder="12.5",
        live=True,
    )
    # No popover: the keyboard reaches what is in one only after the whole page.
    most = st.expander(_MAX, key="unstake max", on_change="rerun", width=480)
    if most.open:
        with most:
            _most(now)
    return _results(now)


def _most(now: Now) -> None:
    """What an address holds of the token."""
    network = now.network
    if network is None or network.simulated:
        st.markdown(f"What an address holds is not known: {words.fault(now.live.why_not)}.")
        return
    report = wallet.panel(network, key="wallet max", known=list(shared.followed()))
    shared.strayed(report)
    holder.offer(report.connection, now.form)
    if not holder.field(now.form):
        return
    if now.live.reading is None:
        shared.no_node(
            "What it holds is not known: live data is not available now.", now.live.why_not
        )
        _ask_again()
    else:
        _held(now.form, now.live.reading)


def _held(form: Form, reading: Reading) -> None:
    held = reading.holder
    most_wei = held.most_wei if held else None
    name = TOKEN_NAMES[form.token]
    if held is None or most_wei is None:
        reason = reading.unknown.get("holder.most_wei", "the node did not say")
        st.warning(f"The {name} balance is unknown: {words.fault(reason)}.")
        _ask_again()
        return
    st.markdown(f"Holds **{format_short(most_wei)} {name}** at block {reading.block:,}.")
    other_wei = held.cert_wei if form.token == BOND else held.bond_wei
    if most_wei == 0:
        if other_wei:
            other = TOKEN_NAMES[CERT if form.token == BOND else BOND]
            st.markdown(f"It holds {format_short(other_wei)} {other}: choose that token.")
    else:
        most = format_wei(most_wei)
        step_button(f"Use the whole balance: {most}", 1, {"amount": most})


def _ask_again() -> None:
    # The wallet's panel beside it may have a "Look again" of its own.
    st.button("Ask the node again", on_click=node.forget)


def _results(now: Now) -> str:
    form = now.form
    if not form.amount:
        st.caption(
            "Enter an amount to see what you receive, the fee and the expected date. No wallet is "
            "needed."
        )
        return ""
    try:
        amount_wei = parse_amount(form.amount)
    except AmountError as error:
        st.error(words.fault(str(error)))
        return ""
    if text := typed_amount.read_as(form.amount, amount_wei):
        st.caption(text)
    reading = now.live.reading
    if reading is not None:
        if (more := over_supply(reading)) is not None:
            st.error(words.escaped(f"{more.sentence} {more.remedy}"))
            return ""
        shared.keep_as_shown(reading)
    given = terms.given(reading, now.terms, form.token, amount_wei)
    if reading is None and (text := typed_amount.over_staked(now.view, given.gross_wei)):
        st.warning(text)
    sentence = ""
    if given.payout_wei is None:
        st.warning(f"What you would receive is unknown: {words.fault(given.reason)}.")
    elif given.payout_wei == 0:
        st.error("The fee takes all of this amount. Enter a larger one.")
    else:
        if reading is not None:
            _holds(reading)
        window = _window(now, given.payout_wei)
        sentence = _sentence(given, now.odds, window)
    _tiles(now, given)
    _origin(now, given)
    chain_end.show(now.view.ending)
    shared.facts()
    st.caption(
        "Instead of unstaking, the token itself can be sold on an exchange that trades it, without "
        "this queue. What it brings there is not known here."
    )
    if given.payout_wei:
        step_button("Continue to the checks", 2, primary=True)
        if now.odds is not None:
            _other_amounts(now, now.odds, amount_wei)
    return sentence


def _holds(reading: Reading) -> None:
    """What the address of the link holds, where that is less than the amount."""
    held = reading.holder
    if held is None or held.most_wei is None or held.most_wei >= reading.amount_wei:
        return
    name = TOKEN_NAMES[reading.token]
    st.warning(
        f"`{words.short(held.address)}` holds {format_short(held.most_wei)} {name}, less than this "
        "amount."
    )
    if held.most_wei:
        most = format_wei(held.most_wei)
        step_button(f"Take {most}", 1, {"amount": most})


def _sentence(given: Given, odds: Odds | None, window: ReleaseWindow | None) -> str:
    receipt = f"You receive {words.payout(given.payout_wei)}; fee {terms.fee_of(given)[0]}"
    if odds is None or window is None or not window_words.has_odds(window):
        return f"{receipt}."
    days = window.quantile(0.5)
    if math.isfinite(days):
        return f"{receipt}; 50 % chance by {words.day(odds.day(days))}."
    return f"{receipt}; under 50 % chance within {scored.FAN_DAYS} days."


def _tiles(now: Now, given: Given) -> None:
    place, ahead = _place(now)
    rate = words.UNKNOWN
    if given.ratio:
        rate = f"{format_short(ONE * ONE // given.ratio, _RATE_DECIMALS)} FTM"
    tiles = [
        ("You receive", words.payout(given.payout_wei), "final once confirmed, paid in one sum"),
        ("Fee", *terms.fee_of(given)),
        ("1 aFTMc (ankrFTM)", rate, "1 aFTMb is 1 FTM"),
        ("Your place in the queue", place, ahead),
    ]
    fact_tiles(tiles)


def _place(now: Now) -> tuple[str, str]:
    reading = now.live.reading
    if reading and reading.first_wr_id is not None and reading.last_wr_id is not None:
        ahead = words.ahead(reading.pending_wei)
        return f"{reading.last_wr_id - reading.first_wr_id + 1:,}", f"{ahead} ahead"
    row = now.view.ask("money_ahead").row(0, named=True)
    return f"{row['requests'] + 1:,}", f"{words.ftm(row['waiting_ftm'], 'up')} ahead"


def _origin(now: Now, given: Given) -> None:
    """Why the fee is what it is, and where the figures are from."""
    logs, reading = now.terms, now.live.reading
    rule, shift_wei = (logs.rule, logs.shift_wei) if logs else (None, None)
    if reading is not None and reading.fee_rule is not None:
        rule, shift_wei = reading.fee_rule, reading.fee_shift_wei
    why = terms.fee_sentence(rule, shift_wei, given.gross_wei, given.fee_wei)
    if given.origin:
        st.caption(f"{why} {words.escaped(given.origin).capitalize()}.".lstrip())
    if reading is None and given.payout_wei is not None:
        _no_live_data(now)
    if reading and logs and given.gross_wei is not None and given.fee_wei is not None:
        rebuilt = logs.fee(given.gross_wei)
        if rebuilt is not None and rebuilt.fee_wei != given.fee_wei:
            st.warning(
                f"The node says the fee is {format_wei(given.fee_wei)} FTM (block "
                f"{reading.block:,}), the logs say {format_wei(rebuilt.fee_wei)} FTM (block "
                f"{rebuilt.block:,}). It changes with each unstake, so an older block may differ."
            )


def _no_live_data(now: Now) -> None:
    """That no node was read, and what the figures are from instead."""
    info = now.view.info
    if info.simulated or info.synced_block is None:
        st.caption(f"No node was read: {words.fault(now.live.why_not)}.")
        return
    st.caption(
        f"Live data is not available now; figures are from block {info.synced_block:,}, "
        f"{words.moment(info.synced_at)}."
    )
    shared.why_no_node(now.live.why_not)


def _window(now: Now, payout_wei: int) -> ReleaseWindow | None:
    st.subheader("When it is paid")
    odds, reading = now.odds, now.live.reading
    if odds is None:
        window_card.unscored(now.view)
        return None
    basis = present(reading, odds)
    window = now.window_of(payout_wei)
    window_card.show(odds, window, odds.now, amount=format_short(payout_wei).replace(",", ""))
    basis_words = f"Based on data up to {words.moment(odds.at)}"
    if reading is not None and basis is not odds.present:
        basis_words += f", and on the queue at block {reading.block:,}"
    st.caption(f"{basis_words}.")
    return window


def _other_amounts(now: Now, odds: Odds, amount_wei: int) -> None:
    """Other amounts beside the user's own, and the same amount in parts, on the same terms."""
    st.subheader("How the wait depends on the amount")
    spans = []
    for twentieths in _TWENTIETHS_OF_AMOUNT:
        other_wei = amount_wei * twentieths // 20
        other = terms.of_other_amount(now.live.reading, now.terms, now.form.token, other_wei)
        if other is None or other.payout_wei == 0:
            continue
        window = now.window_of(other.payout_wei)
        if window is not None and window_words.has_odds(window):
            wanted = f"{format_brief(other_wei)} {_SHORT[now.form.token]}"
            span = _span(odds, other.payout_wei, window)
            spans.append({"name": wanted, "mine": twentieths == 20, **span})
    if spans and all(span["low"] is None for span in spans):
        st.markdown(
            f"From {spans[0]['name']} to {spans[-1]['name']}: under 5 % chance within "
            f"{scored.FAN_DAYS} days."
        )
    elif spans:
        drawing.show(
            amount_chart.amounts(spans, horizon_days=scored.FAN_DAYS),
            alt="; ".join(f"{span['name']}: {span['said']}" for span in spans),
        )
        st.caption(
            "Days until it is paid. Thin bar: 90 % range. Thick bar: middle half. Orange: 50 % "
            f"chance by then. An arrow goes on after {scored.FAN_DAYS} days; one alone begins only "
            "then. Your amount is the coloured one. Everyone ahead of you is included."
        )
    _split(now, odds, amount_wei)


def _span(odds: Odds, payout_wei: int, window: ReleaseWindow) -> dict[str, object]:
    days = {name: window.quantile(p) for name, p in _MARKS.items()}
    paid, half = f"{format_short(payout_wei)} FTM", _half(odds, window)
    return {
        "paid": paid,
        "half": half,
        "said": f"{paid}, 50 % chance {half}",
        **{name: day if math.isfinite(day) else None for name, day in days.items()},
    }


def _half(odds: Odds, window: ReleaseWindow) -> str:
    """The day by which the chance is 50 %, or after which last one it is."""
    days = window.quantile(0.5)
    if math.isfinite(days):
        return f"by {words.day(odds.day(days))}"
    return window_words.beyond(window)


def _split(now: Now, odds: Odds, amount_wei: int) -> None:
    """The same amount as several requests one after another: what each way gives, and when."""
    rows = []
    for parts in _PARTS:
        burned, paid_wei, first_wei = 0, 0, 0
        for part in range(parts):
            one_wei = amount_wei // parts + (amount_wei % parts if part == 0 else 0)
            one = terms.of_other_amount(
                now.live.reading, now.terms, now.form.token, one_wei, burned
            )
            if one is None:
                return
            burned += one.gross_wei
            paid_wei += one.payout_wei
            first_wei = first_wei or one.payout_wei
        first, last = now.window_of(first_wei), now.window_of(paid_wei)
        if first is None or last is None or not window_words.has_odds(first):
            return
        rows.append((parts, format_short(paid_wei), _half(odds, first), _half(odds, last)))
    with st.expander("Splitting it into several requests"):
        tables.show(
            pl.DataFrame(rows, schema=["parts", "paid", "first", "last"], orient="row"),
            height="content",
            alt="What the amount gives in one, two, four and ten requests, and when",
            column_config={
                "parts": st.column_config.NumberColumn("Requests"),
                "paid": st.column_config.TextColumn("FTM in all"),
                "first": st.column_config.TextColumn("50 % chance, first"),
                "last": st.column_config.TextColumn("50 % chance, last"),
            },
        )
        st.caption(
            "If they are made one right after another, with nobody in between: the first is paid "
            "earlier, as it needs less money, and the last when one request for all would be. Each "
            "is a transaction with gas of its own, and the fee of each rises with the ones before "
            "it. Others may come in between, and then the rest waits for them too."
        )
