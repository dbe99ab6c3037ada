"""A store that is made of an archive elsewhere, and brought up whenever the archive is another.

The archive is one file that anybody can serve: a host of files, an object store, a shared folder.
It is looked at every few minutes, and fetched only if it changed. What is not whole, of another
chain or behind the copy is not taken, and the copy stays as it is. Nor is it fetched again, as long
as it is the same file.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from data import ChangedLogError, ConfigError, LogFileError, NodeError, StoreError, TrackerError
from data.config import host_of, load_network, s3_access
from data.fetched import Tell
from data.ingest.archived import read_scope
from data.ingest.from_archive import sync_archive
from data.ingest.upgraded import is_due, upgrade_store
from data.node.download import MOST, Marks, TooLargeError, download, parse_download
from data.node.object_store import object_url, signature
from data.store.reader import is_full, open_reader, read_info
from data.store.sync_state import write_upgrade
from data.store.writer import lock

_OF_S3 = re.compile(r"s3://[a-z0-9][a-z0-9.-]+/[^*?\[\]{}\s]+")  # no pattern of several
_AGAIN_AFTER_S = 30.0  # where it failed


def is_archive(address: str) -> bool:
    """Whether a store's address means an archive."""
    return address.partition(":")[0].lower() in ("https", "http", "s3", "file")


def parse_archive(address: str) -> str:
    """The address of an archive. Raises ConfigError for anything else, without repeating it."""
    kind = address.partition(":")[0].lower()
    if kind == "s3":
        if not _OF_S3.fullmatch(address):
            raise ConfigError("this is no address in an object store: want s3://bucket/file")
        return address
    if kind == "file":
        if not re.fullmatch(r"file:///[^\0]+", address):
            raise ConfigError("this is no address of a file: want file:///folder/file")
        return address
    return parse_download(address)


def named_in(address: str) -> str:
    """What an archive's file is called, without its ending."""
    return Path(urlsplit(address).path).name.partition(".")[0]


@dataclass(frozen=True)
class _Known:
    """Of which file the copy was made: its marks where it lies, and its own sum."""

    marks: Marks = field(default_factory=Marks)
    sha256: str = ""


class _NotTakenError(StoreError):
    """The file was looked at and refused: it has to be another until that can change."""


@dataclass(frozen=True)
class _Refused:
    """The file that was last refused, and why; what the copy was made of then."""

    marks: Marks
    fault: str
    copy_of: _Known


