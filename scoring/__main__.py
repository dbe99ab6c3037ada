"""`python -m scoring`: backtests the forecasts on a store, prints the scores and keeps them.

Exit status: 0 done or not due, 1 failed, 2 bad usage.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from data import ConfigError, TrackerError
from data.config import SAMPLE, app_choice, default_store, load_network
from data.sample_store import ensure_sample
from data.store import open_reader
from forecast import ForecastError
from scoring.companion import Scores, companion_of, read_scores, write_scores
from scoring.inputs import Inputs, read_inputs
from scoring.run import model_version, run_backtest

# New releases that make a new backtest worth its minute.
_DUE_RELEASES, _DUE_SHARE = 20, 0.05
_SHOWN = ("tw_crps", "covered_90", "covered_50", "late", "width_90", "brier_35")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m scoring", description=__doc__)
    parser.add_argument("--store", type=Path, metavar="PATH", help="instead of the network's own")
    parser.add_argument("--network", metavar="NAME", help=f"default FTM_NETWORK, else {SAMPLE}")
    parser.add_argument(
        "--if-due",
        action="store_true",
        help="only where enough is new, and out of the way of everything else",
    )
    options = parser.parse_args(arguments)
    try:
        if options.if_due:
            os.nice(19)
        store = options.store or _store(options.network)
        with open_reader(store) as con:
            inputs = read_inputs(con)
        if options.if_due and not is_due(store, inputs):
            return 0
        scores = run_backtest(inputs, datetime.now(UTC))
        write_scores(store, scores)
    except ConfigError as error:
        print(f"scoring: {error}", file=sys.stderr)
        return 2
    except (TrackerError, ForecastError) as error:
        print(f"scoring: {error}", file=sys.stderr)
        return 1
    print(printed(scores))
    print(f"kept in {companion_of(store)}")
    return 0


def is_due(store: Path, inputs: Inputs) -> bool:
    """Whether a backtest would tell anything that the kept one does not."""
    kept = read_scores(store)
    if kept is None or kept.about.model_version != model_version():
        return True
    new = inputs.released - kept.about.released
    return new < 0 or new >= max(_DUE_RELEASES, _DUE_SHARE * kept.about.released)


def printed(scores: Scores) -> str:
    """The scores as a table, one row a model, and what they are of."""
    about = scores.about
    whole = scores.table.filter(slice="all")
    lines = [
        f"{about.origins:,} forecasts up to block {about.block:,}, in {about.seconds:.1f} s, "
        f"model {about.model_version}",
        "money is read from: "
        + ", ".join(f"{s} {crps:.2f}" for s, crps, _ in scores.sources.rows() if crps is not None)
        + f" (mean twCRPS in days on the earlier span): {about.source}",
        "",
        f"{'model':24}" + "".join(f"{name:>22}" for name in _SHOWN),
    ]
    for model in whole["model"].unique(maintain_order=True):
        rows = {row["metric"]: row for row in whole.filter(model=model).iter_rows(named=True)}
        lines.append(f"{model:24}" + "".join(f"{_cell(rows.get(name)):>22}" for name in _SHOWN))
    if whole.is_empty():
        lines.append("no request is old enough to be judged yet")
    elif not whole.filter(pl.col("decided")).height:
        lines.append("undecided: fewer than 60 payout batches")
    return "\n".join(lines)


def _cell(row: dict[str, float | None] | None) -> str:
    if row is None or row["value"] is None:
        return "unknown"
    between = "" if row["low"] is None else f" [{row['low']:.2f}, {row['high']:.2f}]"
    return f"{row['value']:.2f}{between}"


def _store(network: str | None) -> Path:
    """The store of a network, of the environment's choice, or of the sample, which is built."""
    told, store = app_choice()
    if network is None and store is not None:
        return store
    name = network or told or SAMPLE
    load_network(name)
    if name == SAMPLE:
        return ensure_sample(datetime.now(UTC))
    return default_store(name)


if __name__ == "__main__":
    raise SystemExit(main())
