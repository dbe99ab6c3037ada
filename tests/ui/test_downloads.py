"""What files from the app are called."""

from __future__ import annotations

from pathlib import Path

from answers.provenance import file_name
from data.store.reader import open_reader, read_info


def test_a_file_is_named_by_query_inputs_network_and_block(sample_store: Path) -> None:
    with open_reader(sample_store) as con:
        info = read_info(con)
    asked = {"step": "day", "since": "2024-11-20", "until": "2025-01-10"}
    assert file_name("queue_depth", asked, info) == (
        "queue_depth-step_day-since_2024-11-20-until_2025-01-10-sample-99772823"
    )
    for odd in ("../etc", "a b", "0x" + "ab" * 20, "", "a\nb"):
        assert file_name("q", {"address": odd}, info) == "q-sample-99772823"
