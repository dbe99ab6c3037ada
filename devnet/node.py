"""anvil as a child process: started, checked to be ours, stopped.

The genesis block lies before any history that is played on it, because a chain's time
only moves forward.
"""

from __future__ import annotations

import platform
import signal
import socket
import subprocess
import sys
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from devnet import VAR, DevnetError
from devnet.rpc import Rpc

CHAIN_ID = 31337
GENESIS = datetime(2022, 2, 1, tzinfo=UTC)
ACCOUNTS_COUNT = 30
FTM_PER_ACCOUNT = 1_000_000


def anvil_binary() -> Path:
    """The binary npm installed for this machine. Raises DevnetError if there is none."""
    machine = platform.machine()
    processor = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)
    package = f"@foundry-rs/anvil-{sys.platform}-{processor}"
    binary = VAR / "tools" / "node_modules" / package / "bin" / "anvil"
    if not binary.exists():
        raise DevnetError(f"anvil is not at {binary}: run 'make tools'")
    return binary


def free_port(wanted: int = 0) -> int:
    """`wanted` if nothing listens there, else some port that is free now."""
    try:
        return _bound(wanted)
    except OSError:
        return _bound(0)


def named_port(text: str) -> int:
    """A port of a command line. Raises ArgumentTypeError where no server can have it now: that is
    told before anything is started."""
    try:
        port = int(text)
        _bound(port)
        return port
    except (OSError, OverflowError, ValueError) as error:
        why = (isinstance(error, OSError) and error.strerror) or "want a number up to 65535"
        raise ArgumentTypeError(f"{text} cannot be had ({why}): name another, or none") from error


def _bound(port: int) -> int:
    with socket.socket() as probe:
        # As a server would bind: a port that merely lingers after its last use is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        return int(probe.getsockname()[1])


@contextmanager
def local_node(port: int = 0) -> Iterator[str]:
    """The URL of an empty chain at 127.0.0.1, stopped on leaving; port 0 takes a free one.

    Raises DevnetError if the node does not come up, or another one answers in its place.
    """
    if port and free_port(port) != port:
        # Asked before the start: what listens there would answer as if it were ours.
        raise DevnetError(f"port {port} is taken: choose another --port, or none")
    port = port or free_port()
    url = f"http://127.0.0.1:{port}"
    (VAR / "devnet-node").mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=VAR / "devnet-node") as folder:
        log = Path(folder) / "anvil.log"
        with log.open("wb") as output:
            # A session of its own: Ctrl-C reaches us alone, and we stop children in order.
            process = subprocess.Popen(
                _command(port, folder), stdout=output, stderr=output, start_new_session=True
            )
        try:
            _wait(process, url, log)
            yield url
        finally:
            stop(process)


def stop(
    process: subprocess.Popen[bytes], signal_number: int = signal.SIGTERM, wait_s: float = 20
) -> None:
    """Ends a child: asked first, killed where it does not."""
    process.send_signal(signal_number)  # nothing where it was waited for
    try:
        process.wait(wait_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _command(port: int, folder: str) -> list[str]:
    options = {
        "host": "127.0.0.1",
        "port": port,
        "chain-id": CHAIN_ID,
        "timestamp": int(GENESIS.timestamp()),
        "accounts": ACCOUNTS_COUNT,
        "balance": FTM_PER_ACCOUNT,
        "order": "fifo",
        "base-fee": 0,  # so that a staker's balance moves by what the pool pays, to the wei
        "gas-limit": 100_000_000,
        "cache-path": folder,  # states beyond the last 500 blocks, else in the home directory
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [str(anvil_binary()), "--quiet", *flags]


def _wait(process: subprocess.Popen[bytes], url: str, log: Path, timeout_seconds: int = 60) -> None:
    """Returns once the node answers as the one we started."""
    rpc = Rpc(url)
    deadline = time.monotonic() + timeout_seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise DevnetError(f"anvil ended at once: {log.read_text().strip()[-500:]}")
        try:
            chain_id = int(rpc.call("eth_chainId"), 16)
            genesis = int(rpc.call("eth_getBlockByNumber", "0x0", False)["timestamp"], 16)
        except DevnetError:
            time.sleep(0.02)
            continue
        if (chain_id, genesis) != (CHAIN_ID, int(GENESIS.timestamp())):
            raise DevnetError(f"another chain answers at {url}: choose another --port")
        return
    raise DevnetError(f"anvil did not answer at {url} within {timeout_seconds} s")
