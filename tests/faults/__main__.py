"""`python -m tests.faults`: a sync against every fault of the table, and what came of each.

Exit status 1 where one was believed in silence, hung, ended in a traceback, or stopped and did not
say what to do, or where the store was not an honest one after the next honest sync, or after three
where two lied. `alike`: two of three endpoints left out the same log, and nothing but the third
could tell it.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager

from tqdm import tqdm

from devnet.node import local_node
from devnet.scenario import play as play_history
from tests.devnet.expected import DEVNET_UNTIL
from tests.faults.history import captured
from tests.faults.play import (
    ALIKE,
    HANG,
    LIMIT_TIMES,
    MUTE,
    OUTCOMES,
    SAME,
    SILENT,
    TRACEBACK,
    Ended,
    play,
    truth,
)
from tests.faults.table import ROWS, Run, runs

_FAULTS_OF_OURS = (SILENT, HANG, TRACEBACK, MUTE)
_WELL = (SAME, ALIKE)  # afterwards: what two bore out is not asked for again


def main(arguments: list[str] | None = None) -> int:
    """Play the table; returns 1 where something in it is a fault of ours."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="runs with this in their name")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="each Nth run alone")
    parser.add_argument("--at-once", type=int, default=4, metavar="N", help="runs side by side")
    parser.add_argument(
        "--limit",
        type=float,
        default=LIMIT_TIMES,
        metavar="TIMES",
        help="what takes so many times as long as an honest sync hangs",
    )
    parser.add_argument("--devnet", metavar="URL", help="a played devnet that runs already")
    options = parser.parse_args(arguments)
    chosen = [run for run in runs() if options.only in str(run)][:: options.every]
    began = time.monotonic()
    ended: dict[Run, tuple[Ended, Ended]] = {}
    with devnet_url(options.devnet) as url, ThreadPoolExecutor(options.at_once) as pool:
        history = captured(url)
        honest = truth(history)
        print(
            f"{len(chosen):,} runs on {len(history.logs):,} logs in {history.head:,} blocks; "
            f"an honest sync took {honest.took_s:.1f} s"
        )
        playing = {pool.submit(play, run, history, honest, options.limit): run for run in chosen}
        shown = tqdm(as_completed(playing), "playing", len(playing), unit=" runs", disable=None)
        for future in shown:
            run = playing[future]
            ended[run] = future.result()
            for when, one in zip(("", "afterwards, "), ended[run], strict=True):
                if one.outcome in _FAULTS_OF_OURS or (when and one.outcome not in _WELL):
                    shown.write(f"{when}{one.outcome}: {run}: {one.words[:200]}")
    _print_table(ended)
    slowest = sorted(ended, key=lambda run: -_took_s(ended[run]))[:3]
    words = "; ".join(f"{run} {_took_s(ended[run]):.0f} s" for run in slowest)
    print(f"\nplayed in {time.monotonic() - began:.0f} s. The slowest: {words}")
    wrong = [
        run
        for run, (lied, after) in ended.items()
        if lied.outcome in _FAULTS_OF_OURS or after.outcome not in _WELL
    ]
    return 1 if wrong else 0


def _took_s(both: tuple[Ended, Ended]) -> float:
    return sum(ended.took_s for ended in both)


@contextmanager
def devnet_url(url: str | None) -> Iterator[str]:
    """The devnet that is named, or a new one with its whole history."""
    if url is not None:
        yield url
        return
    with local_node() as own:
        yield play_history(own, DEVNET_UNTIL).rpc_url


def _print_table(ended: dict[Run, tuple[Ended, Ended]]) -> None:
    """A line a fault: how its runs ended, and those after them."""
    print(f"\n{'':32}{'runs':>5}", *(f"{name:>9}" for name in OUTCOMES), "  then same  else")
    rows = {name: [one for run, one in ended.items() if run.name == name] for name in ROWS}
    for name, played in [*rows.items(), ("all", list(ended.values()))]:
        if not played:
            continue
        first = Counter(lied.outcome for lied, _ in played)
        then = sum(after.outcome == SAME for _, after in played)
        counts = (f"{first[outcome] or '.':>9}" for outcome in OUTCOMES)
        print(f"{name:32}{len(played):5}", *counts, f"{then:11}{len(played) - then or '.':>6}")


if __name__ == "__main__":
    raise SystemExit(main())
