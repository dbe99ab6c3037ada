"""Every table of a real chain against another way to it: eth_abi, and a plain loop over events."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import plain_python
from bench.plain_python import Decoded
from data.config import load_network
from data.ingest.decode import DERIVED
from data.pool.contracts import EVENTS
from devnet import Devnet
from devnet.rpc import Rpc
from tests.syncing import dicts, tables

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def decoded(devnet: Devnet) -> list[Decoded]:
    """All of the tracked events, in the chain's order."""
    network = load_network("devnet", ())
    known = {(getattr(network, e.contract), e.topic0, e.topics_count) for e in EVENTS}
    logs = Rpc(devnet.rpc_url).call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    tracked = [g for g in logs if (g["address"], g["topics"][0], len(g["topics"])) in known]
    return plain_python.decode_logs(tracked, network)


def test_every_table_is_what_a_plain_loop_makes_of_the_nodes_logs(
    devnet_store: Path, decoded: list[Decoded]
) -> None:
    expected = plain_python.tables(decoded)
    for name in DERIVED:
        assert [tuple(row.values()) for row in dicts(devnet_store, name)] == expected[name], name


def test_the_history_has_every_case_that_a_table_tells_apart(devnet_store: Path) -> None:
    requests, stakes = dicts(devnet_store, "requests"), dicts(devnet_store, "stakes")
    assert {request["status"] for request in requests} == {"pending", "manual", "paid"}
    assert {request["token"] for request in requests} == {"aFTMb", "aFTMc"}
    assert len({request["ahead_wei_at_request"] for request in requests}) > 50
    assert {stake["token"] for stake in stakes} == {None, "aFTMb", "aFTMc"}
    assert {payout["manual"] for payout in dicts(devnet_store, "payouts")} == {True, False}
    assert all(dicts(devnet_store, name) for name in DERIVED)


def test_no_delegator_but_the_stubs_appears_and_each_stub_has_all_its_logs(
    devnet: Devnet, devnet_store: Path, decoded: list[Decoded]
) -> None:
    everyone = [log.values["delegator"] for log in decoded if log.event.contract == "sfc"]
    sfc_logs = [row for row in tables(devnet_store)["raw_logs"] if row[4] == devnet.addresses.sfc]
    landed = ["0x" + row[6][26:] for row in sfc_logs]
    assert set(everyone) - set(devnet.stubs)
    assert sorted(landed) == sorted(who for who in everyone if who in devnet.stubs)
    # The last stub came late, and its first logs may be of the very block it came in.
    assert devnet.stubs[-1] in landed
