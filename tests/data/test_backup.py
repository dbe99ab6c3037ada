"""A store with its forecasts as one file, and back: whole, by its hashes, or not at all."""

from __future__ import annotations

import fcntl
import io
import json
import resource
import shutil
import tarfile
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from data.backup import BESIDE, main
from data.store.reader import open_reader
from data.store.writer import lock
from scoring.companion import companion_of
from scoring.forecast_log import log_of
from tests.app import edited, of_network
from tests.processes import python

LINES = b'{"forecast": 1}\n{"forecast": 2}\n'


@pytest.fixture
def store(sample_store: Path, tmp_path: Path) -> Path:
    """A store with forecasts and scores beside it."""
    path = edited(sample_store, tmp_path / "var" / "fantom.duckdb", of_network("fantom"))
    log_of(path).write_bytes(LINES)
    companion_of(path).write_bytes(b"scores")
    return path


def command(name: str, store: Path, file: Path, network: str = "fantom") -> int:
    return main([name, "--network", network, "--store", str(store), str(file)])


@pytest.fixture
def saved(store: Path, tmp_path: Path) -> Path:
    file = tmp_path / "saved.backup.tar"
    assert command("save", store, file) == 0
    return file


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    (folder := tmp_path / "elsewhere").mkdir()
    return folder / "later.duckdb"


def beside(store: Path) -> dict[str, bytes]:
    """All that lies in the folder of a store but its lock, which holds nothing."""
    files = store.parent.iterdir() if store.parent.exists() else ()
    return {file.name: file.read_bytes() for file in files if file.suffix != ".lock"}


def test_what_lies_beside_a_store_has_the_names_that_its_writers_give_it() -> None:
    store = Path("fantom.duckdb")
    names = {store.name + ending for ending in BESIDE.values()}
    assert names == {store.name, log_of(store).name, companion_of(store).name}


