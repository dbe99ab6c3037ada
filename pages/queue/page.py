"""Queue: how long it is, what feeds it, and what blocks it."""

import streamlit as st

from forecast.baselines import OFFICIAL_DAYS
from pages.queue import parts, windows
from ui.odds import one_source, scored
from ui.parts import downloads, drawing, links, spans, words
from ui.shown import store_view

store = store_view.shown()
links.refuse_unknown(["range", "since", "until", "token", "payouts"], "Queue")
st.title("Unstake queue")

metrics = store.ask("queue_metrics", days=OFFICIAL_DAYS).row(0, named=True)
head = store.ask_row("blocking_head")
st.markdown(parts.answer(metrics, head))
parts.figures(metrics, OFFICIAL_DAYS)

now = scored.odds_of(store)
windows.new_unstake(now, store.source)

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
drawing.once(
    (store.version, span, of_token, payouts), parts.depth_chart, depth, flows, span, payouts
)
st.caption(
    f"{words.day(span.since)} to {words.day(span.until)}, depth at the end of each "
    f"{span.depth_step}, claims and payouts by {span.flow_step}. Payouts also come from returned "
    "stake and from new stakes, which leave no claim."
    + parts.scope(of_token)
    + f" {one_source.note(store, span.since)}".rstrip()
)
for step in dict.fromkeys([span.depth_step, span.flow_step]):
    downloads.offer_query(store, "depth_against_claims", f"By {step}", step=step, **shown)

if head is not None:
    parts.head_card(head)
    windows.of_head(now, head)

    st.subheader("Who waits" if of_token is None else f"Who waits, {of_token} only")
    pending = store.ask("pending_requests", token=of_token)
    network, explorer = store.source.name, store.info.explorer
    shown_by = (store.version, now and now.key, of_token, network)
    drawing.once(shown_by, windows.waiting, now, pending, explorer, network)
    st.caption(
        "In the order of payment. A request is paid whole, sent to the staker without a claim "
        "step, earns nothing while it waits and cannot be cancelled."
    )
    downloads.offer_query(store, "pending_requests", token=of_token)
parts.refused_note(metrics)
