"""Queue: how long it is, what feeds it, and what blocks it."""

import streamlit as st

from ui import (
    charts,
    downloads,
    drawing,
    links,
    odds,
    queue_parts,
    queue_windows,
    spans,
    store_view,
    words,
)

DAYS = 35  # the longest wait the official page speaks of

store = store_view.shown()
st.title("Unstake queue")

metrics = store.ask("queue_metrics", days=DAYS).row(0, named=True)
head = store.ask_row("blocking_head")
st.markdown(queue_parts.answer(metrics, head))
queue_parts.figures(metrics, DAYS)

now = odds.of(store)
queue_windows.new_unstake(now, store.source)

st.subheader("Queue depth against reward claims")
notices = st.container()
with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
    span = spans.span_input("Range", "6 months", *store.days(), notices)
    token = links.choose("Token", ["both", "aFTMb", "aFTMc"], "token", "both", notices)
    payouts = links.switch("Show payouts", "payouts", True, notices)
of_token = None if token == "both" else token

shown = {"since": span.since, "until": span.until, "token": of_token}
depth = store.ask("depth_against_claims", step=span.depth_step, **shown)
flows = store.ask("depth_against_claims", step=span.flow_step, **shown)
drawing.draw(
    charts.depth_against_claims,
    depth,
    flows,
    depth_step=span.depth_step,
    flow_step=span.flow_step,
    payouts=payouts,
    alt=charts.takeaway(span, depth, flows),
)
st.caption(
    f"{words.day(span.since)} to {words.day(span.until)}, depth at the end of each "
    f"{span.depth_step}, claims and payouts by {span.flow_step}. Payouts also come from returned "
    "stake and from new stakes, which leave no claim." + queue_parts.scope(of_token)
)
for step in dict.fromkeys([span.depth_step, span.flow_step]):
    downloads.offer_query(store, "depth_against_claims", f"By {step}", step=step, **shown)

if head is not None:
    queue_parts.head_card(head)
    queue_windows.of_head(now, head)

    st.subheader("Who waits" if of_token is None else f"Who waits, {of_token} only")
    pending = store.ask("pending_requests", token=of_token)
    dated = queue_windows.dated(now, pending)
    queue_parts.pending_table(dated, store.info.explorer, store.source.name)
    queue_windows.note(now, pending)
    st.caption(
        "In the order of payment. A request is paid whole, sent to the staker without a claim "
        "step, earns nothing while it waits and cannot be cancelled."
    )
    downloads.offer_query(store, "pending_requests", token=of_token)
queue_parts.refused_note(metrics)
