"""The server's lines, Streamlit's and Uvicorn's among them: as they are on a terminal, else in the
one form of all programs here. No line holds a wallet's address, or a visitor's.
"""

from __future__ import annotations

import logging
import re

from streamlit import logger as streamlit_logger

from data.logs import CHANGE, begin, is_plain

_log = logging.getLogger("ui")
_LIBRARIES = ("streamlit", "uvicorn", "websockets")
_WALLET = re.compile(r"0x(?:0{24})?[0-9a-fA-F]{40}(?![0-9a-fA-F])")
_NAME_VISITORS = ("uvicorn", "uvicorn.access", "uvicorn.error", "websockets")  # where all is well


class Discreet(logging.Formatter):
    """A form of lines without the addresses of wallets: a fault may tell what a link asked for."""

    def __init__(self, form: logging.Formatter) -> None:
        super().__init__()
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        """The lines of a record."""
        return _WALLET.sub("0x…", self._form.format(record))


def take_over() -> None:
    """Let all that is logged in this process have one form. To be called once the server's own
    loggers are set up."""
    begin()
    for handler in logging.getLogger().handlers:
        handler.setFormatter(Discreet(handler.formatter or logging.Formatter()))
    for name in _NAME_VISITORS:
        logging.getLogger(name).setLevel(logging.WARNING)
    if is_plain():
        return
    for name in [*logging.root.manager.loggerDict]:
        if name.startswith(_LIBRARIES):
            _give_up_own_form(logging.getLogger(name))
    # Those that Streamlit makes later.
    streamlit_logger.setup_formatter = _give_up_own_form


def tell_start(address: str) -> None:
    """Say where the server is found: on stdout for who started it at a terminal."""
    if is_plain():
        print(f"Open {address} in a browser. Ctrl-C stops the server.", flush=True)
    else:
        _log.info(f"serving {address}", extra=CHANGE)


def _give_up_own_form(logger: logging.Logger) -> None:
    logger.handlers = []
    logger.propagate = True
