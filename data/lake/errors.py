"""What DuckDB, PostgreSQL and an object store say when a lake cannot be used, as sentences that say
what to do. Their own words may hold the address with its password: none of them is passed on whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from data import LakeOutageError, StoreError
from data.lake.address import LakeAddress, shown
from data.store.reader import is_spilt
from data.store.reader import translated as store_error

BESIDE = ".from-lake-"  # folders beside a store, for what is to take its place
_SECRET = re.compile(r"(password\s*=\s*)('(?:[^'\\]|\\.)*'|[^\s\"']+)")
_BUCKET = re.compile(r"s3://([^/\s']{1,100})")
_FILE = re.compile(r"[\w.-]{1,200}\.parquet")
# A statement with all its rows may stand between the words of who refused it.
_HEAD, _TAIL = 2_000, 4_000
_CONFLICTS = (
    r"[Tt]ransaction conflict|could not serialize access|deadlock detected|duplicate key value"
)
_OTHERS = "others write to {0} at this moment: try again in a minute"
_CATALOG_AWAY = "the catalog of {0} cannot be reached: see that PostgreSQL runs there"
_FULL = (
    "no space left where {0} keeps its {2}: make some, then try again; what the lake holds is whole"
)
_NO_BUCKET = (
    "there is no bucket {3} in the storage of {0}: make it, or see that AWS_ENDPOINT_URL and "
    "AWS_REGION are those of the storage that has it"
)
_STORAGE_AWAY = (
    "the storage of {0} cannot be reached or does not answer as it should: see that it runs "
    "(AWS_ENDPOINT_URL, where it is none of Amazon's)"
)
# A moment later it may go.
_OUTAGES = (_OTHERS, _CATALOG_AWAY, _STORAGE_AWAY)
# Each kind by the words of whoever refused, and what to say of the lake {0} then.
_KINDS: tuple[tuple[str, str], ...] = (
    (_CONFLICTS, _OTHERS),
    (r"NoSuchBucket", _NO_BUCKET),
    (
        r"InsufficientStorage|QuotaExceeded|HTTP 507|XMinioStorageFull|No space left"
        r"|File too large|Disk quota",
        _FULL,
    ),
    (
        r"password authentication failed|no password supplied|role \"[^\"]*\" does not exist"
        r"|no pg_hba.conf entry|permission denied for|read-only transaction",
        "the catalog of {0} refuses this user: set the right PGPASSWORD, or a line in ~/.pgpass, "
        "and grant the user the database, for a push to write to it",
    ),
    (
        r"database \"[^\"]*\" does not exist",
        "there is no such database for the lake {0}: make it with `createdb`, then the lake with "
        "`python -m data.lake create ADDRESS --data FOLDER`",
    ),
    (
        r"Existing DuckLake at metadata catalog|relation \"ducklake_\w+\" does not exist",
        "there is no lake at {0}: create it with `python -m data.lake create ADDRESS --data "
        "FOLDER`",
    ),
    (
        r"DATA_PATH parameter",
        "the lake {0} is there, and its rows lie somewhere else: give --data the place that it has",
    ),
    (
        r"Unable to connect to Postgres|could not translate host name|Connection refused"
        r"|server closed the connection|terminating connection|connection to server"
        r"|timeout expired|no connection to the server|the database system is|SSL SYSCALL"
        r"|connection not open|Failed to (?:prepare COPY|execute query)(?![\s\S]*ERROR:)",
        _CATALOG_AWAY,
    ),
    (
        r"HTTP 40[13]|AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|Forbidden"
        r"|Unauthorized|Permission denied|Read-only file system",
        "the storage of {0} refuses this program: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and "
        "AWS_REGION, or give it the folder",
    ),
    (
        r"No magic bytes|too small to be a Parquet|not a Parquet file|TProtocolException"
        r"|don't match|Failed to read|Snappy|ZSTD|file is truncated|HTTP 404|NoSuchKey"
        r"|No such file|No files found|Cannot open file|HTTP 416|Parquet",
        "a file of {0} is missing, half-written or damaged{1}: put it back from a back-up, or run "
        "`python -m data.lake push ADDRESS --network NAME --whole` where a whole store is",
    ),
    (
        r"Could not connect|Could not establish connection|Connection error|Could not resolve"
        r"|HTTP|SSL",
        _STORAGE_AWAY,
    ),
)


def is_conflict(error: BaseException) -> bool:
    """Whether somebody else committed first, so that it is to be tried anew."""
    return isinstance(error, duckdb.Error) and bool(re.search(_CONFLICTS, str(error)))


@contextmanager
def lake_errors(address: LakeAddress, local: Path | None = None) -> Iterator[None]:
    """What is raised inside by the engines becomes a StoreError that says what to do. `local` is a
    store here, beside which files are written too: their faults are none of the lake."""
    try:
        yield
    except (duckdb.Error, OSError) as error:
        ours = local is not None and (f"{local.name}{BESIDE}" in str(error) or is_spilt(error))
        if local is not None and ours:
            raise store_error(error, local) from None
        raise translated(error, address) from None  # its cause may hold a password


def translated(error: Exception, address: LakeAddress) -> StoreError:
    """An engine's error as a sentence."""
    text = str(error)
    text = text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]} {text[-_TAIL:]}"
    name, refused = shown(address), re.search(r"ERROR:.*", text)  # by PostgreSQL, last of its words
    for words, sentence in _KINDS:
        if re.search(words, text):
            file, bucket = _FILE.search(text), _BUCKET.search(text)
            kind = LakeOutageError if sentence in _OUTAGES else StoreError
            about = f" ({file[0]})" if file else ""
            full = "catalog, PostgreSQL's disk" if refused else "rows"
            return kind(sentence.format(name, about, full, bucket[1] if bucket else "of that name"))
    return StoreError(
        f"cannot use the lake {name}: {redacted(refused[0] if refused else text, address)}"
    )


def redacted(text: str, address: LakeAddress) -> str:
    """The first line of an engine's words, without what nobody is to read."""
    line = _SECRET.sub(r"\1***", text.split("\n")[0])
    for secret in address.secrets:
        line = line.replace(secret, "***")
    return line[:300]
