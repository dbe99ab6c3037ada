"""The page as it is served, before any script runs: what a chat, a search engine and a tab show."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ui.server import addresses, card
from ui.server.addresses import FIRST, PAGES, with_query

NAME = "FTM unstake queue"
ICON = Path(__file__).parent.parent / "icon.png"
# What a page names: of a file Streamlit would read and check the picture at every click.
ICON_URL = f"data:image/png;base64,{b64encode(ICON.read_bytes()).decode()}"
_DESCRIPTION = (
    "When an unstake of aFTMb or ankrFTM is paid: the queue, what pays it, and scored odds for "
    "each request, from the chain's own history."
)
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
                    if _THEIRS in body:
                        body = body.replace(_THEIRS, _head(Request(scope), last).encode())
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


def _head(request: Request, last: str) -> str:
    """The title of the page with this last part of its path, what it is about, and its picture."""
    page = last if last in PAGES else FIRST
    title, link = f"{page.capitalize()} · {NAME}", addresses.parameters(request)
    site, preview = addresses.site(request), f"{addresses.previews()}/{page}"
    heads = meta(
        title,
        _DESCRIPTION,
        site + with_query(preview, link),
        site + with_query(f"{preview}.png", link),
    )
    return f"<title>{title}</title>{heads}"


def meta(title: str, about: str, url: str, image: str) -> str:
    """What chats and search engines read of a page: text as it is, and whole addresses."""
    properties = {
        "og:type": "website",
        "og:site_name": NAME,
        "og:title": title,
        "og:description": about,
        "og:url": url,
        "og:image": image,
        "og:image:type": "image/png",
        "og:image:width": str(card.WIDTH),
        "og:image:height": str(card.HEIGHT),
        "og:image:alt": about,
    }
    names = {"description": about, "twitter:card": "summary_large_image"}
    names |= {"twitter:title": title, "twitter:description": about, "twitter:image": image}
    tags = [("property", *each) for each in properties.items()]
    tags += [("name", *each) for each in names.items()]
    return "".join(
        f'<meta {kind}="{name}" content="{escape(text)}" />' for kind, name, text in tags
    )
