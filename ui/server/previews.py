"""What a chat shows of a link: `/s/<page>` is a small page with a title, a sentence and a picture,
`/s/<page>.png`, and leads people on to the page itself.

The small page is always given, as chats keep a fault for days: what is not known is left to the
page that it leads to. Pictures are drawn in a process of their own, and kept.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from html import escape
from typing import Any

from anyio import CapacityLimiter, to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from answers import ending_words, logged, past, sentences, store_view, words
from answers.kept import Kept
from answers.sources import read_sources, scores_version
from answers.store_view import StoreView, SupersededError
from data import TrackerError
from data.config import is_public
from queries import QueryError
from ui.parts.links import OF_TODAY
from ui.parts.preview import NotShownError, Preview, PreviewModule, plain
from ui.server import addresses
from ui.server.addresses import PAGES, with_query
from ui.server.card import HEIGHT, WIDTH, Card
from ui.server.drawer import BusyError, Drawer
from ui.server.first_page import NAME, meta

_log = logging.getLogger("ui")
_MAX_AGE_S = 60  # a store is published once a minute at most
_RETRY_S = 3
_MOST_FACES, _MOST_DRAWN = 8 * 2**20, 16 * 2**20  # bytes
_FACES, _DRAWN = Kept(_MOST_FACES), Kept(_MOST_DRAWN)
_TRIES = 3
_AT_ONCE, _MOST_WAITING = 2, 16
DRAWER = Drawer()


@dataclass(frozen=True)
class _Face:
    """What a link shows: a picture's words, and its chart as JSON, b"" where there is none."""

    card: Card
    chart: bytes = b""

    @property
    def title(self) -> str:
        """The title; of what is not real it says so."""
        card = self.card
        return f"{card.title} ({card.badge.lower()})" if card.badge else card.title

    @property
    def description(self) -> str:
        """Its sentence, of when it is, and what is not sure."""
        card = self.card
        parts = [card.sentence, card.foot.partition(" · ")[2], card.warning]
        return " ".join(part if part.endswith(".") else f"{part}." for part in parts if part)

    @property
    def key(self) -> str:
        return _hashed(repr(self).encode())


@lru_cache(maxsize=1)  # a limiter belongs to the event loop of the server
def _threads() -> CapacityLimiter:
    return CapacityLimiter(_AT_ONCE)


def routes(pages: str) -> list[Route]:
    """The routes of the previews; a page's own lies in the package `pages`, by its name."""

    async def serve(request: Request) -> Response:
        name = request.path_params["name"]
        page = name.removesuffix(".png")
        if page not in PAGES:
            raise HTTPException(404)
        link = addresses.parameters(request)
        face = await _found(pages, page, dict(link))
        if name != page:
            return await _picture(request, page, face)
        return _answer(request, _html(request, page, link, face or _general(page)), "text/html")

    return [Route(f"{addresses.previews()}/{{name}}", serve)]


async def _found(pages: str, page: str, link: Mapping[str, str]) -> _Face | None:
    """What a link shows; None where too many wait for one."""
    if _threads().statistics().tasks_waiting >= _MOST_WAITING:
        return None
    return await to_thread.run_sync(_face_of_link, pages, page, link, limiter=_threads())


def _face_of_link(pages: str, page: str, link: Mapping[str, str]) -> _Face:
    """What a link shows: worked out once for a version of the store, its scores and what of the
    link counts. What is not known is left to the page."""
    module: PreviewModule = importlib.import_module(f"{pages}.{page}.preview")  # type: ignore[assignment]
    own = {name: link[name] for name in sorted(link) if name in module.FIELDS}
    try:
        for _ in range(_TRIES):
            try:
                return _of_view(module, page, _view(page, link), own)
            except SupersededError:
                continue
    except (NotShownError, TrackerError, QueryError):
        pass
    return _general(page)


def _view(page: str, link: Mapping[str, str]) -> StoreView:
    """The store that a link asks for: the newest, or as of a moment of the past where the page
    shows one and it was built before."""
    sources, network = read_sources(), link.get("network")
    if network is not None and network not in sources.known:
        raise NotShownError
    source = sources.default() if network is None else sources.known[network]
    now = datetime.now(UTC)
    view: StoreView | None
    if "at" in link and page not in OF_TODAY:
        if past.plan(source, link["at"], now).logs:  # whoever copied the link had it built
            raise NotShownError
        view = past.open_at(source, link["at"], now)
    else:
        view = store_view.open_view(source, source.version(), now)
    if view is None or view.first_request_at is None or view.info.synced_at is None:
        raise NotShownError
    return view


