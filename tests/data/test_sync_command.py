"""`python -m data.sync` says what it did, or on stderr what to do, and exits 0, 1 or 2."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from data.config import ROOT, load_network
from data.store.reader import open_reader, read_info
from data.sync import main
from tests.fake_node import fake_node
from tests.log_lines import FIRST_BLOCK, Story, as_lines, rows, write_logs
from tests.made_chain import HEAD, LOGS, ledger, made_log, time_of
from tests.processes import python
from tests.store_steps import digest

KNOWN = "fantom, fantom-testnet, devnet, sample"


@dataclass(frozen=True)
class Told:
    """How the command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Told]


@pytest.fixture
def sync(capsys: pytest.CaptureFixture[str]) -> Command:
    """The command within this process: quicker, where only its words and status matter."""

    def run(*arguments: str | Path) -> Told:
        try:
            status = main(list(map(str, arguments)))
        except SystemExit as end:
            status = int(str(end.code))
        return Told(status, *capsys.readouterr())

    return run


def _whole_queue() -> Story:
    story = Story()
    for amount in (5, 6, 7):
        story.burn(amount)
    story.pay(0)
    return story


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_logs(tmp_path / "logs.ndjson", _whole_queue().logs)


# Status 0


def test_help_names_the_options_and_the_networks() -> None:
    told = python("-m", "data.sync", "--help")
    assert (told.returncode, told.stderr) == (0, "")
    for word in ("--network", "--rpc-url", "--from-block", "--follow", "--logs", "--store", KNOWN):
        assert word in told.stdout


def test_a_file_becomes_a_store_without_any_node(file: Path, tmp_path: Path) -> None:
    path = tmp_path / "new" / "store.duckdb"
    told = python("-m", "data.sync", "--network", "fantom", "--logs", file, "--store", path)
    last = _whole_queue().block
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith(f"{path}: 4 new logs up to block {last} in ")
    with open_reader(path) as con:
        info = read_info(con)
        assert rows(con, "SELECT status FROM requests") == [("paid",), ("pending",), ("pending",)]
        assert rows(con, "SELECT name, status FROM checks WHERE status <> 'passed' LIMIT 2") == [
            ("no gaps", "unknown"),
            ("view firstWrId", "unknown"),
        ]
    assert (info.network, info.simulated, info.source) == ("fantom", False, "logs.ndjson")
    assert (info.synced_block, info.head_block) == (last, None)
    again = python("-m", "data.sync", "--network", "fantom", "--logs", file, "--store", path)
    assert again.stdout.startswith(f"{path}: 0 new logs up to block {last} in ")


