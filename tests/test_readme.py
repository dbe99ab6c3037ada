"""Every command of the README's "Query it yourself" works as it is written there."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime

import pytest

from data.config import ROOT
from data.sample.store import ensure_sample
from tests.processes import python

SECTION = (ROOT / "README.md").read_text().split("## Query it yourself", 1)[1].split("\n## ", 1)[0]
SHELL = SECTION.split("```", 1)[0] + SECTION.rsplit("```", 1)[1]
COMMANDS = re.findall(r"^    (\S.*)$", SHELL, re.MULTILINE)
PYTHON = re.findall(r"```python\n(.*?)```", SECTION, re.DOTALL)


@pytest.fixture(autouse=True)
def _sample() -> None:
    """What `make run` leaves behind."""
    ensure_sample(datetime.now(UTC))


def test_the_section_holds_commands_and_python() -> None:
    assert len(COMMANDS) >= 5
    assert len(PYTHON) == 1


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_in_a_shell_and_shows_rows(command: str) -> None:
    told = subprocess.run(
        command, shell=True, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("\n") > 5 or "--output" in command


def test_the_python_runs_and_prints_wei_to_the_last_digit() -> None:
    told = python("-c", PYTHON[0])
    assert told.returncode == 0, told.stderr
    assert "half_year" in told.stdout
    assert re.search(r"\(Decimal\('\d{20,}'\),\)", told.stdout)
