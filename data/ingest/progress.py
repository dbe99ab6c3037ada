"""A sync's progress: a bar on the terminal, and beside the store for who cannot see it."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from tqdm import tqdm

from data import TrackerError
from data.logs import is_plain
from data.store.sync_state import BROKEN_OFF, SyncState, read_state, write_state

_WRITE_EVERY_S = 0.5
_SHOWN_AFTER_S = 0.5
_LINE_EVERY_S = 60.0
_FILTERS = 2  # the pool with the bond token, and the staking contract
_log = logging.getLogger("data.sync")


class Progress:
    """One bar over the blocks to read, and notes above it. A quick sync shows none; where stderr is
    no terminal there is no bar, and a line each minute.

    Where it is given a `store`, it also says there how far it is, and how it ended. `told` holds
    the news that need not be told again.
    """

    def __init__(self, store: Path | None = None, reported: set[str] | None = None) -> None:
        self._logs = 0
        self._reported = set() if reported is None else reported
        self._total = self._read = 0.0  # blocks
        self._store = store
        now = time.time()
        before = None if store is None else read_state(store)
        self._state = SyncState(now, now) if before is None else before.next(now)
        self._write(self._state)
        self._line_at_s = now + _LINE_EVERY_S
        self._bar = tqdm(
            total=0,  # a note may come before the number is known
            unit=" blocks",
            bar_format=(
                "{desc} {percentage:3.0f} % |{bar:24}| {n:,.0f} of {total:,.0f} blocks{postfix}, "
                "{rate_noinv_fmt}, {remaining} left"
            ),
            mininterval=0.2,
            delay=_SHOWN_AFTER_S,
            file=sys.stderr,
            disable=not (sys.stderr.isatty() and is_plain()),
        )

    def __call__(self, contract: str, blocks: int, logs: int) -> None:
        """`blocks` of one contract's filter were read and gave `logs` new logs."""
        self._logs += logs
        self._read += blocks / _FILTERS
        # Where a log was missing, blocks are read that nobody expected.
        self._total = max(self._total, self._read)
        if not self._bar.disable:
            self._bar.set_postfix_str(f"{self._logs:,} logs", refresh=False)
            self._bar.set_description_str(f"reading {contract} logs", refresh=False)
            self._bar.total = self._total
            self._bar.update(blocks / _FILTERS)
        now = time.time()
        if self._bar.disable and now >= self._line_at_s:
            self._line_at_s = now + _LINE_EVERY_S
            _log.info(f"reading {contract} logs: {self._so_far}")
        if now - self._state.heard_s >= _WRITE_EVERY_S:
            self._write(
                replace(
                    self._state,
                    heard_s=now,
                    blocks=int(self._read),
                    total=int(self._total),
                    logs=self._logs,
                    doing=f"reading {contract} logs",
                )
            )

    def expect(self, blocks: int) -> None:
        """Set how many blocks there are to read, as far as is known now."""
        self._total = self._bar.total = max(blocks, self._read)
        self._write(replace(self._state, total=int(self._total)))

    @property
    def _so_far(self) -> str:
        return f"{self._read:,.0f} of {self._total:,.0f} blocks, {self._logs:,} logs"

    @property
    def logs(self) -> int:
        """New logs so far."""
        return self._logs

    def landed(self, logs: int) -> None:
        """Count new logs that came from files."""
        self._logs += logs

    def note(self, text: str) -> None:
        """Print a line above the bar; where none is drawn yet, this draws none."""
        if self._bar.disable or self._bar.last_print_t < self._bar.start_t + _SHOWN_AFTER_S:
            _log.warning(text)  # a bar drawn now would not be cleared at the end
        else:
            self._bar.write(text, file=sys.stderr)

    def news(self, sentences: Iterable[str]) -> None:
        """Print each sentence that was not printed before."""
        for sentence in sentences:
            if sentence not in self._reported:
                self._reported.add(sentence)
                self.note(sentence)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()
        now = time.time()
        ended = replace(self._state, heard_s=now, ended_s=now, logs=self._logs)
        if error is None:
            ended = replace(ended, error_kind=None, failing_since_s=None)
        else:
            known = isinstance(error, TrackerError)
            ended = replace(
                ended,
                error=str(error) if known else "it was broken off",
                error_kind=error.kind if isinstance(error, TrackerError) else BROKEN_OFF,
                failing_since_s=ended.failing_since_s or now,
            )
        self._write(ended)

    def _write(self, state: SyncState) -> None:
        self._state = state
        if self._store is not None:
            write_state(self._store, state)
