"""Commands that ask a store the same in a shell. They run in the program's folder, and so are for
its operator: strangers see none."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import streamlit as st

from answers import words
from data.config import is_public


def show(
    command: str, above: str = "The same from a shell, in the folder of this program:"
) -> None:
    """A command with a line above it, to who has the folder."""
    if not is_public():
        st.caption(above)
        st.code(command, language="bash", wrap_lines=True)


def command(path: Path) -> str:
    """DuckDB's own shell on the store at `path`."""
    return f".venv/bin/duckdb -readonly {shlex.quote(words.inside(path))}"


def sql(path: Path, statement: str) -> str:
    return f"{command(path)} -c {_quoted(statement)}"


def query(path: Path, name: str, params: Mapping[str, str | int | date]) -> str:
    """A query of this program with some of its parameters."""
    settings = [f"SET VARIABLE {param} = {literal(value)}" for param, value in params.items()]
    options = "".join(f" -cmd {_quoted(setting)}" for setting in settings)
    return f"{command(path)}{options} -f queries/{name}.sql"


def csv(path: Path, name: str, params: Mapping[str, str | int | date]) -> str:
    """The same, with its whole answer written to a file."""
    as_csv = query(path, name, params).replace("-readonly", "-readonly -csv", 1)
    return f"{as_csv} > {name}.csv"


def literal(value: str | int | date) -> str:
    """A value as SQL writes it."""
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _quoted(text: str) -> str:
    """One word of a shell, in double quotes where it can be: SQL needs the single ones."""
    return shlex.quote(text) if re.search(r'["$`\\!]', text) else f'"{text}"'
