"""Which Chromium the browser tests drive.

`python -m tests.browser.browser_path` prints it, or fails where there is none: `make` asks so
before it installs one.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

# The shell first: it is the same browser without windows, and opens a page at a fifth of the cost.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def browser_path() -> str:
    """The executable named by CHROMIUM, else the first on the PATH, else Playwright's own.

    Raises FileNotFoundError, saying what to do, where there is none. Starts Playwright to
    ask for its own, so call it before you start it yourself.
    """
    if named := os.environ.get("CHROMIUM"):
        if found := shutil.which(named):
            return found
        raise FileNotFoundError(f"CHROMIUM={named} cannot be run: name a Chromium, or unset it")
    for name in NAMES:
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright  # half a second, rarely needed

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    if not Path(own).exists():
        raise FileNotFoundError("no Chromium here: `make test` installs one, or set CHROMIUM")
    return own


if __name__ == "__main__":
    try:
        print(browser_path())
    except FileNotFoundError as error:
        sys.exit(str(error))
