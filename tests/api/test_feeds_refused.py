"""What feeds and calendars refuse, as problem documents that tell nothing of the server."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from answers.sources import read_sources
from tests.api.conftest import Client, asking
from tests.app import of_network

OFTEN = "0x6799f72c51c83434b82a36ed47168a1657c502bc"
ONE_OF_EACH = [
    "/feeds/{}/requests/2210.atom",
    f"/feeds/{{}}/addresses/{OFTEN}.atom",
    "/feeds/{}/checks.atom",
    "/feeds/{}/runs.atom",
    "/calendar/{}/2210.ics",
]


def refused(asked: TestClient, url: str, status: int, kind: str) -> str:
    """The problem's words, after what every problem document has."""
    answer = asked.get(url)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].endswith(f"#{kind}")
    assert asked.head(url).status_code == status
    for secret in ("/tmp", "/work", ".duckdb", "http"):
        assert secret not in problem["detail"]
    return str(problem["detail"])


@pytest.mark.parametrize("url", ONE_OF_EACH)
def test_an_unknown_network_is_not_found(client: Client, url: str) -> None:
    told = refused(client(), url.format("solana"), 404, "unknown-network")
    assert "sample" in told
    refused(client(), url.format("%00"), 404, "unknown-network")


@pytest.mark.parametrize("of", ["/feeds/sample/requests/{}.atom", "/calendar/sample/{}.ics"])
def test_an_id_that_is_none_or_does_not_exist(client: Client, of: str) -> None:
    asked = client("DELETE FROM requests WHERE wr_id IN (5, 1490)")
    for text in ("abc", "-1", "1.5", "1e3", "٣", "%2B1", "9" * 19, "9" * 3000, "1%0A", "%20"):
        refused(asked, of.format(text), 400, "bad-request-id")
    told = refused(asked, of.format("9" * 18), 404, "unknown-request")
    assert "the newest is 2,323" in told
    any_there_is = {"If-None-Match": "*"}
    assert asked.get(of.format("9" * 18), headers=any_there_is).status_code == 404
    assert "is missing from the store" in refused(asked, of.format(5), 503, "missing-request")
    assert "is missing from the store" in refused(asked, of.format(1490), 503, "missing-request")


def test_an_address_that_is_none(client: Client) -> None:
    asked = client()
    of = "/feeds/sample/addresses/{}.atom"
    told = refused(
        asked, of.format("0x84DB6eE82b7Cf3b47E8F19270abdE5718B936671"), 400, "bad-address"
    )
    assert "checksum" in told
    for text in ("2210", "0x", OFTEN + "00", OFTEN[:-1], "staker.eth", "%00", "0x" + "1" * 64):
        refused(asked, of.format(text), 400, "bad-address")


@pytest.mark.parametrize("url", ONE_OF_EACH)
def test_a_store_that_cannot_be_read(client: Client, url: str, tmp_path: Path) -> None:
    path = tmp_path / "served.duckdb"
    refused(
        client("UPDATE store_info SET schema_version = 1"),
        url.format("sample"),
        503,
        "older-store",
    )
    path.write_bytes(b"no store at all" * 1_000)
    refused(asking(), url.format("sample"), 503, "unreadable-store")
    path.unlink()
    refused(asking(), url.format("sample"), 503, "no-store")
    refused(
        client("DROP TABLE requests", "DROP TABLE checks", "DROP TABLE head_moves"),
        url.format("sample"),
        503,
        "unreadable-store",
    )
    empty = client("UPDATE store_info SET synced_at = NULL, synced_block = NULL")
    refused(empty, url.format("sample"), 503, "no-store")


@pytest.mark.parametrize("url", ONE_OF_EACH)
def test_settings_that_cannot_be_read(
    client: Client, url: str, environment: pytest.MonkeyPatch
) -> None:
    asked = client()
    environment.setenv("FTM_NETWORK", "nowhere")
    environment.delenv("FTM_STORE")
    read_sources.cache_clear()
    assert refused(asked, url.format("sample"), 503, "not-set-up")


@pytest.mark.parametrize("url", ONE_OF_EACH)
def test_settings_that_went_wrong_later(
    client: Client, url: str, environment: pytest.MonkeyPatch
) -> None:
    asked = client(of_network("fantom"))
    assert asked.get(url.format("sample")).status_code == 200
    environment.setenv("FTM_ENDS_ON", "some day at https://secret.example")
    assert refused(asked, url.format("sample"), 503, "not-set-up")


def test_a_store_that_is_replaced_all_the_time(client: Client, tmp_path: Path) -> None:
    asked, path, done = client(), tmp_path / "served.duckdb", threading.Event()
    content = path.read_bytes()

    def replace() -> None:
        while not done.is_set():
            following = path.with_name("following")
            following.write_bytes(content)
            following.replace(path)

    replacing = threading.Thread(target=replace)
    replacing.start()
    try:
        answers = [asked.get(url.format("sample")) for url in ONE_OF_EACH * 4]
    finally:
        done.set()
        replacing.join()
    for answer in answers:
        if answer.status_code != 200:
            assert answer.json()["type"].endswith("#store-replaced"), answer.text
            assert answer.headers["retry-after"] == "1"
    assert all(asked.get(url.format("sample")).status_code == 200 for url in ONE_OF_EACH)


def test_a_feed_is_only_read(client: Client) -> None:
    assert client().post("/feeds/sample/runs.atom").status_code == 405
