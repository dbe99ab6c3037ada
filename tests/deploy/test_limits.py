"""What nginx refuses by itself, before any process of the app is asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import httpx
import pytest

from bench.proxied import BELOW_A_PATH, OWN_NAME, Proxy, proxied
from deploy.host_check import reached
from devnet.node import free_port

pytestmark = pytest.mark.node
NO_PROCESS = 502


def answers(proxy: Proxy, path: str, times: int) -> Counter[int]:
    """How often which status came."""
    with reached(proxy.url, proxy.trust(), "127.0.0.1") as site:
        return Counter(site.get(path).status_code for _ in range(times))


@pytest.mark.parametrize("site", [OWN_NAME, BELOW_A_PATH])
def test_programs_are_slowed_down_and_pages_are_not(tmp_path: Path, site: str) -> None:
    with proxied(tmp_path, [free_port()], site, edits={"burst=300": "burst=3"}) as proxy:
        for path in ("/api/v1/queue", "/feeds/sample/runs.atom", "/calendar/sample/1.ics"):
            assert answers(proxy, path, 20)[429] > 10
        assert answers(proxy, "/waits", 20) == {NO_PROCESS: 20}


def test_a_large_body_is_not_taken(tmp_path: Path) -> None:
    with proxied(tmp_path, [free_port()]) as proxy:
        told = httpx.put(
            f"https://127.0.0.1:{proxy.port}/_stcore/upload_file/a/b",
            content=b"a" * 100_000,
            headers={"Host": proxy.name},
            verify=False,
        )
    assert told.status_code == 413


def test_a_link_with_sql_is_not_too_long(tmp_path: Path) -> None:
    with proxied(tmp_path, [free_port()]) as proxy:
        assert answers(proxy, f"/explore?sql={'a' * 32_000}", 1) == {NO_PROCESS: 1}
