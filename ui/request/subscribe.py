"""What can be subscribed to: a live calendar of a request, and a feed of it or of an address."""

from __future__ import annotations

from urllib.parse import quote, urljoin

import streamlit as st

from answers.store_view import Row, StoreView

_LABEL = "Subscribe: what changes comes by itself"


def to_request(store: StoreView, request: Row) -> None:
    """The calendar and the feed of a request; nothing of one that was paid, as all is said."""
    wr_id, network = request["wr_id"], quote(store.source.name, safe="")
    calendar = _address(f"calendar/{network}/{wr_id}.ics")
    if request["status"] == "paid" or not calendar:
        return
    with st.expander(_LABEL):
        moves = (
            "It moves when the odds move, and ends" if request["status"] == "pending" else "It ends"
        )
        st.markdown(
            f"**Live calendar**: one entry, which your calendar asks for again. {moves} as paid. "
            "Open it here, or paste the address where your calendar adds one by URL."
        )
        webcal = f"webcal:{calendar.partition(':')[2]}"
        st.link_button("Add to my calendar", webcal, icon=":material/event_repeat:")
        st.code(calendar, language=None, wrap_lines=True)
        date = "" if store.info.simulated else ", and when its 90 % date moved by a week or more"
        st.markdown(
            "**Feed**, for any feed reader: an entry when it moved up by a quarter of its places, "
            f"is first in line, is paid or rejected{date}."
        )
        st.code(_address(f"feeds/{network}/requests/{wr_id}.atom"), language=None, wrap_lines=True)
        _only_here()


def to_address(store: StoreView, staker: str) -> None:
    """The feed of all requests of an address."""
    feed = _address(f"feeds/{quote(store.source.name, safe='')}/addresses/{staker}.atom")
    if not feed:
        return
    with st.expander(_LABEL):
        st.markdown(
            "**Feed**, for any feed reader: what happens to every request of this address, those "
            "that it makes later too."
        )
        st.code(feed, language=None, wrap_lines=True)
        _only_here()


def _address(path: str) -> str:
    """Beside the pages, as the visitor's browser has them; "" where there is no browser."""
    return urljoin(st.context.url, path) if st.context.url else ""


def _only_here() -> None:
    st.caption(
        "This server keeps nothing of who subscribes. Whoever has the address reads it, and it "
        "works while this server runs and can be reached."
    )
