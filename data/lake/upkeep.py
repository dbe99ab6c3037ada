"""What a lake needs now and then: fewer and larger files, an end of old states, and a look at
whether it still holds what was pushed. Who reads meanwhile goes on: files go a day after the last
state that needs them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from data.lake.address import LakeAddress
from data.lake.connection import LAKE, attach, check_holds, one_at_a_time, place
from data.lake.errors import lake_errors
from data.lake.pushes import latest, untold
from data.lake.tables import Content, content, tables_of

# A reader may be in the midst of a file that no state needs any more, and a push may have written
# one that none needs yet.
_STILL_READ = timedelta(days=1)


@dataclass(frozen=True)
class Checked:
    """A table of the lake: what was pushed, and what is read there now."""

    name: str
    pushed: Content
    held: Content

    @property
    def same(self) -> bool:
        return self.pushed == self.held

    def __str__(self) -> str:
        verdict = "as pushed" if self.same else f"NOT as pushed, {self.pushed.rows:,} rows"
        return f"{self.name:18} {self.held.rows:>12,} rows  {self.held.hash:016x}  {verdict}"


def compact(address: LakeAddress) -> int:
    """Lay small files together, and rewrite those of which rows are gone; how many files that
    made. Raises StoreError."""
    made = 0
    with lake_errors(address), one_at_a_time(address), attach(address) as con:
        con.execute(f"CALL ducklake_flush_inlined_data('{LAKE}')")
        for call in (
            f"ducklake_rewrite_data_files('{LAKE}', delete_threshold => 0.1)",
            f"ducklake_merge_adjacent_files('{LAKE}')",
        ):
            made += sum(row[3] for row in con.execute(f"FROM {call}").fetchall())
    return made


def expire(address: LakeAddress, now: datetime, keep: timedelta) -> tuple[int, int]:
    """Forget the states older than `keep`, never the newest, and delete the files that nothing
    needs for a day: how many states and files went. Raises StoreError."""
    with lake_errors(address), one_at_a_time(address), attach(address) as con:
        gone = con.execute(
            f"FROM ducklake_expire_snapshots('{LAKE}', older_than => ?)", [now - keep]
        ).fetchall()
        files = con.execute(
            f"FROM ducklake_cleanup_old_files('{LAKE}', older_than => ?)", [now - _STILL_READ]
        ).fetchall()
        # Those that a push left which never came to its commit.
        files += con.execute(
            f"FROM ducklake_delete_orphaned_files('{LAKE}', older_than => ?)", [now - _STILL_READ]
        ).fetchall()
    return len(gone), len(files)


def check(address: LakeAddress, network: str) -> list[Checked]:
    """Read every table of the network and compare it with what was pushed. Raises StoreError."""
    with attach(address, read_only=True) as con, lake_errors(address):
        con.begin()
        check_holds(con, address, network, 0)
        push = latest(con, address, network)
        if push is None:
            raise untold(address, network)
        tables = tables_of(con, LAKE, network)
        nothing = Content(0, 0)
        held = {name: content(con, place(network, name), each) for name, each in tables.items()}
        names = sorted(push.tables.keys() | held.keys())
        return [
            Checked(name, push.tables.get(name, nothing), held.get(name, nothing)) for name in names
        ]