def test_blocks_can_be_chosen_and_written_with_separators(
    sync: Command, file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store.duckdb"
    blocks = ("--from-block", "31_218_797", "--to-block", f"{FIRST_BLOCK + 15:,}")
    told = sync("--network", "fantom", "--logs", file, "--store", path, *blocks)
    assert told.stdout.startswith(f"{path}: 2 new logs up to block {FIRST_BLOCK + 15} in ")


def test_failed_checks_are_told_and_do_not_fail_the_sync(sync: Command, tmp_path: Path) -> None:
    story = Story()
    for _ in range(12):
        story.burn(5, skip_ids=1)
    file = write_logs(tmp_path / "logs.ndjson", story.logs)
    told = sync("--network", "fantom", "--logs", file, "--store", tmp_path / "s.duckdb")
    assert told.returncode == 0
    lines = told.stderr.splitlines()
    why = "requests 0 to 0 are missing before it"
    assert lines[0] == f"check failed: request ids, block {FIRST_BLOCK}, request 1: {why}"
    assert lines[10:] == ["and 2 more: see the Status page"]


def test_the_tables_do_not_depend_on_the_machines_time_zone(
    sync: Command, file: Path, tmp_path: Path
) -> None:
    found = []
    for name, run in (
        ("here", sync),
        ("far", partial(python, "-m", "data.sync", env=os.environ | {"TZ": "Asia/Tokyo"})),
    ):
        path = tmp_path / name
        assert run("--network", "fantom", "--logs", file, "--store", path).returncode == 0
        with open_reader(path) as con:
            found.append(rows(con, "FROM requests") + rows(con, "SELECT synced_at FROM store_info"))
    assert found[0] == found[1]


def test_the_sample_needs_no_node_and_no_file(sample_store: Path) -> None:
    told = python("-m", "data.sync", "--network", "sample", "--store", sample_store)
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout == f"{sample_store} holds the simulated sample\n"


@pytest.mark.node
def test_a_node_is_asked_for_the_times_that_files_lack(sync: Command, tmp_path: Path) -> None:
    log = made_log(7, 0, load_network("fantom").pool, ["0x" + "22" * 32])
    file = write_logs(tmp_path / "bare", [{**log, "blockTimestamp": None}])
    path = tmp_path / "store"
    with fake_node(ledger([log], 9, chain_id=250)) as node:
        told = sync("--network", "fantom", "--logs", file, "--store", path, "--rpc-url", node.url)
        assert (told.returncode, node.count("eth_getLogs")) == (0, 0), told.stderr
    with open_reader(path) as con:
        assert rows(con, "SELECT epoch(block_time)::BIGINT FROM raw_logs") == [(time_of(7),)]


# Status 1: the world is not as it should be


def _failures(folder: Path) -> Iterator[tuple[tuple[str | Path, ...], str]]:
    logs = write_logs(folder / "good.ndjson", _whole_queue().logs)
    broken, notes = folder / "broken.ndjson", folder / "notes.txt"
    broken.write_text("no log\n")
    notes.write_text("notes")
    yield ("--logs", folder / "none"), f"no file {folder / 'none'}"
    yield ("--logs", logs, "--logs", broken), f"{broken}, line 1: is neither JSON nor the header"
    yield ("--logs", logs, "--to-block", "5"), "good.ndjson holds no log of the asked blocks"
    yield ("--logs", logs, "--store", notes), f"{notes} is no DuckDB store: move it aside"
    yield ("--logs", logs, "--store", notes / "s"), f"cannot write beside {notes / 's'}: "
    yield ("--logs", logs, "--store", folder), f"cannot use {folder}: "


def test_what_cannot_be_done_is_told_with_status_1(sync: Command, tmp_path: Path) -> None:
    for arguments, why in _failures(tmp_path):
        named = arguments if "--store" in arguments else (*arguments, "--store", tmp_path / "s")
        told = sync("--network", "fantom", *named)
        assert (told.returncode, told.stdout) == (1, ""), arguments
        assert told.stderr.startswith(f"data.sync: {why}"), told.stderr
        assert "Traceback" not in told.stderr


def test_a_clash_leaves_the_published_store_as_it_was(
    sync: Command, file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "store.duckdb"
    assert sync("--network", "fantom", "--logs", file, "--store", path).returncode == 0
    before = digest(path)
    other = _whole_queue().logs[0] | {"data": "0x" + "00" * 96}
    clash = write_logs(tmp_path / "clash.ndjson", [other])
    told = sync("--network", "fantom", "--logs", clash, "--store", path)
    assert told.returncode == 1
    assert f"block {FIRST_BLOCK}, log 0 came with two different contents" in told.stderr
    assert digest(path) == before


def test_a_folder_without_permission_is_named(file: Path) -> None:
    """Root may write everywhere, so it becomes nobody, who may not read all it imports."""
    code = (
        "import os, sys\nfrom data.config import load_network\nfrom data.logs import begin\n"
        "from data.sync import main\nload_network('fantom')\nbegin()\n"
        "os.geteuid() == 0 and os.setuid(65534)\nsys.exit(main())"
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store"
        path.parent.chmod(0o555)
        command = ["--network", "fantom", "--logs", str(file), "--store", str(path)]
        # Nobody may not write down what it ran either.
        env = {name: value for name, value in os.environ.items() if "COVERAGE" not in name}
        told = python("-c", code, *command, env=env)
    assert (told.returncode, told.stderr) == (
        1,
        f"data.sync: cannot write beside {path}: Permission denied\n",
    )


# Ctrl-C


@pytest.mark.parametrize("pause_s", [0, 0.2])
def test_ctrl_c_says_that_what_landed_is_kept(pause_s: float, tmp_path: Path) -> None:
    file = tmp_path / "logs.ndjson"
    file.write_bytes(as_lines(_whole_queue().logs) * 10_000)
    path = tmp_path / "store.duckdb"
    command = [sys.executable, "-m", "data.sync", "--network", "fantom"]
    with subprocess.Popen(
        [*command, "--logs", str(file), "--store", str(path)],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while not path.with_name("store.duckdb.next").exists():
            time.sleep(0.01)
        time.sleep(pause_s)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert (process.returncode, told) == (
        130,
        "stopped; what landed is kept, run the same command to go on\n",
    )


# Status 2: a command that cannot be meant


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
        (["--network", "fantom", "--logs", "a", "--follow", "5"], "--logs reads files once"),
        (["--network", "fantom", "--logs", "a", "--covers", "5"], "'5' is no range of blocks"),
        (["--network", "fantom", "--logs", "a", "--covers", "5-x"], "'x' is no block number"),
        (["--network", "fantom", "--logs", "a", "--covers", "5-4"], "ends at 4, before it begins"),
        (
            ["--network", "fantom", "--logs", "a", "--covers", "5-9", "--to-block", "8"],
            "--covers goes beyond",
        ),
        (["--network", "fantom", "--covers", "5-9"], "name them with --logs"),
        (["--network", "sample", "--logs", "a"], "the sample is one fixed simulation"),
        (["--network", "sample", "--from-block", "0"], "the sample is one fixed simulation"),
        (["--network", "fantom", "--blocks", "5"], "name them with --logs"),
        (["--network", "fantom", "--nothing", "5"], "unrecognized arguments: --nothing 5"),
    ],
)
def test_a_command_that_cannot_be_meant_is_told_with_status_2(
    arguments: list[str], why: str, sync: Command
) -> None:
    told = sync(*arguments)
    assert (told.returncode, told.stdout) == (2, "")
    assert why in told.stderr


def test_bad_settings_are_told_with_status_2(
    tmp_path: Path, sync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = tmp_path / "none.toml"
    monkeypatch.setenv("FTM_NETWORKS_FILE", str(none))
    why = f"data.sync: cannot read the networks file {none}: No such file or directory\n"
    assert sync("--help") == Told(2, "", why)
    monkeypatch.delenv("FTM_NETWORKS_FILE")
    monkeypatch.setenv("FTM_POOL", "0x12")
    why = "data.sync: network devnet, pool: '0x12' is no address: want 0x and 40 hex digits\n"
    assert sync("--network", "devnet") == Told(2, "", why)


def test_the_store_that_the_environment_names_is_that_of_its_network(
    file: Path, tmp_path: Path, sync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.config.VAR", tmp_path / "var")
    monkeypatch.setenv("FTM_SYNC_STORE", str(tmp_path / "named.duckdb"))
    command = ("--network", "fantom", "--logs", file)
    assert "of which network: set FTM_NETWORK too" in sync(*command).stderr
    monkeypatch.setenv("FTM_NETWORK", "fantom")
    assert sync(*command).stdout.startswith(f"{tmp_path / 'named.duckdb'}: 4 new logs")
    other = tmp_path / "other.duckdb"
    assert sync(*command, "--store", other).stdout.startswith(f"{other}: 4 new logs")
    monkeypatch.setenv("FTM_NETWORK", "devnet")
    assert sync(*command).stdout.startswith(f"{tmp_path / 'var/fantom.duckdb'}: 4 new logs")
    monkeypatch.delenv("FTM_SYNC_STORE")
    monkeypatch.setenv("FTM_NETWORK", "fantom")
    monkeypatch.setenv("FTM_STORE", "ducklake:postgres:dbname=ftm password=s3cret")
    told = sync(*command).stderr
    assert "the app shows a lake, and this syncs" in told
    assert "s3cret" not in told
    monkeypatch.setenv("FTM_SYNC_STORE", "https://user:s3cret@host/fantom.archive")
    told = sync(*command)
    assert (told.returncode, "s3cret" in told.stderr) == (2, False)
    assert told.stderr.startswith("data.sync: FTM_SYNC_STORE: this is an address, and a file is")


@pytest.mark.node
def test_check_tells_what_each_endpoint_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    with fake_node(ledger(LOGS, HEAD)) as node:
        assert main(["check", "--network", "devnet", "--rpc-url", node.url]) == 0
        (line,) = [row for row in capsys.readouterr().out.splitlines() if node.url[7:] in row]
        assert line.endswith("use it")
        node.answers = ledger([], HEAD, chain_id=250)
        assert main(["check", "--network", "devnet", "--rpc-url", node.url]) == 1
        assert "keeps the history: name one with --rpc-url" in capsys.readouterr().err
    assert main(["check", "--network", "nowhere"]) == 2


@pytest.mark.parametrize("command", [["check"], ["--network", "fantom"]])
def test_ctrl_c_before_anything_was_begun_ends_without_a_traceback(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("data.sync._check", pressed)
    monkeypatch.setattr("data.sync.load_network", pressed)
    assert main(command) == 130
