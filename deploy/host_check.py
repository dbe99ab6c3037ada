"""`python -m deploy.host_check https://queue.example.org`: tries the app at its public address.

It opens a page as a browser does, takes files, and reads what is said of the address. What is wrong
is printed with what fixes it. Exit status: 0 all is well, 1 something is wrong, 2 bad usage.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
from websockets.exceptions import InvalidStatus, WebSocketException

from bench.sessions import Session, SessionError, visiting_site

_TIMEOUT_S = 60.0
_OURS = "FTM unstake queue"
_ASKED_AGAIN = 8  # of two processes in turn, both are met
_SQL_FILE = "download sql  csv"
_HEADERS = (
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "permissions-policy",
)
_PASS_HOST = "`proxy_set_header Host $http_host;` in nginx"
_NAME_IT = "`STREAMLIT_BROWSER_SERVER_ADDRESS={}` for the app"
_PASS_SCHEME = "`proxy_set_header X-Forwarded-Proto $scheme;`"


class WrongError(Exception):
    """What is wrong, and what fixes it."""


@dataclass(frozen=True)
class Site:
    """The address that is tried, by a client that keeps cookies, as browsers do. `at` is where to
    connect instead of what DNS says of its name, `plain_port` where HTTP is, if not at 80."""

    url: str
    trust: ssl.SSLContext
    client: httpx.Client
    at: str = ""
    plain_port: int | None = None

    @property
    def name(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def origin(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def get(self, path: str, **headers: str) -> httpx.Response:
        """The answer for a path below the pages' folder."""
        return self.ask(f"{self.url}{path}", **headers)

    def ask(self, url: str, **headers: str) -> httpx.Response:
        """The answer of any address under this name; redirects are not followed."""
        parts = urlsplit(url)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        extensions: dict[str, Any] = {}
        if self.at:
            sent["Host"] = parts.netloc
            extensions["sni_hostname"] = self.name
            port = f":{parts.port}" if parts.port else ""
            parts = parts._replace(netloc=f"{self.at}{port}")
        return self.client.get(parts.geturl(), headers=sent, extensions=extensions)

    def connection(self) -> dict[str, Any]:
        """How a WebSocket is opened there."""
        parts = urlsplit(self.url)
        cookies = "; ".join(f"{each.name}={each.value}" for each in self.client.cookies.jar)
        how: dict[str, Any] = {"additional_headers": {"Cookie": cookies} if cookies else {}}
        if parts.scheme == "https":
            how["ssl"] = self.trust
        if self.at:
            how |= {"host": self.at, "port": parts.port or (443 if "ssl" in how else 80)}
        return how


@contextmanager
def reached(
    url: str, trust: ssl.SSLContext, at: str = "", plain_port: int | None = None
) -> Iterator[Site]:
    """The site at this address; `trust` says whose certificates are believed."""
    with httpx.Client(verify=trust, timeout=_TIMEOUT_S) as client:
        yield Site(url.rstrip("/"), trust, client, at, plain_port)


def page(site: Site) -> str:
    """The first page and its scripts."""
    try:
        answer = site.get("/")
    except httpx.ConnectError as error:
        if "CERTIFICATE" in str(error):
            raise WrongError(
                f"The certificate is not trusted ({error}). It has to be for {site.name}, with all "
                "of its chain: `ssl_certificate` names fullchain.pem."
            ) from error
        raise WrongError(
            f"Nothing answers ({error}). Does the proxy run, and is the port open to the outside?"
        ) from error
    if answer.status_code in (502, 503, 504):
        raise WrongError(
            f"The proxy answers {answer.status_code}: it reaches no process of the app. Start one, "
            "and compare its port with `upstream` in nginx."
        )
    if answer.status_code == 403 and "answer to that name" in answer.text:
        raise WrongError(
            f"The app does not know the name {site.name}: set {_NAME_IT.format(site.name)}, and "
            f"{_PASS_HOST}."
        )
    if answer.status_code != 200 or _OURS not in answer.text:
        raise WrongError(
            f"This is not the app's page (status {answer.status_code}). Is the path right? It has "
            "to be that of `location` in nginx and of `STREAMLIT_SERVER_BASE_URL_PATH`."
        )
    script = re.search(r'src="(?:\./)?(static/js/[^"]+)"', answer.text)
    path = f"/{script[1]}" if script else "/static/"
    if "javascript" not in site.get(path).headers.get("content-type", ""):
        raise WrongError(
            "The page comes, and its scripts do not: it stays empty. The path of `location` in "
            "nginx and `STREAMLIT_SERVER_BASE_URL_PATH` have to be the same."
        )
    return "the first page and its scripts come"


