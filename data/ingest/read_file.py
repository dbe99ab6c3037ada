"""A file's rows as what raw_logs holds, or what is wrong with the first that cannot be.

Columns of text (formats.py) go through the macros of formats.sql, all rows at once. A fault is
named by the line or the row it stands in, as far as that is known.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import duckdb

from data import LogFileError
from data.config import Network
from data.ingest.formats import Form, Kind, form_of
from data.ingest.plain_files import plain_file
from data.store.reader import is_full

MACROS = Path(__file__).with_name("formats.sql").read_text()
# What DuckDB says of a file that it cannot read.
_UNREADABLE = (
    duckdb.InvalidInputException,
    duckdb.ConversionException,
    duckdb.IOException,
    duckdb.OutOfMemoryException,
    duckdb.NotImplementedException,
    duckdb.SerializationException,
    duckdb.OutOfRangeException,
)


def read_texts(
    con: duckdb.DuckDBPyConnection, path: Path, plain: Path, kind: Kind, network: Network
) -> Form | None:
    """Read a file into the temporary table `file_rows`, row by row, by MACROS.

    Returns None for a file without rows. Raises LogFileError for the first row that cannot be
    stored.
    """
    form = None
    with _faults(path, plain, lambda: form):
        form = form_of(con, path, plain, kind)
        if form is None:
            return None
        _refuse_others(path, form, network)
        con.execute(f"CREATE OR REPLACE TEMP VIEW texts AS {form.relation}")
        known = [network.pool, network.bond, network.sfc]
        con.execute(
            "CREATE OR REPLACE TEMP TABLE file_rows AS "
            + (
                f"FROM logs_from_text('texts', {known}, {network.chain_id})"
                if kind == "logs"
                else f"FROM blocks_from_text('texts', {network.chain_id})"
            )
        )
    row = con.execute(
        "SELECT rowid, fault FROM file_rows WHERE fault IS NOT NULL ORDER BY 1 LIMIT 1"
    ).fetchone()
    if row is None and kind == "logs":
        row = con.execute(
            "SELECT min(file_rows.rowid), "
            "any_value('log ' || log_index || ' of block ' || block) || "
            "' has not the shape of the event that its topic0 names' "
            "FROM file_rows INNER JOIN malformed_logs('file_rows') USING (block, log_index) "
            "GROUP BY block, log_index ORDER BY 1 LIMIT 1"
        ).fetchone()
    if row is not None:
        raise _fault(path, _place(plain, form, row[0]), row[1])
    return form


def _refuse_others(path: Path, form: Form, network: Network) -> None:
    """Refuse a file that says of itself that it is of another chain, or simulated."""
    chain = form.about.get("chain_id", str(network.chain_id))
    if chain != str(network.chain_id) or ("simulated" in form.about and not network.simulated):
        what = "is simulated" if "simulated" in form.about else f"is of chain {chain}"
        raise LogFileError(
            f"{path} {what}, and {network.name} is chain {network.chain_id}: nothing of it was "
            "stored"
        )


def _place(plain: Path, form: Form, row: int) -> str:
    """Where a row stands; rows count from 0 in `file_rows`, blank lines are none."""
    if not form.lines:
        return f"row {row + 1}"
    with plain.open("rb") as file:
        filled = (number for number, line in enumerate(file, 1) if line.strip())
        number = next(islice(filled, row + form.table, None), row + 1) + form.lines_cut
    return f"line {number}"


def place_again(con: duckdb.DuckDBPyConnection, path: Path, row: int) -> str:
    """Where a row of a file stands that was put away; a pipe is gone, and its lines with it."""
    with tempfile.TemporaryDirectory() as folder:
        plain = plain_file(path, Path(folder)) if path.is_file() else None
        form = form_of(con, path, plain, "logs") if plain else None
        return _place(plain, form, row) if plain and form else f"row {row + 1}"


def _fault(path: Path, place: str, why: str) -> LogFileError:
    what = place.split(" ")[0]
    return LogFileError(
        f"{path}, {place}: {why}. Correct or remove the {what}; nothing of the file was stored"
    )


@contextmanager
def _faults(path: Path, plain: Path, form: Callable[[], Form | None]) -> Iterator[None]:
    """What DuckDB finds wrong in a file, in our words and with its place."""
    try:
        yield
    except _UNREADABLE as error:
        if is_full(error):
            raise
        words = str(error).split("\n")[0]
        read = form()
        if read is not None and read.lines and not read.table:
            raise _broken_json(path, plain, words) from error
        line = re.search(r"CSV Error on Line: (\d+)", words)
        if line is not None:
            number = int(line[1]) + (read.lines_cut if read is not None else 0)
            raise _fault(path, f"line {number}", _csv_words(str(error))) from error
        place = re.search(r"in (?:record/value|line) (\d+)", words)
        if isinstance(error, duckdb.OutOfMemoryException):
            words = "a row is too long to be a log"
        what = words.split(": ")[-1].strip(". ")
        near = f" (near row {place[1]})" if place is not None else ""
        raise LogFileError(
            f"{path} cannot be read{near}: {what}. Get the file again, or write it in another "
            "form; nothing of it was stored"
        ) from error


def _csv_words(text: str) -> str:
    """What DuckDB says after it has quoted the line."""
    found = re.search(r"Expected Number of Columns.*|Value with .*|Invalid unicode.*", text)
    return found[0].split(". ")[0].strip(". ") if found else "is no line of a table"


def _broken_json(path: Path, plain: Path, words: str) -> LogFileError:
    """The fault of the first line that is no JSON object; DuckDB miscounts them."""
    with plain.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                if not isinstance(json.loads(line, object_pairs_hook=_keyed_once), dict | None):
                    raise ValueError
            except LogFileError as error:
                return _fault(path, f"line {number}", str(error))
            except RecursionError:
                return _fault(path, f"line {number}", "is nested too deep to be a log")
            except ValueError:
                return _fault(
                    path, f"line {number}", "is no JSON object: there must be one log a line"
                )
    return LogFileError(f"{path} cannot be read: {words.split(': ')[-1]}. Nothing of it was stored")


def _keyed_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    keyed = dict(pairs)
    if len(keyed) < len(pairs):
        raise LogFileError("has a key twice")
    return keyed
