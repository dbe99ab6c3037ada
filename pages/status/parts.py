"""The parts of the Status page: checks, blocks read, contents, versions, the file."""

from __future__ import annotations

import io
import platform
from importlib.metadata import version as installed
from pathlib import Path

import polars as pl
import streamlit as st

from answers import words
from answers.sources import Version
from answers.store_view import StoreView
from data import StoreError
from data.config import is_public
from data.ingest.archived import Sealed, scope_of, write_archive
from data.store.reader import SCHEMA_VERSION, StoreInfo, open_reader
from ui.parts import shell
from ui.parts.tiles import fact_tiles

_number = st.column_config.NumberColumn
# Their versions are read from metadata: importing web3 takes more than a second.
_PACKAGES = ("streamlit", "duckdb", "polars", "altair", "web3")

_BADGES = {"passed": "green", "unknown": "orange", "failed": "red"}
_MOST_LOGS = 100_000  # more take this server over ten seconds


def answer(info: StoreInfo, checks: pl.DataFrame, hosts: list[str]) -> str:
    """The page's one sentence: what the store holds, and whether it can be trusted."""
    if info.synced_block is None:
        return "The store holds no synced block."
    chain = "a simulated chain" if info.simulated else "the chain"
    contents = (
        f"The store holds {chain} up to block {info.synced_block:,}, read from "
        f"{words.found(info.source, hosts) if info.source else words.UNKNOWN}"
    )
    return f"{contents}. {verdict(checks)}"


def verdict(checks: pl.DataFrame) -> str:
    """How the checks of the last sync went."""
    failed, undecided = (checks.filter(status=s).height for s in ("failed", "unknown"))
    if not checks.height:
        return "Nothing was checked yet."
    if not failed + undecided:
        return f"All {checks.height} checks passed."
    return f"Of {checks.height} checks {failed} failed and {undecided} could not be made."


def last_sync(info: StoreInfo, age: str) -> None:
    """Block, its time and age, and when the store was published."""
    behind = "distance to the head unknown"
    if info.simulated:
        behind = "the simulation's last"
    elif info.synced_block is not None and info.head_block is not None:
        distance = info.head_block - info.synced_block
        behind = (
            f"{distance:,} behind the newest then" if distance else "the newest when it was read"
        )
    fact_tiles(
        [
            ("Last synced block", words.count(info.synced_block), behind),
            ("Time of that block", *words.day_and_time(info.synced_at)),
            ("Age", age, "the sample does not grow old" if info.simulated else "since that block"),
            ("Published", *words.day_and_time(info.published_at)),
        ]
    )


def checks_table(checks: pl.DataFrame, hosts: list[str]) -> None:
    """Every check with its verdict, the worst first."""
    ordered = checks.sort(pl.col("status") == "passed", pl.col("status") == "unknown", "name")
    _listed([f":{_BADGES[status]}-badge[{status}]" for status in ordered["status"]], ordered, hosts)


def failures_table(failures: pl.DataFrame, hosts: list[str]) -> None:
    """Every failure with its block and request id."""
    places = [
        ", ".join(
            f"{kind} {number:,}"
            for kind, number in (("block", block), ("request", wr_id))
            if number is not None
        )
        for block, wr_id in failures.select("block", "wr_id").rows()
    ]
    _listed(places, failures, hosts)


def _listed(marks: list[str], checks: pl.DataFrame, hosts: list[str]) -> None:
    """Each check's name and what it found, after its mark. A list wraps on every screen; the cells
    of a table would be cut."""
    st.markdown(
        "\n".join(
            f"- {mark} **{words.escaped(name)}**: {words.found(message, hosts)}"
            for mark, (name, message) in zip(
                marks, checks.select("name", "message").rows(), strict=True
            )
        )
    )


_MISSING = ("missing_before", "missing_after")


def coverage_table(coverage: pl.DataFrame) -> None:
    """Which blocks each filter was read over, with the blocks missing on both sides, if known."""
    unknown = [name for name in _MISSING if coverage[name].is_null().all()]
    st.dataframe(
        coverage.drop("due_from", *unknown, *(["source"] if is_public() else [])),
        hide_index=True,
        placeholder=words.UNKNOWN,
        alt="Block ranges that were read, by filter",
        column_config={
            "filter": "Filter",
            "from_block": _number("From block", format="%,d"),
            "to_block": _number("To block", format="%,d"),
            "blocks": _number("Blocks read", format="%,d"),
            "missing_before": _number("Missing before", format="%,d"),
            "missing_after": _number("Missing after", format="%,d"),
            "known": "How it is known",
            "source": "Told by",
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
            "table_name": "Table",
            "rows": _number("Rows", format="%,d"),
            "first_at": "First, UTC",
            "last_at": "Last, UTC",
        },
    )


def versions() -> None:
    """The versions of Python, of the main packages and of the store's schema."""
    packages = ", ".join(f"{package} {installed(package)}" for package in _PACKAGES)
    st.markdown(
        f"python {platform.python_version()}, {packages}; schema {SCHEMA_VERSION} of the store."
    )


def how_to_open(path: Path) -> None:
    """The same store in DuckDB's own shell, for who has the file."""
    if is_public():
        return
    st.subheader("The file")
    st.markdown(
        f"The store is one DuckDB file, `{words.inside(path)}`. In this program's folder, DuckDB's "
        "own shell opens it like this:"
    )
    st.code(shell.command(path), language="bash")


def offer_archive(store: StoreView) -> None:
    """The whole history as one file, made when it is asked for, with the line to compare."""
    if store.table_rows("raw_logs") > _MOST_LOGS:
        by_command = words.to_operator(": `python -m data.archive write` makes the file")
        st.caption(f"It is too long to be made here{by_command}.")
    elif st.button("Make the archive of this history", icon=":material/archive:"):
        try:
            packed, sealed = _archive(store.version)
        except StoreError as error:
            st.info(words.fault(str(error)), title="No archive can be made")
            return
        last = sealed.scope.last_block
        st.download_button(
            "Archive of this history",
            packed,
            f"{store.info.network}-to-{last}.archive",
            "application/x-bzip2",
            on_click="ignore",
            icon=":material/download:",
        )
        st.caption(f"`{sealed}`")


@st.cache_resource(max_entries=2, show_spinner="Writing the archive.")
def _archive(version: Version) -> tuple[bytes, Sealed]:
    file = io.BytesIO()
    with open_reader(Path(version[0])) as con:
        sealed = write_archive(con, scope_of(con), file)
    return file.getvalue(), sealed
