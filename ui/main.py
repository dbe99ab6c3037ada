"""The router: runs before every page, picks the store, and draws the frame around the page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

import queries
from data import TrackerError
from queries import QueryError
from ui import copy_link, frame, links, odds, store_view, unstake_form
from ui.sources import read_sources

NEED_NO_REQUESTS = {"explore", "status"}
PARAMETERS = {
    "": ("range", "since", "until", "token", "payouts"),
    "waits": ("range", "since", "until", "days"),
    "unstake": unstake_form.FIELDS,
    "track": ("find",),
    "outlook": ("amount", "of"),
    "explore": ("ask", "query", "table", "sql", "draw", *queries.param_names()),
    "status": (),
}
PAGES = Path(__file__).parent.parent / "pages"

page = st.navigation(
    [
        st.Page(PAGES / "queue_depth.py", title="Queue", url_path="queue", default=True),
        st.Page(PAGES / "waits.py", title="Waits", url_path="waits"),
        st.Page(PAGES / "unstake.py", title="Unstake", url_path="unstake"),
        st.Page(PAGES / "track.py", title="Track", url_path="track"),
        st.Page(PAGES / "outlook.py", title="Outlook", url_path="outlook"),
        st.Page(PAGES / "explore.py", title="Explore", url_path="explore"),
        st.Page(PAGES / "status.py", title="Status", url_path="status"),
    ],
    position="top",
)
st.set_page_config(
    page_title=f"{page.title} · FTM unstake queue",
    page_icon=str(Path(__file__).with_name("icon.png")),
    layout="wide",
)
now = datetime.now(UTC)
top = st.container(horizontal=True, vertical_alignment="center", gap="small")
try:
    sources = read_sources()
    default = sources.default()
    with top:
        source = frame.source_input(sources.known, default)
except TrackerError as error:
    frame.failed(error)
    st.stop()
links.refuse_unknown(("network", *PARAMETERS[page.url_path]), page.title)
drawn = view = None
scored = odds.scores_version(source)
try:
    with st.spinner("Simulating three years of the pool. It takes a few seconds, once."):
        store_view.prepare(source, now)
    drawn = source.version()
    view = store_view.open_view(source, drawn, now)
    if view is None:
        frame.nothing_yet(source)
    else:
        store_view.show(view)
        with top:
            frame.label(view, default)
            copy_link.button()
        frame.warn(view, page)
        empty = view.first_request_at is None or view.info.synced_at is None
        if empty and page.url_path not in NEED_NO_REQUESTS:
            frame.no_requests(view, page.title)
        else:
            page.run()
        if page.url_path != "explore":
            frame.queries_behind(view)
except store_view.SupersededError:
    st.rerun()
except (TrackerError, QueryError) as error:
    frame.failed(error)
frame.footer(sources, default, source, drawn, view, scored)
