"""`python -m data.lake COMMAND ADDRESS`: a lake made, filled, read, looked after.

Exit status: 0 done, 1 failed or not as it should be, 2 bad usage.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from data import ConfigError, SqlError, StoreError
from data.config import default_store, load_network
from data.lake.address import LakeAddress, local_copy, parse_lake, shown
from data.lake.connection import open_lake
from data.lake.create import create_lake
from data.lake.errors import lake_errors, redacted
from data.lake.migrate import migrate
from data.lake.pull import pull
from data.lake.push import push
from data.lake.pushes import push_of
from data.lake.upkeep import check, compact, expire
from data.store.command import add_store, as_program, between, count, ended
from data.store.writer import lock

# What a statement itself is to blame for.
_MISTAKES = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.ConversionException,
    duckdb.InvalidInputException,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns its exit status."""
    options = _parser().parse_args(arguments)
    return ended("data.lake", lambda: _run(options), "run the same command to go on")


def _run(options: argparse.Namespace) -> int:
    if "network" in options:
        load_network(options.network)  # one that there is not
    status: int = options.run(parse_lake(options.address), options)
    return status


def _create(address: LakeAddress, options: argparse.Namespace) -> int:
    print(f"{shown(address)} keeps its rows in {create_lake(address, options.data)}")
    return 0


def _push(address: LakeAddress, options: argparse.Namespace) -> int:
    network = load_network(options.network)
    store = options.store or default_store(network.name)
    pushed = push(store, address, network, datetime.now(UTC), whole=options.whole)
    print(f"{store}: {pushed}")
    return 0


def _pull(address: LakeAddress, options: argparse.Namespace) -> int:
    path = options.store or local_copy(address, options.network)
    with lock(path):
        if path.exists() and push_of(path) is None:
            raise StoreError(
                f"{path} holds what was never pushed: push it first (`python -m data.lake push "
                f"ADDRESS --network {options.network} --store {path}`), or move it aside"
            )
        news = pull(address, options.network, path)
    print(f"{path} {'is now' if news else 'was already'} what the lake holds")
    return 0


def _check(address: LakeAddress, options: argparse.Namespace) -> int:
    rows = check(address, options.network)
    for each in rows:
        print(each)
    return 0 if all(each.same for each in rows) else 1


def _compact(address: LakeAddress, _options: argparse.Namespace) -> int:
    print(f"{shown(address)}: {compact(address):,} files written in place of smaller ones")
    return 0


def _expire(address: LakeAddress, options: argparse.Namespace) -> int:
    states, files = expire(address, datetime.now(UTC), timedelta(days=options.older_than))
    print(f"{shown(address)}: {states:,} old states forgotten, {files:,} files deleted")
    return 0


def _migrate(address: LakeAddress, options: argparse.Namespace) -> int:
    print(migrate(address, load_network(options.network), datetime.now(UTC)))
    return 0


def _sql(address: LakeAddress, options: argparse.Namespace) -> int:
    sql = options.sql
    if sql.endswith(".sql"):
        try:
            sql = Path(sql).read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"cannot read {sql}: {error}") from error
    with open_lake(address, options.network) as con, lake_errors(address):
        for given in options.set:
            name, equals, value = given.partition("=")
            if not equals:
                raise ConfigError(f"--set wants NAME=VALUE, and not {given!r}")
            if f"getvariable('{name}')" not in sql:
                raise ConfigError(f"the statement has no variable {name!r}: --set changes nothing")
            con.execute(f'SET VARIABLE "{name}" = ?', [value])
        try:
            answer: duckdb.DuckDBPyRelation | None = con.sql(sql)
        except _MISTAKES as error:
            raise SqlError(redacted(str(error), address)) from error
        if answer is None:
            raise SqlError("the statement has no rows for an answer: ask with SELECT")
        if options.csv:
            answer.pl().write_csv(sys.stdout)
        else:
            answer.show(max_rows=options.rows)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m data.lake",
        description="A lake made, filled, read, looked after.",
        epilog="ADDRESS is ducklake:postgres:dbname=NAME host=HOST port=PORT user=USER. The "
        "password is PGPASSWORD's or ~/.pgpass's, the keys of S3 those of AWS_ACCESS_KEY_ID, "
        "AWS_SECRET_ACCESS_KEY, AWS_REGION and AWS_ENDPOINT_URL.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(
        name: str, run: object, text: str, *, network: bool = True
    ) -> argparse.ArgumentParser:
        each = commands.add_parser(name, help=text, description=text)
        each.add_argument("address", metavar="ADDRESS")
        if network:
            each.add_argument("--network", required=True, metavar="NAME")
        each.set_defaults(run=run)
        return each

    made = command("create", _create, "make the lake, where there is none", network=False)
    made.add_argument(
        "--data", required=True, metavar="PLACE", help="a folder, or s3://BUCKET/PREFIX"
    )
    pushed = command("push", _push, "bring a store into the lake")
    add_store(pushed)
    pushed.add_argument("--whole", action="store_true", help="in place of what the lake holds")
    pulled = command("pull", _pull, "bring what the lake holds into a local store")
    add_store(pulled, instead_of="one in var/lake")
    command("check", _check, "read every table and compare it with what was pushed")
    command("migrate", _migrate, "bring the tables of an earlier version up to date")
    command("compact", _compact, "lay small files together", network=False)
    expired = command("expire", _expire, "forget old states, and delete their files", network=False)
    expired.add_argument(
        "--older-than",
        type=between(0, 36_500, "0 to 36500 days"),
        default=7.0,
        metavar="DAYS",
        help="default 7",
    )
    sql = command("sql", _sql, "ask the lake itself; nothing is written")
    sql.add_argument("sql", metavar="SQL", help="a statement, or a file that ends in .sql")
    sql.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="repeatable")
    sql.add_argument("--rows", type=count, default=40, metavar="N", help="shown; default 40")
    sql.add_argument("--csv", action="store_true", help="all of them, as CSV")
    return parser


if __name__ == "__main__":
    as_program(main)
