"""An archive that has landed ends the faults of syncs before it, for whoever watches them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data import archive as landing
from data import sync
from data.store.sync_state import SyncState, read_state, write_state

pytestmark = pytest.mark.node


@pytest.mark.parametrize(("run", "first"), [(landing.main, "read"), (sync.main, "--logs")])
def test_what_failed_before_is_past_once_it_has_landed(
    run: Callable[[list[str]], int], first: str, archive: Path, store: Path
) -> None:
    failed = SyncState(1, 2, ended_s=2, error="no", error_kind="node", failing_since_s=2)
    named = ["--network", "devnet", "--store", str(store)]
    write_state(store, failed)
    assert run([first, str(archive), *named]) == 0
    state = read_state(store)
    assert (state.error, state.error_kind, state.failing_since_s) == (None, None, None)
    assert state.logs > 0
