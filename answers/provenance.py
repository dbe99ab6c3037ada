"""What a file that leaves the app says of itself, and what it is called."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC

from data.store.reader import StoreInfo

_IN_NAMES = re.compile(r"[0-9A-Za-z_.-]{1,24}")


def file_name(name: str, params: Mapping[str, str], info: StoreInfo) -> str:
    """Query, inputs, network and block, so that two answers do not lie under one name. An input
    that is no short word is left out: the file itself holds it."""
    inputs = (f"{key}_{text}" for key, text in params.items() if _IN_NAMES.fullmatch(text))
    return "-".join([name, *inputs, info.network, str(info.synced_block)])


def provenance(info: StoreInfo, name: str, sql: str, params: Mapping[str, str]) -> dict[str, str]:
    """What a file says of itself: of which network, block and query its figures are."""
    about = {
        "network": info.network,
        "chain_id": str(info.chain_id),
        "block": str(info.synced_block),
        "query": name,
        **{f"param {key}": value for key, value in params.items()},
        "version": hashlib.sha256(sql.encode()).hexdigest()[:12],
        "schema": str(info.schema_version),
    }
    if info.synced_at is not None:
        about["block_time"] = f"{info.synced_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if info.simulated:
        about["simulated"] = "yes, by a seeded simulation: not the chain"
    return about
