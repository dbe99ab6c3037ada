"""Status: the history as one file, made when it is asked for."""

from __future__ import annotations

from pathlib import Path

from data.ingest.archived import scope_of, seal
from data.store.reader import open_reader
from tests.app import of_network
from tests.shown import Show, said


def _made(show: Show, *statements: str) -> tuple[str, int]:
    """What the page says after the click, and how many files it then offers."""
    app = show(*statements, page="status")
    assert not app.get("download_button")
    (button,) = [each for each in app.button if each.label.startswith("Make the archive")]
    button.click().run()
    assert not app.exception
    return said(app), len(app.get("download_button"))


def test_the_archive_is_offered_with_the_line_to_compare(show: Show, sample_store: Path) -> None:
    text, files = _made(show)
    with open_reader(sample_store) as con:
        assert f"`{seal(con, scope_of(con))}`" in text
    assert ", SIMULATED`" in text
    assert files == 1


def test_what_was_not_read_whole_is_not_offered(show: Show) -> None:
    text, files = _made(show, of_network("fantom"))
    assert "has read no block whole" in text
    assert files == 0


def test_one_that_takes_too_long_is_made_by_command(show: Show) -> None:
    rows = "INSERT INTO raw_logs SELECT raw_logs.* FROM raw_logs, range(9)"
    app = show(rows, page="status")
    assert "data.archive write" in said(app)
    assert not [each for each in app.button if each.label.startswith("Make the archive")]
