"""Where this server's pages and their previews lie, as it was asked and as its operator set it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from streamlit import config

from ui.server import gate

# Each page, and what its link says where it can tell nothing of what the link asks for.
PAGES = {
    "queue": "How long the unstake queue is, who is first in line, and what pays it.",
    "waits": "How long it took from an unstake request to its money.",
    "unstake": "What an unstake of aFTMb or ankrFTM gives, and when it is paid, step by step.",
    "track": "Where an unstake request stands: its place in the queue, and what became of it.",
    "outlook": "When an unstake made now would be paid, and how good such odds have been.",
    "explore": "Every figure of the unstake queue is the answer to a query, to be asked here.",
    "status": "Whether the figures can be trusted, and what they rest on.",
}
FIRST = "queue"  # at the address without a page
MOST_LETTERS = 32_768  # of a query; the longest that a page writes is SQL
_MOST_PARAMETERS = 100
_NETLOC = re.compile(r"[A-Za-z0-9.:\[\]-]+")


def base() -> str:
    """The folder that the pages lie in, "" or like `/queue`."""
    path = str(config.get_option("server.baseUrlPath")).strip("/")
    return f"/{path}" if path else ""


def page_path(page: str) -> str:
    """Where a page lies; the first has no name of its own there."""
    return f"{base()}/{'' if page == FIRST else page}"


def previews() -> str:
    """The folder of the previews."""
    return f"{base()}/s"


def site(request: Request) -> str:
    """The server's own address, by the name that it was asked by, which the gate has checked. That
    it was asked by HTTPS it knows by itself, or by a proxy on this machine."""
    host = request.headers.get("host", "")
    if not _NETLOC.fullmatch(host):
        return gate.address().removesuffix(base())
    return f"{request.url.scheme}://{host}"


def parameters(request: Request) -> list[tuple[str, str]]:
    """The parameters of a link; none of one that is too long."""
    query = request.url.query
    if len(query) > MOST_LETTERS:
        return []
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        return []


def with_query(path: str, parameters: list[tuple[str, str]]) -> str:
    """A path with these parameters, encoded anew."""
    return f"{path}?{urlencode(parameters)}" if parameters else path
