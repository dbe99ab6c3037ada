"""The page as it is served, before any script runs: what a chat, a search engine and a tab show."""

from __future__ import annotations

from html import escape
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAME = "FTM unstake queue"
ICON = Path(__file__).parent.parent / "icon.png"
_DESCRIPTION = (
    "When an unstake of aFTMb or ankrFTM is paid: the queue, what pays it, and scored odds for "
    "each request, from the chain's own history."
)
_PAGES = ("queue", "waits", "unstake", "track", "outlook", "explore", "status")
_THEIRS = b"<title>Streamlit</title>"


def with_own_name(app: ASGIApp) -> ASGIApp:
    """Middleware that puts our title, description and icon into Streamlit's page."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or "." in (last := path.rpartition("/")[2]) or _is_api(path):
            if scope["type"] == "http" and last == "favicon.png":
                await FileResponse(ICON)(scope, receive, send)
                return
            await app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def send_named(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and _is_page(message):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body"):
                    body = body.replace(_THEIRS, _head(last).encode())
                    headers = MutableHeaders(scope=start)
                    headers["content-length"] = str(len(body))
                    for name in ("etag", "last-modified"):  # of the page as it was
                        del headers[name]
                    await send(start)
                    await send({"type": "http.response.body", "body": body})

        plain = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        await app({**scope, "headers": plain}, receive, send_named)

    return served


def _is_api(path: str) -> bool:
    return "/api/" in path


def _is_page(start: Message) -> bool:
    return Headers(raw=start["headers"]).get("content-type", "").startswith("text/html")


def _head(last: str) -> str:
    """The title of the page with this last part of its path, and what it is about."""
    title = f"{last.capitalize() if last in _PAGES else 'Queue'} · {NAME}"
    about = escape(_DESCRIPTION)
    return (
        f'<title>{title}</title><meta name="description" content="{about}" />'
        f'<meta property="og:title" content="{title}" />'
        f'<meta property="og:description" content="{about}" />'
    )
