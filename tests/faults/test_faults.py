"""Some runs of the table of faults, one or two of each kind; `make faults` plays all of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from devnet import Devnet
from tests.fake_node import at_most, fake_node
from tests.faults.history import History, captured
from tests.faults.play import SAME, STOP, TOLD, Truth, play, truth
from tests.faults.table import WIDEST, Run, runs
from tests.syncing import dicts, sync

pytestmark = pytest.mark.node

_RUNS = {str(run): run for run in runs()}
_PLAYED = [
    "range limits in many words, always, alone",
    "result limits in many words, always, alone",
    "HTTP 503, every third, alone",
    "HTTP 413, always, one of two",
    "redirect to itself, always, one of two",
    "cut body, every third, alone",
    "cut gzip, always, one of two",
    "another's id, always, alone",
    "log of a block not asked, every third, alone",
    "every log twice, always, alone",
    "one log missing, always, alone, pool",
    "one log missing, always, alone, sfc",
    "all missing, padded list, always, one of two, sfc",
    "fabricated log, always, alone, bond",
    "half missing, always, two of three",
    "indices shifted by one, always, alone",
    "indices shifted by one, always, one of three",
    "head 3,000 too high, once, alone",
    "logs a day late, every third, alone",
    "headers of time 0, always, alone",
    "bad hash of the newest block, always, alone",
    "logs end 1,000 before the head, always, one of two",
    "head of 2^63, always, alone",
    "another chain by our id, from the 60th request, alone",
    "status line drips, always, one of two",
]


@pytest.fixture(scope="module")
def history(devnet: Devnet) -> History:
    return captured(devnet.rpc_url)


@pytest.fixture(scope="module")
def honest(history: History) -> Truth:
    return truth(history)


@pytest.mark.parametrize("name", _PLAYED)
def test_a_fault_is_never_believed_in_silence_and_leaves_no_trace(
    name: str, history: History, honest: Truth
) -> None:
    run: Run = _RUNS[name]
    lied, after = play(run, history, honest, limit_times=15)
    assert lied.outcome in (SAME, STOP, TOLD), lied.words
    assert after.outcome == SAME, after.words


def test_two_honest_hosts_share_the_work_and_bear_each_other_out(
    history: History, tmp_path: Path
) -> None:
    store, limit = tmp_path / "devnet.duckdb", at_most(WIDEST)
    with fake_node(history.answers, limit) as one, fake_node(history.answers, limit) as other:
        sync(store, one.url, other.url)
        asked = sorted(node.count("eth_getLogs") for node in (one, other))
    assert asked[0] * 4 > asked[1], asked
    blocks = {name: dict.fromkeys(("agreed", "single"), 0) for name in ("bond", "sfc")}
    for row in dicts(store, "coverage"):
        if row["filter"] in blocks:
            blocks[row["filter"]][row["known"]] += row["to_block"] - row["from_block"] + 1
    agreed, single = (sum(of[known] for of in blocks.values()) for known in ("agreed", "single"))
    assert agreed * 4 > single, blocks
    # How far one filter's share of the requests reaches hangs on how the two hosts took turns.
    assert all(of["agreed"] * 12 > of["single"] for of in blocks.values()), blocks


def test_every_run_of_the_table_has_a_name_of_its_own() -> None:
    assert len(_RUNS) == len(runs()) > 600
