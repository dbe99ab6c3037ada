"""`python -m data.archive`: a history as one file, the same for everybody, and back from it."""

from __future__ import annotations

import bz2
import json
import re
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import ChangedLogError, LogFileError
from data import sync as sync_command
from data.archive import main
from data.config import Network, load_network
from data.ingest.archived import is_archive, read_archive
from data.ingest.coverage import forget
from data.ingest.from_archive import sync_archive
from data.store.reader import open_reader, read_info
from data.store.writer import lock, open_next
from devnet import Devnet, act
from tests.app import edited, of_network
from tests.data.archive_steps import CLASHES, write
from tests.fake_node import at_most, devnet_answers, fake_node
from tests.processes import python
from tests.syncing import bytes_and_time, column, dicts, head_of, sync, tables

pytestmark = pytest.mark.node

NOW = datetime(2027, 1, 1, tzinfo=UTC)
DEVNET = load_network("devnet")


def read(store: Path, file: Path, network: Network = DEVNET, sha256: str | None = None) -> int:
    """How many logs were new."""
    with lock(store):
        return sync_archive(network, store, file, NOW, sha256)[1]


def text_of(file: Path) -> list[bytes]:
    return bz2.decompress(file.read_bytes()).splitlines(keepends=True)


# Written


def test_two_who_sync_apart_write_the_same_bytes(devnet: Devnet, tmp_path: Path) -> None:
    files = []
    for name, width, newest_first in (("mine", 97, False), ("yours", 211, True)):
        store = tmp_path / f"{name}.duckdb"
        with fake_node(devnet_answers(devnet.rpc_url), at_most(width)) as node:
            if newest_first:  # the later half is read before the earlier one
                sync(store, node.url, first=head_of(devnet) // 2)
            sync(store, node.url)
        written = tmp_path / f"{name}.archive"
        told = python("-m", "data.archive", "write", "--network=devnet", "--store", store, written)
        assert (told.returncode, told.stderr) == (0, "")
        files.append((told.stdout, written.read_bytes()))
    assert files[0] == files[1]
    assert column(tmp_path / "mine.duckdb", "SELECT source FROM coverage") != column(
        tmp_path / "yours.duckdb", "SELECT source FROM coverage"
    )
    logs = column(store, "SELECT count(*) FROM raw_logs")[0]
    line = f"  block 0-{head_of(devnet)}, {logs} logs\n"
    assert files[0][0].startswith("SHA-256 ")
    assert files[0][0].endswith(line)


def test_one_who_synced_further_writes_the_same_up_to_an_earlier_block_and_goes_on_from_it(
    changing_devnet: Devnet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, block = tmp_path / "store.duckdb", head_of(changing_devnet)
    sync(store, changing_devnet.rpc_url)
    write(store, tmp_path / "early")
    early = capsys.readouterr().out
    act.stake(changing_devnet, changing_devnet.accounts[3], 10**20)
    sync(store, changing_devnet.rpc_url)
    write(store, tmp_path / "late", "--to-block", block)
    assert capsys.readouterr().out == early
    assert text_of(tmp_path / "late") == text_of(tmp_path / "early")[:-1]  # without the views
    write(store, tmp_path / "whole")
    assert main(["compare", str(tmp_path / "early"), str(tmp_path / "whole")]) == 1
    assert f"\nblock {block + 1}: another range; blocks 0-{block}, " in capsys.readouterr().out
    again = tmp_path / "again.duckdb"
    read(again, tmp_path / "early")
    sync(again, changing_devnet.rpc_url)  # a node goes on where the archive ends
    assert tables(again) == tables(store)
    assert read(again, tmp_path / "early") == 0


def test_any_tool_unpacks_it_and_finds_the_same_sum(archive: Path) -> None:
    sum_of = f"bzip2 -dc {archive} | sed '/^{{\"logs\":/,$d' | sha256sum"
    told = subprocess.run(sum_of, shell=True, capture_output=True, text=True, check=True)
    assert told.stdout.split()[0] == json.loads(text_of(archive)[-2])["sha256"]
    assert bz2.compress(b"".join(text_of(archive))) == archive.read_bytes()
    logs = [json.loads(line) for line in text_of(archive)[1:-2]]
    places = [(int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in logs]
    assert places == sorted(set(places))
    assert len(places) == json.loads(text_of(archive)[-2])["logs"]


def test_the_form_stays_as_it_is_or_the_sums_of_two_versions_differ(archive: Path) -> None:
    word, number = "0x[0-9a-f]{64}", "0x(0|[1-9a-f][0-9a-f]*)"
    assert text_of(archive)[0].decode() == (
        '{"archive":"every log of an unstake queue, form 1","simulated":false,"chain_id":31337,'
        f'"pool":"{DEVNET.pool}","bond":"{DEVNET.bond}","cert":"{DEVNET.cert}",'
        f'"sfc":"{DEVNET.sfc}","first_block":0,"last_block":576}}\n'
    )
    a_log = re.compile(
        rf'{{"address":"0x[0-9a-f]{{40}}","topics":\[("{word}",?){{0,4}}\],"data":"0x[0-9a-f]*",'
        rf'"blockNumber":"{number}","blockTimestamp":"{number}","transactionHash":"{word}",'
        rf'"logIndex":"{number}","removed":false}}\n'
    )
    assert all(a_log.fullmatch(line.decode()) for line in text_of(archive)[1:-2])


def _without(store: Path, name: str, first: int, last: int) -> None:
    """As an older version may have left it: no sync publishes less than there was."""
    with duckdb.connect(store) as con:
        forget(con, first, last, name)


@pytest.mark.parametrize("name", ["pool", "bond", "sfc"])
def test_nothing_behind_a_gap_is_written(
    name: str, synced_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_reader(synced_store) as con:
        last = read_info(con).synced_block
    assert last is not None
    _without(synced_store, name, last - 20, last - 10)
    write(synced_store, tmp_path / "short")
    told = capsys.readouterr()
    assert f"block 0-{last - 21}, " in told.out
    assert f"blocks after {last - 21} are not read whole" in told.err
    for block in (last - 5, last + 1):
        refused = ["write", "--network", "devnet", "--store", str(synced_store)]
        assert main([*refused, "--to-block", str(block), str(tmp_path / "no")]) == 1
        assert "up to block" in capsys.readouterr().err
    assert not list(tmp_path.glob("no*"))


def test_what_a_file_does_not_say_that_it_holds_whole_is_not_archived(
    sample_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = edited(sample_store, tmp_path / "fantom.duckdb", of_network("fantom"))
    command = ["write", "--network", "fantom", "--store", str(store), str(tmp_path / "out")]
    assert main(command) == 1
    assert "has read no block whole from 31200000 on" in capsys.readouterr().err


def test_an_archive_is_never_written_over(archive: Path, devnet_store: Path) -> None:
    before = archive.read_bytes()
    command = ["write", "--network=devnet", "--store", str(devnet_store), str(archive)]
    assert main(command) == 1
    assert archive.read_bytes() == before


def test_ctrl_c_in_a_query_ends_without_a_traceback(
    archive: Path, devnet_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pressed(*_: object) -> None:
        raise RuntimeError(why)  # as DuckDB does it

    monkeypatch.setattr("data.archive.scope_of", pressed)
    command = ["write", "--network", "devnet", "--store", str(devnet_store), str(archive) + "2"]
    why = "Query interrupted"
    assert main(command) == 130
    why = "another"
    with pytest.raises(RuntimeError, match="another"):
        main(command)


# Read


def test_a_store_made_of_it_holds_the_same_and_passes_the_same_checks(
    archive: Path, devnet_store: Path, tmp_path: Path
) -> None:
    store = tmp_path / "again.duckdb"
    told = python("-m", "data.archive", "read", "--network", "devnet", "--store", store, archive)
    assert (told.returncode, told.stderr) == (0, "")
    assert tables(store) == tables(devnet_store)
    for query in ("SELECT (view, value) FROM contract_views ORDER BY 1", "FROM pool_balances"):
        assert column(store, query) == column(devnet_store, query)
    passed = "SELECT name FROM checks WHERE status = 'passed' ORDER BY 1"
    assert column(store, passed) == column(devnet_store, passed)
    assert "money" in column(store, passed)
    sha256 = json.loads(text_of(archive)[-2])["sha256"]
    source = f"archive with SHA-256 {sha256}"
    assert told.stdout.startswith(f"SHA-256 {sha256}  block 0-")
    told_by = "SELECT DISTINCT source FROM coverage WHERE known = 'single'"
    assert column(store, told_by) == [source]
    assert column(store, "SELECT source FROM store_info") == [source]
    spans = (
        "SELECT (filter, min(from_block), max(to_block)) FROM coverage GROUP BY filter ORDER BY 1"
    )
    assert column(store, spans) == column(devnet_store, spans)
    assert write(store, tmp_path / "second").read_bytes() == archive.read_bytes()


def test_a_sync_takes_it_as_any_file_of_logs(
    archive: Path, store: Path, devnet_store: Path
) -> None:
    command = ["--network", "devnet", "--store", str(store), "--logs", str(archive)]
    assert sync_command.main(command) == 0
    assert tables(store) == tables(devnet_store)
    assert sync_command.main([*command, "--to-block", "5"]) == 1
    assert sync_command.main([*command, "--logs", str(archive)]) == 1


def test_the_host_that_an_archive_was_read_from_does_not_bear_it_out(
    archive: Path, devnet: Devnet, store: Path
) -> None:
    read(store, archive)
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers) as one, fake_node(answers) as other:
        sync(store, one.url)
        of_bond = "SELECT DISTINCT (known, source) FROM coverage WHERE filter = 'bond'"
        hosts = [node.url.removeprefix("http://") for node in (one, other)]
        assert column(store, of_bond) == [("single", hosts[0])]
        sync(store, one.url, other.url)
        assert column(store, of_bond) == [("agreed", ", ".join(sorted(hosts)))]


def test_it_lands_once_and_what_is_known_better_stays(archive: Path, synced_store: Path) -> None:
    before = [tables(synced_store), dicts(synced_store, "coverage")]
    assert read(synced_store, archive) == 0
    assert [tables(synced_store), dicts(synced_store, "coverage")] == before
    half = len(before[0]["raw_logs"]) // 2
    last = before[0]["raw_logs"][half][0]
    with lock(synced_store):
        with open_next(synced_store, DEVNET) as con:
            con.execute("DELETE FROM raw_logs WHERE block > ?", [last])
            forget(con, last + 1, 1 << 40)
        publish_anew(synced_store)
    assert read(synced_store, archive) == sum(row[0] > last for row in before[0]["raw_logs"])
    assert tables(synced_store) == before[0]
    assert not column(synced_store, "SELECT name FROM checks WHERE status = 'failed'")
    assert read(synced_store, archive) == 0


def publish_anew(store: Path) -> None:
    """As publish, though there are fewer logs than before."""
    store.with_name(store.name + ".next").replace(store)


@pytest.mark.parametrize(
    ("contract", "clash"),
    [*(("sfc", name) for name in CLASHES), *(("bond", name) for name in list(CLASHES)[:2])],
)
def test_a_store_that_says_otherwise_is_a_contradiction(
    contract: str, clash: str, archive: Path, devnet_store: Path, tmp_path: Path
) -> None:
    row = f"SELECT max(block) FROM raw_logs, store_info WHERE address = {contract}"
    block = column(devnet_store, row)[0]
    store = edited(
        devnet_store, tmp_path / "s.duckdb", CLASHES[clash].replace("$block", str(block))
    )
    before = bytes_and_time(store)
    with pytest.raises(ChangedLogError, match=r"block \d+"):
        read(store, archive)
    assert bytes_and_time(store) == before
    assert not store.with_name("s.duckdb.next").exists()


@pytest.mark.parametrize(
    ("key", "value"),
    [("chain_id", 1), ("pool", "0x" + "1" * 40), ("sfc", "0x" + "2" * 40), ("simulated", True)],
)
def test_an_archive_of_another_chain_or_pool_is_refused(
    key: str, value: object, archive: Path, store: Path
) -> None:
    with pytest.raises(LogFileError, match=f"another chain or pool: {key} is"):
        read(store, archive, DEVNET.model_copy(update={key: value}))
    assert not store.exists()


def test_a_simulation_says_so_and_is_never_read_as_a_real_chain(
    sample_store: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(sample_store, tmp_path / "sample", network="sample")
    assert capsys.readouterr().out.endswith(" logs, SIMULATED\n")
    command = ["read", "--store", str(tmp_path / "store.duckdb"), "--network"]
    assert main([*command, "fantom", str(file)]) == 1
    assert "simulated is True" in capsys.readouterr().err
    assert main(["read", "--network", "sample", str(file)]) == 2
    assert main([*command, "sample", str(file)]) == 0
    assert dicts(tmp_path / "store.duckdb", "requests") == dicts(sample_store, "requests")


def test_another_sum_than_the_one_named_is_refused(archive: Path, store: Path) -> None:
    with pytest.raises(LogFileError, match="has the SHA-256"):
        read(store, archive, sha256="00" * 32)
    assert not store.exists()
    assert read(store, archive, sha256=json.loads(text_of(archive)[-2])["sha256"]) > 0


# Damaged

Lines = list[bytes]
ALTERED: dict[str, Callable[[Lines], Lines]] = {
    "a log is gone": lambda lines: lines[:5] + lines[6:],
    "a log came twice": lambda lines: [*lines[:5], lines[4], *lines[5:]],
    "two logs changed places": lambda lines: [*lines[:5], lines[6], lines[5], *lines[7:]],
    "another amount": lambda lines: [*lines[:5], lines[5].replace(b"1", b"2", 1), *lines[6:]],
    "upper case": lambda lines: [*lines[:5], lines[5].upper().replace(b"0X", b"0x"), *lines[6:]],
    "a shorter range": lambda lines: [
        lines[0].replace(b'"last_block":', b'"last_block":1'),
        *lines[1:],
    ],
    "no first line": lambda lines: lines[1:],
    "another form": lambda lines: [lines[0].replace(b"form 1", b"shape 1"), *lines[1:]],
    "no end": lambda lines: lines[:-2],
    "a line too much": lambda lines: [*lines, lines[-1]],
    "another view": lambda lines: [
        *lines[:-1],
        lines[-1].replace(b'firstWrId":"', b'firstWrId":"1'),
    ],
    "nothing": lambda lines: [],
    "a list": lambda lines: [b"[]\n", *lines[1:]],
    "a log that is none": lambda lines: [*lines[:5], b'{"address":7}\n', *lines[5:]],
    "a block that is none": lambda lines: [
        lines[0].replace(b'"first_block":0', b'"first_block":"0"'),
        *lines[1:],
    ],
    "no JSON": lambda lines: [*lines[:5], b'{"address":\n', *lines[5:]],
}


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_an_altered_archive_is_refused_and_nothing_lands(
    alter: Callable[[Lines], Lines], archive: Path, store: Path
) -> None:
    altered = alter(text_of(archive))
    assert altered != text_of(archive)
    archive.write_bytes(bz2.compress(b"".join(altered)))
    with pytest.raises(LogFileError, match="is no whole archive"):
        read(store, archive)
    assert not list(store.parent.glob("devnet.duckdb*[!k]"))


def test_a_small_file_that_unpacks_without_end_does_not_fill_the_disk(
    archive: Path, store: Path
) -> None:
    line = b'{"address":"' + b"0" * 999_900 + b'"}\n'
    archive.write_bytes(bz2.compress(text_of(archive)[0] + line * 20, compresslevel=1))
    with pytest.raises(LogFileError, match="it unpacks to far more than logs do"):
        read(store, archive)


def test_one_of_a_later_version_says_update_the_program(archive: Path, store: Path) -> None:
    later = [text_of(archive)[0].replace(b"form 1", b"form 2"), *text_of(archive)[1:]]
    archive.write_bytes(bz2.compress(b"".join(later)))
    with pytest.raises(LogFileError, match=r"is of form 2, .*: update the program"):
        read(store, archive)
    assert not list(store.parent.glob("devnet.duckdb*[!k]"))


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(-1, 7))
def test_a_file_with_a_flipped_bit_or_a_missing_end_gives_its_own_text_or_none(
    place: float, bit: int, packed: bytes, tmp_path: Path
) -> None:
    """A bit of the packing itself, such as the size of its blocks, may not matter."""
    file, at = tmp_path / "damaged", int(place * len(packed))
    flipped = packed[:at] + bytes([packed[at] ^ 1 << max(bit, 0)]) + packed[at + 1 :]
    file.write_bytes(flipped if bit >= 0 else packed[:at])
    whole = tmp_path / "whole"
    whole.write_bytes(packed)
    with duckdb.connect() as con, duckdb.connect() as other:
        try:
            told = read_archive(con, file)
        except LogFileError:
            return
        assert bit >= 0
        assert told == read_archive(other, whole)


@pytest.mark.parametrize("content", [b"", b"BZh9", b"no archive", bz2.compress(b"log\n")])
def test_another_file_is_no_archive(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    assert not is_archive(tmp_path / "file")
    assert not is_archive(tmp_path / "missing")
