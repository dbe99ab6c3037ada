"""The server around the pages: headers, faults, and what loads before a visit."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import importlib
import inspect
import logging
import re
import secrets
import signal
import sys
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from answers import words
from answers.sources import read_sources
from data import TrackerError
from data.config import ROOT, SAMPLE, settings
from ui.server import (
    fetching,
    gate,
    lines,
    operations,
    previews,
    readying,
    rescoring,
    upgrading,
    watching,
)
from ui.server.addresses import MOST_LETTERS

_log = logging.getLogger("ui")
_LAST_ANSWERS_S = 5
# Garbage is looked for every six runs of a page, not twice in each: with a crowd of sessions that
# took 5 % of the time, and each of the rare whole looks 60 ms.
_COLLECTED = (10_000, 20, 20)
_FOR_PROGRAMS = ("/feeds/", "/calendar/", "/api/")
# What a first visit would import otherwise.
_PRELOADED = (
    "altair",
    "pandas",
    "polars",
    "pyarrow",
    "pages.queue.charts",
    "pages.queue.windows",
    "pages.queue.payments",
    "ui.parts.drawing",
    "ui.frame.around",
    "ui.frame.shown",
    "answers.scored",
    "PIL.Image",
)


def inline_script_hashes(page: str) -> list[str]:
    """The CSP sources of the scripts that stand in Streamlit's own page."""
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [
        f"'sha256-{b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
    ]


def security_headers(framed_by: Sequence[str] = ()) -> dict[str, str]:
    """Nothing may be loaded from or sent to another host, nor framed by another than these."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text()
    policy = {
        "default-src": "'self'",
        # Components come as blobs.
        "script-src": " ".join(["'self'", "blob:", *inline_script_hashes(page)]),
        "style-src": "'self' 'unsafe-inline'",  # Streamlit writes its styles as it draws
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(framed_by) or "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{key} {value}" for key, value in policy.items()),
        **({} if framed_by else {"X-Frame-Options": "DENY"}),  # it knows no list
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def with_security_headers(app: ASGIApp) -> ASGIApp:
    """Middleware that adds the headers to every answer. A page may be framed only where the
    operator names by whom, and where it is asked for as a part of another page."""
    alone, framed = security_headers(), security_headers(_framed_by())

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        is_part = scope["type"] == "http" and ("embed", "true") in parse_qsl(
            scope["query_string"].decode("latin-1")[:MOST_LETTERS]
        )

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(framed if is_part else alone)
            await send(message)

        await app(scope, receive, send_with_headers)

    return served


def own_at_base_path(app: ASGIApp) -> ASGIApp:
    """Middleware that serves our own routes beside the pages, where Streamlit serves those below a
    path (`server.baseUrlPath`): it moves its own routes alone."""
    base = f"/{config.get_option('server.baseUrlPath').strip('/')}"
    folders = tuple(base + path for path in _FOR_PROGRAMS)
    files = [base + path for path in operations.PATHS]

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_ours = path.startswith(folders) or path in files
        if base != "/" and scope["type"] == "http" and is_ours:
            scope = {**scope, "root_path": base}
        await app(scope, receive, send)

    return served


def routes(pages: str) -> list[BaseRoute]:
    """What is served beside the pages, each of which has its preview in the package `pages`."""
    return [*operations.ROUTES, *previews.routes(pages)]


def explain(error: Exception) -> bool:
    """Tell a visitor what happened without a traceback, and the log under which code."""
    from queries import QueryError

    if isinstance(error, TrackerError | QueryError):
        st.error(words.fault(str(error)), title="This page has no data to show")
        return True
    code = secrets.token_hex(3)
    _log.error("page failed, code %s: %r (Streamlit logs the traceback)", code, error)
    st.error(
        f"The fault is in the server's log under the code {code}. Reload the page; if it "
        "stays, report it with this code.",
        title="This page failed",
    )
    return True


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[None]:
    """Build the sample if visitors would see it, load what pages import, then serve, and keep the
    stores scored and of this version meanwhile."""
    lines.take_over()
    builder = await _build_sample()
    for name in _PRELOADED:
        importlib.import_module(name)
    importlib.import_module("pages.queue.charts").prepare()
    inspect.stack()  # Streamlit's first element asks for it, and the first time takes 100 ms
    gc.collect()
    gc.freeze()  # what stays is not worth a look at each collection
    gc.set_threshold(*_COLLECTED)
    _stop_in_time()
    beside = [fetching.keep_fetched(), upgrading.keep_upgraded(), watching.tell_changes()]
    beside.append(readying.keep_ready())
    if _wants_scores():
        beside.append(rescoring.keep_scored())
    tasks = [asyncio.create_task(each) for each in beside]
    lines.tell_start(gate.address())
    yield
    await previews.DRAWER.close()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    if builder is not None:
        with suppress(ProcessLookupError):  # it is done
            builder.terminate()
        await builder.wait()


def _stop_in_time() -> None:
    """Bound how long a server that was told to stop waits for its connections: Uvicorn would wait
    for ever, also for one that a browser opened in that moment and says nothing on."""
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)  # Uvicorn's
    if server is not None:
        server.config.timeout_graceful_shutdown = _LAST_ANSWERS_S


def _framed_by() -> Sequence[str]:
    """Nobody while a setting is wrong, which is shown to each visitor."""
    try:
        return settings().framed_by or ()
    except TrackerError:
        return ()


def _wants_scores() -> bool:
    """A bad setting is shown to each visitor, and keeps no server from starting."""
    try:
        return settings().scoring == "on"
    except TrackerError:
        return False


async def _build_sample() -> asyncio.subprocess.Process | None:
    """A process of its own, so that the simulation and the imports run side by side.

    A page that is asked for meanwhile waits for it, and builds the sample should it fail.
    """
    try:
        source = read_sources().default()
    except TrackerError as error:  # shown to each visitor too
        _log.error("nothing can be shown: %s", error)
        return None
    if not source.is_sample or source.path.exists():
        return None
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "data.sync", "--network", SAMPLE),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
