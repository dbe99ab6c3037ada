"""The notebook runs from top to bottom, and says what it shows."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from data.config import ROOT

NOTEBOOK = ROOT / "notebooks" / "queue.ipynb"


def _outputs(notebook: dict[str, Any]) -> str:
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert all(cell["outputs"] for cell in cells[1:]), "a cell shows nothing"
    return json.dumps([cell["outputs"] for cell in cells])


def test_the_notebook_runs_and_labels_the_sample_as_simulated() -> None:
    """As the Makefile runs it, without looking whether the environment is current."""
    told = subprocess.run(
        ["make", "-o", ".venv/.dev", "notebook"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    shown = _outputs(json.loads((ROOT / "var" / "queue.ipynb").read_text()))
    assert "Simulated: made up by a seeded simulation of the pool, not the chain." in shown
    assert shown.count("image/svg+xml") == 2
    assert "aFTMb" in shown


def test_the_notebook_is_kept_without_outputs() -> None:
    cells = json.loads(NOTEBOOK.read_text())["cells"]
    assert all(not cell.get("outputs") and not cell.get("execution_count") for cell in cells)
