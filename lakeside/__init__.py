"""A lake's two servers on this machine alone: a PostgreSQL for its catalog and an object store for
its Parquet, for tests and for `make lake`.

Nothing of the product imports this. What they hold lies in one folder each and survives them.
"""

from __future__ import annotations

from pathlib import Path

VAR = Path(__file__).resolve().parent.parent / "var"


class LakesideError(Exception):
    """A server that cannot be found or started; the message says what to do."""
