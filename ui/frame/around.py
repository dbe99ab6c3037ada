"""What stands around every page: its label, its notices, and what it rests on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit.navigation.page import StreamlitPage

import queries
from answers import ending_words, past_odds, words
from answers.ending import Ending, end_of_chain
from answers.sources import Source
from answers.store_view import StoreView, is_stale
from data import TrackerError
from data.config import (
    DEVNET,
    FANTOM,
    SAMPLE,
    TESTNET,
    default_store,
    is_public,
    load_network,
    network_names,
)
from ui.frame import sync_now
from ui.frame.shown import Drawn
from ui.odds import progress
from ui.parts import drawing, links

_WATCHED_EVERY_S = 10.0


def source_input(known: dict[str, Source], default: Source) -> Source:
    """The network that the URL names, with an input where there is a choice.

    It always stands in the URL, so that a link shows the same store later, whatever the
    default is then; a session keeps its network from page to page. A network that has no
    store yet may be asked for; a name that is none is named in a notice.
    """
    linked = st.query_params.get("network")
    kept = st.session_state.get("shown_network", default.name)
    chosen = linked if linked in known else kept
    if linked is not None and linked not in known:
        st.warning(
            f"The link asks for the network `{links.plain(linked)}`, which is none of "
            f"{', '.join(known)}. Showing {chosen}."
        )
    stored = [name for name, source in known.items() if source.path.exists()]
    # The real chain can be chosen, and then says how it is read, before it was ever synced.
    names = list(dict.fromkeys([FANTOM, *stored, SAMPLE, default.name, chosen]))
    st.session_state["network"] = chosen
    st.selectbox(
        "Network",
        names,
        key="network",
        on_change=lambda: links.show_network(st.session_state["network"]),
        label_visibility="collapsed",
        width=200,
    )
    if linked != chosen:
        links.rewrite("network", chosen)
    st.session_state["shown_network"] = chosen
    return known[chosen]


def label(view: StoreView, default: Source) -> None:
    """What must be known before any figure is read: that none of it is real."""
    info = view.info
    real = None if default.is_sample or default == view.source else default
    if info.simulated:
        _unreal(
            "Simulated data",
            "Example data, not real: you will not find your own request here.",
            real,
        )
    elif info.network == DEVNET:
        _unreal("Test chain", "A local node with a played history. None of it is real.", real)
    elif info.network == TESTNET:
        _unreal("Test chain", "Fantom's testnet. Its FTM is worth nothing.", real)


def warn(view: StoreView, page: StreamlitPage) -> None:
    """What else must be known: that its chain ends, that it is stale, or that checks failed."""
    info, ending = view.info, view.ending
    if view.at is not None:
        if view.failed_checks:
            failures = words.plural(view.failed_checks, "check")
            st.error(f"{failures} failed on the store of that day: figures may be wrong.")
        return
    if ending.kind == "stopped":
        again = words.to_operator(f" {_remedy(view)} asks them again.")
        st.warning(words.escaped(ending_words.notice(ending)) + again)
        if report := ending_words.reported(ending):
            st.caption(words.escaped(report))
    else:
        _tell_end(ending, page.url_path)
    if is_stale(info, view.now) and not ending.rests:
        st.warning(
            f"{_old(view)} {_remedy(view)} reads newer data, which this page then shows by itself."
            if not is_public()
            else f"{_old(view)} Newer data appears here as soon as it is read."
        )
    if view.failed_checks:
        failures = words.plural(view.failed_checks, "check")
        with st.container(horizontal=True, vertical_alignment="center"):
            st.error(f"{failures} failed on this store: figures may be wrong.")
            if page.url_path != "status":
                network = {"network": view.source.name}
                st.page_link(
                    links.page("status"), label="See which, on Status", query_params=network
                )


def _old(view: StoreView) -> str:
    """How old a store's data is, and of when."""
    if view.info.synced_at is None:
        return "How old this data is, is unknown."
    age = words.duration(words.days_between(view.info.synced_at, view.now))
    return (
        f"This data is {age} old: the newest block here is of {words.moment(view.info.synced_at)}."
    )


def _tell_end(ending: Ending, page: str) -> None:
    """The reported end, in small print once it was seen: on every page but the session's first."""
    if ending.day is not None:
        here = (ending.chain, ending.kind, page)
        is_first = st.session_state.setdefault("told of the end", here) == here
        (st.info if is_first else st.caption)(words.escaped(ending_words.notice(ending)))


