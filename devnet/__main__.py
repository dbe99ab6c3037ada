"""`python -m devnet`: the whole tracker on a chain of its own, with a past to look at."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime

from devnet import VAR, Devnet, DevnetError
from devnet.node import free_port, local_node, named_port
from devnet.rpc import Rpc
from devnet.scenario import DAYS, play
from devnet.tried_out import Children, add_app, app_command, start_module, tried_out

STORE = VAR / "devnet.duckdb"
FOLLOW_SECONDS = 15
IDLE_BLOCK_SECONDS = 60
MNEMONIC = "test test test test test test test test test test test junk"  # anvil's own, public


def main() -> int:
    """Runs until Ctrl-C, or until a child ends. 0 if it was stopped, 1 for anything else."""
    options = _options()

    def set_up(running: ExitStack) -> tuple[Children, Callable[[], None]]:
        url = running.enter_context(local_node(options.port or free_port(8545)))
        print(f"A local chain: the last {DAYS} days of its history are played, none is real.")
        _show(play(url, datetime.now(UTC), progress=_show_progress))
        return _start_children(url, options, running), _miner(Rpc(url))

    return tried_out("devnet", set_up, "", (DevnetError,))


def _miner(rpc: Rpc) -> Callable[[], None]:
    """To be called again and again: the chain goes on, as an idle Opera does."""
    mined_s = time.monotonic()

    def mine() -> None:
        nonlocal mined_s
        if time.monotonic() > mined_s + IDLE_BLOCK_SECONDS:
            rpc.call("evm_mine")
            mined_s = time.monotonic()

    return mine


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m devnet", description=__doc__)
    parser.add_argument("--port", type=named_port, help="the node's port (8545, or a free one)")
    add_app(parser)
    parser.add_argument("--no-sync", action="store_true", help="do not fill and follow the store")
    return parser.parse_args()


def _show_progress(share: float) -> None:
    if sys.stdout.isatty() or share == 1:
        print(f"\rplaying the history: {share:4.0%}", end="" if share < 1 else "\n", flush=True)


def _show(devnet: Devnet) -> None:
    print(f"node   {devnet.rpc_url}, chain id 31337, every account unlocked")
    for number, account in enumerate(devnet.accounts[1:6], start=1):
        print(f"       account {number}: {account}, holds aFTMb, ankrFTM and FTM")
    print(f"       operator:  {devnet.operator}\n       owner:     {devnet.owner}")
    print(f"       for a wallet, anvil's public words: {MNEMONIC}")


def _start_children(url: str, options: argparse.Namespace, running: ExitStack) -> Children:
    """The sync and the app, unless options leave them out; both are stopped when `running` ends."""
    more = {"FTM_NETWORK": "devnet", "FTM_RPC_URLS": url, "FTM_STORE": str(STORE)}
    commands: dict[str, list[str]] = {}
    if not options.no_sync:
        for left_over in VAR.glob(f"{STORE.name}*"):  # of an earlier chain
            if left_over.suffix != ".lock":  # another devnet's sync may hold it
                left_over.unlink()
        source = ["--network", "devnet", "--rpc-url", url, "--store", str(STORE)]
        commands["sync"] = ["data.sync", *source, "--follow", str(FOLLOW_SECONDS)]
    if not options.no_app:
        port = options.app_port or free_port(8501)
        commands["app"] = app_command(port)
        print(f"app    http://localhost:{port}")
    print("Ctrl-C stops everything.", flush=True)
    return {name: start_module(command, more, running) for name, command in commands.items()}


if __name__ == "__main__":
    sys.exit(main())
