"""Questions that a statement answers, to begin others with: examples.sql, a comment above each."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def examples() -> dict[str, str]:
    """Each question's statement."""
    texts = Path(__file__).with_suffix(".sql").read_text().split(";\n")
    each = (text.strip().split("\n", 1) for text in texts if text.strip())
    return {question.removeprefix("-- "): sql for question, sql in each}
