"""`python -m data.backup`: a store with what lies beside it as one file, and back.

What cannot be made again is `.forecasts`, which was written before anyone knew how they go. A store
could be read from a node again, as long as there is one, and scores be worked out again.

Exit status: 0 done, 1 failed, 2 bad usage, 3 where another process writes the store.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import io
import json
import logging
import os
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from data import ConfigError, StoreError
from data.config import SAMPLE, Network, default_store, load_network, network_names
from data.store.command import add_network, as_program, ended
from data.store.reader import open_reader, translated, version
from data.store.upgrade import OLDEST
from data.store.writer import lock

_FORM = "a store of an unstake queue with its forecasts, form 1"
_MANIFEST, _STORE, _FORECASTS = "manifest.json", "store", "forecasts"
# What is in it, by the ending of the file's name. The log first, so that no store is older than it.
BESIDE = {_FORECASTS: ".forecasts", "scores": ".scores", _STORE: ""}
_CHUNK = 1 << 20
_TRIES = 50
_log = logging.getLogger("data.backup")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    options = _parser().parse_args(arguments)
    return ended("data.backup", lambda: _run(options))


def _run(options: argparse.Namespace) -> None:
    network = load_network(options.network)
    if network.name == SAMPLE and options.store is None:
        raise ConfigError("the sample is made anew by the app: name another --store")
    store = options.store or default_store(network.name)
    (save if options.command == "save" else restore)(network, store, options.file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m data.backup",
        description="Keep a store and what lies beside it as one file.",
        epilog="Networks: " + ", ".join(network_names()),
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text, target in (
        ("save", "Write a new file, while the app and a sync run.", "a new file, or a folder"),
        ("restore", "Put back what a file holds.", "what `save` wrote"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        add_network(command)
        command.add_argument("file", type=Path, metavar="FILE", help=target)
    return parser


def save(network: Network, store: Path, target: Path) -> Path:
    """Write the store of a network and what lies beside it into a new file, of this day where
    `target` is a folder; returns it. Raises StoreError."""
    now = datetime.now(UTC)
    if target.is_dir():
        target = target / f"{network.name}-{now:%Y-%m-%d}.backup.tar"
    if target.exists():
        raise StoreError(f"{target} is there already: name a new file, so that none is lost")
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    try:
        with _opened(store) as (files, about):
            _refuse_other(about, network, store)
            listed = [_listed(name, file, size) for name, (file, size) in files.items()]
            manifest = {"backup": _FORM, "made_at": now.isoformat(), **about, "files": listed}
            with part.open("xb") as out:
                with tarfile.open(fileobj=out, mode="w") as tar:
                    text = json.dumps(manifest, indent=1).encode()
                    tar.addfile(_member(_MANIFEST, len(text), now), io.BytesIO(text))
                    for name, (file, size) in files.items():
                        file.seek(0)
                        tar.addfile(_member(name, size, now), file)
                out.flush()
                os.fsync(out.fileno())
        part.replace(target)
    except OSError as error:
        raise translated(error, target) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    print(f"{target}: {_contents(manifest)}")
    return target


def restore(network: Network, store: Path, file: Path) -> None:
    """Put a store and what lay beside it where they belong: all of it was checked by its hash, or
    nothing is touched. A store that holds more is kept, and so is each forecast. Raises StoreError.
    """
    with lock(store), ExitStack() as cleaning:
        try:
            manifest, found = _unpacked(store, file, cleaning)
            about = _about(found[_STORE])
            _refuse_other(about, network, file)
            _refuse_to_lose(store, about, network)
            if _FORECASTS in found:
                _restore_forecasts(_at(store, _FORECASTS), found.pop(_FORECASTS))
            for name, path in found.items():
                path.replace(_at(store, name))
        except OSError as error:
            raise translated(error, store) from error
    print(f"{store}: {_contents(manifest)}")


def _at(store: Path, name: str) -> Path:
    return store.with_name(store.name + BESIDE[name])


@contextmanager
def _opened(store: Path) -> Iterator[tuple[dict[str, tuple[IO[bytes], int]], dict[str, Any]]]:
    """The files of a store with how many bytes of them count, and what the store says of itself.

    A published store is never written, only replaced, so who has it open has it whole.
    """
    for _ in range(_TRIES):
        version(store)  # there has to be one
        with ExitStack() as stack:
            files: dict[str, tuple[IO[bytes], int]] = {}
            for name in BESIDE:
                path = _at(store, name)
                if name == _STORE or path.exists():
                    file = stack.enter_context(path.open("rb"))
                    files[name] = file, _size(file, whole_lines=name == _FORECASTS)
            about = _about(store)
            status = os.fstat(files[_STORE][0].fileno())
            if version(store)[1:] == (status.st_ino, status.st_mtime_ns):
                yield files, about
                return
    raise StoreError(f"{store} was replaced again and again while it was read: try again")


def _size(file: IO[bytes], *, whole_lines: bool) -> int:
    """How many bytes there are; of a log no line that is still being written."""
    if not whole_lines:
        return os.fstat(file.fileno()).st_size
    fcntl.flock(file, fcntl.LOCK_SH)  # who appends holds it for an instant
    try:
        return os.fstat(file.fileno()).st_size
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def _listed(name: str, file: IO[bytes], size: int) -> dict[str, Any]:
    digest = hashlib.sha256()
    for chunk in _chunks(file, size):
        digest.update(chunk)
    return {"name": name, "bytes": size, "sha256": digest.hexdigest()}


def _chunks(file: IO[bytes], size: int) -> Iterator[bytes]:
    while size and (chunk := file.read(min(size, _CHUNK))):
        size -= len(chunk)
        yield chunk


def _member(name: str, size: int, now: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = size, int(now.timestamp())
    return member


def _about(store: Path) -> dict[str, Any]:
    """What a store says of itself, as the manifest has it. Raises StoreError."""
    keys = ("network", "simulated", "chain_id", "pool", "schema_version", "synced_block")
    with open_reader(store, OLDEST) as con:
        row = con.execute(
            f"SELECT {', '.join(keys)}, (SELECT count(*) FROM raw_logs) FROM store_info"
        ).fetchone()
    if row is None:
        raise StoreError(f"{store} says nothing of itself: sync again")
    return dict(zip((*keys, "logs"), row, strict=True))


def _contents(manifest: dict[str, Any]) -> str:
    names = ", ".join(f"{each['name']} {each['bytes']:,} bytes" for each in manifest["files"])
    block = manifest["synced_block"]
    return f"{manifest['network']} up to block {block}, {manifest['logs']:,} logs ({names})"


def _refuse_other(about: dict[str, Any], network: Network, path: Path) -> None:
    for key in ("simulated", "chain_id", "pool"):
        if about[key] != getattr(network, key):
            raise StoreError(
                f"{path} holds {about['network']} with {key} {about[key]}, but {network.name} has "
                f"{getattr(network, key)}: name its own --network"
            )


def _unpacked(
    store: Path, file: Path, cleaning: ExitStack
) -> tuple[dict[str, Any], dict[str, Path]]:
    """The manifest, and each file of a backup beside where it belongs, under a name of its own
    until it takes its place. Nothing else of it is unpacked, whatever it holds."""
    found: dict[str, Path] = {}
    if not file.is_file():
        raise StoreError(f"no backup at {file}: name what `save` wrote")
    try:
        with tarfile.open(file, "r:") as tar:
            manifest = json.loads(_content(tar, _MANIFEST).read(_CHUNK))
            if manifest["backup"] != _FORM:
                raise StoreError(f"{file} is a backup of another form: use the program it is of")
            for each in manifest["files"]:
                name, size = each["name"], each["bytes"]
                beside = _at(store, name)
                part = beside.with_name(f"{beside.name}.{os.getpid()}.restored")
                cleaning.callback(part.unlink, missing_ok=True)
                digest = hashlib.sha256()
                with part.open("wb") as out:
                    for chunk in _chunks(_content(tar, name), size):
                        digest.update(chunk)
                        out.write(chunk)
                    out.flush()
                    os.fsync(out.fileno())
                if (part.stat().st_size, digest.hexdigest()) != (size, each["sha256"]):
                    raise StoreError(f"{file} is damaged ({name}): nothing of it was restored")
                found[name] = part
        if _STORE not in found:
            raise KeyError(_STORE)
    except (tarfile.TarError, KeyError, TypeError, ValueError) as error:
        raise StoreError(f"{file} is no whole backup: nothing of it was restored") from error
    return manifest, found


def _content(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    content = tar.extractfile(tar.getmember(name))
    if content is None:  # a link, or a folder
        raise KeyError(name)
    return content


def _refuse_to_lose(store: Path, about: dict[str, Any], network: Network) -> None:
    following = store.with_name(f"{store.name}.next")
    if following.exists():
        raise StoreError(
            f"{following} is what a stopped sync has read: sync to its end, or move it aside, then "
            "restore again"
        )
    if not store.exists():
        return
    try:
        held = _about(store)
    except StoreError as error:
        raise StoreError(f"{error}; or move it aside, then restore again") from error
    _refuse_other(held, network, store)
    if held["logs"] > about["logs"] or (held["synced_block"] or 0) > (about["synced_block"] or 0):
        raise StoreError(
            f"{store} holds {held['logs']:,} logs up to block {held['synced_block']}, the backup "
            f"{about['logs']:,} up to {about['synced_block']}: move the store aside if it is to be "
            "replaced"
        )


def _restore_forecasts(path: Path, part: Path) -> None:
    """Where there is a log, what it lacks is appended, as a scorer may append to it meanwhile."""
    if not path.exists():
        part.replace(path)
        return
    with path.open("r+b") as log:
        fcntl.flock(log, fcntl.LOCK_EX)
        there, saved = log.read(), part.read_bytes()
        if not (there.startswith(saved) or saved.startswith(there)):
            raise StoreError(
                f"{path} holds other forecasts than the backup: move it aside, then restore again; "
                "what both hold can be put together line by line"
            )
        log.write(saved[len(there) :])
        log.flush()
        os.fsync(log.fileno())


if __name__ == "__main__":
    as_program(main)
