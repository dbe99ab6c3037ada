"""How fast, how small and how exact a file of logs becomes a store.

The same file goes through `python -m data.sync` and through plain Python; then every value
of every table is compared with what plain Python made of it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from itertools import zip_longest
from pathlib import Path

import duckdb

from bench import plain_python
from bench.costs import print_cost, print_heading, run
from bench.history import written
from bench.plain_python import Row
from data.config import load_network
from data.ingest.decode import DERIVED
from data.store.reader import open_reader

_NETWORK = "fantom"
_NOTHING = object()


def main(logs: int) -> int:
    """Print the costs side by side and the comparison; returns 1 where a value differs."""
    network = load_network(_NETWORK)
    with tempfile.TemporaryDirectory() as folder:
        file, store = written(Path(folder), logs, network), Path(folder) / "store.duckdb"
        size_mb = file.stat().st_size / 1e6
        print(f"{logs:,} logs of every event that fills a table, {size_mb:.0f} MB of JSON\n")
        print_heading()
        ours = run("data.sync", "--network", _NETWORK, "--logs", file, "--store", store)
        print_cost("data.sync, to a checked store", ours, logs)
        theirs = run("bench.plain_python", file, _NETWORK)
        print_cost("json + eth_abi, decoded only", theirs, logs)
        print()
        with open_reader(store) as con:
            return _compare(con, plain_python.tables(plain_python.read_file(file, network)))


def _compare(con: duckdb.DuckDBPyConnection, expected: dict[str, list[Row]]) -> int:
    print(f"{'table':18}{'rows':>9}{'values':>11}{'differing':>11}")
    values = unequal = 0
    for name in DERIVED:
        rows = con.sql(f"FROM {name}").fetchall()
        wrong = differing_values(rows, expected[name])
        compared = sum(map(len, expected[name]))
        print(f"{name:18}{len(rows):9,}{compared:11,}{wrong:11,}")
        values, unequal = values + compared, unequal + wrong
    print(f"{'all':18}{'':9}{values:11,}{unequal:11,}")
    return 1 if unequal else 0


def differing_values(rows: Iterable[Row], expected: Iterable[Row]) -> int:
    """How many values differ, row by row; a missing or extra row differs in all of its own."""
    return sum(
        one != other
        for row, wanted in zip_longest(rows, expected, fillvalue=())
        for one, other in zip_longest(row, wanted, fillvalue=_NOTHING)
    )
