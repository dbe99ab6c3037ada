"""`python -m bench`: measures what is claimed: `ingest`, `queries`, `pages`, `odds`, `forecast`,
`economy`, `api`, `load`, `lake` or all."""

from __future__ import annotations

import argparse
from pathlib import Path

from bench import (
    api_times,
    economy,
    first_odds,
    forecast_study,
    ingest,
    lake_times,
    large_store,
    load,
    page_times,
    query_times,
    replay,
)

_BENCHES = ("ingest", "queries", "pages", "odds", "forecast", "economy", "api", "load", "lake")


def main(arguments: list[str] | None = None) -> int:
    """Run the benches asked for; returns 1 where one found a wrong value or a broken page."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("benches", nargs="*", metavar="BENCH", help=f"{', '.join(_BENCHES)}")
    parser.add_argument("--logs", type=int, default=200_000, metavar="N", help="logs to ingest")
    parser.add_argument(
        "--most-logs", type=int, default=2_000_000, metavar="N", help="logs of the longest sync"
    )
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="of which the medians")
    parser.add_argument(
        "--no-peers", action="store_true", help="do not install or run what is only compared with"
    )
    parser.add_argument(
        "--requests",
        type=int,
        default=large_store.REQUESTS,
        metavar="N",
        help="requests of the store that queries and pages run on: var/bench/N.duckdb, kept",
    )
    parser.add_argument(
        "--store", type=Path, metavar="FILE", help="a store of your own for queries, pages and load"
    )
    parser.add_argument("--anew", action="store_true", help="build that store anew")
    seeds = forecast_study.SEEDS
    parser.add_argument("--seeds", type=int, default=seeds, metavar="N", help="made-up histories")
    plan = load.Plan()
    parser.add_argument(
        "--sessions",
        type=_numbers,
        default=plan.sessions,
        metavar="N,N",
        help="sessions of load at once, a row each: 25,50,100,200",
    )
    parser.add_argument(
        "--processes", type=_numbers, default=plan.processes, metavar="N,N", help="of load: 1,2"
    )
    parser.add_argument(
        "--seconds", type=float, default=plan.seconds, metavar="N", help="for which a row lasts"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.benches) - set(_BENCHES):
        parser.error(f"no bench {', '.join(sorted(unknown))}: there are {', '.join(_BENCHES)}")
    benches = options.benches or _BENCHES
    failed = 0
    if "ingest" in benches:
        peers = not options.no_peers
        failed = replay.main(options.logs, options.most_logs, options.rounds, peers=peers)
        # It compares all values in this process, whose memory would count as its children's.
        failed |= ingest.main(options.logs)
    if {"queries", "pages", "lake"} & set(benches):
        store = options.store or large_store.ensure(options.requests, anew=options.anew)
        failed |= query_times.main(store) if "queries" in benches else 0
        if "pages" in benches:
            failed |= page_times.main(store)
        failed |= lake_times.main(store) if "lake" in benches else 0
    if "odds" in benches:
        failed |= first_odds.main()
    if "forecast" in benches:
        failed |= forecast_study.main(options.seeds)
    if "api" in benches:
        failed |= api_times.main()
    if "load" in benches:
        failed |= load.main(
            load.Plan(options.sessions, options.processes, options.seconds), options.store
        )
    return failed | (economy.main() if "economy" in benches else 0)


def _numbers(text: str) -> tuple[int, ...]:
    """Whole numbers above 0, separated by commas."""
    numbers = tuple(map(int, text.split(",")))
    if min(numbers) < 1:
        raise ValueError
    return numbers


if __name__ == "__main__":
    raise SystemExit(main())
