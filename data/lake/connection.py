"""A connection to a lake, and what its errors mean.

The engines' extensions come with the installed packages: DuckDB fetches nothing when it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import resources

import duckdb

from data import StoreError, StoreSchemaError
from data.config import s3_access
from data.lake.address import LakeAddress, shown
from data.lake.errors import lake_errors
from data.store.reader import SCHEMA_VERSION, literal

LAKE = "lake"  # under which name it is attached
_MEMORY = "1GB"
_LOOK_S = 3
_LOCK = 0x46544D  # any number that nobody else locks


def open_lake(
    address: LakeAddress, network: str, read_only: bool = True, oldest: int = SCHEMA_VERSION
) -> duckdb.DuckDBPyConnection:
    """A connection whose default tables are the network's in the lake.

    Raises StoreError where the lake cannot be used or does not hold the network, StoreSchemaError
    where another version wrote it.
    """
    con = attach(address, read_only=read_only)
    try:
        with lake_errors(address):
            check_holds(con, address, network, oldest)
            con.execute(f"USE {LAKE}.{quoted(network)}")
    except BaseException:
        con.close()
        raise
    return con


def attach(
    address: LakeAddress, *, read_only: bool = False, data_path: str | None = None
) -> duckdb.DuckDBPyConnection:
    """A connection with the lake attached as `lake`; with `data_path` it is created where it is
    missing. Raises StoreError."""
    con = engine()
    try:
        with lake_errors(address):
            if data_path is not None:
                open_storage(con, data_path)
            options = "READ_ONLY, " if read_only else ""
            options += (
                "CREATE_IF_NOT_EXISTS FALSE"
                if data_path is None
                else f"DATA_PATH {literal(data_path)}"
            )
            where = literal(f"ducklake:postgres:{address.libpq}")
            con.execute(f"ATTACH {where} AS {LAKE} ({options})")
            if data_path is None:
                open_storage(con, data_path_of(con))
    except BaseException:
        con.close()
        raise
    return con


@contextmanager
def one_at_a_time(address: LakeAddress) -> Iterator[duckdb.DuckDBPyConnection]:
    """Wait for whoever writes to the lake, and let everybody else wait meanwhile: DuckLake does not
    see every two that write to the same rows. Yields a connection with the database of its catalog
    as `catalog`. Raises duckdb.Error."""
    with engine() as guard:
        guard.execute(f"ATTACH {literal(address.libpq)} AS catalog (TYPE postgres)")
        guard.begin()
        # The system then sees within a minute where the machine of one that holds it is gone.
        _ask(guard, "SELECT set_config('tcp_keepalives_idle', '60', false)")
        _ask(guard, f"SELECT pg_advisory_xact_lock({_LOCK})::text")
        # Who was killed holds it no more, while PostgreSQL may still be at its commit.
        if _ask(guard, "SELECT to_regclass('ducklake_snapshot')::text") != (None,):
            wait = "SAVEPOINT a; LOCK TABLE ducklake_snapshot IN SHARE MODE; ROLLBACK TO a"
            guard.execute(f"CALL postgres_execute('catalog', {literal(wait)})")
        try:
            yield guard
        finally:
            with suppress(duckdb.Error):  # the catalog is gone, and the lock with it
                guard.rollback()


def _ask(guard: duckdb.DuckDBPyConnection, sql: str) -> tuple[object, ...]:
    return guard.execute(f"FROM postgres_query('catalog', {literal(sql)})").fetchall()[0]


def data_path_of(con: duckdb.DuckDBPyConnection) -> str:
    """Where the lake's rows lie."""
    row = con.execute(
        "SELECT value FROM ducklake_options('lake') WHERE option_name = 'data_path'"
    ).fetchone()
    return "" if row is None else str(row[0])


