"""nginx with the files of deploy/nginx/ in front of processes of the app, on free ports of this
machine: as an operator sets it up, but for the ports and a certificate of its own."""

from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.sessions import SessionError
from data.config import ROOT
from devnet.node import free_port

FILES = ROOT / "deploy" / "nginx"
OWN_NAME, BELOW_A_PATH = "own-name.conf", "below-a-path.conf"
_WHERE = f"{os.defpath}{os.pathsep}/usr/sbin{os.pathsep}/usr/local/sbin"
_MAIN = """
{user}
worker_processes 2;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    include {types};
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/ftm-queue-upstream.conf;
    include {folder}/{site};
}}
"""
_TYPES = Path("/etc/nginx/mime.types")
_STARTED_S = 30.0


@dataclass(frozen=True)
class Proxy:
    """A running nginx: the name and ports that it answers at, and who vouches for it."""

    name: str
    port: int
    plain_port: int
    certificate: Path
    base: str = ""

    @property
    def url(self) -> str:
        """Where the pages lie, without a slash at its end."""
        return f"https://{self.name}:{self.port}{self.base}"

    def trust(self) -> ssl.SSLContext:
        """A context that trusts its certificate, and no other."""
        return ssl.create_default_context(cafile=str(self.certificate))


def nginx_path() -> str:
    """Where nginx is. Raises SessionError, saying what to do, where there is none."""
    if found := shutil.which("nginx", path=_WHERE):
        return found
    raise SessionError("no nginx here: `make nginx` installs it, or install it by hand")


def certified(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for this name and its key, made by openssl."""
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}"]
    files = ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run([*command.split(), *subject, *files], check=True, capture_output=True)
    return certificate, key


def write(
    folder: Path,
    ports: Sequence[int],
    site: str = OWN_NAME,
    name: str = "queue.test",
    edits: Mapping[str, str] | None = None,
) -> Proxy:
    """The files of deploy/nginx in `folder`, for processes at these ports. What else is to be
    changed stands in `edits`, new text by old. Raises SessionError where the old is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key = certified(folder, name)
    proxy = Proxy(name, free_port(), free_port(), certificate, "/queue" if site != OWN_NAME else "")
    texts = {path.name: path.read_text() for path in sorted(FILES.glob("*.conf"))}
    one = "    server 127.0.0.1:{} max_fails=1 fail_timeout=5s;\n"
    theirs = "queue.example.org" if site == OWN_NAME else "www.example.org"
    changes = {
        "listen 80;": f"listen 127.0.0.1:{proxy.plain_port};",
        "listen 443 ssl": f"listen 127.0.0.1:{proxy.port} ssl",
        "    listen [::]:80;\n": "",
        "    listen [::]:443 ssl http2;\n": "",
        "https://$host$": f"https://$host:{proxy.port}$",
        theirs: name,
        "/etc/ssl/ftm-queue/fullchain.pem": str(certificate),
        "/etc/ssl/ftm-queue/privkey.pem": str(key),
        "/etc/nginx/snippets": str(folder),
        "/var/log/nginx": str(folder),
        one.format(8501) + one.format(8502): "".join(map(one.format, ports)),
        **(edits or {}),
    }
    for old, new in changes.items():
        if not any(old in text for text in texts.values()):
            raise SessionError(f"deploy/nginx has no {old!r} any more")
        texts = {file: text.replace(old, new) for file, text in texts.items()}
    for file, text in texts.items():
        (folder / file).write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""  # it reads below folders of root's own
    types = _TYPES if _TYPES.exists() else os.devnull
    main = _MAIN.format(user=user, folder=folder, types=types, site=site)
    (folder / "nginx.conf").write_text(main)
    return proxy


@contextmanager
def running(folder: Path, proxy: Proxy) -> Iterator[Proxy]:
    """nginx on what `write` has written there."""
    command = [nginx_path(), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    command += ["-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        ends = time.monotonic() + _STARTED_S
        while not (folder / "nginx.pid").exists() or not (folder / "nginx.pid").read_text():
            if process.poll() is not None or time.monotonic() > ends:
                assert process.stderr is not None
                error_text = process.stderr.read().decode() if process.poll() is not None else ""
                raise SessionError(f"nginx did not start: {error_text}")
            time.sleep(0.02)
        yield proxy
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()
        (folder / "nginx.pid").unlink(missing_ok=True)


@contextmanager
def proxied(
    folder: Path,
    ports: Sequence[int],
    site: str = OWN_NAME,
    name: str = "queue.test",
    edits: Mapping[str, str] | None = None,
) -> Iterator[Proxy]:
    """Both: see `write`."""
    with running(folder, write(folder, ports, site, name, edits)) as proxy:
        yield proxy


if __name__ == "__main__":
    try:
        print(nginx_path())
    except SessionError as error:
        sys.exit(str(error))
