"""Who is answered by the server, and what is taken from them."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import config, net_util
from streamlit.web.server.server_util import get_display_address, get_url
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from data.config import are_metrics_open

_READING = ("GET", "HEAD", "OPTIONS")
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
_EVERYWHERE = ("0.0.0.0", "::")  # addresses to listen at, and no names
_HEALTH = "/healthz"  # asked by address, and tells neither hosts nor paths
_METRICS = ("/_stcore/metrics", "/metrics")  # how many visit, and what is kept of them
_POLICY = 1008  # the code that closes a WebSocket


def reading_only(app: ASGIApp) -> ASGIApp:
    """Middleware that refuses what would leave something here, before its body is read.

    No page takes a file, but Streamlit keeps in memory what is put to its address for uploads.
    """

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        answering = app
        if scope["type"] == "http" and scope["method"] not in _READING:
            text = "This server is only read: it takes no uploads.\n"
            answering = PlainTextResponse(text, 405, {"Allow": ", ".join(_READING)})
        elif scope["type"] == "http" and _is_closed(scope["path"]):
            answering = PlainTextResponse("Not for strangers.\n", 404)
        await answering(scope, receive, send)

    return served


def _is_closed(path: str) -> bool:
    return path.endswith(_METRICS) and not are_metrics_open()


def ask_nobody_outside() -> None:
    """Keep Streamlit from asking a host of Amazon's for this machine's address.

    It does so at each WebSocket of an origin that it does not know, so whoever visits could make
    it; what it has found it does not look for again. At its start it would for its welcome, which
    .streamlit/config.toml hides.
    """
    net_util._external_ip = net_util._internal_ip = ""


def address() -> str:
    """Where a browser finds the pages, by the operator's name if there is one."""
    listens_at = config.get_option("server.address") or "localhost"
    return str(get_url(_server_address() or get_display_address(listens_at)))


def named_hosts_only(app: ASGIApp) -> ASGIApp:
    """Middleware that answers only to the names that this server goes by.

    Another's page could else read it through a visitor's browser, under a name of its own that it
    has turned to this machine's address. A WebSocket is for pages of this server, not for those of
    every port of this machine, which Streamlit takes for its own.
    """
    config.set_option("server.allowedHosts", [*_THIS_MACHINE, *_given_hosts()])
    base = str(config.get_option("server.baseUrlPath")).strip("/")
    health = (_HEALTH, f"/{base}{_HEALTH}")

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host"), headers.get("origin")
        is_known = is_host_allowed(host)
        if scope["type"] == "http" and not is_known and scope["path"] not in health:
            text = (
                "This server does not answer to that name. Who runs it can give it the name: "
                "--server.allowedHosts NAME\n"
            )
            await PlainTextResponse(text, 403)(scope, receive, send)
        elif scope["type"] == "websocket" and not (is_known and _is_ours(origin, host)):
            await send({"type": "websocket.close", "code": _POLICY})
        else:
            await app(scope if origin is None else _as_own(scope), receive, send)

    return served


def _given_hosts() -> list[str]:
    """The names and addresses that the operator gave, by any of Streamlit's settings for them."""
    names = [*config.get_option("server.allowedHosts"), _server_address()]
    if config.is_manually_set("server.address"):
        names.append(config.get_option("server.address"))
    return [name for name in names if name and name not in _EVERYWHERE]


def _server_address() -> str:
    """The name that the operator says browsers come to; "" where none was given."""
    name = "browser.serverAddress"
    return str(config.get_option(name)) if config.is_manually_set(name) else ""


def _is_ours(origin: str | None, host: str | None) -> bool:
    """Whether a page of `origin` is one of this server, asked as `host`. Programs send no origin.

    A proxy may leave its own name out of `host`, and its port. At this machine's own names the port
    counts: whoever has an account here may serve a page at another.
    """
    if origin is None or origin in config.get_option("server.corsAllowedOrigins"):
        return True
    try:
        parts = urlsplit(origin)
        if parts.netloc == host:
            return True
        name, host_name = _plain(parts.hostname), _plain(urlsplit(f"//{host}").hostname)
    except ValueError:
        return False
    return not _is_this_machine(name) and name in (host_name, _plain(_server_address()))


def _plain(name: str | None) -> str:
    """A name as it is compared: DNS knows no capitals, and may end it with a dot."""
    return (name or "").lower().rstrip(".")


def _is_this_machine(name: str) -> bool:
    """Whether a page of that name is of this machine whoever looks at it; so is one without."""
    if name in ("", *_THIS_MACHINE) or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _as_own(scope: Scope) -> Scope:
    """A WebSocket of ours, as of its host's origin: Streamlit asks again, and knows fewer."""
    if scope["type"] != "websocket":
        return scope
    headers = MutableHeaders(raw=[*scope["headers"]])
    headers["origin"] = f"http://{headers['host']}"
    return {**scope, "headers": headers.raw}
