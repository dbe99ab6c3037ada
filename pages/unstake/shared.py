"""What several steps of the Unstake page show or keep."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from answers import words
from answers.store_view import Row, StoreView
from data.live.by_log import Made
from data.live.outcome import Outcome
from data.live.reading import Reading
from data.live.verdict import Expected
from data.pool.amounts import format_short, format_wei
from data.pool.transaction import TOKEN_NAMES
from pages.unstake import node
from pages.unstake.form import Form, Step, step_button
from pages.unstake.now import Now
from pages.unstake.remarks import Remark, check_unstake
from ui.browser import wallet
from ui.parts import links

_ICONS = {
    "ok": ":material/check:",
    "problem": ":material/error:",
    "note": ":material/info:",
    "unknown": ":material/help:",
}


def no_amount(form: Form) -> None:
    """Back to where the amount is written, with what is wrong with one that is."""
    why = form.why_no_amount
    if form.amount and why:
        st.error(f"The amount `{links.plain(form.amount)}` cannot be unstaked. {words.fault(why)}")
    else:
        st.info("Step 1 asks for the amount.")
    step_button("Go to the amount", 1)


def no_node(what: str, why_not: str) -> None:
    """A warning of what is not known as no node was read, the node's own words folded."""
    st.warning(what)
    why_no_node(why_not)


def why_no_node(why_not: str) -> None:
    with st.expander("Why there is no live data"):
        st.markdown(f"No node was read: {words.fault(why_not)}.")


def not_found_out(what: str, why_not: str) -> None:
    """A warning of what a node that was read does not tell, its own words folded."""
    st.warning(what)
    with st.expander("Why it is not known"):
        st.markdown(words.fault(why_not))


def show_order(form: Form, amount_wei: int) -> None:
    """What is to be unstaked, in one line."""
    st.markdown(f"Unstake **{format_wei(amount_wei)} {TOKEN_NAMES[form.token]}**.")


def facts() -> None:
    """What cannot be undone, above the button that leads on."""
    st.markdown(
        "- From then on your tokens **earn no rewards**.\n"
        "- It **cannot be cancelled** or changed.\n"
        "- It is paid **in one sum**, after everyone ahead of you.\n"
        "- The FTM are **sent to you**: there is nothing to claim."
    )


def remarks(now: Now, reading: Reading) -> list[Remark]:
    """Every check of the reading, held against the one that the reader was shown before."""
    earlier = last_shown(reading.network)
    if earlier is None:
        keep_as_shown(reading)
    rebuilt = None
    if now.terms is not None and reading.gross_wei is not None:
        rebuilt = now.terms.fee(reading.gross_wei)
    return check_unstake(reading, earlier, rebuilt, now.view.now)


def show_remarks(remarks: Iterable[Remark]) -> None:
    """Each as a line, problems in red."""
    for remark in remarks:
        line = f"{words.escaped(remark.sentence)} {words.escaped(remark.remedy)}".rstrip()
        if remark.kind == "problem":
            st.error(line, icon=_ICONS["problem"])
        elif remark.kind == "unknown":
            st.warning(line, icon=_ICONS["unknown"])
        else:
            st.markdown(f"{_ICONS[remark.kind]} {line}")


def keep_as_shown(reading: Reading) -> None:
    """Keep what the reader was shown, for the next step to tell what moved since."""
    st.session_state["unstake seen"] = reading


def last_shown(network: str) -> Reading | None:
    """What the reader was shown last of this network."""
    kept = st.session_state.get("unstake seen")
    return kept if isinstance(kept, Reading) and kept.network == network else None


def keep_as_offered(reading: Reading) -> None:
    """Keep what step 3 showed last before the wallet was asked."""
    st.session_state["unstake signing"] = reading


def came_otherwise(network: str, outcome: Outcome) -> str:
    """What was shown before signing and what the chain made of it, where the payout is another;
    "" where it is not, or was not shown in this session."""
    offered, request = st.session_state.get("unstake signing"), outcome.request
    if not isinstance(offered, Reading) or request is None or offered.holder is None:
        return ""
    shown = (offered.network, offered.holder.address, offered.token, offered.amount_wei)
    is_it = shown == (network, request.staker, request.token, request.amount_wei)
    if not is_it or offered.block >= (outcome.block or 0):
        return ""
    if offered.payout_wei in (None, request.payout_wei):
        return ""
    was_wei, is_wei = offered.payout_wei or 0, request.payout_wei
    exact = format_short(was_wei) == format_short(is_wei)
    was, now = (format_wei(wei) if exact else format_short(wei) for wei in (was_wei, is_wei))
    why = (
        "The fee was lower by then, or the token's ratio had moved."
        if is_wei > was_wei
        else "Others unstaked before you, which raises the fee, the operator set another rule, or "
        "the token's ratio had moved."
    )
    return f"Step 3 showed {was} FTM at block {offered.block:,}; {now} FTM came of it. {why}"


def look_again(step: Step) -> None:
    """A button that asks the node anew."""
    st.button("Check again", key=f"look again {step}", on_click=node.forget)


def beside(form: Form) -> None:
    """A transaction that the link holds is not what is signed now."""
    if form.tx_hash:
        st.info(
            f"This link holds the transaction `{form.tx_hash}`: step 4 tells what became of it. "
            "What you sign now is another one."
        )


def strayed(report: wallet.Report) -> None:
    """What was confirmed in the wallet when the page showed something else already."""
    stray = report.strayed
    if stray is not None and (tx := stray.transaction_hash) not in followed():
        st.warning(
            f"What you confirmed in the wallet ({words.escaped(stray.what)}) was sent as `{tx}`. "
            "It is not what is shown here: follow it before you sign another."
        )
        # The form tells of another one by now.
        fields = dict.fromkeys(("request", "amount", "since", "again"), "")
        fields |= {"tx": tx, "address": stray.sender or ""}
        step_button("Follow the one that was sent", 4, fields, primary=True)


def followed() -> dict[str, tuple[str, Expected] | None]:
    """Each transaction that this session went on to step 4 with. Of one that was signed here, its
    network and what was to be signed: the form may have left that since."""
    known: dict[str, tuple[str, Expected] | None]
    known = st.session_state.setdefault("unstake followed", {})
    return known


def follow_buttons(made: Iterable[Made]) -> None:
    """A button to step 4 for each of these unstakes."""
    for each in made:
        wr_id, at = each.wr_id, each.block
        fields = {"tx": each.tx_hash, "request": ""}
        step_button(f"Follow request {wr_id:,} of block {at:,}", 4, fields, primary=True)


def request_row(view: StoreView, wr_id: int) -> Row | None:
    """One request as the store has it."""
    history = view.ask("request_history", wr_id=wr_id)
    if not history.height:
        return None
    staker = history["staker"][0]
    mine = view.ask("requests_by_address", address=staker).filter(wr_id=wr_id)
    return mine.row(-1, named=True) | {"staker": staker} if mine.height else None


def requests_made_by(view: StoreView, tx: str) -> dict[int, str]:
    """The payout of each request that a transaction made, as far as the store knows."""
    made = view.ask("request_by_tx", tx=tx.lower()).filter(event="requested")
    return {row["wr_id"]: words.payout(row["payout_wei"]) for row in made.iter_rows(named=True)}
