"""Whether a store is known, without reading it, to be what a sync made, checked and published.

By a hash of every log a sync proves that the tables are made of them, which takes as long as all
else where little is new. What it published and nobody wrote since needs no second proof: a seal
beside the store holds the file's place, size and times, and what DuckDB writes into its head with
every checkpoint. While a store is written, a variable of its connection says whether that holds.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

import duckdb

SEAL = ".seal"
# DuckDB's three headers, one of which every checkpoint writes anew.
_HEAD_BYTES = 3 * 4096
_VARIABLE = "is_proved"


def seal(path: Path) -> None:
    """Seal a store whose logs are proved and that was just published. Where the seal cannot be
    written, the next sync reads every log."""
    file = path.with_name(path.name + SEAL)
    following = path.with_name(f"{file.name}.{os.getpid()}")
    try:
        following.write_text(json.dumps(_marks(path, path)))
        following.replace(file)
    except OSError:
        following.unlink(missing_ok=True)


def is_copy_of_sealed(copy: Path, path: Path) -> bool:
    """Whether a copy that was just made of a store is one of what was sealed."""
    with suppress(OSError, ValueError):
        sealed: object = json.loads(path.with_name(path.name + SEAL).read_text())
        return sealed == _marks(path, copy)
    return False


def _marks(path: Path, head_of: Path) -> list[int | str]:
    """What tells a store from one that was written since, with the head of the file `head_of`."""
    with head_of.open("rb") as file:
        head = hashlib.sha256(file.read(_HEAD_BYTES)).hexdigest()
    now = path.stat()
    return [now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns, head]


def set_proved(con: duckdb.DuckDBPyConnection, proved: bool) -> None:
    """Note whether the tables are known to be those that a sync made and checked, and the logs, but
    for those that came since, the ones that it made them of."""
    con.execute(f"SET VARIABLE {_VARIABLE} = {proved}")


def is_proved(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether that is known."""
    return con.execute(f"SELECT getvariable('{_VARIABLE}')").fetchone() == (True,)