def session(site: Site) -> str:
    """What a browser does next: the WebSocket, and a whole page by it."""

    async def opened(visit: Session) -> bool:
        await visit.rerun()
        return bool(visit.inputs)

    if not _visited(site, "", opened):
        raise WrongError("A page was sent, and nothing was on it: see the app's log.")
    return "a whole page comes by the WebSocket, and again"


def own_file(site: Site) -> str:
    """A file from the memory of the process that the visitor is on."""

    async def written(visit: Session) -> str:
        return await visit.file(_SQL_FILE) if _SQL_FILE in visit.inputs else ""

    sql = quote("SELECT gen_random_uuid() AS tried")
    path = _visited(site, f"explore?ask=SQL&sql={sql}", written)
    if not path:
        return "not tried: there is no box for SQL, whose answers need it"
    url = path if path.startswith("/") else f"/{path}"
    base = urlsplit(site.url).path
    url = url if base and url.startswith(f"{base}/") else f"{base}{url}"
    statuses = {site.ask(f"{site.origin}{url}").status_code for _ in range(_ASKED_AGAIN)}
    if statuses != {200}:
        raise WrongError(
            "A visitor is sent to several processes, one of which has the file (status "
            f"{', '.join(map(str, sorted(statuses)))}). Keep each visitor on one process: "
            "`hash $ftm_visitor consistent;` in `upstream`, as deploy/nginx/ has it."
        )
    return "a visitor stays on one process"


def files(site: Site) -> str:
    """A file that any process answers."""
    for _ in range(_ASKED_AGAIN):
        answer = site.get(f"/api/files/{_network(site)}/queries/queue_metrics.csv")
        if answer.status_code != 200 or not answer.text.startswith("# network="):
            raise WrongError(
                f"A download answers {answer.status_code}: pass all paths below the pages to the "
                "app, not only those of pages."
            )
    return "a CSV file comes"


def health(site: Site) -> str:
    """What monitors ask."""
    answer = site.get("/healthz")
    if "json" not in answer.headers.get("content-type", ""):
        raise WrongError(
            "/healthz is answered with a page, so that a monitor is always green: pass it to the "
            "app, by the app's own path."
        )
    if answer.status_code != 200:
        raise WrongError(f"/healthz answers {answer.status_code}: {answer.text}")
    return "/healthz says that all is well"


def headers(site: Site) -> str:
    """What keeps other sites out of a visitor's page."""
    answer = site.get("/")
    if missing := [name for name in _HEADERS if name not in answer.headers]:
        raise WrongError(
            f"The page comes without {', '.join(missing)}. The app sends them: take "
            "`proxy_hide_header` out of nginx."
        )
    if twice := [name for name in _HEADERS if len(answer.headers.get_list(name)) > 1]:
        raise WrongError(
            f"The page comes with two of {', '.join(twice)}. The app sends its own, which fit it: "
            "take `add_header` of them out of nginx."
        )
    if site.url.startswith("https:") and "strict-transport-security" not in answer.headers:
        raise WrongError(
            "Browsers are not told to come by HTTPS alone: `add_header Strict-Transport-Security "
            '"max-age=31536000" always;`.'
        )
    return "the security headers are there"


def compression(site: Site) -> str:
    """What a page weighs on its way."""
    page = site.get("/", accept_encoding="identity").text
    script = re.search(r'src="(?:\./)?(static/js/[^"]+)"', page)
    for path in ("/", f"/{script[1]}" if script else "/"):
        if site.get(path, accept_encoding="gzip").headers.get("content-encoding") != "gzip":
            raise WrongError(
                "Pages and scripts are sent unpacked, four times as large: `gzip on; gzip_proxied "
                "any;` and `gzip_types` as deploy/nginx/ftm-queue-site.conf has them."
            )
    return "pages and scripts are compressed"


def redirect(site: Site) -> str:
    """Who comes without HTTPS."""
    parts = urlsplit(site.url)
    if parts.scheme != "https" or (parts.port not in (None, 443) and site.plain_port is None):
        return "not tried: the address is not HTTPS on its usual port"
    port = f":{site.plain_port}" if site.plain_port else ""
    try:
        answer = site.ask(f"http://{site.name}{port}{parts.path}/waits?days=90")
    except httpx.ConnectError:
        return "nothing answers without HTTPS"
    wanted = f"{site.url}/waits?days=90"
    if answer.status_code not in (301, 308) or answer.headers.get("location") != wanted:
        raise WrongError(
            f"Who comes by HTTP gets {answer.status_code}, and is not sent on to {wanted}: "
            "`return 301 https://$host$request_uri;` in the server that listens at 80."
        )
    return "HTTP leads to HTTPS"


