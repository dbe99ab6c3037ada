"""A store that an earlier version wrote: it is gone on with, and rests on one source."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from data.store.reader import SCHEMA_VERSION
from devnet import Devnet
from tests.fake_node import devnet_answers, fake_node
from tests.first_version import AS_FIRST
from tests.syncing import column, not_passed, sync, tables

pytestmark = pytest.mark.node


def test_a_store_of_the_first_version_is_gone_on_with_and_rests_on_one_source(
    devnet: Devnet, synced_store: Path, devnet_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.from_node._TAIL_BLOCKS", 64)
    with duckdb.connect(synced_store) as con:
        con.execute(AS_FIRST)
    with fake_node(devnet_answers(devnet.rpc_url)) as node:
        sync(synced_store, node.url)
        host = node.url.removeprefix("http://")
    assert column(synced_store, "SELECT schema_version FROM store_info") == [SCHEMA_VERSION]
    assert tables(synced_store) == tables(devnet_store)
    known = (
        "SELECT DISTINCT (known, source) FROM coverage WHERE filter IN ('bond', 'sfc') ORDER BY 1"
    )
    assert column(synced_store, known) == [("single", host)]
    assert {"second source: bond", "second source: sfc"} <= set(not_passed(synced_store))
