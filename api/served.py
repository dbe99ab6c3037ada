"""How every answer is given: from one version of a store, kept, and with that version as its ETag.

What was answered before is answered on the event loop, and what takes a millisecond. What has to be
worked out is, by few threads: a query on two processors is not quicker by being asked forty times
at once.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache, wraps

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response

from answers import ending_words, logged, past, store_view
from answers.kept import Kept
from answers.sources import Source, Version, read_sources, scores_version
from answers.store_view import StoreView, SupersededError, answer_of
from api.forms import About, ChainEnd, Form
from api.problems import Problem, as_response
from api.values import iso
from data import NewerStoreError, OlderStoreError, PastError, StoreError, TrackerError
from data.config import ROOT
from queries import QueryError

MAX_AGE_S = 10  # a store is published once a minute at most
_MOST_BYTES = 32 * 2**20
_KEPT = Kept(_MOST_BYTES)
_OPENED: dict[str, StoreView] = {}  # by network, its newest store
_FRESH = timedelta(seconds=1)
_TRIES = 3
_AT_ONCE = 2
_QUICK_S = 0.02
# By network, of which store and scores a quick answer was given before: all that it needs is read.
_WARM: dict[str, tuple[Version, tuple[int, int] | None]] = {}
_LONGEST_BUILD_S, _MOST_WAITING = 15.0, 4
_log = logging.getLogger("api")
JSON = "application/json"
_ROOMS, _MADE_BY = ("answers", "api", "queries", "forecast", "data"), {".py", ".sql", ".toml"}
_NOT_SET_UP = "The server's settings cannot be read."


@lru_cache(maxsize=1)  # a limiter belongs to the event loop of the server
def _threads() -> CapacityLimiter:
    return CapacityLimiter(_AT_ONCE)


@lru_cache(maxsize=1)
def _builders() -> CapacityLimiter:
    return CapacityLimiter(1)


@dataclass(frozen=True)
class Body:
    """What is answered: its bytes and their kind. `is_data` is JSON that goes under "data", beside
    what is said about the store; `sum` is what people compare of a file."""

    content: bytes
    media_type: str = JSON
    is_data: bool = True
    filename: str = ""
    sum: str = ""
    is_kept: bool = True


class NotKeptError(Exception):
    """An answer that another takes the place of soon: it is given once, and has no tag."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body


def or_problem(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a route that tells a Problem itself."""

    @wraps(endpoint)
    async def answer_or_problem(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Problem as problem:
            return as_response(problem, request.scope.get("root_path", ""))

    return answer_or_problem


def not_set_up() -> Problem:
    """Of settings that cannot be read."""
    return Problem(503, "not-set-up", _NOT_SET_UP)


def base_of(request: Request) -> str:
    """The address of this server's pages, as the request has it, with a slash at its end."""
    return f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}/"


def source_of(network: str | None) -> Source:
    """The source of a network by name, or the one that is shown first. Raises Problem."""
    try:
        sources = read_sources()
    except TrackerError as error:
        raise not_set_up() from error
    if network is None:
        return sources.default()
    if network not in sources.known:
        known = ", ".join(sources.known)
        raise Problem(404, "unknown-network", f"There is no such network: there are {known}.")
    return sources.known[network]


def _view_at_hand(source: Source) -> StoreView | None:
    """The newest published store of a source, if it was opened before: nobody waits for a file."""
    version = source.version()
    opened, now = _OPENED.get(source.name), datetime.now(UTC)
    if opened is None or opened.version != version:
        return None
    if now - opened.now > _FRESH:  # what it knows of settings and of the chain's end is as old
        opened = _OPENED[source.name] = StoreView(source, version, opened.info, now)
    return opened


def open_store(source: Source) -> StoreView:
    """The newest published store of a source. Raises Problem where there is none to be read."""
    for _ in range(_TRIES):
        try:
            view = store_view.open_view(source, source.version(), datetime.now(UTC))
        except SupersededError:
            continue
        except StoreError as error:
            raise unreadable(error) from error
        if view is None:
            what = "it is being fetched" if source.is_copy else "it has to be synced"
            raise Problem(503, "no-store", f"Nothing of {source.name} was read yet: {what}.")
        _count_first(view)
        _OPENED[source.name] = view
        return view
    raise _replaced()


