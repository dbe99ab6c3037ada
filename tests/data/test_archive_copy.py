"""A store made of an archive elsewhere: fetched when it changed, and never worse than it was."""

from __future__ import annotations

import bz2
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from answers.sources import read_sources
from data import ConfigError, StoreError
from data.archive_copy import ArchiveCopy, parse_archive
from data.config import copy_of
from data.fetch import fetched
from data.ingest.archived import scope_of, write_archive
from data.store.reader import open_reader
from data.store.reader import version as version_of
from lakeside.objects import BUCKET, ObjectStore
from tests.app import edited
from tests.file_host import FileHost, file_host
from tests.s3_client import as_client
from tests.syncing import column, tables

pytestmark = pytest.mark.node

MIDDLE = 60_000_000
Copy = Callable[..., ArchiveCopy]


def packed(store: Path, to_block: int | None = None) -> bytes:
    file = io.BytesIO()
    with open_reader(store) as con:
        write_archive(con, scope_of(con, to_block), file)
    return file.getvalue()


@pytest.fixture(scope="module")
def whole(sample_store: Path) -> bytes:
    return packed(sample_store)


@pytest.fixture(scope="module")
def early(sample_store: Path) -> bytes:
    return packed(sample_store, MIDDLE)


@pytest.fixture
def host() -> FileHost:
    with file_host() as served:
        yield served


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    def of(address: str, every_s: float = 0, most_bytes: int = 2**30) -> ArchiveCopy:
        return ArchiveCopy(address, "sample", tmp_path / "copy.duckdb", every_s, most_bytes)

    return of


def fetch(copy: ArchiveCopy) -> list[tuple[int, int]]:
    """What was told on the way of one look."""
    told: list[tuple[int, int]] = []
    assert copy.is_news()
    copy.fetch(lambda done, of: told.append((done, of)))
    return told


def block_of(copy: ArchiveCopy) -> int:
    return int(column(copy.path, "SELECT synced_block FROM store_info")[0])


def test_it_is_fetched_once_and_again_when_it_is_another(
    host: FileHost, copy: Copy, early: bytes, whole: bytes, sample_store: Path
) -> None:
    host.content = early
    first = copy(host.url)
    left = first.path.with_name("copy.duckdb.download")  # by a process that was killed
    left.mkdir()
    (left / "sample.archive").write_bytes(b"half")
    assert fetch(first)[-1] == (len(early), len(early))
    assert block_of(first) == MIDDLE
    version = version_of(first.path)
    assert fetch(first) == []
    assert fetch(copy(host.url)) == []  # another process knows it too
    assert host.asked == [200, 304, 304]
    assert version_of(first.path) == version
    host.content = whole
    fetch(first)
    assert packed(first.path) == whole
    ours, theirs = tables(first.path), tables(sample_store)
    assert set(ours.pop("raw_logs")) < set(theirs.pop("raw_logs"))  # without those of strangers
    assert ours == theirs
    beside = {path.name for path in first.path.parent.glob("copy*")}
    assert beside == {"copy.duckdb", "copy.duckdb.lock", "copy.duckdb.archive"}


def test_a_host_that_marks_nothing_is_asked_for_all_and_nothing_is_published(
    host: FileHost, copy: Copy, early: bytes
) -> None:
    host.content, host.marks = early, False
    fetch(copy(host.url))
    version = version_of(copy(host.url).path)
    fetch(copy(host.url))
    assert host.asked == [200, 200]
    assert version_of(copy(host.url).path) == version


def _of_another_chain(store: Path, folder: Path) -> bytes:
    return packed(edited(store, folder / "other", "UPDATE store_info SET chain_id = 251"))


def _with_a_log_less(store: Path, folder: Path) -> bytes:
    less = "DELETE FROM raw_logs WHERE block = (SELECT max(block) FROM raw_logs)"
    return packed(edited(store, folder / "less", less))


def _of_later_form(whole: bytes) -> bytes:
    return bz2.compress(bz2.decompress(whole).replace(b"queue, form 1", b"queue, form 2", 1))


