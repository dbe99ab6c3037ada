"""A file that a host gives to anybody, fetched where it is another than the one that is here.

Only over https, so that nobody on the way can put another in its place; plain http is for this very
machine. A redirect is followed by the same rule. No message holds more of an address than its host:
the rest may be a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from data import ConfigError, NodeError
from data.config import host_of, parse_url
from data.node.endpoint import Manners
from data.node.http import Sockets
from data.node.refusals import EndpointError, RangeTooWideError

_REDIRECTS, _MOST_REDIRECTS = (301, 302, 303, 307, 308), 5
_LONGEST_MARK = 300
_WHOLE_S = 3_600.0  # a file may take so long, as long as it comes at all
MOST = "at most {:,} are taken, as FTM_ARCHIVE_MOST_MB says"
_WHY = {
    401: "wants to know who asks",
    403: "does not let us have it",
    404: "has no such file",
    410: "has no such file any more",
}


class TooLargeError(NodeError):
    """The file has more bytes than are taken."""


@dataclass(frozen=True)
class Marks:
    """By what a host tells one version of a file from another; "" where it does not say."""

    etag: str = ""
    changed: str = ""


def parse_download(text: str) -> str:
    """The address of a file. Raises ConfigError for what is none, or is not safe on the way."""
    url = parse_url(text)
    parts = urlsplit(url)
    if parts.scheme != "https" and not _is_here(parts.hostname or ""):
        raise ConfigError("http:// can be changed by anybody on the way: want https://")
    return url


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def download(
    url: str,
    known: Marks,
    file: Path,
    most_bytes: int,
    on_progress: Callable[[int, int], None],
    signed: Mapping[str, str] | None = None,
) -> Marks | None:
    """Write what lies at `url` to `file`; None where it is still the one that is `known`.

    `on_progress` hears how many bytes are there, of how many. The headers that it is `signed` by go
    to no host that this one leads to. Raises NodeError where there is no whole answer, with the
    beginning of the last one in `file`, TooLargeError where it has more than `most_bytes`.
    """
    sockets = Sockets(Manners(deadline_s=_WHOLE_S, largest_body=most_bytes))
    headers = {"if-none-match": known.etag} if known.etag else {}
    if known.changed and not known.etag:
        headers["if-modified-since"] = known.changed
    host = host_of(url)
    for _ in range(_MOST_REDIRECTS + 1):
        try:
            with file.open("wb") as out:
                status, answer_headers = sockets.get(
                    url, headers | dict(signed or {}), out, on_progress
                )
        except RangeTooWideError as error:
            many = f"{host}: the file is too large: {MOST.format(most_bytes)}"
            raise TooLargeError(many) from error
        except EndpointError as error:
            raise NodeError(f"{host}: {error}") from error
        if status == 304 and headers:
            return None
        if status == 200:
            marks = [answer_headers.get(name, "") for name in ("etag", "last-modified")]
            return Marks(*(mark if len(mark) <= _LONGEST_MARK else "" for mark in marks))
        if status not in _REDIRECTS or "location" not in answer_headers:
            why = _WHY.get(status, "has a fault" if status >= 500 else "gives no file")
            raise NodeError(f"{host} {why} (status {status})")
        url, signed = _led_to(url, answer_headers["location"]), None
        host = host_of(url)
    raise NodeError(f"{host} leads on from one address to another without end")


def _led_to(url: str, location: str) -> str:
    """Where a redirect leads. Another host's never leads to plain http of this machine."""
    try:
        led = parse_download(urljoin(url, location))
        if urlsplit(led).scheme == "http" and not _is_here(urlsplit(url).hostname or ""):
            raise ConfigError("another host's http:// is none")
    except (ConfigError, ValueError) as error:
        raise NodeError(f"{host_of(url)} leads to an address that is not https://") from error
    return led
