"""Inputs that live in the URL, so that a view is a link.

Streamlit silently drops a value from the URL that an input cannot take. Here each value is checked
first, and a notice names the wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import Literal
from urllib.parse import parse_qs, urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state import get_session_state

# The links that this session had on the page it shows, the present one last.
_PAST = "past links"
_REWRITTEN = "rewritten link"
# The network that was shown before, and what the link named there.
_OF_BEFORE = "left with the network"
# What inputs of the page before stood for in its link.
_LEFT = "left behind"
# The moment of the past that a session shows, under `at` in its links.
SHOWN_AT = "shown_at"
# The pages that show no past.
OF_TODAY = {"unstake", "status"}
_MOST_PAST = 50
# What names something on one network names nothing, or something else, on another.
_OF_ONE_NETWORK = {"tx": "a transaction", "request": "a request", "since": ""}
# Parameters that a link may hold several times, once for each of what was chosen.
_LISTS = {"draw"}
# What Markdown may act on, in the names of columns of anybody's statement.
_NO_WORD = re.compile(r"[^\w ,-]")
# What is added to a link to follow who opens it.
_OF_TRACKERS = re.compile(
    "utm_.*|hsa_.*|mtm_.*|pk_.*|piwik_.*|matomo_.*|vero_.*|oly_.*|__hs.*|_hs.*|_g[al]|ga_.*|at_.*|"
    "fb_.*|fbclid|gclid|gclsrc|gad_.*|gbraid|wbraid|dclid|msclkid|yclid|ymclid|ysclid|twclid|"
    "ttclid|igshid?|igsh|li_fat_id|mc_[ce]id|mkt_tok|s_kwcid|sc_cid|rdt_cid|epik|si|ref|ref_src|"
    "ref_url|srsltid|wickedid|_openstat|cmpid|trk|trkinfo",
    re.IGNORECASE,
)


def page(name: str) -> str:
    """The script of the page called `name`, as Streamlit's links want it."""
    return f"../pages/{name}/page.py"


def choose(
    label: str,
    options: Sequence[str],
    key: str,
    default: str,
    notices: DeltaGenerator,
    label_visibility: Literal["visible", "hidden", "collapsed"] = "visible",
) -> str:
    """One of few `options`, as buttons in one or more rows, under `key` in the URL."""
    check(key, options.__contains__, f"one of {', '.join(options)}", default, notices)
    take_only(key, options, default)
    return st.segmented_control(
        label,
        options,
        default=default,
        required=True,
        key=key,
        bind="query-params",
        wrap=True,
        label_visibility=label_visibility,
    )


def pick(
    label: str, options: Sequence[str], key: str, default: str, notices: DeltaGenerator
) -> str:
    """One of many `options`, under `key` in the URL."""
    check(key, options.__contains__, "one of those to choose from", default, notices)
    take_only(key, options, default)
    return st.selectbox(label, options, options.index(default), key=key, bind="query-params")


def pick_or_none(
    label: str, options: Sequence[str], key: str, usual: str, notices: DeltaGenerator
) -> str | None:
    """One of many `options` or none, which means `usual`, under `key` in the URL."""
    check(key, options.__contains__, "one of those to choose from", usual, notices)
    return st.selectbox(label, options, None, key=key, placeholder=usual, bind="query-params")


def choose_several(
    label: str,
    options: Sequence[str],
    key: str,
    default: str,
    most: int,
    notices: DeltaGenerator,
) -> list[str]:
    """One to `most` of `options`, under `key` in the URL, which may hold it several times: `key` is
    one of `_LISTS`. Where all were taken away it is `default` again."""
    named = st.query_params.get_all(key)
    if len(named) > most or not set(named) <= set(options):
        wrong = next((text for text in named if text not in options), None)
        few = ", ".join(_NO_WORD.sub("", option[:40]) for option in options[:8])
        wanted = f"one of {few}{', …' if len(options) > 8 else ''}"
        if forget(key):
            text = named[-1] if wrong is None else wrong
            refuse(
                notices,
                key,
                text,
                wanted if wrong is not None else f"one of at most {most}",
                default,
            )
    held = st.session_state.get(key)
    if held is not None and not set(held) & set(options):
        st.session_state[key] = [default]  # of an answer before, or none
    return st.multiselect(
        label, options, [default], key=key, max_selections=most, wrap=True, bind="query-params"
    )


def choose_day(
    label: str, key: str, default: date, earliest: date, latest: date, notices: DeltaGenerator
) -> date:
    """A day between `earliest` and `latest`, under `key` in the URL as YYYY-MM-DD."""
    wanted = f"a day from {earliest} to {latest}"
    check(key, lambda text: is_day(text, earliest, latest), wanted, str(default), notices)
    return st.date_input(
        label,
        default,
        min_value=earliest,
        max_value=latest,
        key=key,
        bind="query-params",
        format="YYYY-MM-DD",
        width=150,
        help="What you type counts when you leave the field.",
    )


