"""The lines of the server's log hold no address of a wallet or a visitor, whoever writes them."""

from __future__ import annotations

import os

from tests.processes import python

WALLET = "0x" + "aB" * 20
HASH = "0x" + "12" * 32
CODE = f"""
import logging
from streamlit.logger import get_logger
get_logger("streamlit.early").warning("early")
import uvicorn
uvicorn.Config("none:app", use_colors=False)  # sets up its loggers
from ui.server import lines
lines.take_over()
logging.getLogger("ui").error("page failed: %r", ValueError("{WALLET} and {HASH}"))
logging.getLogger("ui").warning("topic 0x{"0" * 24}{"cd" * 20}")
logging.getLogger("uvicorn.error").warning("of Uvicorn")
logging.getLogger("asyncio").info("of another library")
logging.getLogger("uvicorn.access").info('%s - "%s"', "192.0.2.7:1", "GET /")
logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "192.0.2.7:1", "/x")
get_logger("streamlit.early").warning("of Streamlit")
get_logger("streamlit.late").warning("of Streamlit, made later")
lines.tell_start("http://localhost:8501")
"""


def test_a_line_of_any_origin_has_the_one_form_and_no_address() -> None:
    told = python("-c", CODE)
    plain = told.stdout + told.stderr
    assert told.returncode == 0, plain
    assert "192.0.2.7" not in plain
    assert "Open http://localhost:8501 in a browser." in told.stdout
    lines = python("-c", CODE, env=os.environ | {"FTM_LOG_FORMAT": "lines"}).stderr.splitlines()
    assert [line.split(" ", 1)[1] for line in lines[1:]] == [
        f"ERROR   ui: page failed: ValueError('0x… and {HASH}')",
        "WARNING ui: topic 0x…",
        "WARNING uvicorn.error: of Uvicorn",
        "WARNING streamlit.early: of Streamlit",
        "WARNING streamlit.late: of Streamlit, made later",
        "INFO    ui: serving http://localhost:8501",
    ]
