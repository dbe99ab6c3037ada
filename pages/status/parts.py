"""The parts of the Status page that need words: checks, coverage, versions, the file."""

from __future__ import annotations

import platform
from importlib.metadata import version as installed
from pathlib import Path

import polars as pl
import streamlit as st

from data.store.reader import SCHEMA_VERSION, StoreInfo
from ui.parts import shell, words
from ui.parts.tiles import four_tiles
from ui.shown.store_view import StoreView

# Read from the packages' metadata: importing web3 takes more than a second.
_PACKAGES = ("streamlit", "duckdb", "polars", "altair", "web3")


def answer(info: StoreInfo, checks: pl.DataFrame) -> str:
    """The page's one sentence: what the store holds, and whether it can be trusted."""
    if info.synced_block is None:
        return "The store holds no synced block."
    chain = "a simulated chain" if info.simulated else "the chain"
    upto = (
        f"The store holds {chain} up to block {info.synced_block:,}, read from "
        f"{words.escaped(info.source) if info.source else words.UNKNOWN}"
    )
    failed, undecided = (checks.filter(status=s).height for s in ("failed", "unknown"))
    if not checks.height:
        return f"{upto}. Nothing was checked yet."
    if not failed + undecided:
        return f"{upto}. All {checks.height} checks passed."
    return f"{upto}. Of {checks.height} checks {failed} failed and {undecided} could not be made."


def last_sync(view: StoreView, age: str) -> None:
    """Block, its time and age, and when the store was published."""
    info = view.info
    behind = "distance to the head unknown"
    if info.synced_block is not None and info.head_block is not None:
        distance = info.head_block - info.synced_block
        behind = f"{distance:,} behind the head" if distance else "at the chain's head"
    if info.simulated:
        behind = "the simulation's last"
    facts = [
        ("Last synced block", words.count(info.synced_block), behind),
        ("Time of that block", *words.day_and_time(info.synced_at)),
        ("Age", age, "the sample does not grow old" if info.simulated else "since that block"),
        ("Published", *words.day_and_time(info.published_at)),
    ]
    for tile, (label, value, beside) in zip(four_tiles(), facts, strict=True):
        tile.metric(label, value, beside, delta_color="off", delta_arrow="off", border=True)


def checks_table(checks: pl.DataFrame) -> None:
    """Every check with its verdict, the worst first."""
    ordered = checks.sort(pl.col("status") == "passed", pl.col("status") == "unknown", "name")
    _wrapped({"Verdict": list(ordered["status"]), "Check": _found(ordered)})


def failures_table(failures: pl.DataFrame) -> None:
    """Every failure with its block and request id."""
    places = [
        ", ".join(
            f"{kind} {number:,}"
            for kind, number in (("block", block), ("request", wr_id))
            if number is not None
        )
        for block, wr_id in failures.select("block", "wr_id").rows()
    ]
    _wrapped({"Where": places, "What was found": _found(failures)})


def _found(checks: pl.DataFrame) -> list[str]:
    rows = checks.select("name", "message").rows()
    return [f"**{words.escaped(name)}**: {words.escaped(message)}" for name, message in rows]


def _wrapped(columns: dict[str, list[str]]) -> None:
    """A table of Markdown whose cells are never cut: a grid's would be."""
    st.table(pl.DataFrame(columns), border="horizontal", hide_index=True)


def coverage_table(coverage: pl.DataFrame) -> None:
    """Which blocks each filter was read over, with the blocks missing on both sides."""
    st.dataframe(
        coverage.drop("due_from"),
        hide_index=True,
        placeholder=words.UNKNOWN,
        alt="Block ranges that were read, by filter",
        column_config={
            "filter": st.column_config.TextColumn("Filter"),
            "from_block": st.column_config.NumberColumn("From block", format="%,d"),
            "to_block": st.column_config.NumberColumn("To block", format="%,d"),
            "blocks": st.column_config.NumberColumn("Blocks read", format="%,d"),
            "missing_before": st.column_config.NumberColumn("Missing before", format="%,d"),
            "missing_after": st.column_config.NumberColumn("Missing after", format="%,d"),
        },
    )


def contents_table(contents: pl.DataFrame) -> None:
    """The store's tables: rows, first and last time."""
    st.dataframe(
        contents.with_columns(
            pl.col("first_at", "last_at").dt.strftime("%-d %b %Y, %H:%M").fill_null("")
        ),
        hide_index=True,
        height="content",
        alt="Tables of the store with their rows and times",
        column_config={
            "table_name": st.column_config.TextColumn("Table"),
            "rows": st.column_config.NumberColumn("Rows", format="%,d"),
            "first_at": st.column_config.TextColumn("First, UTC"),
            "last_at": st.column_config.TextColumn("Last, UTC"),
        },
    )


def versions() -> None:
    """What runs here."""
    running = {"python": platform.python_version()}
    running |= {package: installed(package) for package in _PACKAGES}
    listed = ", ".join(f"{name} {number}" for name, number in running.items())
    st.markdown(f"{listed}; schema {SCHEMA_VERSION} of the store.")


def how_to_open(path: Path) -> None:
    """The same store in DuckDB's own shell."""
    shown = words.inside(path)
    st.markdown(
        f"The store is one DuckDB file, `{shown}`. In this program's folder, DuckDB's own "
        "shell opens it like this:"
    )
    st.code(shell.command(path), language="bash")
