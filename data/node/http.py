"""One request and its whole answer, within one deadline, on whatever way leads out of this network.

A socket's own time-out begins anew with every byte, so an answer that drips would never end:
at the deadline a timer shuts the socket, wherever the answer is; earlier where not even its
headers are there. Proxies and CA files are those of the environment; whatever goes wrong is raised
in words, and as what to do about it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, ProtocolError, ProxyError, ReadTimeoutError, SSLError

from data import ConfigError
from data.config import ca_bundle, host_of, parse_url, proxy_for
from data.node.endpoint import Manners
from data.node.refusals import (
    BusyError,
    EndpointError,
    RangeTooWideError,
    StalledError,
    TooMuchError,
    UnclearError,
    plain,
)

# Python's own name is refused by some gateways.
USER_AGENT = "unstake-queue-tracker/1"
_HEADERS = {
    "content-type": "application/json",
    "accept-encoding": "gzip",
    "user-agent": USER_AGENT,
}
_REFUSAL_BYTES = 4_096  # of an answer that is no file: enough to tell why
_TOO_LARGE = "the answer is too large to hold"
_TLS_FAULTS = {
    9: "its certificate is not valid yet: is this machine's clock right?",
    10: "its certificate has expired",
    18: "its certificate is self-signed",
    19: "its certificate comes from a CA that is not known here: name its file in SSL_CERT_FILE",
    20: "its certificate comes from a CA that is not known here: name its file in SSL_CERT_FILE",
    21: "its certificate comes from a CA that is not known here: name its file in SSL_CERT_FILE",
    62: "its certificate is another host's",
    64: "its certificate is another host's",
}


class Sockets:
    """The connections to all endpoints of a chain, kept open between requests.

    Threads may share it.
    """

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._managers: dict[tuple[str | None, bool], urllib3.PoolManager] = {}
        self._ways: dict[str, str | None] = {}

    def post(self, url: str, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """The status, headers and body of the answer, unpacked. Redirects are not followed.

        Raises EndpointError where no whole answer comes within the deadline.
        """
        with self._response("POST", url, _HEADERS, body) as response:
            content = b"".join(_pieces(response, self._manners))
        return response.status, response.headers, content

    def get(
        self,
        url: str,
        headers: Mapping[str, str],
        out: IO[bytes],
        on_progress: Callable[[int, int], None],
    ) -> tuple[int, Mapping[str, str]]:
        """The status and headers of the answer, whose body goes into `out` piece by piece where all
        is well (200), else its beginning; `on_progress` hears how many bytes of a whole one are
        there, and of how many where that is known.

        Raises as `post` does. Redirects are not followed.
        """
        headers = {"accept-encoding": "identity", "user-agent": USER_AGENT, **headers}
        with self._response("GET", url, headers) as response:
            done, of = 0, response.length_remaining or 0
            for piece in _pieces(response, self._manners) if response.status == 200 else ():
                out.write(piece)
                done += len(piece)
                on_progress(done, of)
            if response.status >= 400:  # a refusal without words is one all the same
                with contextlib.suppress(HTTPError):
                    out.write(response.read1(_REFUSAL_BYTES, decode_content=True))
        return response.status, response.headers

    @contextlib.contextmanager
    def _response(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Iterator[urllib3.BaseHTTPResponse]:
        """An answer whose body is still to be read. Raises EndpointError, also while it is."""
        if url not in self._ways:
            self._ways[url] = _checked(proxy_for(url))
        proxy = self._ways[url]
        headers = dict(headers)
        parts = urlsplit(url)
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers |= urllib3.make_headers(basic_auth=user)
        response: urllib3.BaseHTTPResponse | None = None
        with _Deadline(self._manners) as deadline:
            try:
                response = self._manager(proxy, parts.scheme == "https").request(
                    method, url, body=body, headers=headers, preload_content=False, redirect=False
                )
                deadline.begun = True
                yield response
            except HTTPError as error:
                if deadline.passed:
                    raise deadline.error() from error
                raise _in_words(error, proxy, began=response is not None) from error
            finally:
                if response is not None and (deadline.passed or response.closed is False):
                    response.close()
        if deadline.passed:  # what came by then may be cut
            raise deadline.error()

    def _manager(self, proxy: str | None, secure: bool) -> urllib3.PoolManager:
        if (proxy, secure) not in self._managers:
            self._managers[proxy, secure] = _manager(proxy, secure, self._manners)
        return self._managers[proxy, secure]


def _checked(proxy: str | None) -> str | None:
    if proxy is not None:
        scheme, _, place = proxy.partition("://")
        try:
            parse_url(f"http://{place}")
        except ConfigError as error:
            reason = "what HTTPS_PROXY or HTTP_PROXY names is no proxy: want http://host:port"
            raise BusyError(reason) from error
        if scheme not in ("http", "https"):
            raise BusyError(f"the proxy {host_of(proxy)} is no http:// or https:// one")
    return proxy


def _manager(proxy: str | None, secure: bool, manners: Manners) -> urllib3.PoolManager:
    """The connections that go out directly, or through a proxy."""
    timeout = urllib3.Timeout(connect=manners.connect_s, read=manners.timeout_s)
    secure = secure or (proxy or "").startswith("https:")
    context = _tls(ca_bundle()) if secure else None
    if proxy is None:
        manager = urllib3.PoolManager(
            maxsize=16, retries=False, timeout=timeout, ssl_context=context
        )
    else:
        parts = urlsplit(proxy)
        headers = {"user-agent": USER_AGENT}
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            headers |= urllib3.make_headers(proxy_basic_auth=user)
        manager = urllib3.ProxyManager(
            proxy,
            proxy_headers=headers,
            maxsize=16,
            retries=False,
            timeout=timeout,
            ssl_context=context,
            proxy_ssl_context=context,
        )
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager


@lru_cache(maxsize=4)
def _tls(bundle: Path | None) -> ssl.SSLContext:
    """Made once: to read all CAs takes longer than a request."""
    try:
        if bundle is not None and bundle.is_dir():
            return ssl.create_default_context(capath=bundle)
        return ssl.create_default_context(cafile=bundle)
    except (OSError, ValueError) as error:  # an ssl.SSLError is an OSError
        raise BusyError(f"no CAs can be read from {bundle}: is SSL_CERT_FILE right?") from error


class _Deadline:
    """Shuts the socket of this thread's request when its time is over; before that where the
    answer has not `begun`."""

    _of_thread = threading.local()

    def __init__(self, manners: Manners) -> None:
        self.passed = self.begun = self._over = False
        self._whole_s, self._begin_s = manners.whole_s, min(manners.begin_s, manners.whole_s)
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()
        self._late = f"the answer did not end within {self._whole_s:g} s"
        self._timer = self._start(self._begin_s, self._look)

    def __enter__(self) -> _Deadline:
        self._of_thread.current = self
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._of_thread.current = None
        with self._lock:  # from here on the socket may be another request's
            self._socket, self._over = None, True
            self._timer.cancel()

    def error(self) -> EndpointError:
        """What to say of an answer that was cut off."""
        return StalledError(self._late)

    @classmethod
    def attend(cls, its_socket: object) -> None:
        """This thread's request now waits at this socket."""
        deadline: _Deadline | None = getattr(cls._of_thread, "current", None)
        its_socket = getattr(its_socket, "socket", its_socket)  # TLS within a proxy's TLS
        if deadline is not None and isinstance(its_socket, socket.socket):
            with deadline._lock:
                deadline._socket = its_socket
                deadline._shut()

    @staticmethod
    def _start(seconds: float, then: Callable[[], None]) -> threading.Timer:
        timer = threading.Timer(seconds, then)
        timer.daemon = True
        timer.start()
        return timer

    def _look(self) -> None:
        """An answer that has begun has the rest of its time to end."""
        left_s = self._whole_s - self._begin_s
        with self._lock:
            if self.begun and not self._over and left_s > 0:
                self._timer = self._start(left_s, self._pass)
                return
            if left_s > 0:
                self._late = f"the answer's headers did not end within {self._begin_s:g} s"
        self._pass()

    def _pass(self) -> None:
        with self._lock:
            self.passed = True
            self._shut()

    def _shut(self) -> None:
        if self.passed and self._socket is not None:
            with contextlib.suppress(OSError):  # closed already
                # Not an SSLSocket's own: that would hand out the rest undeciphered.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


