"""Two histories of one chain and pool, log by log: an archive's, a store's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb

from data import StoreError
from data.config import Network
from data.ingest.archived import Archive, Scope, Sealed, lines, open_history

_NO_PLACE = (1 << 62, 0)
_MOST = 10_000  # more are counted by nobody


@dataclass(frozen=True)
class Against:
    """What a store and an archive tell differently, a sentence each: of blocks first..last, which
    both hold whole. `store` and `archive` say what each of them holds."""

    archive: Sealed
    store: Scope
    first: int
    last: int
    found: tuple[str, ...]


def against(network: Network, store: Path, file: Path) -> Against:
    """Hold a store against an archive, without a node. Nothing is written: an archive does not say
    whom it was read from, so it makes nothing surer. Raises LogFileError or StoreError."""
    with open_history(file) as (other, archive), open_history(store) as (con, held):
        theirs, ours = archive.sealed.scope, held.sealed.scope
        theirs.refuse_other(network, file)
        ours.refuse_other(network, store)
        first, last = common(ours, theirs)
        if first > last:
            raise StoreError(f"{store} and {file} hold no block in common")
        found = list(
            islice(differences(con, ours, other, theirs, ("the store", "the archive")), _MOST)
        )
        found += ends(held, archive)
    return Against(archive.sealed, ours, first, last, tuple(found))


def common(a: Scope, b: Scope) -> tuple[int, int]:
    """The first and the last block that both hold; none where the last lies before the first."""
    return max(a.first_block, b.first_block), min(a.last_block, b.last_block)


def differences(
    one: duckdb.DuckDBPyConnection,
    a: Scope,
    other: duckdb.DuckDBPyConnection,
    b: Scope,
    names: tuple[str, str] = ("A", "B"),
) -> Iterator[str]:
    """What two histories of one chain and pool tell differently of the blocks that both hold, a
    sentence a log, and one a block whose time alone differs; in the chain's order."""
    first, last = common(a, b)
    both = replace(a, first_block=first, last_block=last)
    mine, theirs = (lines(con, both) for con in (one, other))
    x, y = next(mine, None), next(theirs, None)
    untimely = -1
    while x is not None or y is not None:
        if x == y:
            x, y = next(mine, None), next(theirs, None)
            continue
        log, their_log = (None if line is None else json.loads(line) for line in (x, y))
        place, their_place = _place(log), _place(their_log)
        block, index = min(place, their_place)
        if place != their_place:
            lacks = names[1] if place < their_place else names[0]
            yield f"block {block}: log {index} is missing in {lacks}"
        elif content := _content(log or {}, their_log or {}):
            yield f"block {block}: log {index} has other content: {', '.join(content)}"
        elif block != untimely:
            untimely = block
            yield f"block {block}: another time of the block"
        if place <= their_place:
            x = next(mine, None)
        if their_place <= place:
            y = next(theirs, None)


def _content(log: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [key for key in log if log[key] != other[key] and key != "blockTimestamp"]


def _place(log: dict[str, Any] | None) -> tuple[int, int]:
    return (int(log["blockNumber"], 16), int(log["logIndex"], 16)) if log else _NO_PLACE


def ends(first: Archive, second: Archive) -> list[str]:
    """What two histories tell differently of their last block, where it is the same one."""
    block = first.sealed.scope.last_block
    if block != second.sealed.scope.last_block:
        return []
    if None not in (first.last, second.last) and first.last != second.last:
        return [f"block {block}: another hash or time of the last block"]
    one, other = first.state, second.state
    if one is None or other is None:
        return []
    # An earlier version kept less of what the contract said, and a node may not tell all.
    both = one.texts.keys() & other.texts.keys()
    if one.balance_wei != other.balance_wei or any(one.texts[k] != other.texts[k] for k in both):
        return [f"block {block}: the contract said something else there"]
    return []