def test_the_last_good_one_stays_whatever_comes(
    host: FileHost, copy: Copy, early: bytes, whole: bytes, sample_store: Path, tmp_path: Path
) -> None:
    host.content = whole
    here = copy(host.url)
    fetch(here)
    version, rows = version_of(here.path), tables(here.path)

    def refused(words: str, **wrong: object) -> None:
        for name, value in ({"content": whole, "status": 200, "cut": None} | wrong).items():
            setattr(host, name, value)
        with pytest.raises(StoreError, match=words) as error:
            fetch(here)
        assert "sample.archive cannot" not in str(error.value)
        assert version_of(here.path) == version

    refused("broke off in the middle", content=whole + b"x", cut=1000)
    refused("is not taken: .*it ends at block 60000000, and the copy goes to 9", content=early)
    refused("is no whole archive", content=whole[:5000])
    refused("is no whole archive", content=b"<html>Sign in</html>" * 100)
    refused("chain_id is 251", content=_of_another_chain(sample_store, tmp_path))
    refused("do not tell the same of block", content=_with_a_log_less(sample_store, tmp_path))
    refused("update the program", content=_of_later_form(whole))
    refused(r"has no such file \(status 404\)", status=404)
    refused(r"has a fault \(status 503\)", status=503)
    assert tables(here.path) == rows
    host.content, host.status, host.cut = whole, 200, None
    fetch(here)


def test_what_was_refused_is_fetched_once_and_told_until_it_is_another(
    host: FileHost, copy: Copy, early: bytes, whole: bytes
) -> None:
    host.content = early
    here = copy(host.url)
    fetch(here)
    host.content = whole[:5000]
    faults = []
    for _ in range(3):
        with pytest.raises(StoreError, match="is no whole archive") as error:
            fetch(here)
        faults.append(str(error.value))
    assert len(set(faults)) == 1
    assert host.asked == [200, 200, 304, 304]
    host.content = whole
    assert fetch(here)[-1] == (len(whole), len(whole))
    host.content = early  # which is refused now
    for _ in range(2):
        with pytest.raises(StoreError, match="ends at block 60000000"):
            fetch(here)
    host.content = whole
    fetch(here)
    fetch(here)
    assert host.asked[4:] == [200, 200, 304, 200, 304]


def test_what_this_machine_stopped_is_fetched_again(
    host: FileHost, copy: Copy, early: bytes, whole: bytes
) -> None:
    host.content = early
    here = copy(host.url)
    fetch(here)
    host.content = whole
    in_the_way = here.path.with_name("copy.duckdb.next")
    in_the_way.mkdir()
    with pytest.raises(StoreError, match="is not taken"):
        fetch(here)
    in_the_way.rmdir()
    fetch(here)
    assert host.asked == [200, 200, 200]


def test_a_publisher_who_is_right_is_taken_once_the_copy_is_removed(
    host: FileHost, copy: Copy, whole: bytes, sample_store: Path, tmp_path: Path
) -> None:
    host.content = whole
    here = copy(host.url)
    fetch(here)
    host.content = corrected = _with_a_log_less(sample_store, tmp_path)
    with pytest.raises(StoreError, match=f"is right, remove {here.path} to take it anew"):
        fetch(here)
    here.path.unlink()
    fetch(here)
    assert packed(here.path) == corrected


def test_a_host_that_is_down_is_told_until_the_next_look(copy: Copy, early: bytes) -> None:
    with file_host() as host:
        host.content = early
        here = copy(host.url, every_s=3600)
        fetch(here)
        assert not here.is_news()
        here = copy(host.url, every_s=3600)
    version = version_of(here.path)
    with pytest.raises(StoreError, match=r"cannot be fetched: 127\.0\.0\.1:[0-9]+: cannot be reac"):
        fetch(here)
    with pytest.raises(StoreError, match="cannot be reached"):  # nobody is asked
        here.is_news()
    assert version_of(here.path) == version


def test_redirects_are_followed_over_safe_ways_alone(
    host: FileHost, copy: Copy, early: bytes
) -> None:
    host.content, host.status, host.location = early, 302, "/led.archive"
    fetch(copy(host.url))
    assert host.asked == [302, 200]
    host.location = "http://a.example/sample.archive"
    with pytest.raises(StoreError, match="leads to an address that is not https://"):
        fetch(copy(host.url))
    host.location = host.url
    with pytest.raises(StoreError, match="leads on from one address to another without end"):
        fetch(copy(host.url))


def test_a_file_beyond_the_limit_is_not_read(host: FileHost, copy: Copy, early: bytes) -> None:
    host.content = early
    with pytest.raises(StoreError, match="at most 1,000 are taken, as FTM_ARCHIVE_MOST_MB says"):
        fetch(copy(host.url, most_bytes=1000))
    assert not copy(host.url).path.exists()


