"""Atom feeds (RFC 4287): what happened to a request, to an address, to the checks, and the runs.

An entry keeps its id, whoever serves it and however often the store is synced: readers tell by it
what is new.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, urlencode

from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from answers import happenings, sentences, words
from answers.happenings import Happening
from answers.store_view import StoreView
from api import looked_up
from api.problems import Problem
from api.served import Body, answer, base_of, or_problem

ATOM = "application/atom+xml"
MOST_ENTRIES = 100
MOST_RUNS = 50
_MAKER = "FTM unstake queue"
_IDS = uuid.UUID("9d0f7a52-6c1b-4b0e-8f57-2f7f0f6f4c11")  # the namespace of all ids


@dataclass(frozen=True)
class _Feed:
    """`key` names it among all of its network, `path` is below the server's own."""

    key: str
    title: str
    subtitle: str
    path: str
    page: str
    happened: Sequence[Happening]


@or_problem
async def of_request(request: Request) -> Response:
    """`/feeds/{network}/requests/{id}.atom`."""
    wr_id = looked_up.request_id(request.path_params["id"])
    return await _feed(request, partial(_of_request, wr_id), ("request", wr_id))


@or_problem
async def of_address(request: Request) -> Response:
    """`/feeds/{network}/addresses/{address}.atom`."""
    address = looked_up.address(request.path_params["address"])
    return await _feed(request, partial(_of_address, address), ("address", address))


@or_problem
async def of_checks(request: Request) -> Response:
    """`/feeds/{network}/checks.atom`."""
    return await _feed(request, _of_checks, ("checks",))


@or_problem
async def of_runs(request: Request) -> Response:
    """`/feeds/{network}/runs.atom`."""
    return await _feed(request, _of_runs, ("runs",))


ROUTES = [
    Route("/feeds/{network}/requests/{id}.atom", of_request),
    Route("/feeds/{network}/addresses/{address}.atom", of_address),
    Route("/feeds/{network}/checks.atom", of_checks),
    Route("/feeds/{network}/runs.atom", of_runs),
]


async def _feed(
    request: Request, feed_of: Callable[[StoreView, str], _Feed], key: tuple[object, ...]
) -> Response:
    base = base_of(request)

    def made(store: StoreView) -> Body:
        return Body(_as_atom(store, feed_of(store, base), base), ATOM, is_data=False)

    return await answer(request, request.path_params["network"], ("feed", *key, base), made)


def _of_request(wr_id: int, store: StoreView, base: str) -> _Feed:
    request = looked_up.request(store, wr_id)
    return _Feed(
        f"request {wr_id}",
        f"Unstake request {wr_id:,} on {store.source.name}",
        f"{words.plain(sentences.answer(request))} {sentences.read_up_to(store)}",
        f"requests/{wr_id}",
        looked_up.track(base, store, wr_id),
        happenings.of_request(store, request)[:MOST_ENTRIES],
    )


def _of_address(address: str, store: StoreView, base: str) -> _Feed:
    requests = store.ask("requests_by_address", address=address)
    requests = requests.unique("wr_id", keep="last", maintain_order=True)
    subtitle = sentences.of_address(requests) if requests.height else "No request was made by it."
    return _Feed(
        f"address {address}",
        f"Unstake requests of {words.short(address)} on {store.source.name}",
        f"{words.plain(subtitle)} {sentences.read_up_to(store)}",
        f"addresses/{address}",
        looked_up.track(base, store, address),
        happenings.of_address(store, address, MOST_ENTRIES),
    )


def _of_checks(store: StoreView, base: str) -> _Feed:
    checks = store.ask("checks_summary")
    failed, undecided = (checks.filter(status=s).height for s in ("failed", "unknown"))
    subtitle = "Nothing was checked yet."
    if checks.height:
        subtitle = (
            f"Of {words.plural(checks.height, 'check')} {failed or 'none'} failed, and "
            f"{undecided or 'none'} could not be made."
        )
    return _Feed(
        "checks",
        f"Failed checks on {store.source.name}",
        f"{subtitle} {sentences.read_up_to(store)}",
        "checks",
        f"{base}status?{urlencode({'network': store.source.name})}",
        happenings.failed_checks(store)[:MOST_ENTRIES],
    )


def _of_runs(store: StoreView, base: str) -> _Feed:
    return _Feed(
        "runs",
        f"Operator's runs on {store.source.name}",
        "Payouts come in runs, when money has come in: one request after another is paid until "
        f"the money is gone. {sentences.read_up_to(store)}",
        "runs",
        f"{base}?{urlencode({'network': store.source.name})}",
        happenings.runs(store, MOST_RUNS),
    )


def _as_atom(store: StoreView, feed: _Feed, base: str) -> bytes:
    """The document. Where nothing happened yet, it is of the newest block's time."""
    info, kind = store.info, sentences.unreal(store.info)
    if info.synced_at is None:
        raise Problem(503, "no-store", "The store holds no block yet: it has to be synced.")

    def titled(title: str) -> str:
        return words.printable(f"{kind}: {title}" if kind else title)

    made = FeedGenerator()
    made.generator(_MAKER)
    made.language("en")
    made.id(_id(store, f"feed {feed.key}"))
    made.title(titled(feed.title))
    subtitle = f"{looked_up.doubt(store)} {feed.subtitle}".strip()
    made.subtitle(words.printable(subtitle))
    made.author(name=_MAKER)
    made.updated(feed.happened[0].at if feed.happened else info.synced_at)
    address = f"{base}feeds/{quote(store.source.name, safe='')}/{feed.path}.atom"
    made.link(href=address, rel="self", type=ATOM)
    made.link(href=feed.page, rel="alternate", type="text/html")
    for each in feed.happened:
        entry = made.add_entry(order="append")
        entry.id(_id(store, each.key))
        entry.title(titled(each.title))
        entry.updated(each.at)
        entry.published(each.at)
        page = feed.page if each.wr_id is None else looked_up.track(base, store, each.wr_id)
        entry.link(href=page, rel="alternate", type="text/html")
        unreal = f" {kind}: nothing of it is on the real chain." if kind else ""
        entry.content(words.printable(each.text + unreal), type="text")
    document: bytes = made.atom_str()
    return document


def _id(store: StoreView, key: str) -> str:
    """Made of the chain and of what happened, and of no server."""
    return uuid.uuid5(_IDS, f"{store.info.network} {store.info.chain_id} {key}").urn
