"""What every test is held to: no socket, but loopback where a marker says so."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.devnet_fixture"]
LOOPBACK = ["127.0.0.1", "localhost"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Markers `node` and `browser` open loopback; `--disable-socket` closes the rest."""
    for item in items:
        if item.get_closest_marker("node") or item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.allow_hosts(LOOPBACK))
