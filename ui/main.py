"""The router: runs before every page, picks the store, and draws the frame around the page."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import streamlit as st

from data import TrackerError
from queries import QueryError
from ui import frame, store_view
from ui.sources import read_sources

NEED_NO_REQUESTS = {"status"}
PAGES = Path(__file__).parent.parent / "pages"

page = st.navigation(
    [
        st.Page(PAGES / "queue_depth.py", title="Queue", url_path="queue", default=True),
        st.Page(PAGES / "track.py", title="Track", url_path="track"),
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
try:
    sources = read_sources()
    default = sources.default()
    source = frame.source_input(sources.known, default)
except TrackerError as error:
    frame.failed(error)
    st.stop()
drawn = view = None
try:
    with st.spinner("Simulating three years of the pool. It takes a few seconds, once."):
        store_view.prepare(source, now)
    drawn = source.version()
    view = store_view.open_view(source, drawn, now)
    if view is None:
        frame.nothing_yet(source)
    else:
        store_view.show(view)
        frame.label(view, on_status=page.url_path == "status")
        if view.first_request_at is None and page.url_path not in NEED_NO_REQUESTS:
            frame.no_requests(view, page.title)
        else:
            page.run()
        frame.queries_behind(view)
except (TrackerError, QueryError) as error:
    frame.failed(error)
frame.footer(sources, default, source, drawn, view)