def _unreal(name: str, explanation: str, real: Source | None) -> None:
    """The label, with a way to what is shown on a bare URL, if that is another store."""
    st.badge(name, color="violet")
    st.caption(explanation, width="content")
    if real is not None:
        # A link to the page one is on leaves the URL as it was.
        st.button(
            f"Show {real.name}", type="tertiary", on_click=links.show_network, args=(real.name,)
        )


def _remedy(view: StoreView) -> str:
    usual = view.source.path == default_store(view.info.network)
    return f"`{_sync_command(view.source)}`" if usual else "Another sync of its store"


def _sync_command(source: Source) -> str:
    """The devnet's node runs only while its own command does."""
    network = source.name if source.name in network_names() else "fantom"
    return "make devnet" if network == DEVNET else f"make sync NETWORK={network}"


def queries_behind(drawn: Drawn) -> None:
    """The queries that the page asked, as they can be run anywhere: sent when they are opened."""
    if drawn.questions():
        st.fragment(_behind)(drawn)


def listed(drawn: Drawn) -> object:
    """What of those questions is on the page: all where they are opened, else whether there are
    any."""
    questions = drawn.questions()
    return questions if st.session_state.get(_behind_key()) else bool(questions)


def _behind_key() -> str:
    return f"queries behind {links.here()}"


def _behind(drawn: Drawn) -> None:
    box = st.expander("Queries behind this page", key=_behind_key(), on_change="rerun")
    if box.open and drawn.view is not None:
        link, questions = drawn.view.link, drawn.questions()
        with box:
            drawing.once((link, questions), _list_queries, link, questions)


def _list_queries(link: dict[str, str], questions: list[tuple[str, dict[str, Any]]]) -> None:
    for name, params in questions:
        given = {key: str(value) for key, value in params.items() if value is not None}
        st.page_link(
            links.page("explore"),
            label=f"{queries.load(name).title} ({', '.join([name, *given.values()])})",
            query_params=link | {"query": name} | given,
        )
    st.caption("Each opens in Explore, with its SQL, the inputs used here, and downloads.")


def footer(drawn: Drawn) -> None:
    """Block and its time, age and source; draws the page anew when it shows what was.

    While new scores of the store are expected it looks more often.
    """
    past = drawn.past
    expected = (
        past_odds.is_being_scored(past)
        if past
        else progress.is_expected(drawn.source.path, drawn.version)
    )
    every = progress.LOOKED_EVERY_S if expected else _WATCHED_EVERY_S
    st.fragment(_footer, run_every=every)(drawn, expected)


def _footer(drawn: Drawn, expected: bool) -> None:
    now, view, past = datetime.now(UTC), drawn.view, drawn.past
    is_done = past is not None and expected and not past_odds.is_being_scored(past)
    if is_done or not drawn.is_current(now):
        st.rerun()
    if view is not None:
        info = view.info
        block = "no block yet" if info.synced_block is None else f"Block {info.synced_block:,}"
        of = "simulated sample" if info.simulated else f"{info.network}, chain {info.chain_id}"
        age = "a day of the past" if past else words.age(info, now)
        st.caption(f"{block}, {words.moment(info.synced_at)} · {age} · {of}")


def nothing_yet(source: Source, now: datetime) -> None:
    """A network that was never synced."""
    network = load_network(source.name) if source.name in network_names() else None
    ending = end_of_chain(network, None, now)
    then_open = (
        ""
        if source.path == default_store(source.name)
        else f' ARGS="--store {words.inside(source.path)}"'
    )
    _tell_end(ending, "")
    st.title(f"Nothing read from {source.name} yet")
    if is_public():
        st.markdown("Once it is read, the page shows it by itself.")
    else:
        st.markdown("This command reads the chain into a store. The page then shows it by itself.")
        st.code(_sync_command(source) + then_open, language="bash")
        sync_now.offer(source, ending)
    st.markdown(f"Until then there is the [simulated sample](?network={SAMPLE}).")


def no_requests(view: StoreView, title: str) -> None:
    """A store that was synced and holds no request."""
    st.title(title)
    info = view.info
    if info.synced_at is None:
        then = words.to_operator(": sync it, then look again")
        st.info(f"The store was not synced up to any block yet{then}.")
        return
    upto = "no block" if info.synced_block is None else f"block {info.synced_block:,}"
    st.info(
        f"No request was made on {info.network} from block {info.first_block:,} up to "
        f"{upto}: there is no queue to show."
        f"{'' if view.at else ' Requests appear here after the next sync.'}"
    )


def failed(error: TrackerError | queries.QueryError) -> None:
    """A fault the reader can do something about: its message says what."""
    st.error(words.fault(str(error)), title="This page has no data to show")
