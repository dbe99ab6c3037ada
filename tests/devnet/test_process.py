"""The node and the demo as processes: started, refused, stopped."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data.config import ROOT
from devnet import Devnet, DevnetError, compile, node
from devnet.rpc import Rpc
from devnet.scenario import play
from tests.devnet.expected import DEVNET_UNTIL

pytestmark = pytest.mark.node


def test_a_chain_with_a_past_takes_no_second_one(devnet: Devnet) -> None:
    with pytest.raises(DevnetError, match="start an empty one"):
        play(devnet.rpc_url, DEVNET_UNTIL)


def test_a_port_that_is_taken_gives_an_error_and_not_the_other_chain(devnet: Devnet) -> None:
    port = int(devnet.rpc_url.rsplit(":", 1)[1])
    assert node.free_port(port) != port
    with pytest.raises(DevnetError, match="is taken"), node.local_node(port):
        pass


def test_a_chain_that_is_not_ours_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "CHAIN_ID", 31338)
    command = node._command
    monkeypatch.setattr(
        node, "_command", lambda *args: [w.replace("31338", "31337") for w in command(*args)]
    )
    with pytest.raises(DevnetError, match="another chain"), node.local_node():
        pass


def test_missing_tools_are_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(node, "VAR", tmp_path)
    monkeypatch.setattr(compile, "SOLC", tmp_path)
    with pytest.raises(DevnetError, match="run 'make tools'"):
        node.anvil_binary()
    with pytest.raises(DevnetError, match="run 'make tools'"):
        compile.compiled.__wrapped__()


def test_the_demo_ends_cleanly_when_told_to() -> None:
    port = node.free_port()
    command = [sys.executable, "-m", "devnet", "--no-app", "--no-sync", "--port", str(port)]
    demo = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with demo:
        shown = list(iter(demo.stdout.readline, "Ctrl-C stops everything.\n"))
        demo.send_signal(signal.SIGTERM)
        assert demo.wait(timeout=20) == 0
    assert shown[0].startswith("A local chain")
    with pytest.raises(DevnetError, match="no answer"):
        Rpc(f"http://127.0.0.1:{port}").call("eth_chainId")
