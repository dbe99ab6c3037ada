"""The node that the bench replays logs from is an honest one, and what it races is told."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bench import replay
from bench.history import time_of_block, write_logs
from bench.large_store import FIRST_BLOCK
from bench.replay_node import Replay
from data.config import load_network

BLOCKS = 40
FANTOM = load_network("fantom")


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("replay") / "logs.ndjson"
    write_logs(path, 600, FANTOM, BLOCKS)
    return path


def test_an_answer_holds_just_the_logs_that_were_asked_for(file: Path) -> None:
    logs = [json.loads(line) for line in file.read_text().splitlines()]
    node = Replay(file, FIRST_BLOCK + BLOCKS)
    stub, event = next(log["topics"] for log in logs if log["address"] == FANTOM.sfc)[1::-1]
    first, last = FIRST_BLOCK + 5, FIRST_BLOCK + 35
    blocks = {"fromBlock": hex(first), "toBlock": hex(last)}
    inside = [log for log in logs if first <= int(log["blockNumber"], 16) <= last]
    for query, wanted in (
        ({}, inside),
        ({"address": [FANTOM.sfc]}, [log for log in inside if log["address"] == FANTOM.sfc]),
        ({"topics": [[event], [stub]]}, [g for g in inside if g["topics"][:2] == [event, stub]]),
        ({"address": "0x" + "ee" * 20}, []),
    ):
        request = {"id": 7, "method": "eth_getLogs", "params": [blocks | query]}
        assert json.loads(node.answer(request))["result"] == wanted
    assert 0 < len(inside) < len(logs) == 600


def test_logs_of_a_block_are_numbered_and_have_the_time_of_its_header(file: Path) -> None:
    logs = [json.loads(line) for line in file.read_text().splitlines()]
    places = [(int(log["blockNumber"], 16), int(log["logIndex"], 16)) for log in logs]
    assert places == sorted(set(places))
    head = FIRST_BLOCK + BLOCKS
    for (block, _), log in zip(places, logs, strict=True):
        assert int(log["blockTimestamp"], 16) == time_of_block(block, head)


def test_a_short_race_is_told_with_what_each_took(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with replay.node(file, BLOCKS, 0) as url:
        raced = replay.race("short", 1, tmp_path, url, BLOCKS, 16)
    assert len(raced) == 2
    assert {logs for _, logs in raced.values()} == {raced["data.sync, to a checked store"][1]}
    assert re.search(r"^data\.sync, to a checked store +\d", capsys.readouterr().out, re.MULTILINE)
