"""Steps of tests with a lake: a history in parts, stores of some, and what stands in them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from data.ingest.from_file import sync_file
from data.lake.tables import Content, content, tables_of
from data.sample import simulate
from data.store.reader import open_reader
from data.store.writer import NEXT, lock
from tests.log_lines import DEPLOYED, FANTOM, write_logs

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PARTS = 4
# What differs with who synced, and when: not what was read.
OF_A_SYNC = ("store_info", "rebuilt")


@dataclass(frozen=True)
class History:
    """A history as files, each with every log of its own blocks."""

    files: tuple[Path, ...]
    spans: tuple[tuple[int, int], ...]

    def store(self, path: Path, *parts: int) -> Path:
        """A store into which these parts are synced, after what it held before. One that begins
        with them is a copy of another that did."""
        if path.exists() or path.with_name(path.name + NEXT).exists():
            self._sync(path, *parts)
        else:
            shutil.copyfile(self._begun(parts), path)
        return path

    @cache  # noqa: B019, there is one for all tests of a process
    def _begun(self, parts: tuple[int, ...]) -> Path:
        numbers = "-".join(map(str, parts))
        path = self.files[0].with_name(f"{self.files[0].name}-{numbers}.duckdb")
        if len(parts) > 1:
            shutil.copyfile(self._begun(parts[:-1]), path)
        self._sync(path, parts[-1])
        return path

    def _sync(self, path: Path, *parts: int) -> None:
        with lock(path):
            for part in parts:
                first, last = self.spans[part]
                sync_file(FANTOM, path, [self.files[part]], NOW, first, last, covers=(first, last))


def history_of(folder: Path, until: datetime, days: int = 150) -> History:
    """The history of a simulated pool on a chain that is none, in parts of as many logs. Its stubs
    are all there from the first block on: who does not know a stub does not ask for its logs."""
    addresses = {name: getattr(FANTOM, name) for name in ("pool", "bond", "cert", "sfc")}
    simulation = simulate(7, until, days, addresses=addresses)
    logs = [json.loads(line) for line in simulation.logs.splitlines()]
    start = {key: logs[0][key] for key in ("blockNumber", "blockTimestamp")}
    for number, log in enumerate(logs):
        if log["topics"][0] == DEPLOYED.topic0:
            log |= start | {"logIndex": hex(1_000 + number)}
    blocks = [int(log["blockNumber"], 16) for log in logs]
    cuts = [sorted(blocks)[len(blocks) * part // PARTS] for part in range(1, PARTS)]
    starts = [simulation.first_block, *cuts]
    ends = [*(cut - 1 for cut in cuts), simulation.state.block.number]
    files = []
    for part, (first, last) in enumerate(zip(starts, ends, strict=True)):
        of_part = [log for log, block in zip(logs, blocks, strict=True) if first <= block <= last]
        files.append(write_logs(folder / f"part{part}.ndjson", of_part))
    return History(tuple(files), tuple(zip(starts, ends, strict=True)))


def contents(store: Path) -> dict[str, Content]:
    """What each table of a store hashes to."""
    with open_reader(store) as con:
        tables = tables_of(con, "store", "main")
        return {name: content(con, name, table) for name, table in tables.items()}


def read_rows(store: Path, query: str) -> list[Any]:
    """A query's rows."""
    with open_reader(store) as con:
        return con.execute(query).fetchall()


def told_by_logs(store: Path) -> dict[str, Content]:
    """As `contents`, of all that does not tell who synced it, and when."""
    return {name: each for name, each in contents(store).items() if name not in OF_A_SYNC}