def switch(label: str, key: str, default: bool, notices: DeltaGenerator) -> bool:
    """On or off, under `key` in the URL as true or false."""
    check(key, ("true", "false").__contains__, "true or false", str(default).lower(), notices)
    return st.toggle(label, default, key=key, bind="query-params")


def check(
    key: str,
    is_valid: Callable[[str], bool],
    wanted: str,
    default: str,
    notices: DeltaGenerator,
) -> str | None:
    """The text under `key` in the URL; None where there is none. One that is not `is_valid` is
    named in a notice and leaves the URL: the input that is bound to it could not take it."""
    text = st.query_params.get(key)
    if text is not None and not is_valid(text):
        if forget(key):
            refuse(notices, key, text, wanted, default)
        return None
    return text


def take_only(key: str, options: Collection[str | None], default: str | None) -> None:
    """To be called before the input under `key` is drawn. What an input of that name on another
    page held, Streamlit hands on: where it is none of `options`, the link counts, or `default`."""
    if key in st.session_state and st.session_state[key] not in options:
        text = st.query_params.get(key)
        st.session_state[key] = text if text in options else default


def drop_other(key: str, kind: type | tuple[type, ...]) -> None:
    """Drop what an input of the same name on another page held, where it is not of this `kind`:
    Streamlit would hand it to this page's input, which cannot take it."""
    if key in st.session_state and not isinstance(st.session_state[key], kind):
        del st.session_state[key]


def show_network(network: str) -> None:
    """To be called in a callback: have the page show another network. What the link names on the
    one that was shown leaves it, and `tell_left` says so; what an input holds stays."""
    before = st.query_params.get("network", "")
    with get_session_state().query_params() as of_session:
        named = [name for name in _OF_ONE_NETWORK if name in st.query_params]
        if st.query_params.get("at", "").isdigit():  # a block: a day is one everywhere
            named.append("at")
            st.session_state.pop(SHOWN_AT, None)
        left = [name for name in named if not of_session.is_bound(name)]
        for name in left:
            of_session.discard_param_no_forward_msg(name)
    st.session_state[_OF_BEFORE] = (before, [_OF_ONE_NETWORK.get(name, "a block") for name in left])
    st.session_state.pop(_PAST, None)
    st.query_params["network"] = network


def tell_left() -> None:
    """Say once what of the network that was shown before is in the link no more."""
    before, left = st.session_state.pop(_OF_BEFORE, ("", []))
    if any(left):
        st.info(
            f"The link named {' and '.join(filter(None, left))} on {before}. On this network that "
            "is something else, so the link no longer names it. Press Back to see it again."
        )


def forget(key: str) -> bool:
    """Take a parameter out of the URL, and out of what an input that is bound to it begins with:
    Streamlit keeps the URL as it came for that, and fails on some of it. Returns False where an
    input holds it already, as it was chosen before something else was: that one puts it right."""
    with get_session_state().query_params() as of_session:
        of_session._initial_query_params.pop(key, None)
        if of_session.is_bound(key):
            return False
    rewrite(key, None)
    return True


def hand_over(key: str, text: str) -> None:
    """To be called in a callback: the input under `key`, which is not drawn yet, is to begin with
    `text`, and that is to stand in the URL."""
    st.query_params[key] = text
    with get_session_state().query_params() as of_session:
        of_session._initial_query_params[key] = [text]


def imply(key: str, text: str | None) -> None:
    """To be called before the input under `key` is drawn: a link that does not name it, but names
    what goes with `text` alone, means `text`, and holds it from then on."""
    if text is not None and key not in st.query_params and key not in st.session_state:
        with get_session_state().query_params() as of_session:
            of_session._initial_query_params[key] = [text]
        rewrite(key, text)


def rewrite(name: str, text: str | None) -> None:
    """Have the URL hold `text` under `name`, or no such parameter, where no visitor chose so. The
    browser hears of it from `ui/browser/address`, and adds no entry to its history: Streamlit's own
    message for it would, and the first press of Back would lead nowhere."""
    with get_session_state().query_params() as of_session:
        if text is None:
            of_session.discard_param_no_forward_msg(name)
        else:
            of_session.set_with_no_forward_msg(name, text)
        query = urlencode(of_session._query_params, doseq=True)
    context = get_script_run_ctx()
    assert context is not None
    context.query_string = query  # what a run that this one asks for begins with
    st.session_state.setdefault(_REWRITTEN, set()).add(name)