def _of_view(module: PreviewModule, page: str, view: StoreView, own: Mapping[str, str]) -> _Face:
    hour = "" if view.info.simulated else f"{view.now:%Y-%m-%d %H}"
    versions = (view.version, scores_version(view.source), logged.log_size(view.source.path))
    told_by = (versions, hour, view.ending.kind, is_public())
    key = repr((page, told_by, own))
    return _FACES.get(key, lambda: _face(view, module.preview(view, own)), _size_of)


def _face(view: StoreView, preview: Preview) -> _Face:
    info = view.info
    block = "no block" if info.synced_block is None else f"block {info.synced_block:,}"
    unreal = sentences.unreal(info)
    then = f"As of {words.day(info.synced_at)}: " if view.at and info.synced_at else ""
    card = Card(
        title=plain(preview.title),
        sentence=then + plain(preview.sentence),
        foot=f"{NAME} · As of {block}, {words.moment(info.synced_at)}",
        badge="Simulated data" if info.simulated else unreal,
        warning=_warning(view) or preview.warning,
        note=preview.note,
    )
    chart = b"" if preview.chart is None else json.dumps(preview.chart).encode()
    return _Face(card, chart)


def _warning(view: StoreView) -> str:
    """What has to be known before any figure is read."""
    if view.failed_checks:
        failures = words.plural(view.failed_checks, "check")
        return f"{failures} failed on this store: figures may be wrong."
    return ending_words.in_short(view.ending)


def _general(page: str) -> _Face:
    """What is shown where a link cannot be summed up: no figure."""
    return _Face(Card(page.capitalize(), PAGES[page], NAME))


def _size_of(face: _Face) -> int:
    return len(face.chart) + 1_000


async def _picture(request: Request, page: str, face: _Face | None) -> Response:
    if face is None:
        return _busy()
    picture = _DRAWN.found(face.key)
    if picture is None:
        try:
            picture = await _draw(face)
        except BusyError:
            return _busy()
        except OSError as error:
            _log.warning("the picture of %s could not be drawn: %s", page, error)
            return _busy()
    return _answer(request, picture, "image/png")


async def _draw(face: _Face) -> bytes:
    def is_drawn() -> bytes | None:
        drawn: bytes | None = _DRAWN.found(face.key)
        return drawn

    chart: dict[str, Any] | None = json.loads(face.chart) if face.chart else None
    picture = await DRAWER.draw(face.card, chart, is_drawn)
    return _DRAWN.get(face.key, lambda: picture, len)


def _busy() -> Response:
    headers = {"Retry-After": str(_RETRY_S), "Cache-Control": "no-store"}
    return Response("Too many wait for pictures: come again.\n", 503, headers, "text/plain")


def _answer(request: Request, content: bytes, kind: str) -> Response:
    tag = f'W/"{_hashed(content)}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={_MAX_AGE_S}"}
    known = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=kind)


def _hashed(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:24]


def _html(request: Request, page: str, link: list[tuple[str, str]], face: _Face) -> bytes:
    """The small page: all of it from this server, and without a script."""
    here, there = f"{addresses.previews()}/{page}", addresses.page_path(page)
    site = addresses.site(request)
    onward = escape(with_query(there, link))
    title, picture = f"{face.title} · {NAME}", with_query(f"{here}.png", link)
    heads = meta(title, face.description, site + with_query(here, link), site + picture)
    sentence = escape(face.description)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="0;url={onward}"><title>{escape(title)}</title>{heads}'
        f"<style>body{{font:1.1rem sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}"
        f"img{{max-width:min(60rem,92vw);height:auto}}</style></head><body><h1>{escape(face.title)}</h1>"
        f'<p>{sentence}</p><p><a href="{onward}">Open this view</a></p>'
        f'<img src="{escape(picture)}" width="{WIDTH}" height="{HEIGHT}" alt="{sentence}">'
        f"</body></html>"
    ).encode()
