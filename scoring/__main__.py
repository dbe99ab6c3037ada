"""`python -m scoring`: backtests the forecasts on a store, prints the scores and keeps them.

Then it logs what is forecast now, at most once a day; see scoring/panel.py. With `--log` it scores
the forecasts that were logged instead, and keeps nothing.

Exit status: 0 done or not due, 1 failed, 2 bad usage.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from data import ConfigError, TrackerError
from data.config import SAMPLE, default_store, load_network, settings
from data.fetch import fetched
from data.logs import begin
from data.sample.store import ensure_sample
from data.store.command import add_store
from data.store.reader import open_reader, read_info
from forecast import ForecastError
from forecast.backtest import MODEL
from scoring.companion import Scores, companion_of, read_scores, write_scores
from scoring.forecast_log import log_of, read_log
from scoring.inputs import Inputs, read_inputs, read_releases
from scoring.live_scores import ALARM_BATCHES, ALARM_BELOW, METRICS, Alarm, LiveScores, live_scores
from scoring.panel import append_panel
from scoring.run import first_verdict, is_due, model_version, run_backtest

_SHOWN = ("tw_crps", "covered_90", "covered_50", "late", "width_90", "brier_35")
_log = logging.getLogger("scoring")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m scoring", description=__doc__)
    add_store(parser, instead_of="the network's own")
    parser.add_argument("--network", metavar="NAME", help=f"default FTM_NETWORK, else {SAMPLE}")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--if-due",
        action="store_true",
        help="only where there is a store and enough is new, a first verdict first, the rest out "
        "of the way of everything else; lines of two numbers tell how many requests of how many "
        "are scored",
    )
    what.add_argument(
        "--first",
        action="store_true",
        help="a first verdict alone, of a store of the past: nothing is logged",
    )
    what.add_argument("--log", action="store_true", help="score the forecasts that were logged")
    options = parser.parse_args(arguments)
    try:
        store = options.store or _store(options.network)
        if options.log:
            print(log_report(store))
            return 0
        if options.first:
            os.nice(5)
            with open_reader(store) as con:
                write_scores(store, first_verdict(read_inputs(con), datetime.now(UTC)))
            return 0
        if options.if_due and not store.exists():
            return 0  # nothing is read or fetched yet
        scores = None
        if not options.if_due or is_due(store):
            scores = _scored(store, out_of_the_way=options.if_due)
        logged = append_panel(store, datetime.now(UTC))
    except ConfigError as error:
        _log.error(error)
        return 2
    except (TrackerError, ForecastError) as error:
        _log.error(error)
        return 1
    if scores is not None and not options.if_due:
        print(score_report(scores))
        print(f"kept in {companion_of(store)}")
        if logged:
            print(f"{_of(logged, 'forecast')} logged in {log_of(store)}")
    return 0


def _scored(store: Path, *, out_of_the_way: bool) -> Scores:
    """The scores of a store, which are kept beside it."""
    with open_reader(store) as con:
        inputs = read_inputs(con)
    if out_of_the_way:
        _tell_first(store, inputs)
        os.nice(19)
    scores = run_backtest(inputs, datetime.now(UTC), on_progress=_tell if out_of_the_way else _show)
    write_scores(store, scores)
    return scores


def _tell_first(store: Path, inputs: Inputs) -> None:
    """Keep a first verdict where there are no scores of this model yet."""
    kept = read_scores(store)
    if kept is None or kept.about.model_version != model_version():
        write_scores(store, first_verdict(inputs, datetime.now(UTC)))


def _tell(done: int, of: int) -> None:
    """For the server, which reads it."""
    print(done, of, flush=True)


def _show(done: int, of: int) -> None:
    """For who looks at a terminal."""
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        print(f"\rscored {done:,} of {of:,} requests", end=end, file=sys.stderr, flush=True)


def score_report(scores: Scores) -> str:
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
    lines += _by_slice(scores.table)
    if whole.is_empty():
        lines.append("no request is old enough to be judged yet")
    elif not whole.filter(pl.col("decided")).height:
        lines.append("undecided: fewer than 60 payout batches")
    return "\n".join(lines)


def _by_slice(table: pl.DataFrame) -> Iterator[str]:
    """The model's scores by amount and by half-year."""
    ours = table.filter(pl.col("model") == MODEL, pl.col("slice") != "all")
    shown = ("tw_crps", "covered_90", "covered_50", "late")
    if ours.height:
        yield ""
        yield f"{MODEL:28}" + "".join(f"{name:>22}" for name in shown)
    for name in ours["slice"].unique().sort():
        rows = {row["metric"]: row for row in ours.filter(slice=name).iter_rows(named=True)}
        decided = all(row["decided"] for row in rows.values())
        line = f"{name:28}" + "".join(f"{_cell(rows.get(metric)):>22}" for metric in shown)
        yield line if decided else f"{line}  undecided"


