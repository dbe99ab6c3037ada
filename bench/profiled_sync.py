"""`python -m bench.profiled_sync N ARGUMENTS`: a sync, and the N functions of data/ that took most.

ARGUMENTS are those of data.sync. Times hold what is called inside; the profiler adds a little.
"""

from __future__ import annotations

import cProfile
import pstats
import sys
import time
from pathlib import Path

from data.config import ROOT


def main(most: int, arguments: list[str]) -> int:
    """Print where the time of a sync goes; returns its status."""
    began = time.monotonic()
    sys.modules["pandas"] = None  # type: ignore[assignment]  # as the command does
    from data import sync
    from data.ingest import from_node  # noqa: F401
    from data.node import chain  # noqa: F401

    print(f"  {time.monotonic() - began:6.2f} s  imports", file=sys.stderr)
    profile = cProfile.Profile()
    status = profile.runcall(sync.main, arguments)
    stats = pstats.Stats(profile)
    ours = sorted(
        (
            (figures[3], Path(file).relative_to(ROOT), name)
            for (file, _, name), figures in stats.stats.items()  # type: ignore[attr-defined]
            if file.startswith(str(ROOT / "data"))
        ),
        reverse=True,
    )
    for took_s, file, name in ours[:most]:
        print(f"  {took_s:6.2f} s  {file}: {name}", file=sys.stderr)
    return status


if __name__ == "__main__":
    raise SystemExit(main(int(sys.argv[1]), sys.argv[2:]))
