"""A sync's progress on the terminal: blocks, logs, blocks a second, time left."""

from __future__ import annotations

import sys
from types import TracebackType

from tqdm import tqdm

_FILTERS = 3  # the pool's, the bond token's and the staking contract's logs of each block


class Progress:
    """One bar over the blocks to read, and notes above it. A quick sync shows none."""

    def __init__(self) -> None:
        self._logs = 0
        self._bar = tqdm(
            total=0,  # a note may come before the number is known
            unit=" blocks",
            bar_format=(
                "{desc} {percentage:3.0f}% |{bar:24}| {n:,.0f} of {total:,.0f} blocks{postfix}, "
                "{rate_noinv_fmt}, {remaining} left"
            ),
            mininterval=0.2 if sys.stderr.isatty() else 10.0,
            delay=0.5,
            file=sys.stderr,
        )

    def __call__(self, contract: str, blocks: int, logs: int) -> None:
        """`blocks` of one contract's filter were read and gave `logs` new logs."""
        self._logs += logs
        self._bar.set_postfix_str(f"{self._logs:,} logs", refresh=False)
        self._bar.set_description_str(f"reading {contract} logs", refresh=False)
        self._bar.update(blocks / _FILTERS)

    def expect(self, blocks: int) -> None:
        """How many blocks there are to read, as far as is known now."""
        self._bar.total = blocks

    @property
    def logs(self) -> int:
        """New logs so far."""
        return self._logs

    def note(self, text: str) -> None:
        """A line above the bar."""
        self._bar.write(text, file=sys.stderr)

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()
