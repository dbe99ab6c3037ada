"""The address of a store that lies elsewhere is no file, and is repeated nowhere: it may hold a
password."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data import archive, at, backup, sync
from data.lake import __main__ as lake
from lakeside import __main__ as lakeside
from scoring import __main__ as scoring

SECRET = "hunter2"
LAKE = f"ducklake:postgres:dbname=ftm password={SECRET}"
OF_FANTOM = ("--network", "fantom")


def _lakeside(arguments: list[str]) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["lakeside", *arguments])
        return lakeside.main()


COMMANDS: list[tuple[Callable[[list[str]], int], tuple[str, ...]]] = [
    (sync.main, ("verify", *OF_FANTOM, "--store")),
    (sync.main, ("verify", *OF_FANTOM, "--against")),
    (sync.main, ("upgrade", "--store")),
    (archive.main, ("write", *OF_FANTOM, "out", "--store")),
    (archive.main, ("read", *OF_FANTOM, "file", "--store")),
    (archive.main, ("read", *OF_FANTOM)),
    (archive.main, ("verify", *OF_FANTOM, "--store")),
    (archive.main, ("verify", *OF_FANTOM)),
    (archive.main, ("compare", "a")),
    (backup.main, ("save", *OF_FANTOM, "file", "--store")),
    (backup.main, ("restore", *OF_FANTOM, "file", "--store")),
    (at.main, (*OF_FANTOM, "5", "--store")),
    (lake.main, ("push", LAKE, *OF_FANTOM, "--store")),
    (lake.main, ("pull", LAKE, *OF_FANTOM, "--store")),
    (scoring.main, ("--store",)),
    (_lakeside, ("--store",)),
]


def _refused(
    main: Callable[[list[str]], int], arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    out, err = capsys.readouterr()
    assert (end.value.code, out) == (2, "")
    assert "this is an address, and a file is wanted" in err
    assert SECRET not in err


@pytest.mark.parametrize(("main", "arguments"), COMMANDS)
def test_an_address_is_taken_for_no_file(
    main: Callable[[list[str]], int],
    arguments: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    for address in (LAKE, f"https://a.example/{SECRET}.archive", f"S3://bucket/{SECRET}"):
        _refused(main, [*arguments, address], capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("address", ["https://a.example/", "s3://bucket/", "file:///", "DuckLake:"])
def test_a_sync_writes_to_a_file_or_a_lake_alone(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    _refused(sync.main, [*OF_FANTOM, "--store", address + SECRET], capsys)


def test_a_followed_sync_reaches_a_lake_as_its_store(capsys: pytest.CaptureFixture[str]) -> None:
    assert sync.main([*OF_FANTOM, "--follow", "5", "--to-lake", LAKE]) == 2
    err = capsys.readouterr().err
    assert "--follow has no end for --to-lake to come after: name --store ADDRESS" in err
    assert SECRET not in err
