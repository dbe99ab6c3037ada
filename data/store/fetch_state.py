"""How the copy of a store that lies elsewhere is getting on, for every process that serves it: one
small file beside the copy, of which one process a machine is the writer."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class FetchState:
    """`done` of `of` were fetched, both 0 where nothing is. `fault` says why nothing newer can be,
    "" while it can, and `since_s` (in seconds since 1970) from when on."""

    done: int = 0
    of: int = 0
    fault: str = ""
    since_s: float = 0


def write_state(copy: Path, state: FetchState) -> None:
    """Replace what is known. Where the file cannot be written nothing happens."""
    file = _file(copy)
    following = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        following.write_text(json.dumps(asdict(state)))
        following.replace(file)
    except OSError:  # a full disk is reported by the fetching itself
        following.unlink(missing_ok=True)


def read_state(copy: Path) -> FetchState:
    """What is known; where nothing is, nothing is wrong."""
    try:
        return FetchState(**json.loads(_file(copy).read_text()))
    except (OSError, ValueError, TypeError):
        return FetchState()


def _file(copy: Path) -> Path:
    return copy.with_name(f"{copy.name}.fetch")
