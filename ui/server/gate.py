"""Who is answered by the server, and what is taken from them."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_READING = ("GET", "HEAD", "OPTIONS")


def reading_only(app: ASGIApp) -> ASGIApp:
    """Middleware that refuses what would leave something here, before its body is read.

    No page takes a file, but Streamlit keeps in memory what is put to its address for uploads.
    """

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        answering = app
        if scope["type"] == "http" and scope["method"] not in _READING:
            text = "This server is only read: it takes no uploads.\n"
            answering = PlainTextResponse(text, 405, {"Allow": ", ".join(_READING)})
        await answering(scope, receive, send)

    return served
