"""The same logs through `python -m data.sync`, socket to checked store, and through others.

One run, one node, which replays made-up logs at wire speed or 150 ms away. Runs alternate; each
figure is a median. What is only compared with lives in an environment of its own below var/.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.costs import Cost, middle, print_cost, print_heading, run, run_command
from bench.history import written
from bench.large_store import FIRST_BLOCK
from data.config import VAR, load_network
from data.pool.contracts import EVENTS

_NETWORK = "fantom"
LATENCY_MS = 150
_REAL_BLOCKS = 43_000_000
_LOGS_A_BLOCK = 10
_WEB3_SHARE = 10
_CRYO = ("cryo==0.3.2", "pyarrow==26.0.1", "polars==2.1.0")
_TOO_OLD = (
    "not run: ethereum-etl 2.4.2 does not import beside today's parsimonious, and reads logs "
    "by transaction alone, never by contract"
)


def main(logs: int, most_logs: int, rounds: int, *, peers: bool = True) -> int:
    """Print the costs side by side, and beside the targets. Returns 0."""
    cryo = _cryo() if peers else "not run: left out"
    network, dense = load_network(_NETWORK), logs // _LOGS_A_BLOCK
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        history = written(work, logs, network, dense)
        with node(history, dense, 0) as url:
            title = f"{logs:,} logs in {dense:,} blocks"
            near = race(f"{title}, at wire speed", rounds, work, url, dense, 2_000, cryo)
        with node(history, dense, LATENCY_MS) as url:
            far = race(f"{title}, {LATENCY_MS} ms away", rounds, work, url, dense, 2_000)
        history = written(work, logs, network, _REAL_BLOCKS)
        for latency_ms in (0, LATENCY_MS):
            with node(history, _REAL_BLOCKS, latency_ms) as url:
                title = f"the same in {_REAL_BLOCKS:,} blocks, {latency_ms} ms away"
                race(title, rounds, work, url, _REAL_BLOCKS, 1 << 20)
        long, news = _long(work, most_logs, rounds)
    print()
    ours = near["data.sync, to a checked store"]
    for name, wanted in (("cryo, decoded to Parquet", 1.5), ("web3 alone, decoded", 40)):
        if name in near:
            times = _rate(ours) / _rate(near[name])
            _verdict(f"times as fast as {name}", times, wanted, times >= wanted)
            print(f"{_cpu_a_log(near[name]) / _cpu_a_log(ours):8.1f} times by CPU time a log")
    (bare,) = (far[name][0].wall_s for name in far if name.startswith("bare"))
    times = far["data.sync, to a checked store"][0].wall_s / bare
    _verdict(f"times the bare transfer at {LATENCY_MS} ms", times, 1.3, times <= 1.3)
    _verdict(f"MB at most, {most_logs:,} logs", long.peak_rss_mb, 350, long.peak_rss_mb < 350)
    _verdict(f"s for 100 new logs on {most_logs:,}", news.wall_s, 2, news.wall_s < 2)
    return 0


# A contestant's cost, and how many logs it read.
Raced = tuple[Cost, float]


def _rate(raced: Raced) -> float:
    return raced[1] / raced[0].wall_s


def _cpu_a_log(raced: Raced) -> float:
    return raced[0].cpu_s / raced[1]


def _verdict(what: str, value: float, wanted: float, met: bool) -> None:
    print(f"{value:8.1f} {what}, target {wanted:g}: {'pass' if met else 'falls short'}")


def race(
    title: str, rounds: int, work: Path, url: str, blocks: int, width: int, cryo: str | Path = ""
) -> dict[str, Raced]:
    """Every contestant in turn, `rounds` times; a table of medians."""
    last = FIRST_BLOCK + blocks
    store = work / "raced.duckdb"

    def ours() -> Cost:
        for file in work.glob("raced.duckdb*"):
            file.unlink()
        return run("data.sync", "--network", _NETWORK, "--rpc-url", url, "--store", store)

    def bare() -> Cost:
        return run("bench.bare_transfer", url, _NETWORK, FIRST_BLOCK, last, width)

    contestants: dict[str, Callable[[], Cost]] = {
        "bare transfer, nothing parsed": bare,
        "data.sync, to a checked store": ours,
    }
    if isinstance(cryo, Path):
        script = str(Path(__file__).with_name("cryo_decoded.py"))
        network = load_network(_NETWORK)
        events = [[getattr(network, e.contract), e.topic0, e.signature] for e in EVENTS]
        command = [str(cryo), script, url, str(FIRST_BLOCK), str(last), json.dumps(events)]
        contestants["cryo, decoded to Parquet"] = lambda: run_command(command)
    if cryo:
        sample = FIRST_BLOCK + blocks // _WEB3_SHARE
        contestants["web3 alone, decoded"] = lambda: run(
            "bench.web3_alone", url, _NETWORK, FIRST_BLOCK, sample
        )
    costs: dict[str, list[Cost]] = defaultdict(list)
    for _ in range(rounds):
        for name, contestant in contestants.items():
            costs[name].append(contestant())
    print(f"\n{title}")
    print_heading()
    raced: dict[str, Raced] = {}
    read = _count(costs["data.sync, to a checked store"][0].output)
    for name, some in costs.items():
        count = read if name.startswith(("bare", "data")) else _count(some[0].output)
        raced[name] = middle(some), count
        print_cost(name, *raced[name])
    if isinstance(cryo, str) and cryo:
        print(f"cryo {cryo}")
    if cryo:
        print(f"web3 read 1 block in {_WEB3_SHARE}. ethereum-etl {_TOO_OLD}")
    return raced


def _count(output: str) -> int:
    """The logs in what a contestant says: ours names its store first."""
    found = re.search(r"([\d,]+) new logs|^([\d,]+)$", output)
    return int((found[1] or found[2]).replace(",", "")) if found else 0


def _long(work: Path, logs: int, rounds: int) -> tuple[Cost, Cost]:
    """A long history once, and a hundred new logs on it."""
    blocks = logs // _LOGS_A_BLOCK
    history = written(work, logs, load_network(_NETWORK), blocks)
    store = work / "long.duckdb"
    command = ("--network", _NETWORK, "--store", store, "--rpc-url")
    with node(history, blocks, 0) as url:
        before = FIRST_BLOCK + blocks - 100 // _LOGS_A_BLOCK
        long = run("data.sync", *command, url, "--to-block", before)
        print()
        print_heading()
        print_cost(f"data.sync, {logs:,} logs, once", long, _count(long.output))
        kept = shutil.copyfile(store, work / "kept.duckdb")
        news = []
        for _ in range(rounds):
            shutil.copyfile(kept, store)
            news.append(run("data.sync", *command, url))
        print_cost("data.sync, the newest logs on it", middle(news), _count(news[0].output))
        print(f"{news[0].output.split(': ')[-1]}. Where the time goes:", flush=True)
        shutil.copyfile(kept, store)
        run("bench.profiled_sync", *command, url)
    return long, middle(news)


@contextmanager
def node(history: Path, blocks: int, latency_ms: int) -> Iterator[str]:
    """The URL of a node that replays the history, in a process of its own."""
    command = [sys.executable, "-m", "bench.replay_node", str(history)]
    command += [str(FIRST_BLOCK + blocks), str(latency_ms)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def _cryo() -> Path | str:
    """A Python that has cryo, made on demand; or why there is none."""
    python = VAR / "bench" / "cryo" / "bin" / "python"
    if not python.exists():
        venv.create(python.parents[1], with_pip=True)
    install = [str(python), "-m", "pip", "install", "--quiet", *_CRYO]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"not run: it cannot be installed here ({done.stderr.strip().splitlines()[-1]})"
    return python