def log_report(store: Path) -> str:
    """How the forecasts logged of a store came out. Raises StoreError."""
    log = read_log(store)  # first, so that the store is no older than the forecasts made from it
    with open_reader(store) as con:
        info = read_info(con)
        of_chain = log.frame.filter(chain_id=info.chain_id)
        if info.synced_at is None or not of_chain.height:
            lines = ["nothing was forecast here yet"]
        else:
            scores = live_scores(of_chain, read_releases(con), info.synced_at)
            lines = [*_log_lines(scores)]
    if log.unreadable_lines:
        lines.append(f"left out, as they cannot be read: {_of(log.unreadable_lines, 'line')}")
    return "\n".join(lines)


def _log_lines(scores: LiveScores) -> Iterator[str]:
    yield (
        f"{_of(scores.forecasts, 'forecast')} logged up to {scores.as_of:%Y-%m-%d %H:%M} UTC, "
        f"{scores.resolved:,} of them resolved in {_of(scores.batches, 'payout batch', 'es')}"
    )
    apart = {name.replace("_", " "): number for name, number in scores.no_interval.items()}
    apart["request not found as waiting"] = scores.unmatched
    apart["logged long after their block"] = scores.backdated
    apart["of unstakes that nobody made, so no truth"] = scores.unmade
    if any(apart.values()):
        yield "apart: " + ", ".join(
            f"{number:,} {name}" for name, number in apart.items() if number
        )
    if scores.overdue_requests:
        yield f"requests waiting longer than was 95 % sure: {scores.overdue_requests:,}"
    yield ""
    yield f"{'model':10}" + "".join(f"{name:>22}" for name in METRICS)
    for version in scores.table["model_version"].unique(maintain_order=True):
        rows = scores.table.filter(model_version=version).iter_rows(named=True)
        yield f"{version:10}" + "".join(f"{_cell(row):>22}" for row in rows)
    if not scores.table["decided"].any():
        yield "undecided: fewer than 60 payout batches"
    yield _verdict(scores.alarm)


def _verdict(alarm: Alarm) -> str:
    if alarm.on is None:
        return f"no verdict on the 90 % ranges yet: {alarm.batches} of {ALARM_BATCHES} batches"
    coverage = f"{alarm.coverage:.2f} over the last {alarm.batches} payout batches"
    if alarm.on:
        return f"ALARM: the 90 % ranges held {coverage}, less than {ALARM_BELOW}"
    return f"no alarm: the 90 % ranges held {coverage}, and alarm is below {ALARM_BELOW}"


def _of(number: int, noun: str, plural: str = "s") -> str:
    return f"{number:,} {noun}{'' if number == 1 else plural}"


def _cell(row: dict[str, float | None] | None) -> str:
    if row is None or row["value"] is None:
        return "unknown"
    between = "" if row["low"] is None else f" [{row['low']:.2f}, {row['high']:.2f}]"
    return f"{row['value']:.2f}{between}"


def _store(network: str | None) -> Path:
    """The store of a network, of the environment's choice, or of the sample, which is built."""
    chosen = settings()
    if network is None and isinstance(chosen.store, Path):
        return chosen.store
    name = network or chosen.network or SAMPLE
    if network is None and chosen.store is not None:
        return fetched(str(chosen.store), chosen.network).path
    load_network(name)
    if name == SAMPLE:
        return ensure_sample(datetime.now(UTC))
    return default_store(name)


if __name__ == "__main__":
    begin()
    raise SystemExit(main())