async def _open_past(source: Source, moment: str) -> StoreView:
    """A source's store as of a moment of the past, built if it is not kept. Raises Problem."""
    now = datetime.now(UTC)
    takes = await to_thread.run_sync(_plan, source, moment, now, limiter=_threads())
    if not takes.logs:
        return await to_thread.run_sync(_built, source, moment, now, limiter=_threads())
    if takes.seconds > _LONGEST_BUILD_S:
        raise _too_long()
    if _builders().statistics().tasks_waiting >= _MOST_WAITING:
        raise Problem(
            503, "not-built", "Many moments of the past are being rebuilt.", {"Retry-After": "30"}
        )
    return await to_thread.run_sync(_built, source, moment, now, limiter=_builders())


def _plan(source: Source, moment: str, now: datetime) -> past.Plan:
    """What it takes to show a moment. Raises Problem."""
    if open_store(source).table_rows("raw_logs") > past.MOST_LOGS:
        raise _too_long()
    try:
        return past.plan(source, moment, now)
    except PastError as error:
        raise Problem(400, "bad-moment", _sentence(error)) from error
    except SupersededError as error:
        raise _replaced() from error
    except StoreError as error:
        raise unreadable(error) from error


def _built(source: Source, moment: str, now: datetime) -> StoreView:
    """The store of that moment. Raises Problem."""
    try:
        view = past.open_at(source, moment, now)
        _count_first(view)
    except SupersededError as error:
        raise _replaced() from error
    except StoreError as error:
        raise unreadable(error) from error
    except PastError as error:
        _log.warning("a moment of the past could not be rebuilt: %s", error)
        text = "This moment cannot be rebuilt just now."
        raise Problem(503, "not-built", text, {"Retry-After": "60"}) from error
    return view


def _too_long() -> Problem:
    text = "It takes too long to rebuild that moment here: look at it on a page, which waits."
    return Problem(413, "too-large", text)


def _sentence(error: PastError) -> str:
    text = str(error).rstrip(".")
    return f"{text[:1].upper()}{text[1:]}."


def unreadable(error: Exception) -> Problem:
    """Of a store that cannot be opened."""
    if isinstance(error, OlderStoreError):
        text = "An earlier version wrote the store. It is being brought up to date: ask again."
        return Problem(503, "older-store", text, {"Retry-After": "5"})
    if isinstance(error, NewerStoreError):
        text = (
            "A later version wrote the store: whoever runs this server has to update the program."
        )
        return Problem(503, "newer-store", text)
    return Problem(503, "unreadable-store", "The store cannot be read now.")


def _replaced() -> Problem:
    return Problem(
        503, "store-replaced", "The store is being replaced: ask again.", {"Retry-After": "1"}
    )


async def answer(
    request: Request,
    network: str | None,
    key: object,
    make: Callable[[StoreView], Body],
    at: str | None = None,
    *,
    is_quick: bool = False,
) -> Response:
    """The answer of `make`, which is called once for a version of the store, its scores and a
    `key`; with `at`, of the store as it was then. `make` may raise Problem, StoreError and
    QueryError. One that `is_quick` takes a millisecond once all that it needs is read: handing that
    to a thread would take longer."""
    source = source_of(network)
    if at is not None:
        view = await _open_past(source, at)
    elif (found := _view_at_hand(source)) is not None:
        view = found
    else:
        view = await to_thread.run_sync(open_store, source, limiter=_threads())
    tag = _tag(view, key)
    if _is_known(request, tag):
        return Response(status_code=304, headers=_headers(tag))
    kept: Body | None = _KEPT.found(tag)
    if kept is None:
        warm = view.version, scores_version(source)
        if is_quick and at is None and _WARM.get(source.name) == warm:
            began = time.perf_counter()
            kept = _made(tag, view, make)
            if time.perf_counter() - began > _QUICK_S:
                del _WARM[source.name]
        else:
            kept = await to_thread.run_sync(_made, tag, view, make, limiter=_threads())
            if is_quick and at is None:
                _WARM[source.name] = warm
    if "*" in _tags_known(request):  # of anything there is, which is sure only now
        return Response(status_code=304, headers=_headers(tag))
    content = kept.content
    if kept.is_data:
        about = about_store(view).model_dump_json().encode()
        content = b'{"about":' + about + b',"data":' + content + b"}"
    headers = _headers(tag) if kept.is_kept else {"Cache-Control": "no-store"}
    if kept.filename:
        headers["Content-Disposition"] = f'attachment; filename="{kept.filename}"'
    if kept.sum:
        headers["Archive-Sum"] = kept.sum
    return Response(content, headers=headers, media_type=kept.media_type)


