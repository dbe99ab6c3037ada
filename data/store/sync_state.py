"""How a sync is getting on, for whoever cannot see its terminal: one small file beside the store.

The file holds the last known state. Whether a sync runs now shows in the store's lock alone,
which goes with its process. An upgrade, which takes the same lock, has a file of its own.
"""

from __future__ import annotations

import fcntl
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

BROKEN_OFF = "broken off"


@dataclass(frozen=True)
class SyncState:
    """`blocks` of `total` were read and gave `logs` new logs, in seconds since 1970 from
    `began_s` on. `ended_s` is None while it runs, `error` None unless it failed.

    `error_kind` is that of the last sync that ended, `failing_since_s` when the first of those
    failed that failed since one succeeded; both are None where the last one did.
    """

    began_s: float
    heard_s: float
    blocks: int = 0
    total: int = 0
    logs: int = 0
    doing: str = ""
    ended_s: float | None = None
    error: str | None = None
    error_kind: str | None = None
    failing_since_s: float | None = None

    def next(self, now_s: float) -> SyncState:
        """The state of a sync that begins after this one."""
        kind, since_s = self.error_kind, self.failing_since_s
        if self.ended_s is None:  # it was killed
            kind, since_s = BROKEN_OFF, since_s or self.began_s
        return SyncState(now_s, now_s, error_kind=kind, failing_since_s=since_s)

    @property
    def seconds_left(self) -> float | None:
        """Seconds left at the pace so far; None where nothing was read yet."""
        took_s = self.heard_s - self.began_s
        if self.blocks <= 0 or took_s <= 0:
            return None
        return max(0.0, took_s / self.blocks * (self.total - self.blocks))


def write_state(store: Path, state: SyncState) -> None:
    """Replace what is known of the sync of `store`. Where the file cannot be written nothing
    happens."""
    file = _file(store)
    following = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        following.write_text(json.dumps(asdict(state)))
        following.replace(file)
    except OSError:  # a full disk is the sync's own to report
        following.unlink(missing_ok=True)


def write_landed(store: Path, now_s: float, logs: int) -> None:
    """Say that so many new logs came from elsewhere: the faults of syncs before are past."""
    write_state(store, SyncState(now_s, now_s, logs=logs, ended_s=now_s))


def read_state(store: Path) -> SyncState | None:
    """The last known state of a sync of `store`; None where there was none."""
    try:
        return SyncState(**json.loads(_file(store).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def is_syncing(store: Path) -> bool:
    """Whether a process holds the right to write the store."""
    try:
        with store.with_name(f"{store.name}.lock").open() as handle:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def write_upgrade(store: Path, share: float | None) -> None:
    """Say how much of the upgrade that this process makes is done, from 0 to 1; None at its end.
    Where the file cannot be written nothing happens."""
    file = _upgrade_file(store)
    with suppress(OSError):
        if share is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(f"process {os.getpid()} {share:.3f}")


def upgrade_share(store: Path) -> float | None:
    """How much of the upgrade that runs now is done, from 0 to 1; None where none runs."""
    try:
        maker, _, share = _upgrade_file(store).read_text().rpartition(" ")
        holder = store.with_name(f"{store.name}.lock").read_text()
    except (OSError, ValueError):
        return None
    runs = bool(maker) and maker == holder and is_syncing(store)  # not left by one that was killed
    return float(share) if runs else None


def _upgrade_file(store: Path) -> Path:
    return store.with_name(f"{store.name}.upgrading")


def _file(store: Path) -> Path:
    return store.with_name(f"{store.name}.progress")
