"""Step 2 of the Unstake page: what stands in the way, as far as a node tells."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from data.live.reading import Reading
from data.pool.amounts import format_wei
from data.pool.transaction import TOKEN_NAMES
from pages.unstake import form as unstake_form
from pages.unstake import holder, node, step1_terms, wishes
from pages.unstake.form import Form, Step
from pages.unstake.remarks import Remark, check_unstake
from ui.browser import wallet
from ui.parts import words
from ui.shown.store_view import StoreView

_ICONS = {
    "ok": ":material/check:",
    "problem": ":material/error:",
    "note": ":material/info:",
    "unknown": ":material/help:",
}
_COUNTED = {
    "problem": ("problem", "problems"),
    "unknown": ("unknown", "unknown"),
    "note": ("note", "notes"),
}


def checks(view: StoreView, form: Form) -> str:
    """Step 2: the address, and everything that should be known of it before signing; returns
    what was found in a sentence, "" where nothing was checked."""
    amount_wei, network = form.amount_wei, node.network_of(view)
    if amount_wei is None:
        no_amount()
        return ""
    asked(form, amount_wei)
    if network is not None and network.simulated:
        st.info(
            "These data are simulated: there is no address to check. On a real network this step "
            "looks at its balance, the FTM for gas, who receives, and what moved since step 1."
        )
        unstake_form.go("Continue", 3, primary=True)
        return ""
    if network is not None:
        answer = wallet.panel(network, known=wishes.followed())
        strayed(answer)
        holder.offer(answer.connection, form)
    if not holder.field(form):
        return ""
    found = step1_terms.live(view, form, amount_wei)
    reading = found.reading
    if reading is None:
        st.warning(
            f"Nothing of this address can be checked: {words.fault(found.why_not)}. "
            "Step 1 still tells what the store knows."
        )
        look_again(2)
        return ""
    found_out = remarks(view, reading)
    problems = show_remarks(found_out)
    step1_terms.use_max(form, reading)
    if problems:
        st.markdown("Mend what is marked before you sign.")
    beside(form)
    with st.container(horizontal=True):
        # One that was asked and not answered stays: only what has its transaction is over.
        wish = unstake_form.wish(form, reading.block, anew=form.tx_hash is not None)
        cleared = {"tx": "", "request": ""}
        unstake_form.go("Continue to sign", 3, cleared | wish, primary=not problems)
        look_again(2)
    return spoken(found_out)


def spoken(remarks: list[Remark]) -> str:
    """How many of the checks are not well, and what these say."""
    told = {kind: [one.sentence for one in remarks if one.kind == kind] for kind in _COUNTED}
    counts = [words.plural(len(told[kind]), *_COUNTED[kind]) for kind in told if told[kind]]
    passed = [] if told["problem"] or told["unknown"] else ["All checks passed"]
    sentences = " ".join(sentence for each in told.values() for sentence in each)
    return f"{', '.join(passed + counts)}{': ' if sentences else '.'}{sentences}"


def beside(form: Form) -> None:
    """A transaction that the link holds is not what is signed now."""
    if form.tx_hash:
        st.info(
            f"This link holds the transaction `{form.tx_hash}`: step 4 tells what became of it. "
            "What you sign now is another one."
        )


def strayed(answer: wallet.Answer) -> None:
    """What was confirmed in the wallet when the page showed something else already."""
    stray = answer.strayed
    if stray is not None and (tx := stray.transaction_hash) not in wishes.followed():
        st.warning(
            f"What you confirmed in the wallet ({words.escaped(stray.what)}) was sent as `{tx}`. "
            "It is not what is shown here: follow it before you sign another."
        )
        fields = {"tx": tx, "request": "", "amount": "", "intent": "", "since": ""}
        unstake_form.go("Follow the one that was sent", 4, fields, primary=True)


def look_again(step: Step) -> None:
    """A button that asks the node anew."""
    st.button("Check again", key=f"look again {step}", on_click=node.forget)


def remarks(view: StoreView, reading: Reading) -> list[Remark]:
    """Every check of what was read, held against what the reader was shown before."""
    earlier = step1_terms.seen(reading.network)
    if earlier is None:
        step1_terms.saw(reading)
    terms = node.terms(view)
    rebuilt = terms.fee(reading.gross_wei) if terms and reading.gross_wei is not None else None
    return check_unstake(reading, earlier, rebuilt, datetime.now(UTC))


def show_remarks(remarks: list[Remark]) -> int:
    """Each as a line, problems in red; returns how many of those there are."""
    for remark in remarks:
        told = f"{words.escaped(remark.sentence)} {words.escaped(remark.remedy)}".rstrip()
        if remark.kind == "problem":
            st.error(told, icon=_ICONS["problem"])
        elif remark.kind == "unknown":
            st.warning(told, icon=_ICONS["unknown"])
        else:
            st.markdown(f"{_ICONS[remark.kind]} {told}")
    return sum(remark.kind == "problem" for remark in remarks)


def asked(form: Form, amount_wei: int) -> None:
    """What was said so far, in one line."""
    st.markdown(f"Unstake **{format_wei(amount_wei)} {TOKEN_NAMES[form.token]}**.")


def no_amount() -> None:
    """Back to where it is asked for."""
    st.info("Step 1 asks for the amount.")
    unstake_form.go("Go to the amount", 1)
