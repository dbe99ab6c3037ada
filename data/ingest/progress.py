"""A sync's progress: a bar on the terminal, and beside the store for who cannot see it."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType

from tqdm import tqdm

from data import TrackerError
from data.store.sync_state import SyncState, write_state

_WRITE_EVERY_S = 0.5
_SHOWN_AFTER_S = 0.5
_FILTERS = 2  # the pool with the bond token, and the staking contract


class _Lines:
    """Where stderr is no terminal each state of the bar is a line of its own."""

    def write(self, text: str) -> int:
        line = text.strip()
        return sys.stderr.write(f"{line}\n") if line else 0

    def flush(self) -> None:
        sys.stderr.flush()


class Progress:
    """One bar over the blocks to read, and notes above it. A quick sync shows none.

    Where it is given a `store`, it also says there how far it is, and how it ended. `told` holds
    the news that need not be told again.
    """

    def __init__(self, store: Path | None = None, told: set[str] | None = None) -> None:
        self._logs = 0
        self._told = set() if told is None else told
        self._total = 0.0  # blocks
        self._store = store
        now = time.time()
        self._state = SyncState(began_s=now, heard_s=now)
        self._write(self._state)
        self._bar = tqdm(
            total=0,  # a note may come before the number is known
            unit=" blocks",
            bar_format=(
                "{desc} {percentage:3.0f} % |{bar:24}| {n:,.0f} of {total:,.0f} blocks{postfix}, "
                "{rate_noinv_fmt}, {remaining} left"
            ),
            mininterval=0.2 if sys.stderr.isatty() else 10.0,
            delay=_SHOWN_AFTER_S,
            file=sys.stderr if sys.stderr.isatty() else _Lines(),
        )

    def __call__(self, contract: str, blocks: int, logs: int) -> None:
        """`blocks` of one contract's filter were read and gave `logs` new logs."""
        self._logs += logs
        self._bar.set_postfix_str(f"{self._logs:,} logs", refresh=False)
        self._bar.set_description_str(f"reading {contract} logs", refresh=False)
        # Where a log was missing, blocks are read that nobody expected; tqdm has no total then.
        self._total = self._bar.total = max(self._total, self._bar.n + blocks / _FILTERS)
        self._bar.update(blocks / _FILTERS)
        now = time.time()
        if now - self._state.heard_s >= _WRITE_EVERY_S:
            self._write(
                replace(
                    self._state,
                    heard_s=now,
                    blocks=int(self._bar.n),
                    total=int(self._total),
                    logs=self._logs,
                    doing=f"reading {contract} logs",
                )
            )

    def expect(self, blocks: int) -> None:
        """Set how many blocks there are to read, as far as is known now."""
        self._total = self._bar.total = max(blocks, self._bar.n)
        self._write(replace(self._state, total=int(self._total)))

    @property
    def logs(self) -> int:
        """New logs so far."""
        return self._logs

    def landed(self, logs: int) -> None:
        """Count new logs that came from files."""
        self._logs += logs

    def note(self, text: str) -> None:
        """Print a line above the bar; where none is drawn yet, this draws none."""
        if self._bar.last_print_t < self._bar.start_t + _SHOWN_AFTER_S:
            print(text, file=sys.stderr)  # a bar drawn now would not be cleared at the end
        else:
            self._bar.write(text, file=sys.stderr)

    def news(self, sentences: Iterable[str]) -> None:
        """Print each sentence that was not printed before."""
        for sentence in sentences:
            if sentence not in self._told:
                self._told.add(sentence)
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
        now, reason = time.time(), None
        if error is not None:
            reason = str(error) if isinstance(error, TrackerError) else "it was broken off"
        self._write(replace(self._state, heard_s=now, ended_s=now, logs=self._logs, error=reason))

    def _write(self, state: SyncState) -> None:
        self._state = state
        if self._store is not None:
            write_state(self._store, state)
