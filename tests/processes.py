"""Python in a process of its own, run to its end in the project's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from data.config import ROOT


def python(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """`python("-m", "data.sync", ...)`; `options` are subprocess.run's."""
    command = [sys.executable, *map(str, arguments)]
    # A pipe is buffered, whatever the environment of the tests says of that.
    environment = options.pop("env", None) or os.environ
    environment = {name: text for name, text in environment.items() if name != "PYTHONUNBUFFERED"}
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=environment, **options
    )
