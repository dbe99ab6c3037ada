"""Where the devnet's history ends."""

from __future__ import annotations

from datetime import UTC, datetime

DEVNET_UNTIL = datetime(2026, 11, 20, 12, tzinfo=UTC)