def rewritten() -> dict[str, str | None]:
    """What stands in the URL now of all that was rewritten and not told yet; told by this."""
    names: set[str] = st.session_state.pop(_REWRITTEN, set())
    return {name: st.query_params.get(name) for name in sorted(names)}


def refuse(notices: DeltaGenerator, key: str, text: str, wanted: str, default: str) -> None:
    """Name in a notice the value of a link that cannot be shown, and what is shown instead."""
    notices.warning(
        f"The link asks for `{key}={plain(text)}`, which is not {wanted}. Showing {default}."
    )


def tidy() -> None:
    """To be called before anything reads the URL: what mail and social networks add to a link
    leaves it in silence, and of a parameter that stands there several times the last one counts."""
    for name in list(st.query_params):
        every = st.query_params.get_all(name)
        if _OF_TRACKERS.fullmatch(name):
            rewrite(name, None)
        elif len(every) > 1 and name not in _LISTS and forget(name):
            st.warning(
                f"The link sets `{plain(name)}` {len(every):,} times: the last one counts, "
                f"`{plain(every[-1])}`."
            )
            rewrite(name, every[-1])
            with get_session_state().query_params() as of_session:
                of_session._initial_query_params[name] = [every[-1]]


def refuse_unknown(own: Collection[str], page: str) -> None:
    """Name the parameters that the page called `page` does not know, and take them out of the URL.

    It knows its `own` and those of every page.
    """
    known = ["network", *own, *([] if page.lower() in OF_TODAY else ["at"])]
    unknown = [name for name in st.query_params if name not in known]
    if not unknown:
        return
    named = ", ".join(f"`{plain(name)}`" for name in unknown)
    st.warning(
        f"The link sets {named}, which the page {page} does not know: there are {', '.join(known)}."
    )
    for name in unknown:
        rewrite(name, None)


def arrive(page: str) -> None:
    """To be called before anything reads the URL: on another page than the last run's, what that
    page's links were is forgotten, and the URL is what led here. A browser sends with it what
    inputs of the page before stood for, and Streamlit drops every parameter of such a name, also
    one of the link that was followed."""
    before = st.session_state.get("page")
    if before == page:
        return
    st.session_state["page"] = page
    st.session_state.pop(_PAST, None)
    left: dict[str, list[str]] = st.session_state.pop(_LEFT, {})
    context = get_script_run_ctx()
    if before is None or context is None:
        return
    came = parse_qs(context.query_string, keep_blank_values=True)
    for name, old in left.items():
        texts = came.get(name, [])
        if not went_back():
            for text in old:
                if text in texts:
                    texts.remove(text)
        if st.query_params.get(name) != (texts[-1] if texts else None):
            rewrite(name, texts[-1] if texts else None)
            with get_session_state().query_params() as of_session:
                of_session._initial_query_params.pop(name, None)
                if texts:
                    of_session._initial_query_params[name] = texts[-1:]


def here() -> str:
    """The page that was run last, by its address."""
    page: str = st.session_state["page"]
    return page


def leave() -> None:
    """To be called when a page, or a part of it, has drawn its inputs: what they stand for goes no
    further."""
    link = {name: st.query_params.get_all(name) for name in st.query_params}
    with get_session_state().query_params() as of_session:
        bound = of_session._bindings_by_param
        st.session_state[_LEFT] = {
            name: link.get(name, []) if name in _LISTS else link.get(name, [])[-1:]
            for name in bound
        }


def settle(names: Collection[str]) -> dict[str, str]:
    """The URL's parameters, with the latest values of `names`.

    A browser sends its URL with each input. What is typed while the answer to an earlier input is
    on its way comes with a URL that is out of date. Only the browser's back and forward buttons
    lead to an earlier one.
    """
    link = st.query_params.to_dict()
    own = {name: text for name, text in link.items() if name in names}
    past: list[dict[str, str]] = st.session_state.get(_PAST, [])
    if own in past[:-1] and not went_back():
        link = {name: text for name, text in link.items() if name not in names} | past[-1]
        st.query_params.from_dict(link)
    else:
        keep(own)
    return link


def went_back() -> bool:
    """Whether this run was asked for by the browser's back or forward button."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def keep(own: dict[str, str]) -> None:
    """Remember these parameters of the page as the latest."""
    past = [each for each in st.session_state.get(_PAST, []) if each != own]
    st.session_state[_PAST] = [*past[-_MOST_PAST:], own]


def plain(text: str) -> str:
    """Text from a link, short and without what Markdown would act on."""
    return "".join(letter for letter in text[:40] if letter.isprintable() and letter != "`")


def is_day(text: str, earliest: date, latest: date) -> bool:
    """Whether a link's text is a day between the two, both included."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return day.isoformat() == text and earliest <= day <= latest
