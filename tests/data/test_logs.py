"""What programs say where nobody looks at a terminal: lines with times and levels, or JSON."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from data import ConfigError
from data.config import ROOT, settings
from data.logs import Json, Lines, Plain
from tests.log_lines import Story, write_logs
from tests.processes import python

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (INFO|WARNING|ERROR) +[a-z.]+: .+")


def a_record(exc_info: object = None) -> logging.LogRecord:
    record = logging.LogRecord("data.sync", logging.ERROR, "", 0, "%s failed", ("a\nb",), exc_info)
    record.created = datetime(2026, 12, 1, 18, 30, 0, 5_000, UTC).timestamp()
    return record


def test_each_line_of_a_message_and_of_its_traceback_has_time_and_level() -> None:
    try:
        raise ValueError("why")
    except ValueError:
        record = a_record(sys.exc_info())
    lines = Lines().format(record).splitlines()
    head = "2026-12-01T18:30:00.005Z ERROR   data.sync: "
    assert lines[:3] == [f"{head}a", f"{head}b failed", f"{head}Traceback (most recent call last):"]
    assert lines[-1] == f"{head}ValueError: why"
    assert all(LINE.fullmatch(line) for line in lines)
    told = json.loads(Json().format(record))
    assert told.pop("trace").endswith("ValueError: why")
    assert told == {
        "time": "2026-12-01T18:30:00.005Z",
        "level": "error",
        "logger": "data.sync",
        "message": "a\nb failed",
    }
    assert Plain().format(a_record()) == "data.sync: a\nb failed"


@pytest.fixture
def words(tmp_path: Path) -> list[str]:
    """A sync of a file in which a request is missing: a check fails."""
    story = Story()
    story.burn(5, skip_ids=1)
    file = write_logs(tmp_path / "logs.ndjson", story.logs)
    store = tmp_path / "store.duckdb"
    return ["-m", "data.sync", "--network", "fantom", "--logs", str(file), "--store", str(store)]


def environment(**changed: str) -> dict[str, str]:
    """Without the form that tests have, so that where it goes to decides."""
    return {key: text for key, text in os.environ.items() if key != "FTM_LOG_FORMAT"} | changed


def test_a_sync_in_a_pipe_says_when_it_began_and_what_it_published(words: list[str]) -> None:
    told = python(*words, env=environment())
    lines = told.stderr.splitlines()
    assert all(LINE.fullmatch(line) for line in lines), told.stderr
    assert lines[0].endswith("INFO    data.sync: sync of fantom from files began")
    assert "INFO    data.sync: published: 1 new logs up to block" in lines[1]
    assert "WARNING data.sync: check failed: request ids" in lines[2]
    assert re.fullmatch(r"\S+: 1 new logs up to block \d+ in \S+ s\n", told.stdout)


def test_the_level_leaves_out_what_is_below_it(words: list[str]) -> None:
    told = python(*words, env=environment(FTM_LOG_LEVEL="Error"))
    assert (told.returncode, told.stderr) == (0, "")
    told = python(*words[:-1], "/proc/none/store", env=environment(FTM_LOG_LEVEL="error"))
    assert LINE.fullmatch(told.stderr.strip())
    assert "ERROR" in told.stderr


def test_json_lines_are_json(words: list[str]) -> None:
    told = python(*words, env=environment(FTM_LOG_FORMAT="json"))
    lines = [json.loads(line) for line in told.stderr.splitlines()]
    assert [line["level"] for line in lines] == ["info", "info", "warning"]


@pytest.mark.parametrize("name", ["FTM_LOG_LEVEL", "FTM_LOG_FORMAT"])
def test_a_wrong_setting_is_named_in_the_usual_form(name: str, words: list[str]) -> None:
    told = python(*words, env=environment(**{name: "loud"}))
    assert told.returncode == 2
    assert LINE.fullmatch(told.stderr.strip())
    assert name in told.stderr


def test_levels_are_taken_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTM_LOG_LEVEL", "WARNING")
    assert settings().log_level == "warning"
    monkeypatch.setenv("FTM_LOG_LEVEL", "loud")
    with pytest.raises(ConfigError, match="FTM_LOG_LEVEL"):
        settings()


def test_that_nobody_reads_it_ends_a_command_as_it_did(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=writing
    ) as process:
        os.close(writing)
        assert process.wait(60) == 141
