"""`python -m bench.profiled_sync ARGUMENTS`: a sync, and the functions of data/ that took most.

ARGUMENTS are those of data.sync. Times hold what is called inside; the profiler adds a little.
"""

from __future__ import annotations

import cProfile
import pstats
import sys

_MOST = 14


def main(arguments: list[str]) -> int:
    """Print where the time of a sync goes, imports aside; returns its status."""
    sys.modules["pandas"] = None  # type: ignore[assignment]  # as the command does
    from data import sync
    from data.ingest import from_node  # noqa: F401
    from data.node import chain  # noqa: F401

    profile = cProfile.Profile()
    status = profile.runcall(sync.main, arguments)
    pstats.Stats(profile, stream=sys.stderr).sort_stats("cumulative").print_stats("/data/", _MOST)
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
