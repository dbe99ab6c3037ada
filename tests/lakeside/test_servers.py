"""The servers of a lake: made once, kept over a kill, closed to strangers, never left behind."""

from __future__ import annotations

import re
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.config import ROOT
from lakeside import LakesideError
from lakeside.children import children_of, listens
from lakeside.objects import BUCKET, ObjectStore, object_store
from lakeside.postgres import Postgres, postgres, program
from tests.s3_client import as_client

pytestmark = pytest.mark.node


def test_what_was_committed_is_there_after_a_kill(catalog_server: Postgres) -> None:
    catalog_server.tell("CREATE TABLE kept AS SELECT 7 AS seven")
    catalog_server.kill()
    assert not listens(catalog_server.port)
    catalog_server.start()
    assert catalog_server.tell("SELECT seven FROM kept") == "7"


def test_a_server_is_waited_for_from_before_its_file_has_a_first_line(
    catalog_server: Postgres, tmp_path: Path
) -> None:
    started = Postgres(tmp_path, catalog_server.port, "", catalog_server.process)
    file = tmp_path / "data" / "postmaster.pid"
    file.parent.mkdir()
    whole = (catalog_server.folder / "data" / file.name).read_text()
    for written, is_ready in (("", False), (whole.splitlines()[0], False), (whole, True)):
        file.write_text(written)
        assert started._is_ready() == is_ready


def test_databases_of_one_server_know_nothing_of_each_other(catalog_server: Postgres) -> None:
    catalog_server.make_database("other")
    catalog_server.tell("CREATE TABLE apart AS SELECT 1", "other")
    with pytest.raises(LakesideError, match='"apart" does not exist'):
        catalog_server.tell("SELECT * FROM apart")


def test_the_catalog_wants_its_password(catalog_server: Postgres) -> None:
    stranger = Postgres(catalog_server.folder, catalog_server.port, "guessed")
    with pytest.raises(LakesideError, match="password authentication failed"):
        stranger.tell("SELECT 1")


def test_secrets_are_read_by_their_owner_alone(
    catalog_server: Postgres, object_server: ObjectStore
) -> None:
    for file in (catalog_server.folder / "password", object_server.folder / "secret"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    commands = [
        (Path("/proc") / str(server.process.pid) / "cmdline").read_text()
        for server in (catalog_server, object_server)
        if server.process is not None
    ]
    assert len(commands) == 2
    assert not any(object_server.secret in told for told in commands)


def test_objects_are_files_that_a_new_start_finds_and_a_wrong_secret_does_not(
    tmp_path: Path,
) -> None:
    with object_store(tmp_path) as server:
        as_client(server, server.secret, "rcat", f":s3:{BUCKET}/a/b", given=b"one")
        with pytest.raises(subprocess.CalledProcessError) as refused:
            as_client(server, "guessed", "lsf", f":s3:{BUCKET}/a")
        assert re.search(b"SignatureDoesNotMatch|403", refused.value.stderr)
    assert (server.objects / BUCKET / "a" / "b").read_bytes() == b"one"
    with object_store(tmp_path) as again:
        assert again.secret == server.secret
        assert as_client(again, again.secret, "cat", f":s3:{BUCKET}/a/b") == b"one"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's end")
def test_servers_end_with_who_started_them_even_where_that_is_killed(
    servers_folder: Path,
) -> None:
    folder = servers_folder / "orphans"
    script = (
        "import sys, time; from pathlib import Path; from lakeside.postgres import postgres\n"
        "from lakeside.objects import object_store; folder = Path(sys.argv[1])\n"
        "with postgres(folder / 'a') as one, object_store(folder / 'b') as other:\n"
        "    print(one.port, other.port, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(folder)]
    parent = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent:
        ports = [int(port) for port in parent.stdout.readline().split()]
        assert len(children_of(parent.pid)) == 2
        assert all(map(listens, ports))
        parent.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 30
    while any(map(listens, ports)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(listens, ports))
    with postgres(folder / "a") as again:  # nothing of the one before stands in its way
        assert again.tell("SELECT 1") == "1"


def test_a_half_made_folder_is_made_anew(servers_folder: Path) -> None:
    folder = servers_folder / "half"
    (folder / "data.begun").mkdir(parents=True)
    (folder / "data.begun" / "PG_VERSION").write_text("15")
    with postgres(folder) as server:
        assert server.tell("SELECT 1") == "1"


def test_a_program_that_is_missing_is_named() -> None:
    with pytest.raises(LakesideError, match="apt-get install postgresql"):
        program("no-such-program")
