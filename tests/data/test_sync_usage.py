"""A command that cannot be meant is refused with status 2, before anything is touched."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from data.sync import main

Sync = Callable[..., tuple[int, str, str]]
KNOWN = "fantom, fantom-testnet, devnet, sample"


@pytest.fixture
def sync(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Sync:
    """The command without FTM_* variables: its status, and what it said to either side."""
    for name in [name for name in os.environ if name.startswith("FTM_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str) -> tuple[int, str, str]:
        try:
            status = main(list(arguments))
        except SystemExit as end:
            status = int(str(end.code))
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ([], "the following arguments are required: --network"),
        (["--network", "opera"], f"no network 'opera': there are {KNOWN}"),
        (["--network", "fantom", "--rpc-url", "example.org"], "are no endpoint"),
        (["--network", "fantom", "--from-block", "x"], "--from-block: 'x' is no block number"),
        (["--network", "fantom", "--to-block", "-1"], "--to-block: '-1' is no block number"),
        (["--network", "fantom", "--to-block", "9" * 20], "is no block number"),
        (["--network", "fantom", "--from-block", "5", "--to-block", "4"], "lies before"),
        (["--network", "fantom", "--follow", "0"], "'0' is not from 1 second to a day"),
        (["--network", "fantom", "--follow", "nan"], "'nan' is not from 1 second to a day"),
        (["--network", "fantom", "--follow", "soon"], "'soon' is not from 1 second to a day"),
        (["--network", "fantom", "--follow", "5", "--to-block", "4"], "--follow has no end"),
        (["--network", "fantom", "--logs", "a", "--follow", "5"], "--logs reads no node"),
        (["--network", "fantom", "--logs", "a", "--rpc-url", "http://a"], "--logs reads no node"),
        (["--network", "sample", "--logs", "a"], "the sample is one fixed simulation"),
        (["--network", "sample", "--from-block", "0"], "the sample is one fixed simulation"),
        (["--network", "fantom", "--blocks", "5"], "unrecognized arguments: --blocks 5"),
    ],
)
def test_a_command_that_cannot_be_meant_is_told_with_status_2(
    arguments: list[str], why: str, sync: Sync
) -> None:
    status, told, complained = sync(*arguments)
    assert (status, told) == (2, "")
    assert why in complained


def test_bad_settings_are_told_with_status_2(
    tmp_path: Path, sync: Sync, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = tmp_path / "none.toml"
    monkeypatch.setenv("FTM_NETWORKS_FILE", str(none))
    why = f"data.sync: cannot read the networks file {none}: No such file or directory\n"
    assert sync("--help") == (2, "", why)
    monkeypatch.delenv("FTM_NETWORKS_FILE")
    monkeypatch.setenv("FTM_POOL", "0x12")
    why = "data.sync: network devnet, pool: '0x12' is no address: want 0x and 40 hex digits\n"
    assert sync("--network", "devnet") == (2, "", why)
