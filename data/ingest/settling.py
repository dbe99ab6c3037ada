"""Blocks about which two hosts did not tell the same and receipts could not decide: asked for again
until those who had a say tell alike.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress

import duckdb

from data import NodeError
from data.ingest.evidence import Compared, compare, filters
from data.ingest.reading import Reading
from data.node.witness import times_at
from data.store.writer import transaction

_DOUBTS = 20  # blocks that are asked for again in one sync, at the most


def settle_doubts(reading: Reading) -> None:
    """Ask the hosts again for blocks about which it is not known who is right, the newest
    first, and settle those that all who had a say, or two hosts, tell alike now."""
    blocks = unsettled(reading.con)[-_DOUBTS:]
    ranges, idle_s = [(block, block) for block in blocks], reading.chain.endpoints.manners.idle_s
    until = time.monotonic() + 2 * idle_s
    compared: list[Compared] = []
    for host in reading.others("") if ranges else []:
        for log_filter in filters(reading.con, reading.network):
            with suppress(NodeError):  # who tells nothing settles nothing
                if time.monotonic() < until:
                    compared += compare(reading, log_filter, ranges, [host], len(ranges), idle_s)
    for block in blocks:
        hosts = {each.host for each in compared if each.first <= block <= each.last}
        rows = reading.con.execute(
            "SELECT DISTINCT source FROM contradictions WHERE NOT settled AND block = ?", [block]
        )
        concerned = {host for (source,) in rows.fetchall() for host in source.split(", ") if host}
        if concerned <= hosts or len(hosts) > 1:
            settle(reading, block, compared)


def unsettled(con: duckdb.DuckDBPyConnection) -> list[int]:
    """The blocks about which it is not known who is right."""
    rows = con.execute("SELECT DISTINCT block FROM contradictions WHERE NOT settled ORDER BY 1")
    return [block for (block,) in rows.fetchall()]


def settle(reading: Reading, block: int, compared: Sequence[Compared]) -> None:
    """Take the contradictions about a block for settled where all hosts asked now, `compared` with
    the store, tell the logs alike, and tell one time of the block, which is the stored one."""
    con, endpoints = reading.con, reading.chain.endpoints
    answers = [each for each in compared if each.first <= block <= each.last]
    if not answers or not all(each.alike for each in answers):
        return
    times = [times_at(endpoints, host, [block])[block] for host in endpoints.serving]
    stated = set(times) - {None}
    if len(times) - times.count(None) < len({each.host for each in answers}):
        return
    rows = con.execute("SELECT DISTINCT block_time FROM raw_logs WHERE block = ?", [block])
    stored = {at for (at,) in rows.fetchall()}
    if len(stated) == 1 and stored <= stated:
        with transaction(con):
            con.execute("UPDATE contradictions SET settled = TRUE WHERE block = ?", [block])
