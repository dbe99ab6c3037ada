"""The router: runs before every page, picks the store, and draws the frame around the page."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from answers import ready, store_view
from answers.sources import read_sources, scores_version
from data import TrackerError
from queries import QueryError
from ui.browser import address, copy_link, look
from ui.frame import around, brought_up, fetched, past_day, shown
from ui.odds import renewed
from ui.parts import links
from ui.server import first_page, menu, metrics, turns

NEED_NO_REQUESTS = {"explore", "status"}
SHOW_ODDS = {"", "unstake", "track", "outlook"}  # "" is the first page, Queue

began = time.perf_counter()
page = st.navigation(menu.pages(), position="top")
st.set_page_config(
    page_title=f"{page.title} · {first_page.NAME}",
    page_icon=first_page.ICON_URL,
    layout="wide",
)
links.arrive(page.url_path)
now = datetime.now(UTC)
top = st.container(key="top", horizontal=True, vertical_alignment="center", gap="small")
with top:
    look.draw()
links.tidy()
try:
    sources = read_sources()
    default = sources.default()
    with top:
        source = around.source_input(sources.known, default)
    links.tell_left()
    moment = past_day.moment_of(page.url_path)
except TrackerError as error:
    around.failed(error)
    st.stop()
drawn = shown.Drawn(sources, default, source, scores=scores_version(source))
with turns.turn():
    try:
        shown.prepare(source, now)
        drawn = replace(drawn, version=ready.shown_version(source))
        view = store_view.open_view(source, drawn.version, now)
        if view is not None:
            view = replace(view, is_page=True)
        if view is not None and moment is not None:
            with turns.aside():
                view = past_day.opened(source, moment, now) or view
            drawn = replace(drawn, scores=scores_version(view.source))
        drawn = replace(drawn, view=view)
        if view is None and source.is_copy:
            fetched.comes(source)
        elif view is None:
            around.nothing_yet(source, now)
        else:
            shown.show(drawn)
            with top:
                around.label(view, default)
                copy_link.button()
            # Always there: else what is below moves when a notice goes, and an input that the
            # browser sets up at its new place loses its hold on the address.
            with st.container():
                past_day.label(view)
                fetched.warn(source)
                around.warn(view, page)
                brought_up.notice(view, drawn.version)
            empty = view.first_request_at is None or view.info.synced_at is None
            if empty and page.url_path not in NEED_NO_REQUESTS:
                around.no_requests(view, page.title)
            else:
                if page.url_path in SHOW_ODDS and view.at is not None:
                    past_day.have_scored(view)
                page.run()
            if page.url_path in SHOW_ODDS and view.at is None:
                renewed.tell(view)
            if page.url_path != "explore":
                around.queries_behind(drawn)
    except store_view.SupersededError:
        ready.show_newest(source)
        st.rerun()
    except (TrackerError, QueryError) as error:
        if (
            drawn.view is not None and drawn.view.source.version() is None
        ):  # another day of the past drove it out
            st.rerun()
        if brought_up.is_reason(error, source):
            brought_up.page(source, drawn.version)
        else:
            around.failed(error)
links.leave()
address.tell(links.rewritten(), now.isoformat())
around.footer(drawn)
metrics.page_ran(page.url_path, time.perf_counter() - began)
