"""The bench measures what it says, and fails where a value is not exact."""

from __future__ import annotations

import pytest

from bench import ingest
from bench.ingest import differing_values
from bench.plain_python import Row


def test_a_small_ingest_is_exact_and_costs_something(capfd: pytest.CaptureFixture[str]) -> None:
    assert ingest.main(600) == 0
    told = capfd.readouterr().out.splitlines()
    assert told[0].startswith("600 logs of all events")
    costs = {line[:34].strip(): line[34:].split() for line in told[3:5]}
    assert list(costs) == ["data.sync, to a checked store", "json + eth_abi, decoded only"]
    assert all(float(number.replace(",", "")) > 0 for row in costs.values() for number in row)
    compared = {line[:18].strip(): line[18:].split() for line in told[7:]}
    assert len(compared) == 11
    assert compared["all"][0] == "6,191"
    assert {row[-1] for row in compared.values()} == {"0"}


def test_a_value_that_differs_by_a_wei_is_counted() -> None:
    rows: list[Row] = [(1, 10**25), (2, 10**25), (3, None)]
    assert differing_values(rows, rows) == 0
    assert differing_values(rows, [(1, 10**25), (2, 10**25 + 1), (3, 0)]) == 2
    assert differing_values(rows, rows[:2]) == 2