def test_over_tls_by_a_certificate_that_is_known(
    copy: Copy, early: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with file_host(tls=True) as host:
        host.content = early
        with pytest.raises(StoreError, match="comes from a CA that is not known here"):
            fetch(copy(host.url))
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"):  # this machine's own
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("SSL_CERT_FILE", str(Path(__file__).parent / "node/tls/ca.pem"))
        fetch(copy(host.url))
    assert block_of(copy(host.url)) == MIDDLE


def put(server: ObjectStore, content: bytes) -> None:
    """Through the server: it keeps in mind what its folder holds."""
    place = f":s3:{BUCKET}/apart/sample.archive"
    as_client(server, server.secret, "rcat", place, given=content)


def test_from_an_object_store_by_the_keys_of_the_environment(
    object_server: ObjectStore,
    copy: Copy,
    early: bytes,
    whole: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in object_server.environment.items():
        monkeypatch.setenv(name, value)
    address = f"s3://{BUCKET}/apart/sample.archive"
    with pytest.raises(StoreError, match="s3://no-such/file has no bucket: make it, or see"):
        fetch(copy("s3://no-such/file"))
    with pytest.raises(StoreError, match="is not there"):
        fetch(copy(address))
    put(object_server, early)
    assert fetch(copy(address))[-1] == (len(early), len(early))
    version = version_of(copy(address).path)
    fetch(copy(address))
    assert version_of(copy(address).path) == version
    put(object_server, whole)
    fetch(copy(address))
    assert block_of(copy(address)) > MIDDLE
    put(object_server, early)
    with pytest.raises(StoreError, match="at most 1,000 are taken, as FTM_ARCHIVE_MOST_MB says"):
        fetch(copy(address, most_bytes=1000))
    large = b"\0" * 2**26
    put(object_server, large)
    tracemalloc.start()
    with pytest.raises(StoreError, match="is not taken"):
        fetch(copy(address))
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak_bytes < len(large) / 4  # it went to the disk piece by piece
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "guessed")
    with pytest.raises(StoreError, match="is not given to this program: set AWS_ACCESS_KEY_ID"):
        fetch(copy(address))
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(StoreError, match=r"cannot be had: .* Are AWS_ENDPOINT_URL and"):
        fetch(copy(address))


def test_from_a_folder_that_is_shared(copy: Copy, early: bytes, tmp_path: Path) -> None:
    file = tmp_path / "shared.archive"
    here = copy(f"file://{file}")
    with pytest.raises(StoreError, match="cannot be read: No such file"):
        fetch(here)
    file.write_bytes(early)
    fetch(here)
    version = version_of(here.path)
    fetch(here)
    assert (block_of(here), version_of(here.path)) == (MIDDLE, version)


def test_a_copy_of_an_older_program_is_brought_up_though_the_host_is_down(
    copy: Copy, early: bytes, tmp_path: Path
) -> None:
    with file_host() as host:
        host.content = early
        fetch(copy(host.url))
    here = copy(host.url)
    edited(here.path, here.path, "UPDATE rebuilt SET program = 'older'", "DROP TABLE ratios")
    with pytest.raises(StoreError, match="cannot be reached"):
        fetch(here)
    assert column(here.path, "SELECT count(*) FROM ratios")[0] > 0


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("http://a.example/fantom.archive", "want https://"),
        ("https://", "are no endpoint"),
        ("s3://bucket", "want s3://bucket/file"),
        ("s3://bucket/*.archive", "want s3://bucket/file"),
        ("file://host/fantom.archive", "want file:///folder/file"),
    ],
)
def test_an_address_that_is_not_safe_or_none_is_refused(address: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_archive(address)


def test_the_file_names_its_network_where_no_setting_does() -> None:
    address = "https://a.example/pub/fantom.archive?key=secret"
    copy = fetched(address, None)
    assert (copy.network, copy.path) == ("fantom", copy_of(address, "fantom"))
    with pytest.raises(ConfigError, match="set FTM_NETWORK too"):
        fetched("https://a.example/mine.archive", None)


def test_it_is_what_is_shown_before_it_is_there(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FTM_STORE", "https://a.example/fantom-testnet.archive")
    shown = read_sources().default()
    assert (shown.name, shown.is_copy) == ("fantom-testnet", True)
    assert not shown.path.exists()
