"""What two hosts did not tell alike, and who settles it later."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from data.config import host_of, load_network
from data.ingest.doubts import contradiction
from data.ingest.progress import Progress
from data.ingest.reading import Reading
from data.node.chain import Chain
from data.store.writer import lock, open_next
from devnet import Devnet
from tests.fake_node import Reply, devnet_answers, fake_node, only
from tests.syncing import STEADY, column, dicts, sync

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


def test_a_doubt_that_is_met_again_keeps_count_of_all_logs_that_were_dropped_for_it(
    devnet: Devnet, synced_store: Path
) -> None:
    network = load_network("devnet", (devnet.rpc_url,))
    with (
        lock(synced_store),
        open_next(synced_store, network) as con,
        Progress() as progress,
    ):
        reading = Reading(con, Chain(network, STEADY), network, progress, progress.note)
        for dropped in (1, 2, 0):
            contradiction(reading, "a.example", 7, "told", dropped=dropped, settled=False)
        rows = con.execute("SELECT dropped_logs FROM contradictions").fetchall()
    assert rows == [(3,)]
