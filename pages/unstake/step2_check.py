"""Step 2 of the Unstake page: what stands in the way, as far as a node tells."""

from __future__ import annotations

import streamlit as st

from answers import words
from data.live.reading import Reading
from data.pool.amounts import format_wei
from pages.unstake import holder, shared
from pages.unstake.form import Form, another, step_button
from pages.unstake.now import Now
from pages.unstake.remarks import UNSIGNABLE, Remark
from ui.browser import wallet

_COUNTED = {
    "problem": ("problem", "problems"),
    "unknown": ("unknown", "unknown"),
    "note": ("note", "notes"),
}


def show(now: Now) -> str:
    """The address, and everything that should be known of it before signing; returns what the
    checks found in a sentence, "" where nothing was checked."""
    form, network = now.form, now.network
    if form.amount_wei is None:
        shared.no_amount(form)
        return ""
    shared.show_order(form, form.amount_wei)
    if network is not None and network.simulated:
        st.info(
            "These data are simulated: there is no address to check. On a real network this step "
            "looks at its balance, the FTM for gas, who receives, and what moved since step 1."
        )
        step_button("Continue", 3, primary=True)
        return ""
    if network is not None:
        report = wallet.panel(network, known=list(shared.followed()))
        shared.strayed(report)
        holder.offer(report.connection, form)
    if not holder.field(form):
        return ""
    reading = now.live.reading
    if reading is None:
        shared.no_node(
            "Nothing of this address can be checked: live data is not available now. "
            "Step 1 still tells what the store knows.",
            now.live.why_not,
        )
        shared.look_again(2)
        return ""
    remarks = shared.remarks(now, reading)
    shared.show_remarks(remarks)
    _use_max(form, reading)
    # Step 3 would not let it be signed, nor would the wallet without the money for gas.
    bars = {remark.code for remark in remarks if remark.kind == "problem"} & {*UNSIGNABLE, "gas"}
    why_not = "Fix what is marked in red before you sign." if bars else ""
    if why_not:
        st.markdown(why_not)
    shared.beside(form)
    with st.container(horizontal=True):
        # Only what has its transaction is over: without one it may be on its way.
        fields = another(form) if form.tx_hash else {"tx": "", "request": ""}
        if form.tx_hash or form.since is None:
            fields["since"] = str(reading.block)
        step_button("Continue to sign", 3, fields, primary=True, why_not=why_not)
        shared.look_again(2)
    return summary(remarks)


def summary(remarks: list[Remark]) -> str:
    """How many of the checks are not well, and what these say."""
    sentences = {kind: [one.sentence for one in remarks if one.kind == kind] for kind in _COUNTED}
    counts = [
        words.plural(len(sentences[kind]), *_COUNTED[kind]) for kind in sentences if sentences[kind]
    ]
    passed = [] if sentences["problem"] or sentences["unknown"] else ["All checks passed"]
    details = " ".join(sentence for each in sentences.values() for sentence in each)
    return f"{', '.join(passed + counts)}{': ' if details else '.'}{details}"


def _use_max(form: Form, reading: Reading) -> None:
    """A button that writes all the address holds, where that is known and another amount."""
    held = reading.holder
    if held is not None and held.most_wei and held.most_wei != reading.amount_wei:
        most = format_wei(held.most_wei)
        step_button(f"Use the whole balance: {most}", form.step, {"amount": most})