def check_holds(
    con: duckdb.DuckDBPyConnection, address: LakeAddress, network: str, oldest: int
) -> int:
    """The version of the network's tables in the lake. Raises StoreError where there are none or it
    is not told, StoreSchemaError unless it lies from `oldest` to this version's. Any version will
    do for 0, also none."""
    if not holds(con, network):
        raise StoreError(
            f"the lake {shown(address)} holds no {network}: bring it there with `python -m "
            f"data.sync --network {network} --to-lake ADDRESS`"
        )
    row = con.execute(f"SELECT schema_version FROM {place(network, 'store_info')}").fetchone()
    if row is None and oldest:
        raise StoreError(
            f"the lake {shown(address)} is damaged: store_info of its {network} is empty. "
            f"{mended(network)}"
        )
    version: int = row[0] if row else 0
    if version > SCHEMA_VERSION:
        raise StoreSchemaError(
            f"{network} in the lake {shown(address)} has schema {version}, this version reads "
            f"schema {SCHEMA_VERSION}: update the program"
        )
    if version < oldest:
        raise StoreSchemaError(
            f"{network} in the lake {shown(address)} was written by an earlier version: `python -m "
            f"data.lake migrate ADDRESS --network {network}` brings it up to date and reads "
            "nothing twice"
        )
    return version


def mended(network: str) -> str:
    """What to do where a lake lost something."""
    return (
        f"Run `python -m data.lake push ADDRESS --network {network} --whole` where a whole store is"
    )


def holds(con: duckdb.DuckDBPyConnection, network: str) -> bool:
    """Whether the lake has tables of the network."""
    row = con.execute(
        "SELECT 1 FROM duckdb_tables() WHERE database_name = 'lake' AND schema_name = ? "
        "AND table_name = 'store_info'",
        [network],
    ).fetchone()
    return row is not None


def quoted(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def place(network: str, table: str) -> str:
    """A table of a network in the lake, as SQL names it."""
    return f"{LAKE}.{quoted(network)}.{quoted(table)}"


def engine() -> duckdb.DuckDBPyConnection:
    """An empty instance of DuckDB that can read and write lakes. Raises StoreError where a package
    is missing."""
    files = [_extension(name) for name in ("ducklake", "postgres_scanner", "httpfs")]
    # Each file's signature was checked, once a process: it takes a third of a second.
    unsigned: dict[str, str | bool | int | float | list[str]] = {"allow_unsigned_extensions": True}
    con = duckdb.connect(":memory:", config=unsigned)
    for file in files:
        con.execute(f"LOAD {literal(file)}")
    con.execute(f"SET memory_limit = '{_MEMORY}'")
    con.execute("SET TimeZone = 'UTC'")
    con.execute("SET enable_progress_bar = FALSE")  # no bar between the lines of a sync
    con.execute("SET ducklake_max_retry_count = 5")  # what is refused for good is told in 2 s
    return con


@cache
def _extension(name: str) -> str:
    """The file of an extension that came with its package, and is signed by DuckDB's makers."""
    try:
        folder = resources.files(f"duckdb_extension_{name}")
    except ModuleNotFoundError as error:
        raise StoreError(
            f"this needs the package duckdb-extension-{name.replace('_', '-')}: install "
            "requirements.txt again"
        ) from error
    file = folder / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    with duckdb.connect() as con:
        con.execute(f"LOAD {literal(file)}")
    return str(file)


def open_storage(con: duckdb.DuckDBPyConnection, data_path: str) -> None:
    """Give the connection what an object store asks for, and ask that for nothing: without its
    bucket a push that stays in the catalog would find no fault. Raises duckdb.Error."""
    allow_storage(con, data_path)
    if data_path.startswith("s3://"):
        # One that does not answer is asked once: DuckDB would wait for two minutes.
        con.execute(f"SET http_timeout = {_LOOK_S}; SET http_retries = 0")
        try:
            con.execute(f"FROM glob({literal(data_path + '.no-such-file*')})").fetchall()
        except duckdb.Error as error:
            if "NoSuchBucket" in str(error):  # any other fault may be one of lists alone
                raise
        finally:
            con.execute("RESET http_timeout; RESET http_retries")


def allow_storage(con: duckdb.DuckDBPyConnection, data_path: str) -> None:
    """Give the connection what an object store asks for; a folder needs nothing."""
    if not data_path.startswith("s3://"):
        return
    access = s3_access()
    words = ["TYPE s3", *(f"{name} {literal(value)}" for name, value in access.items())]
    if access.get("ENDPOINT"):  # its buckets have no names of their own in the DNS
        words.append("URL_STYLE 'path'")
    con.execute(f"CREATE SECRET storage ({', '.join(words)})")
