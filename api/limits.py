"""How often one client may ask, and how long a link may be."""

from __future__ import annotations

import math
import time
from ipaddress import IPv6Address, ip_address, ip_network

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import Problem, as_response
from data import ConfigError
from data.config import USUAL_PER_MINUTE, settings

_READING = ("GET", "HEAD", "OPTIONS")
_LIMITED = ("/api/", "/feeds/", "/calendar/")
_MOST_LETTERS = 8_000  # of what stands behind the question mark


def per_client(app: ASGIApp) -> ASGIApp:
    """Middleware that answers one address so many times a minute, by `FTM_API_PER_MINUTE`."""
    limiter = MovingWindowRateLimiter(MemoryStorage())
    most = _most()

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or not path.startswith(_LIMITED):
            await app(scope, receive, send)
            return
        refused = _refused(limiter, most, scope)
        if refused is None:
            await app(scope, receive, send)
        else:
            # Whatever page asks: it is to know when to ask again.
            refused.headers |= {
                "Access-Control-Allow-Origin": "*",
                "Access-Control-Expose-Headers": "Retry-After",
            }
            await as_response(refused, scope.get("root_path", ""))(scope, receive, send)

    return served


def _most() -> int:
    """How often a minute, read once; a wrong setting keeps no server from starting."""
    try:
        return settings().api_per_minute
    except ConfigError:
        return USUAL_PER_MINUTE


def _refused(limiter: MovingWindowRateLimiter, most: int, scope: Scope) -> Problem | None:
    if scope["method"] == "OPTIONS":
        return None
    if scope["method"] not in _READING:
        text = f"This server is only read: it answers {', '.join(_READING)}."
        return Problem(405, "refused", text, {"Allow": ", ".join(_READING)})
    if len(scope["query_string"]) > _MOST_LETTERS:
        return Problem(414, "too-long", f"The link is too long: {_MOST_LETTERS} letters are read.")
    if most == 0:
        return None
    item, client = RateLimitItemPerMinute(most), _client(scope)
    if limiter.hit(item, client):
        return None
    seconds = max(1, math.ceil(limiter.get_window_stats(item, client).reset_time - time.time()))
    return Problem(
        429,
        "too-many",
        f"One client is answered {most} times a minute: ask again in {seconds} s.",
        {"Retry-After": str(seconds)},
    )


def _client(scope: Scope) -> str:
    """Who asks. Of IPv6 a customer has a network of 64 bits, and so as many addresses."""
    host = scope["client"][0] if scope.get("client") else ""
    try:
        address = ip_address(host)
    except ValueError:
        return str(host)
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)
