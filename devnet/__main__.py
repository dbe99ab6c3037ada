"""`python -m devnet`: the whole tracker on a chain of its own, with a past to look at."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from types import FrameType

from devnet import VAR, Devnet, DevnetError
from devnet.node import free_port, local_node, named_port, stop
from devnet.rpc import Rpc
from devnet.scenario import DAYS, play

ROOT = VAR.parent
STORE = VAR / "devnet.duckdb"
FOLLOW_SECONDS = 15
IDLE_BLOCK_SECONDS = 60
MNEMONIC = "test test test test test test test test test test test junk"  # anvil's own, public


def main() -> int:
    """Runs until Ctrl-C, or until a child ends. 0 if it was stopped, 1 for anything else."""
    options = _options()
    for ending in (signal.SIGTERM, signal.SIGHUP):  # a closed terminal must not leave children
        signal.signal(ending, _interrupt)
    try:
        with ExitStack() as running:
            url = running.enter_context(local_node(options.port or free_port(8545)))
            print(f"A local chain: the last {DAYS} days of its history are played, none is real.")
            devnet = play(url, datetime.now(UTC), progress=_show_progress)
            _show(devnet)
            children = _start_children(url, options, running)
            _wait(Rpc(url), children)
            ended = [name for name, child in children.items() if child.poll() is not None]
            print(f"{' and '.join(ended)} ended: stopping the rest.", file=sys.stderr)
            return 1
    except DevnetError as error:
        print(f"devnet: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.")
        return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devnet", description=__doc__)
    parser.add_argument("--port", type=named_port, help="the node's port (8545, or a free one)")
    parser.add_argument("--app-port", type=named_port, help="the app's port (8501, or a free one)")
    parser.add_argument("--no-app", action="store_true", help="do not start the app")
    parser.add_argument("--no-sync", action="store_true", help="do not fill and follow the store")
    return parser.parse_args()


def _interrupt(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _show_progress(share: float) -> None:
    if sys.stdout.isatty() or share == 1:
        print(f"\rplaying the history: {share:4.0%}", end="" if share < 1 else "\n", flush=True)


def _wait(rpc: Rpc, children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Returns when a child ends; till then the chain goes on, as an idle Opera does."""
    mined = time.monotonic()
    while all(child.poll() is None for child in children.values()):
        time.sleep(0.3)
        if time.monotonic() > mined + IDLE_BLOCK_SECONDS:
            rpc.call("evm_mine")
            mined = time.monotonic()


def _show(devnet: Devnet) -> None:
    print(f"node   {devnet.rpc_url}, chain id 31337, every account unlocked")
    for number, account in enumerate(devnet.accounts[1:6], start=1):
        print(f"       account {number}: {account}, holds aFTMb, ankrFTM and FTM")
    print(f"       operator:  {devnet.operator}\n       owner:     {devnet.owner}")
    print(f"       for a wallet, anvil's public words: {MNEMONIC}")


def _start_children(
    url: str, options: argparse.Namespace, running: ExitStack
) -> dict[str, subprocess.Popen[bytes]]:
    """The sync and the app, unless options leave them out; both are stopped when `running` ends."""
    # Variables meant for another network would reach both.
    inherited = os.environ  # noqa: TID251 - handed on to children, not read
    environment = {key: value for key, value in inherited.items() if not key.startswith("FTM_")}
    environment |= {"FTM_NETWORK": "devnet", "FTM_RPC_URLS": url, "FTM_STORE": str(STORE)}
    commands: dict[str, list[str]] = {}
    if not options.no_sync:
        for left_over in VAR.glob(f"{STORE.name}*"):  # of an earlier chain
            if left_over.suffix != ".lock":  # another devnet's sync may hold it
                left_over.unlink()
        source = ["--network", "devnet", "--rpc-url", url, "--store", str(STORE)]
        commands["sync"] = ["data.sync", *source, "--follow", str(FOLLOW_SECONDS)]
    if not options.no_app:
        port = options.app_port or free_port(8501)
        flags = [f"--server.port={port}", "--server.address=localhost", "--server.headless=true"]
        commands["app"] = ["streamlit", "run", "app.py", *flags]
        print(f"app    http://localhost:{port}")
    print("Ctrl-C stops everything.", flush=True)
    children = {}
    for name, command in commands.items():
        child = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=ROOT, env=environment, start_new_session=True
        )
        running.callback(stop, child)
        children[name] = child
    return children


if __name__ == "__main__":
    sys.exit(main())
