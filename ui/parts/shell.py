"""The commands that ask a store the same from a shell, as they run in the program's folder."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from ui.parts import words


def command(store: Path) -> str:
    """DuckDB's own shell on a store."""
    return f".venv/bin/duckdb -readonly {shlex.quote(words.inside(store))}"


def sql(store: Path, statement: str) -> str:
    """One statement."""
    return f"{command(store)} -c {_quoted(statement)}"


def query(store: Path, query_name: str, given: Mapping[str, str | int | date]) -> str:
    """A query of this program with some of its parameters."""
    said = [f"SET VARIABLE {param} = {_literal(value)}" for param, value in given.items()]
    options = "".join(f" -cmd {_quoted(text)}" for text in said)
    return f"{command(store)}{options} -f queries/{query_name}.sql"


def csv(store: Path, query_name: str, given: Mapping[str, str | int | date]) -> str:
    """The same, written to a file whole."""
    asked = query(store, query_name, given).replace("-readonly", "-readonly -csv", 1)
    return f"{asked} > {query_name}.csv"


def _literal(value: str | int | date) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _quoted(text: str) -> str:
    """As one word of a shell, in the quotes that SQL leaves free where it can be."""
    return shlex.quote(text) if re.search(r'["$`\\!]', text) else f'"{text}"'
