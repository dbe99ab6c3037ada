"""Queue: when an amount is paid, who is first in line, how long the queue is, and what feeds it."""

import streamlit as st

from answers import scored
from forecast.baselines import OFFICIAL_DAYS
from pages.queue import depth, first, parts, payments, windows
from ui import part
from ui.frame import past_day, shown
from ui.parts import downloads, drawing, links

store = shown.store()
links.refuse_unknown([*first.FIELDS, *depth.FIELDS], "Queue")
st.title("Unstake queue")

part.draw(first.show, store)
now = scored.odds_of(store)

metrics = store.ask("queue_metrics", days=OFFICIAL_DAYS).row(0, named=True)
head = store.ask_row("blocking_head")
st.markdown(parts.answer(metrics, head))
parts.figures(metrics, store.ask("days_since"), OFFICIAL_DAYS)
past_day.slider(store)

st.subheader("Queue depth against reward claims")
of_token = part.draw(depth.show, store)

if head is not None:
    parts.head_card(head)
    windows.of_head(now, head)
if now is not None:
    windows.other_amounts(now)
if head is not None:
    st.subheader("Who waits" if of_token is None else f"Who waits, {of_token} only")
    pending = store.ask("pending_requests", token=of_token)
    shown_by = (store.version, now and now.key, of_token, store.link)
    drawing.once(shown_by, windows.waiting, now, pending, store)
    st.caption(
        "In the order of payment. A request is paid whole and sent to the staker, with nothing to "
        "claim. It earns nothing while it waits, and cannot be cancelled."
    )
    downloads.offer_query(store, "pending_requests", "", pending.height, token=of_token)
parts.rejected_note(metrics)
runs = payments.recent(store)
downloads.offer_query(store, "operator_runs", "", runs)