def names(site: Site) -> str:
    """By which address the app tells others of itself."""
    feed = site.get(f"/feeds/{_network(site)}/checks.atom").text
    preview = site.get("/s/queue").text
    found = [
        *re.findall(r'href="([^"]+)"', feed),
        *re.findall(r'"og:image" content="([^"]+)', preview),
    ]
    if not found:
        raise WrongError("Neither a feed nor a link's preview came: pass all paths to the app.")
    for address in found:
        if not address.startswith(f"{site.url}/"):
            fixes = [_PASS_HOST] if urlsplit(address).netloc != urlsplit(site.url).netloc else []
            if urlsplit(address).scheme != urlsplit(site.url).scheme:
                fixes.append(
                    f"{_PASS_SCHEME}, and `FORWARDED_ALLOW_IPS` for the app where the proxy is on "
                    "another machine"
                )
            fix = " and ".join(fixes) or "set `STREAMLIT_SERVER_BASE_URL_PATH` to the path"
            raise WrongError(
                f"Feeds and previews name {address}, which is not below {site.url}: {fix}."
            )
    return "feeds and previews name this address"


CHECKS: dict[str, Callable[[Site], str]] = {
    "page": page,
    "WebSocket": session,
    "download": files,
    "one process": own_file,
    "health": health,
    "headers": headers,
    "compression": compression,
    "redirect": redirect,
    "names": names,
}


def tried(site: Site) -> Iterator[tuple[str, bool, str]]:
    """Each check by name, whether it went well, and a sentence. Without a page there is no rest."""
    for name, check in CHECKS.items():
        try:
            yield name, True, check(site)
        except WrongError as wrong:
            yield name, False, str(wrong)
            if name == "page":
                return
        except httpx.HTTPError as error:
            yield name, False, f"No answer came: {error!r}."


def _network(site: Site) -> str:
    """The network that is shown first."""
    answer = site.get("/api/v1/networks")
    if "json" not in answer.headers.get("content-type", "") or answer.status_code != 200:
        raise WrongError(
            f"/api/v1/networks answers {answer.status_code}: pass all paths below the pages to "
            "the app, by the app's own path."
        )
    return next(str(each["name"]) for each in answer.json()["networks"] if each["is_default"])


def _visited(site: Site, link: str, act: Callable[[Session], Any]) -> Any:
    """What comes of a visit. Raises WrongError where there is none."""

    async def visit() -> Any:
        async with asyncio.timeout(_TIMEOUT_S):
            async with visiting_site(site.url, link, **site.connection()) as opened:
                return await act(opened)

    try:
        return asyncio.run(visit())
    except InvalidStatus as refused:
        status = refused.response.status_code
        if status == 403:
            raise WrongError(
                f"The app refuses the WebSocket, so pages stay empty: {_PASS_HOST}, and "
                f"{_NAME_IT.format(site.name)}."
            ) from refused
        raise WrongError(
            f"The WebSocket is answered with {status}, so pages stay empty: in nginx "
            "`proxy_http_version 1.1;`, `proxy_set_header Upgrade $http_upgrade;` and "
            "`proxy_set_header Connection` as deploy/nginx/ftm-queue-proxy.conf has it."
        ) from refused
    except SessionError as fault:
        raise WrongError(f"A page came with a fault: {fault}") from fault
    except (WebSocketException, OSError) as error:
        raise WrongError(
            f"The WebSocket ended before a page came ({error!r}): see the app's log, and "
            "`proxy_read_timeout` in nginx."
        ) from error


def main(arguments: list[str] | None = None) -> int:
    """Print a line a check; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m deploy.host_check", description=__doc__)
    parser.add_argument("url", help="where the pages lie, with their path if they have one")
    parser.add_argument(
        "--at", default="", metavar="ADDRESS", help="connect there, whatever DNS says"
    )
    parser.add_argument("--ca", type=Path, metavar="FILE", help="trust certificates of this file")
    parser.add_argument("--http-port", type=int, metavar="N", help="where HTTP is, if not at 80")
    options = parser.parse_args(arguments)
    parts = urlsplit(options.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        parser.error(f"{options.url} is no address: want https://host or https://host/path")
    trust = ssl.create_default_context(cafile=str(options.ca) if options.ca else None)
    failed = 0
    with reached(options.url, trust, options.at, options.http_port) as site:
        for name, is_good, message in tried(site):
            print(f"{'good' if is_good else 'BAD':6}{name:14}{message}", flush=True)
            failed += not is_good
    print(f"{site.url} is {'well' if not failed else f'not well: {failed} to fix'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
