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
from typing import IO

import duckdb

SEAL, NEXT_SEAL = ".seal", ".seal.next"
# DuckDB's three headers, one of which every checkpoint writes anew.
_HEAD_BYTES = 3 * 4096
_VARIABLE = "is_proved"


def seal(path: Path, published: IO[bytes]) -> None:
    """Seal a store whose logs are proved and that was just `published` at `path`, whatever another
    program has put there since. Where the seal cannot be written, the next sync reads every log."""
    following = path.with_name(path.name + NEXT_SEAL)
    try:
        marks = _marks(os.fstat(published.fileno()), os.pread(published.fileno(), _HEAD_BYTES, 0))
        following.write_text(json.dumps(marks))
        following.replace(path.with_name(path.name + SEAL))
    except OSError:
        following.unlink(missing_ok=True)


def is_copy_of_sealed(copy: Path, path: Path) -> bool:
    """Whether a copy that was just made of a store is one of what was sealed."""
    with suppress(OSError, ValueError):
        sealed: object = json.loads(path.with_name(path.name + SEAL).read_text())
        with copy.open("rb") as file:
            return sealed == _marks(path.stat(), file.read(_HEAD_BYTES))
    return False


def _marks(of: os.stat_result, head: bytes) -> list[int | str]:
    """What tells a store from one that was written since, with its first bytes."""
    return [of.st_ino, of.st_size, of.st_mtime_ns, of.st_ctime_ns, hashlib.sha256(head).hexdigest()]


def set_proved(con: duckdb.DuckDBPyConnection, proved: bool) -> None:
    """Note whether the tables are known to be those that a sync made and checked, and the logs, but
    for those that came since, the ones that it made them of."""
    con.execute(f"SET VARIABLE {_VARIABLE} = {proved}")


def is_proved(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether that is known."""
    return con.execute(f"SELECT getvariable('{_VARIABLE}')").fetchone() == (True,)