def test_a_store_comes_back_with_its_forecasts_and_scores(
    store: Path, saved: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("restore", elsewhere, saved) == 0
    told = capsys.readouterr().out
    assert told.startswith(f"{elsewhere}: fantom up to block 99772823, ")
    assert "forecasts 32 bytes" in told
    came = {name.replace("later", "fantom"): content for name, content in beside(elsewhere).items()}
    assert came == beside(store)
    with open_reader(elsewhere) as con:
        assert con.execute("SELECT count(*) FROM requests").fetchone() != (0,)


def test_a_store_alone_is_a_backup_too(store: Path, tmp_path: Path, elsewhere: Path) -> None:
    log_of(store).unlink()
    companion_of(store).unlink()
    assert command("save", store, tmp_path / "b.tar") == 0
    assert command("restore", elsewhere, tmp_path / "b.tar") == 0
    assert set(beside(elsewhere)) == {"later.duckdb"}


def test_into_a_folder_it_goes_under_the_networks_name_and_the_day(
    store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder := tmp_path / "backups").mkdir()
    assert command("save", store, folder) == 0
    (file,) = folder.glob("fantom-20??-??-??.backup.tar")
    before = file.read_bytes()
    assert command("save", store, folder) == 1
    assert "is there already" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert [*folder.iterdir()] == [file]


def test_it_is_whole_while_syncs_publish_and_forecasts_are_logged(
    store: Path, sample_store: Path, tmp_path: Path, elsewhere: Path
) -> None:
    done = threading.Event()
    line = json.dumps({"forecast": "x" * 5_000}).encode() + b"\n"

    def publish() -> None:
        block = 99_772_823
        while not done.is_set():
            block += 1
            further = f"UPDATE store_info SET synced_block = {block}"
            edited(sample_store, store, of_network("fantom"), further)

    def append() -> None:
        while not done.wait(0.001):
            with log_of(store).open("ab", buffering=0) as log:
                fcntl.flock(log, fcntl.LOCK_EX)
                log.write(line)

    threads = [threading.Thread(target=each) for each in (publish, append)]
    with lock(store):  # as a sync has it
        for thread in threads:
            thread.start()
        try:
            for number in range(5):
                assert command("save", store, tmp_path / f"{number}.tar") == 0
        finally:
            done.set()
            for thread in threads:
                thread.join()
    for number in range(5):
        path = elsewhere.with_name(f"{number}.duckdb")
        assert command("restore", path, tmp_path / f"{number}.tar") == 0
        told = log_of(path).read_bytes()
        assert told.startswith(LINES)
        assert all(json.loads(each) for each in told.splitlines())
        assert told.endswith(b"\n")
        with open_reader(path) as con:
            assert con.execute("SELECT count(*) > 2000 FROM raw_logs").fetchone() == (True,)


def test_nothing_is_restored_while_a_sync_runs(
    saved: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with lock(elsewhere):
        assert command("restore", elsewhere, saved) == 3
    assert "let it finish, or stop it" in capsys.readouterr().err
    assert not beside(elsewhere)


MORE = [
    "UPDATE store_info SET synced_block = synced_block + 1",
    "INSERT INTO raw_logs BY NAME (SELECT * REPLACE (block + 1 AS block) FROM raw_logs LIMIT 1)",
]


@pytest.mark.parametrize("more", MORE)
def test_a_store_that_holds_more_is_not_written_over(
    more: str, saved: Path, store: Path, sample_store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("restore", store, saved) == 0  # as much
    edited(sample_store, store, of_network("fantom"), more)
    before = beside(store)
    assert command("restore", store, saved) == 1
    assert "move the store aside if it is to be replaced" in capsys.readouterr().err
    assert beside(store) == before


def test_what_a_stopped_sync_has_read_is_not_lost(
    saved: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    elsewhere.with_name("later.duckdb.next").touch()
    assert command("restore", elsewhere, saved) == 1
    assert "sync to its end, or move it aside" in capsys.readouterr().err
    assert set(beside(elsewhere)) == {"later.duckdb.next"}


@pytest.mark.parametrize(
    ("there", "after"),
    [
        (b"", LINES),
        (LINES[:20], LINES),
        (LINES + b'{"forecast": 3}\n', LINES + b'{"forecast": 3}\n'),
    ],
)
def test_no_forecast_is_lost_whichever_has_more(
    there: bytes, after: bytes, saved: Path, elsewhere: Path
) -> None:
    log_of(elsewhere).write_bytes(there)
    assert command("restore", elsewhere, saved) == 0
    assert log_of(elsewhere).read_bytes() == after


def test_other_forecasts_are_kept_and_told(
    saved: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log_of(elsewhere).write_bytes(b'{"forecast": 9}\n')
    assert command("restore", elsewhere, saved) == 1
    assert "holds other forecasts than the backup" in capsys.readouterr().err
    assert beside(elsewhere) == {"later.duckdb.forecasts": b'{"forecast": 9}\n'}


def flipped(share: float) -> Callable[[bytes], bytes]:
    def change(content: bytes) -> bytes:
        place = int(share * len(content))
        return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]

    return change


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda content: b"",
    "another file": lambda content: b"no backup" * 1_000,
    "half": lambda content: content[: len(content) // 2],
    "without its end": lambda content: content[:-200_000],
    "a bit in the middle": flipped(0.5),
    "a bit near the end": flipped(0.97),
    "a bit in the manifest": lambda content: content.replace(b'"sha256": "', b'"sha256": "0', 1),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_or_half_copied_backup_is_refused_whole(
    damage: Callable[[bytes], bytes],
    saved: Path,
    elsewhere: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    saved.write_bytes(damage(saved.read_bytes()))
    assert command("restore", elsewhere, saved) == 1
    assert "nothing of it was restored" in capsys.readouterr().err
    assert not beside(elsewhere)


def rewritten(saved: Path, members: dict[str, tarfile.TarInfo | None], **renamed: str) -> None:
    """The same backup with other members and names in its manifest."""
    with tarfile.open(saved) as tar:
        contents = {each.name: tar.extractfile(each).read() for each in tar.getmembers()}
    manifest = json.loads(contents.pop("manifest.json"))
    for each in manifest["files"]:
        each["name"] = renamed.get(each["name"], each["name"])
    with tarfile.open(saved, "w") as tar:
        for name, content in [("manifest.json", json.dumps(manifest).encode()), *contents.items()]:
            name = renamed.get(name, name)
            member = members.get(name) or tarfile.TarInfo(name)
            member.size = len(content) if member.isreg() else 0
            tar.addfile(member, io.BytesIO(content))


def a_link(name: str, target: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, target
    return member


@pytest.mark.parametrize("name", ["../escaped", "/tmp/escaped", ".lock", "store/../../escaped"])
def test_a_name_that_leads_elsewhere_is_not_unpacked(
    name: str, saved: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rewritten(saved, {}, forecasts=name)
    assert command("restore", elsewhere, saved) == 1
    assert "no whole backup" in capsys.readouterr().err
    assert not beside(elsewhere)
    assert not [*elsewhere.parent.parent.rglob("*escaped*")]


def test_a_link_in_it_is_not_followed(saved: Path, elsewhere: Path, tmp_path: Path) -> None:
    (secret := tmp_path / "secret").write_bytes(LINES)
    rewritten(saved, {"forecasts": a_link("forecasts", str(secret))})
    assert command("restore", elsewhere, saved) == 1
    assert not beside(elsewhere)


def test_the_store_of_another_network_is_refused_both_ways(
    saved: Path, store: Path, sample_store: Path, elsewhere: Path, tmp_path: Path
) -> None:
    assert command("restore", elsewhere, saved, "devnet") == 1
    assert command("save", store, tmp_path / "other.tar", "devnet") == 1
    (simulated := tmp_path / "simulated").mkdir()
    shutil.copyfile(sample_store, simulated / "s.duckdb")
    assert command("save", simulated / "s.duckdb", tmp_path / "other.tar") == 1
    assert not beside(elsewhere)
    assert not (tmp_path / "other.tar").exists()


def test_the_store_of_another_network_is_not_written_over(
    saved: Path, sample_store: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = "UPDATE store_info SET chain_id = 4002"
    edited(sample_store, elsewhere, of_network("fantom-testnet"), other)
    before = beside(elsewhere)
    assert command("restore", elsewhere, saved) == 1
    assert f"{elsewhere} holds fantom-testnet with chain_id 4002, but" in capsys.readouterr().err
    assert beside(elsewhere) == before


def test_what_is_not_there_and_what_cannot_be_written_is_told(
    store: Path, saved: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("save", elsewhere, saved.with_name("other.tar")) == 1
    assert "sync the network first" in capsys.readouterr().err
    assert command("restore", elsewhere, saved.with_name("none.tar")) == 1
    assert "no backup at" in capsys.readouterr().err
    assert main(["save", "--network", "sample", str(saved)]) == 2
    assert "made anew by the app" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["save", "restore"])
def test_a_full_disk_leaves_nothing_that_looks_whole(
    name: str, store: Path, saved: Path, elsewhere: Path
) -> None:
    most = store.stat().st_size // 2
    code = (
        "import resource, sys\nfrom data.backup import main\nfrom data.logs import begin\nbegin()\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({most}, {resource.RLIM_INFINITY}))\n"
        "sys.exit(main())"
    )
    path, file = (store, elsewhere) if name == "save" else (elsewhere, saved)
    told = python("-c", code, name, "--network", "fantom", "--store", path, file)
    assert (told.returncode, told.stdout) == (1, "")
    assert "no space left to write" in told.stderr
    assert not beside(elsewhere)
