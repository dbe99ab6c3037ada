"""The forms in which other tools write logs and blocks, told apart by their content.

Each becomes a relation whose columns are all text under our names: DuckDB's own readers do the
work and guess no type, so that no address becomes a number. What the texts mean is in formats.sql.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import duckdb

from data import LogFileError
from data.store.reader import literal

Kind = Literal["logs", "blocks"]
_TIME = "block_time block_timestamp blockTimestamp timestamp time".split()
_CHAIN = "chain_id chainId".split()
# What other tools call our columns, the surest name first. Capitals make no difference.
COLUMNS: dict[Kind, dict[str, list[str]]] = {
    "logs": {
        "block": "block_number blockNumber block".split(),
        "log_index": "log_index logIndex index".split(),
        "block_time": _TIME,
        "tx": "transaction_hash transactionHash tx_hash txHash tx".split(),
        "address": "address contract_address contractAddress".split(),
        "topics": ["topics"],
        **{f"topic{n}": [f"topic{n}", f"topic_{n}"] for n in range(4)},
        "data": ["data"],
        "removed": ["removed"],
        "chain_id": _CHAIN,
    },
    "blocks": {
        "block": "block_number blockNumber number block".split(),
        "block_time": _TIME,
        "chain_id": _CHAIN,
    },
}
_NEEDED: dict[Kind, list[str]] = {
    "logs": "block log_index tx address topics data".split(),
    "blocks": "block block_time".split(),
}
_HEAD_BYTES = 1 << 16
_LONGEST_ROW_BYTES = 1 << 22
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
# The end of a list and of the object around it.
_TAIL = re.compile(
    rb'\](?=\s*(?:,\s*"[^"]*"\s*:\s*(?:"[^"]*"|\{[^{}\[\]]*\}|[^\s{}\[\],"]+)\s*)*\}\s*\Z)'
)


@dataclass(frozen=True)
class Form:
    """A relation of text columns in SQL, and how to speak of its rows.

    A row is a line where `lines` is true; in a table the first is the header, after `lines_cut`
    lines that were taken away. `about` is what the file says of itself; `has_blocks` tells that
    the times of blocks stand beside logs.
    """

    relation: str
    lines: bool = False
    table: bool = False
    lines_cut: int = 0
    about: Mapping[str, str] = field(default_factory=dict)
    has_blocks: bool = False


def form_of(con: duckdb.DuckDBPyConnection, path: Path, plain: Path, kind: Kind) -> Form | None:
    """How the file `plain` is read for logs or blocks; None where it holds nothing.

    Raises LogFileError, naming it `path`, where it is in no form that is known.
    """
    with plain.open("rb") as file:
        head = file.read(_HEAD_BYTES)
        while head and not head.strip():
            head = file.read(_HEAD_BYTES)
    start = head.lstrip()[:1]
    if not start:
        return None
    if head.startswith(b"PAR1"):
        return _parquet(con, path, plain, kind)
    if start in (b"{", b"["):
        return _json(path, plain, head, kind)
    return _csv(path, plain, head, kind)


def _selected(kind: Kind, found: Mapping[str, str]) -> str:
    """The columns under our names; `found` gives the SQL for a name in lower case."""
    columns = []
    for ours, theirs in COLUMNS[kind].items():
        values = [found[name.lower()] for name in theirs if name.lower() in found]
        columns.append(f"coalesce({', '.join([*values, 'NULL::VARCHAR'])}) AS {ours}")
    return ", ".join(columns)


def _named(path: Path, kind: Kind, names: Iterable[str]) -> None:
    """Make sure that a table has the columns it must have."""
    there = {name.lower() for name in names}
    for ours in _NEEDED[kind]:
        theirs = COLUMNS[kind][ours] + ["topic0", "topic_0"] * (ours == "topics")
        if not any(name.lower() in there for name in theirs):
            raise LogFileError(
                f"{path} holds no {kind} in a form that is known: no column is called "
                f"{' or '.join(theirs)}. Nothing of it was stored"
            )


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# Parquet


def _parquet(con: duckdb.DuckDBPyConnection, path: Path, plain: Path, kind: Kind) -> Form:
    source = f"read_parquet({literal(plain)})"
    columns = {name: of for name, of, *_ in con.execute(f"DESCRIBE FROM {source}").fetchall()}
    _named(path, kind, columns)
    found = {name.lower(): _as_text(_identifier(name), of) for name, of in columns.items()}
    about = con.execute(
        "SELECT decode(key), decode(value) FROM parquet_kv_metadata(?) "
        "WHERE decode(key) IN ('chain_id', 'simulated')",
        [str(plain)],
    ).fetchall()
    return Form(f"SELECT {_selected(kind, found)} FROM {source}", about=dict(about))


def _as_text(column: str, of: str) -> str:
    """A column of this type as text: bytes as hex, times as seconds, lists as SQL writes them."""
    if of == "BLOB":
        return f"'0x' || lower(hex({column}))"
    if of == "BLOB[]":
        return f"list_transform({column}, lambda word: '0x' || lower(hex(word)))::VARCHAR"
    if of.startswith("TIMESTAMP"):  # one without a zone is in UTC
        return f"floor(epoch({column}))::BIGINT::VARCHAR"
    if of.startswith("STRUCT"):  # a list as some write it: {"list": [{"element": ...}]}
        return (
            f"regexp_replace(to_json({column})::VARCHAR, "
            """'\\{"(list|element|item)":|\\}', '', 'g')"""
        )
    return f"{column}::VARCHAR"


# CSV


def _csv(path: Path, plain: Path, head: bytes, kind: Kind) -> Form:
    lines = [line.decode(errors="replace") for line in head.splitlines()]
    before = next(
        (n for n, line in enumerate(lines) if line.strip() and line[0] != "#"), len(lines)
    )
    header = lines[before] if before < len(lines) else ""
    delimiter = max("\t;|,", key=header.count)
    names = next(csv.reader([header], delimiter=delimiter), [])
    if b"\0" in head or len(names) < 2:
        raise LogFileError(
            f"{path}, line 1: is neither JSON nor the header of a table, and the file is no "
            "Parquet. Nothing of it was stored"
        )
    _named(path, kind, names)
    found = {name.strip().lower(): f"c{n}" for n, name in reversed(list(enumerate(names)))}
    types = ", ".join(f"c{n}: 'VARCHAR'" for n in range(len(names)))
    source = (
        f"read_csv({literal(plain)}, header = true, auto_detect = false, "
        f"delim = '{delimiter}', quote = '\"', escape = '\"', nullstr = '', "
        f"compression = 'none', max_line_size = {_LONGEST_ROW_BYTES}, "
        f"buffer_size = {2 * _LONGEST_ROW_BYTES}, columns = {{{types}}})"
    )
    about = dict(
        pair.strip(" #").split("=", 1)
        for line in lines[:before]
        for pair in line.split("; ")
        if "=" in pair
    )
    _cut(plain, len(b"".join(head.splitlines(keepends=True)[:before])))
    return Form(f"SELECT {_selected(kind, found)} FROM {source}", True, True, before, about)


def _cut(plain: Path, start: int, end: int | None = None) -> None:
    """Leave of a file what stands from `start` to before `end` alone: however long, in pieces.

    DuckDB's `skip` counts no blank lines, and would take a row for the header.
    """
    if start == 0 and end is None:
        return
    left = (plain.stat().st_size if end is None else end) - start
    cut = plain.with_name("cut")
    with plain.open("rb") as file, cut.open("wb") as written:
        file.seek(start)
        while left > 0:
            left -= written.write(file.read(min(left, 1 << 20)))
    cut.replace(plain)


# JSON


def _json(path: Path, plain: Path, head: bytes, kind: Kind) -> Form:
    text = head.decode("latin-1")
    start = text.index("[") if text.lstrip().startswith("[") else None
    record = text.find("{", start or 0)
    keys = _keys(text, record) if record >= 0 else {}
    steps = _steps(kind, text, keys)
    if not steps and ("error" in keys or keys.get("result", " ")[0] == '"'):
        raise LogFileError(f"{path} holds an answer without {kind}: {text[record:][:200]}")
    form, lines = "array", False
    if start is None:
        form, lines = _lines(plain)
        if form != "newline_delimited" and steps[:1] in ([("result", "[")], [("data", "[")]):
            _cut_out_list(path, plain, keys[steps[0][0]][1])
            with plain.open("rb") as file:
                return _json(path, plain, file.read(_HEAD_BYTES), kind)
    with_header = kind == "logs" and "header" in keys
    relation = _unnested(plain, form, kind, steps, with_header, _spellings(kind, text))
    has_blocks = kind == "logs" and not with_header and steps[-1:] == [("logs", "[")]
    return Form(relation, lines and not steps, has_blocks=has_blocks)


def _steps(kind: Kind, text: str, keys: Mapping[str, tuple[str, int]]) -> list[tuple[str, str]]:
    """The way from a JSON object with these keys to its rows: each key with how its value begins,
    nothing where the object is a row itself."""
    opening = {key: value for key, (value, _) in keys.items()}
    batch: list[tuple[str, str]] = [(kind, "[")]
    if opening.get("header") == "{":
        return batch if kind == "logs" else [("header", "{")]
    if any(opening.get(key) == "[" for key in ("blocks", "transactions", "logs", "traces")):
        return batch
    if opening.get("data") == "[":
        return [("data", "["), *batch]
    for key in ("result", "rows"):
        if opening.get(key) == "[":
            return [(key, "[")]
    for key in ("result", "data"):
        if opening.get(key) == "{":
            return [(key, "{"), *_steps(kind, text, _keys(text, keys[key][1]))]
    return []


def _keys(text: str, start: int) -> dict[str, tuple[str, int]]:
    """The keys of the object that begins at `start`, each with the first character of its value
    and where that stands; as far as `text` goes."""
    keys: dict[str, tuple[str, int]] = {}
    depth, before, name = 0, "", ""
    for token in _TOKEN.finditer(text, start):
        word = token[0]
        if depth == 1 and before in ("{", ","):
            name = word.strip('"')
        elif depth == 1 and before == ":":
            keys.setdefault(name, (word[0], token.start()))
        depth += (word in ("{", "[")) - (word in ("}", "]"))
        if depth == 0:
            break
        before = word
    return keys


def _lines(plain: Path) -> tuple[str, bool]:
    """How objects follow each other: one a line, or spread over lines; and whether that makes
    lines of use to name one. A single object on a single line may be of any length."""
    with plain.open("rb") as file:
        while not (first := file.readline(_HEAD_BYTES)).strip():
            pass
        if first.rstrip()[-1:] in (b"{", b"[", b",") and first.endswith(b"\n"):
            return "unstructured", False
        while first and not first.endswith(b"\n"):
            first = file.readline(_HEAD_BYTES)
        while first := file.readline(_HEAD_BYTES):
            if first.strip():
                return "newline_delimited", True
    return "single", True


def _cut_out_list(path: Path, plain: Path, start: int) -> None:
    """Leave of an object the list that begins at `start` alone: however long, it is streamed."""
    size = plain.stat().st_size
    with plain.open("rb") as file:
        file.seek(max(start, size - _HEAD_BYTES))
        offset, tail = file.tell(), file.read()
        end = _TAIL.search(tail)
        if end is None:
            raise LogFileError(
                f"{path} ends in the middle of its list: get the file again; nothing of it was "
                "stored"
            )
    _cut(plain, start, offset + end.end())


def _spellings(kind: Kind, text: str) -> dict[str, str]:
    """Each name to look for, in lower case, as the file spells it."""
    spelt = {word.lower(): word for word in re.findall(r'"(\w+)"\s*:', text)}
    names = [name for theirs in COLUMNS[kind].values() for name in theirs]
    return {name.lower(): spelt.get(name.lower(), name) for name in names}


def _unnested(
    plain: Path,
    form: str,
    kind: Kind,
    steps: Sequence[tuple[str, str]],
    with_header: bool,
    spelt: Mapping[str, str],
) -> str:
    """The rows at the end of `steps` into the objects of a JSON file."""
    fields = ", ".join(f"{_identifier(name)} VARCHAR" for name in spelt.values())
    of = f"STRUCT({fields})"
    for n, (key, opening) in reversed(list(enumerate(steps))):
        of = of + "[]" if opening == "[" else of
        of = f"STRUCT({_identifier(key)} {of})" if n else of
    columns = {steps[0][0]: of} if steps else dict.fromkeys(spelt.values(), "VARCHAR")
    if with_header:
        columns["header"] = "STRUCT(number VARCHAR, timestamp VARCHAR)"
    typed = ", ".join(f"{_identifier(name)}: '{of}'" for name, of in columns.items())
    relation = (
        f"FROM read_json({literal(plain)}, columns = {{{typed}}}, compression = 'uncompressed', "
        f"format = '{'newline_delimited' if form == 'single' else form}', "
        f"maximum_object_size = {_LONGEST_ROW_BYTES})"
    )
    beside = ", header" if with_header else ""
    place = ""
    for key, opening in steps:
        value = f"{place}{_identifier(key)}"
        if opening == "[" and key in ("result", "data"):
            value = f"coalesce({value}, [NULL])"  # an answer without a list is no empty list
        value = f"unnest({value})" if opening == "[" else value
        relation = f"FROM (SELECT {value} AS held{beside} {relation})"
        place = "held."
    found = {name: f"{place}{_identifier(spelling)}" for name, spelling in spelt.items()}
    if with_header:
        found["block"], found["time"] = "header.number", "header.timestamp"
    return f"SELECT {_selected(kind, found)} {relation}"
