"""What two hosts did not tell alike, and who settles it later."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from data.config import host_of
from devnet import Devnet
from tests.fake_node import Reply, devnet_answers, fake_node, only
from tests.syncing import column, dicts, sync

pytestmark = pytest.mark.node


def test_a_doubt_is_settled_by_those_who_had_a_say_and_not_by_silence(
    devnet: Devnet, synced_store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.from_node._TAIL_BLOCKS", 64)
    answers = devnet_answers(devnet.rpc_url)
    with fake_node(answers) as one, fake_node(answers) as other:
        both = ", ".join(sorted(host_of(node.url) for node in (one, other)))
        with duckdb.connect(synced_store) as con:
            con.execute("UPDATE coverage SET known = 'agreed', source = ?", [both])
            con.execute(
                "INSERT INTO contradictions SELECT get_current_timestamp(), ?, "
                "max(requested_block), 'tell the same log under two indices', 0, FALSE, FALSE "
                "FROM requests",
                [both],
            )
        other.fault = only("eth_getLogs", lambda asked: Reply(b"", status=503))
        sync(synced_store, one.url, other.url)
        assert column(synced_store, "SELECT settled FROM contradictions") == [False]
        first = [row for row in dicts(synced_store, "coverage") if row["from_block"] == 0]
        assert {row["known"] for row in first} <= {"agreed", "proved"}, (
            "all else is as sure as before"
        )
        other.fault = None
        sync(synced_store, one.url, other.url)
        assert column(synced_store, "SELECT settled FROM contradictions") == [True]
