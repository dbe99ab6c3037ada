"""Whether a chain is reported to end, has, or stands still: what is known of it as plain values.

The day is only reported, so it alone ends nothing: a store that has newer blocks than that, or a
node that makes them, is believed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from data.config import DEVNET, Network
from data.store.reader import StoreInfo

_SILENT_AFTER = timedelta(days=2)
_SILENT_AFTER_END = timedelta(hours=1)  # an idle chain still makes a block a minute


@dataclass(frozen=True)
class Ending:
    """What is known of the end of `chain` at one moment.

    `reported` is to come, `passed` is over by the wall clock, `stopped` made no block for days
    while a node was asked. `day` (UTC) was told by `told_by`, "" where that is not known.
    `newest_at` is the time of the newest block read, `asked_at` when a node called it the chain's
    newest; the chain `went_on` if it made blocks after its day. One whose newest block is older
    than `silent_after` stands still; None of one that makes blocks on demand.
    """

    kind: Literal["none", "reported", "passed", "stopped"]
    chain: str
    day: date | None
    told_by: str
    is_confirmed: bool
    newest_at: datetime | None
    asked_at: datetime | None
    went_on: bool
    silent_after: timedelta | None

    @property
    def is_final(self) -> bool:
        """Whether what was read is taken as the last there is: it is old, and not stale."""
        return self.kind == "passed" and not self.went_on

    @property
    def rests(self) -> bool:
        """Whether it is no wonder that no node answers."""
        return self.is_final or self.kind == "stopped"

    @property
    def ahead(self) -> date | None:
        """The day of the reported end while that is not over."""
        return None if self.kind == "passed" else self.day

    def is_silent(self, newest_at: datetime, now: datetime) -> bool:
        """Whether the chain stands still, by a node whose newest block is of `newest_at`."""
        return self.silent_after is not None and now - newest_at > self.silent_after


def end_of_chain(network: Network | None, info: StoreInfo | None, now: datetime) -> Ending:
    """What is known at `now` (UTC) of the end of a network's chain, by its settings and a store."""
    name = info.network if info else network.name if network else ""
    is_simulated = info.simulated if info else network is not None and network.simulated
    newest_at = info.synced_at if info else None
    if is_simulated and newest_at is not None:
        now = newest_at  # a simulation's time stands still
    day = network.ends_on if network else None
    over_at = datetime.combine(day, time(), UTC) + timedelta(days=1) if day else None
    is_over = over_at is not None and now >= over_at
    went_on = newest_at is not None and over_at is not None and newest_at >= over_at
    asked_at = info.published_at if info and _is_at_head(info) else None
    makes_by_itself = not is_simulated and name != DEVNET
    silent_after = _SILENT_AFTER if makes_by_itself else None
    kind: Literal["none", "reported", "passed", "stopped"] = "reported" if day else "none"
    if is_over:
        kind = "passed"
    if is_over and not went_on:
        silent_after = _SILENT_AFTER_END
    elif makes_by_itself and newest_at and asked_at and asked_at - newest_at > _SILENT_AFTER:
        kind = "stopped"
    return Ending(
        kind=kind,
        chain=name.replace("-", " ").capitalize(),
        day=day,
        told_by=network.ends_told_by if network else "",
        is_confirmed=network is not None and network.ends_confirmed,
        newest_at=newest_at,
        asked_at=asked_at,
        went_on=went_on,
        silent_after=silent_after,
    )


def _is_at_head(info: StoreInfo) -> bool:
    """Whether a node was asked at the last sync, and the store holds all that it had."""
    synced, head = info.synced_block, info.head_block
    return synced is not None and head is not None and synced >= head
