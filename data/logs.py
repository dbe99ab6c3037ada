"""What a program says while it runs: plain words on a terminal, elsewhere lines with their time.

Modules say it to a logger of the standard library. Entry points call `begin`, once; nothing below
them does.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from data import ConfigError
from data.config import Settings, settings

_OWN = ("api", "data", "scoring", "ui")  # of others' words only warnings are logged
# Given as `extra` with a change of state: who looks at a terminal sees it happen.
CHANGE = {"is_change": True}


class Plain(logging.Formatter):
    """The words alone; who failed stands before a fault."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        name = f"{record.name}: " if record.levelno >= logging.ERROR else ""
        return "\n".join([name + record.getMessage(), *_trace(self, record)])


class Lines(logging.Formatter):
    """Each line with its time (UTC), level and origin, those of a traceback too."""

    def format(self, record: logging.LogRecord) -> str:
        """The lines of a record."""
        head = f"{_time(record)} {record.levelname:7} {record.name}: "
        text = [*record.getMessage().splitlines(), *_trace(self, record)]
        return "\n".join(head + line for line in text)


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The object of a record."""
        line = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        line["message"] = record.getMessage()
        if trace := _trace(self, record):
            line["trace"] = "\n".join(trace)
        return json.dumps(line, ensure_ascii=False)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to what is stderr now. That nobody reads it ends a command, as it would by `print`."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        error = sys.exc_info()[1]
        if isinstance(error, BrokenPipeError):
            raise error
        super().handleError(record)


def begin(logger: str = "") -> None:
    """Let a logger, by default all, write to stderr by FTM_LOG_FORMAT and FTM_LOG_LEVEL. While a
    setting is wrong, which the program tells itself, as if none was set."""
    handler = _Stderr()
    handler.setFormatter(form_of_lines())
    if is_plain():
        handler.addFilter(lambda record: not hasattr(record, "is_change"))
    named = logging.getLogger(logger)
    named.handlers = [handler]
    named.setLevel(level() if logger else max(level(), logging.WARNING))
    for own in _OWN:
        logging.getLogger(own).setLevel(level())
    named.propagate = False
    logging.captureWarnings(not logger)


def is_plain() -> bool:
    """Whether what is said is meant for who looks at a terminal."""
    return isinstance(form_of_lines(), Plain)


def form_of_lines() -> logging.Formatter:
    """How lines look."""
    named = _settings().log_format or ("plain" if sys.stderr.isatty() else "lines")
    forms = {"plain": Plain, "lines": Lines, "json": Json}
    return forms[named]()


def level() -> int:
    """The level from which on is logged."""
    return logging.getLevelNamesMapping()[_settings().log_level.upper()]


def _settings() -> Settings:
    try:
        return settings()
    except ConfigError:
        return Settings.model_construct()


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _trace(form: logging.Formatter, record: logging.LogRecord) -> list[str]:
    if not record.exc_info:
        return []
    return form.formatException(record.exc_info).splitlines()