def plain(request: Request, form: Form) -> Response:
    """An answer that rests on no store, or on all."""
    content = form.model_dump_json()
    tag = _as_tag(content)
    if _is_known(request, tag):
        return Response(status_code=304, headers=_headers(tag))
    return Response(content, headers=_headers(tag), media_type=JSON)


def _made(tag: str, view: StoreView, make: Callable[[StoreView], Body]) -> Body:
    try:
        return _KEPT.get(tag, lambda: make(view), lambda body: len(body.content))
    except NotKeptError as once:
        return once.body
    except SupersededError as error:
        raise _replaced() from error
    except (TrackerError, QueryError) as error:
        raise Problem(503, "unreadable-store", "The store cannot answer this now.") from error


@lru_cache(maxsize=64)
def _failed(version: Version) -> int:
    return answer_of(version, "checks_summary", {}).filter(status="failed").height


def _count_first(view: StoreView) -> None:
    """Count in a thread what every answer tells. Raises Problem."""
    try:
        count_failed(view)
    except SupersededError as error:
        raise _replaced() from error
    except (StoreError, QueryError) as error:
        raise unreadable(error) from error


def count_failed(view: StoreView) -> int:
    """How many checks of a store failed; asked once for a version of it."""
    return _failed(view.version)


def _end_of(view: StoreView) -> ChainEnd | None:
    ending = view.ending
    if ending.kind == "none":
        return None
    return ChainEnd(
        kind=ending.kind,
        day=ending.day,
        told_by=ending.told_by or None,
        is_confirmed=ending.is_confirmed,
        notice=ending_words.in_short(ending),
    )


def about_store(view: StoreView) -> About:
    """What every answer says of what it rests on."""
    info = view.info
    now = datetime.now(UTC)
    age = None if info.synced_at is None else (now - info.synced_at).total_seconds()
    return About(
        network=view.source.name,
        chain_id=info.chain_id,
        simulated=info.simulated,
        block=info.synced_block,
        block_at=iso(info.synced_at),
        age_seconds=None if age is None or info.simulated or view.at else max(0, round(age)),
        at=view.at.moment if view.at else None,
        failed_checks=count_failed(view),
        chain_end=_end_of(view),
        asked_at=iso(now),
    )


def _tag(view: StoreView, key: object) -> str:
    """Weak: the age in an answer is another at each second. Raises Problem."""
    versions = (view.version, scores_version(view.source), logged.log_size(view.source.path))
    try:
        ending = view.ending
    except TrackerError as error:
        raise not_set_up() from error
    reported = (ending.kind, ending.day, ending.told_by, ending.is_confirmed)
    # From it the official days of a new unstake run; time stands still in what is of the past.
    hour = "" if view.info.simulated or view.at else f"{view.now:%Y-%m-%d %H}"
    return _as_tag(repr((_program(), versions, reported, hour, key)))


@cache
def _program() -> str:
    """Another one for each state of what answers are made by."""
    files = sorted(
        path for room in _ROOMS for path in (ROOT / room).rglob("*") if path.suffix in _MADE_BY
    )
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def _as_tag(text: str) -> str:
    return f'W/"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def _is_known(request: Request, tag: str) -> bool:
    return tag.removeprefix("W/") in _tags_known(request)


def _tags_known(request: Request) -> list[str]:
    """What the request has already, compared weakly (RFC 9110): a proxy that packs an answer
    changes how strong its tag is."""
    tags = ",".join(request.headers.getlist("if-none-match"))
    return [each.strip().removeprefix("W/") for each in tags.split(",")]


def _headers(tag: str) -> dict[str, str]:
    return {"ETag": tag, "Cache-Control": f"public, max-age={MAX_AGE_S}"}