class ArchiveCopy:
    """The store at `path`, made of the archive at an address. It looks there every `every_s`
    seconds, and takes no file above `most_bytes`."""

    def __init__(
        self, address: str, network: str, path: Path, every_s: float, most_bytes: int
    ) -> None:
        self.network = network
        self.path = path
        self._address = parse_archive(address)
        self._every_s, self._most_bytes = every_s, most_bytes
        self._look_at_s = -1.0
        self._fault: TrackerError | None = None
        self._refused: _Refused | None = None

    def is_news(self) -> bool:
        """Whether it is time to look. Raises what the last look did, until the next one."""
        if time.monotonic() >= self._look_at_s:
            return True
        if self._fault is not None:
            raise self._fault
        return False

    def fetch(self, tell: Tell) -> None:
        """Bring the copy to the archive where that is another, and to this program's tables.
        Raises TrackerError with the copy as it was."""
        wait_s = min(self._every_s, _AGAIN_AFTER_S)
        try:
            with lock(self.path):
                self._brought_up(tell)
            self._fault, wait_s = None, self._every_s
        except TrackerError as error:
            self._fault = error
            if isinstance(error, _NotTakenError):
                wait_s = self._every_s
            raise
        finally:
            self._look_at_s = time.monotonic() + wait_s

    def _brought_up(self, tell: Tell) -> None:
        now = datetime.now(UTC)
        if self.path.exists() and is_due(self.path):
            try:
                upgrade_store(self.path, now, lambda share: write_upgrade(self.path, share))
            finally:
                write_upgrade(self.path, None)
        known = self._known()
        if self._refused is not None and self._refused.copy_of != known:
            self._refused = None  # somebody removed the copy
        last = known.marks if self._refused is None else self._refused.marks
        with self._folder() as folder:
            file = folder / (Path(urlsplit(self._address).path).name or "archive")
            marks = self._fetched(last, file, tell)
            if marks is None:
                if self._refused is not None:
                    raise _NotTakenError(self._refused.fault)
                return
            self._refused = None
            with file.open("rb") as content:
                sha256 = hashlib.file_digest(content, "sha256").hexdigest()
            if sha256 != known.sha256:
                try:
                    self._land(file, now)
                except _NotTakenError as error:
                    self._refused = _Refused(marks, str(error), known)
                    raise
            self._remember(_Known(marks, sha256))

    def _fetched(self, known: Marks, file: Path, tell: Tell) -> Marks | None:
        """Write the archive to `file`; None where it is still the `known` one."""
        kind = self._address.partition(":")[0]
        try:
            if kind == "s3":
                return _from_object_store(
                    self._address, known, file, self._most_bytes, tell, datetime.now(UTC)
                )
            if kind == "file":
                return _from_folder(self._address, known, file, self._most_bytes)
            return download(self._address, known, file, self._most_bytes, tell)
        except NodeError as error:
            kind_of = _NotTakenError if isinstance(error, TooLargeError) else StoreError
            raise kind_of(f"the archive cannot be fetched: {error}") from error

    def _land(self, file: Path, now: datetime) -> None:
        where = _shown(self._address)
        try:
            network, scope = load_network(self.network), read_scope(file)
            scope.refuse_other(network, "the archive")
            if self.path.exists():
                with open_reader(self.path) as con:
                    info = read_info(con)
                if info.synced_block is not None and scope.last_block < info.synced_block:
                    raise ChangedLogError(
                        f"it ends at block {scope.last_block}, and the copy goes to "
                        f"{info.synced_block}"
                    )
            sync_archive(network, self.path, file, now)
        except TrackerError as error:
            fault = f"what {where} has is not taken: {error}. The copy stays as it was"
            if isinstance(error, ChangedLogError):
                fault += f"; where the publisher is right, remove {self.path} to take it anew"
            kind_of = _NotTakenError if _is_of_the_file(error) else StoreError
            raise kind_of(fault) from error

    def _known(self) -> _Known:
        """Nothing where there is no copy, or it is not known of what it was made."""
        try:
            note = json.loads(self._note.read_text())
            known = _Known(Marks(**note["marks"]), note["sha256"])
        except (OSError, ValueError, TypeError, KeyError):
            return _Known()
        return known if self.path.exists() else _Known()

    def _remember(self, known: _Known) -> None:
        """Where that cannot be written, the archive is fetched once more than needed."""
        with suppress(OSError):
            self._note.write_text(json.dumps(asdict(known)))

    @property
    def _note(self) -> Path:
        return self.path.with_name(f"{self.path.name}.archive")

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """A folder beside the copy, without what a killed process left. Runs under the lock."""
        folder = self.path.with_name(f"{self.path.name}.download")
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            yield folder
        except OSError as error:
            if is_full(error):
                raise StoreError(f"no space left beside {self.path} for the archive") from error
            raise StoreError(f"cannot write beside {self.path}: {error.strerror}") from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _is_of_the_file(error: TrackerError) -> bool:
    """Whether the file itself is at fault, and neither this machine nor its disk."""
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno is not None:
        return False
    ours = (duckdb.IOException, duckdb.OutOfMemoryException)
    return isinstance(error, ChangedLogError | LogFileError) and not isinstance(cause, ours)


def _shown(address: str) -> str:
    """As much of an address as may be printed."""
    kind = address.partition(":")[0]
    return host_of(address) if kind in ("http", "https") else address


def _from_folder(address: str, known: Marks, file: Path, most_bytes: int) -> Marks | None:
    origin = Path(urlsplit(address).path)
    try:
        status = origin.stat()
        marks = Marks(f"{status.st_ino} {status.st_size}", str(status.st_mtime_ns))
        if marks == known:
            return None
        _refuse_large(status.st_size, most_bytes)
        shutil.copyfile(origin, file)
    except OSError as error:
        if is_full(error):
            raise
        raise NodeError(f"{origin} cannot be read: {error.strerror}") from error
    return marks


def _from_object_store(
    address: str, known: Marks, file: Path, most_bytes: int, tell: Tell, now: datetime
) -> Marks | None:
    access = s3_access()
    url = object_url(address, access)
    try:
        return download(url, known, file, most_bytes, tell, signature(url, access, now))
    except TooLargeError:
        raise
    except NodeError as error:
        raise NodeError(f"{address} {_why(str(error), _beginning(file))}") from error


def _beginning(file: Path) -> str:
    """The first words of an answer; it may be most of an archive that broke off."""
    if not file.exists():
        return ""
    with file.open("rb") as answer:
        return answer.read(4_096).decode(errors="replace")


def _why(fault: str, answer: str) -> str:
    """What an object store's refusal means, by its status and its own words."""
    if "NoSuchBucket" in answer:
        return (
            "has no bucket: make it, or see that AWS_ENDPOINT_URL and AWS_REGION are those of the "
            "storage that has it"
        )
    if "RequestTimeTooSkewed" in answer:
        return "is not given to a machine whose clock is wrong: set it"
    if "(status 401)" in fault or "(status 403)" in fault:
        return (
            "is not given to this program: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
            "AWS_REGION"
        )
    if "(status 404)" in fault:
        return "is not there"
    return f"cannot be had: {fault}. Are AWS_ENDPOINT_URL and AWS_REGION right?"


def _refuse_large(size: int, most_bytes: int) -> None:
    if size > most_bytes:
        raise TooLargeError(f"it has {size:,} bytes: {MOST.format(most_bytes)}")
