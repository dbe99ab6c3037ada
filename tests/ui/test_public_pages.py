"""No page of a public server tells a stranger what is the operator's, whatever state it is in."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from scoring.companion import companion_of
from tests.app import edited, of_network
from tests.shown import opened

HEAD, LOST = "2198", "2250"
OFTEN = "0x6799f72c51c83434b82a36ed47168a1657c502bc"
# A command, a setting, an option, a file of the server, a host that told something, and advice to
# read the chain again.
THE_OPERATORS = re.compile(
    r"make (sync|run|devnet|backtest|tools|dev|test)\b|python -m|\.venv|streamlit run|FTM_[A-Z]"
    r"|(?<![\w-])--(?!st-)[a-z]+|var/|\.duckdb|/tmp/|secret\.example|10\.1\.2\.3|127\.0\.0\.1"
    r"|\b[Aa]nother sync\b|\bsync (it|again|with)\b"
)
LINKS: dict[str, tuple[str, dict[str, str]]] = {
    "queue": ("", {}),
    "waits": ("waits", {}),
    "outlook": ("outlook", {}),
    "status": ("status", {}),
    "track": ("track", {}),
    "track the head": ("track", {"find": HEAD}),
    "track what is lost": ("track", {"find": LOST}),
    "track what ended unknown": ("track", {"find": "571"}),
    "track what is too new": ("track", {"find": "999999"}),
    "track an address": ("track", {"find": OFTEN}),
    "track what was rejected": ("track", {"find": "1927"}),
    "unstake": ("unstake", {"amount": "5"}),
    "unstake 2": ("unstake", {"step": "2", "amount": "5", "address": OFTEN}),
    "unstake 3": ("unstake", {"step": "3", "amount": "5", "address": OFTEN}),
    "unstake 4": ("unstake", {"step": "4", "request": HEAD}),
    "unstake 5": ("unstake", {"step": "5", "request": HEAD}),
    "explore": ("explore", {"query": "queue_depth"}),
    "explore a table": ("explore", {"table": "requests", "ask": "table"}),
    "queue then": ("", {"at": "2024-11-11"}),
    "outlook then": ("outlook", {"at": "2024-11-11"}),
    "track then": ("track", {"at": "2024-11-11", "find": "1990"}),
    "explore then": ("explore", {"at": "2024-11-11", "query": "queue_depth"}),
    "no such day": ("", {"at": "2031-01-01"}),
    "explore SQL": ("explore", {"ask": "SQL", "sql": "SELECT 1 AS one"}),
}
HOSTS = (
    "UPDATE store_info SET source = 'rpc.secret.example:8545'",
    "UPDATE coverage SET source = 'rpc.secret.example:8545'",
    "UPDATE checks SET status = 'failed', message = 'told by 10.1.2.3:8545 alone' "
    "WHERE name = 'payout amounts'",
)
WITH_ODDS = ["queue", "outlook", "track the head", "track an address", "unstake", "unstake 5"]
# What leads to a state, and the pages that then say something else.
STATES: dict[str, tuple[tuple[str, ...], list[str]]] = {
    "fresh": ((of_network("fantom"), *HOSTS), list(LINKS)),
    "stale": ((of_network("fantom", "3 days"), *HOSTS), WITH_ODDS),
    "unscored": ((of_network("fantom"),), WITH_ODDS),
    "damaged": (
        (
            of_network("fantom"),
            *HOSTS,
            f"DELETE FROM requests WHERE wr_id = {LOST}",
            "UPDATE requests SET status = NULL WHERE wr_id = 571",
            "DELETE FROM pool_balances",
        ),
        ["queue", "outlook", "status", *(link for link in LINKS if link.startswith("track"))],
    ),
    "without a request": (
        (of_network("fantom"), "DELETE FROM requests", "DELETE FROM head_moves"),
        ["queue", "track", "status", "explore"],
    ),
    "read up to no block": (
        (of_network("fantom"), "UPDATE store_info SET synced_at = NULL, synced_block = NULL"),
        ["queue", "status", "explore"],
    ),
    "of a chain that stands still": (
        (
            of_network("fantom", "3 days"),
            "UPDATE store_info SET published_at = now(), head_block = synced_block",
        ),
        [*WITH_ODDS, "status"],
    ),
}


@pytest.fixture
def public(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No node answers, and nothing is scored by itself or logged."""
    settings = {"PUBLIC": "on", "NETWORK": "fantom", "SCORING": "off", "FORECAST_LOG": "off"}
    for name, value in (settings | {"RPC_URLS": "http://127.0.0.1:9"}).items():
        environment.setenv(f"FTM_{name}", value)
    return environment


def leaks(app: AppTest) -> list[str]:
    """What of all that the server sends is the operator's: tables and tooltips are in it too."""
    assert not app.exception
    sent = "\n".join(str(getattr(node, "proto", "")) for node in [*app.main, *app.sidebar])
    assert len(sent) > 500
    return sorted({match[0] for match in THE_OPERATORS.finditer(sent)})


@pytest.mark.node
@pytest.mark.parametrize("state", STATES)
def test_no_page_tells_a_command_a_setting_a_host_or_a_path(
    public: pytest.MonkeyPatch, sample_store: Path, sample_scores: Path, tmp_path: Path, state: str
) -> None:
    statements, links = STATES[state]
    path = edited(sample_store, tmp_path / "shown.duckdb", *statements)
    if state != "unscored":
        shutil.copyfile(sample_scores, companion_of(path))
    public.setenv("FTM_STORE", str(path))
    told = {link: leaks(opened(LINKS[link][0], **LINKS[link][1])) for link in links}
    assert {link: found for link, found in told.items() if found} == {}


@pytest.mark.parametrize("content", [None, b"no store" * 10_000])
def test_nor_does_what_stands_in_place_of_a_page(
    public: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "shown.duckdb"
    if content is not None:
        path.write_bytes(content)
    public.setenv("FTM_STORE", str(path))
    assert {page: found for page in ("", "status") if (found := leaks(opened(page)))} == {}


@pytest.mark.parametrize("state", ["fresh", "damaged", "unscored"])
def test_the_operator_is_told(
    public: pytest.MonkeyPatch, sample_store: Path, tmp_path: Path, state: str
) -> None:
    path = edited(sample_store, tmp_path / "shown.duckdb", *STATES[state][0])
    public.setenv("FTM_STORE", str(path))
    public.setenv("FTM_PUBLIC", "off")
    assert leaks(opened("status"))
