"""Queue: when an amount is paid, who is first in line, how long the queue is, and what feeds it."""

import streamlit as st

from answers import one_source, scored, words
from forecast.baselines import OFFICIAL_DAYS
from pages.queue import first, parts, payments, windows
from ui.frame import past_day, shown
from ui.parts import downloads, drawing, links, spans

store = shown.store()
links.refuse_unknown([*first.FIELDS, "range", "since", "until", "token", "payouts"], "Queue")
st.title("Unstake queue")

of_link = st.container()
now = scored.odds_of(store)
first.answer(store, now, first.inputs(of_link))

metrics = store.ask("queue_metrics", days=OFFICIAL_DAYS).row(0, named=True)
head = store.ask_row("blocking_head")
st.markdown(parts.answer(metrics, head))
parts.figures(metrics, store.ask("days_since"), OFFICIAL_DAYS)
past_day.slider(store)

st.subheader("Queue depth against reward claims")
notices = st.container()
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    span = spans.span_input("Range", "6 months", *store.days(), notices)
    token = links.choose("Token", ["both", "aFTMb", "aFTMc"], "token", "both", notices)
    payouts = links.switch("Show payouts", "payouts", True, notices)
of_token = None if token == "both" else token

chosen = {"since": span.since, "until": span.until, "token": of_token}
depth = store.ask("depth_against_claims", step=span.depth_step, **chosen)
flows = store.ask("depth_against_claims", step=span.flow_step, **chosen)
drawing.once(
    (store.version, span, of_token, payouts), parts.depth_chart, depth, flows, span, payouts
)
st.caption(
    f"{words.day(span.since)} to {words.day(span.until)}, depth at the end of each "
    f"{span.depth_step}, money by {span.flow_step}. Other money: stake that came back, and new "
    "stakes, which lie in the pool at first and can pay requests."
    + parts.scope(of_token)
    + f" {one_source.note(store, span.since)}".rstrip()
)
for step in dict.fromkeys([span.depth_step, span.flow_step]):
    downloads.offer_query(store, "depth_against_claims", f"By {step}", step=step, **chosen)

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
