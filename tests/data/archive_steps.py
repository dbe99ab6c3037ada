"""An archive written by the command, and what a store may say otherwise than it."""

from __future__ import annotations

from pathlib import Path

from data.archive import main


def write(store: Path, out: Path, *options: object, network: str = "devnet") -> Path:
    arguments = ["write", "--network", network, "--store", store, *options, out]
    assert main(list(map(str, arguments))) == 0
    return out


LATER = "UPDATE raw_logs SET block_time = block_time + INTERVAL 1 SECOND WHERE block = $block"
CLASHES = {
    "a log that the store lacks": "DELETE FROM raw_logs WHERE block = $block",
    "a log that the archive lacks": "INSERT INTO raw_logs SELECT * REPLACE (999 AS log_index) "
    "FROM raw_logs WHERE block = $block LIMIT 1",
    "a log with other content": "UPDATE raw_logs SET data = data || '00' WHERE block = $block",
    "another time": LATER,
    "another hash of the last block": "UPDATE store_info SET synced_hash = '0x12'",
}