class _Connection(HTTPConnection):
    """A connection whose every wait is known to the deadline."""

    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        _Deadline.attend(made)
        return made

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]  # as urllib3 does
        _Deadline.attend(self.sock)
        return super().getresponse()


class _SecureConnection(_Connection, HTTPSConnection):
    """The same through TLS."""


class _Pool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def _pieces(response: urllib3.BaseHTTPResponse, manners: Manners) -> Iterator[bytes]:
    """A body, read and unpacked piece by piece: a few bytes may unpack to gigabytes. One that says
    itself that it is too large is not read at all."""
    if (response.length_remaining or 0) > manners.largest_body:
        raise RangeTooWideError(_TOO_LARGE, size=response.length_remaining)
    size = 0
    began = time.monotonic()
    while piece := response.read1(1 << 20, decode_content=True):
        size += len(piece)
        if size > manners.largest_body:
            raise RangeTooWideError(_TOO_LARGE)
        took_s = time.monotonic() - began
        if took_s > manners.grace_s and response.tell() < manners.least_bytes_per_s * took_s:
            raise StalledError(f"the answer comes at {response.tell() / took_s:.0f} bytes a second")
        yield piece


def _in_words(error: HTTPError, proxy: str | None, began: bool) -> EndpointError:
    """What became of a request that has no whole answer, and what to do about it."""
    if isinstance(error, ReadTimeoutError):
        return TooMuchError("no answer in time")
    if isinstance(error, ProxyError):
        host = host_of(proxy or "")
        return BusyError(f"the proxy {host} does not let us through ({_root(error)})")
    if isinstance(error, SSLError):
        return BusyError(f"cannot be reached: {_tls_fault(error)}")
    if began:
        return UnclearError(f"the answer broke off in the middle ({_root(error)})")
    if isinstance(error, ProtocolError):
        return UnclearError(f"hung up before it answered ({_root(error)})")
    return BusyError(f"cannot be reached ({_root(error)})")


def _tls_fault(error: BaseException) -> str:
    cause = _innermost(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return _TLS_FAULTS.get(cause.verify_code, plain(cause.verify_message))
    if isinstance(cause, ssl.SSLError) and cause.reason == "WRONG_VERSION_NUMBER":
        return "it does not speak TLS: is it http://?"
    reason = cause.reason if isinstance(cause, ssl.SSLError) and cause.reason else ""
    return f"TLS failed ({reason or type(cause).__name__})"


def _root(error: BaseException) -> str:
    """The innermost reason of a connection error, without the URL that urllib3 puts in."""
    cause = _innermost(error)
    if isinstance(cause, socket.gaierror):
        return "the host name cannot be resolved"
    if isinstance(cause, ssl.SSLError):
        return _tls_fault(cause)
    if isinstance(cause, OSError) and str(cause).startswith("Tunnel connection failed"):
        return plain(str(cause))[:100]
    return type(cause).__name__


def _innermost(error: BaseException) -> BaseException:
    causes = (getattr(error, "reason", None), error.__cause__, *error.args)
    for cause in causes:
        if isinstance(cause, BaseException) and cause is not error:
            return _innermost(cause)
    return error
