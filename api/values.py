"""Amounts and times from a store, as answers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import overload

from api.forms import Amount
from data.pool.amounts import format_wei


@overload
def amount(wei: int | Decimal) -> Amount: ...
@overload
def amount(wei: int | Decimal | None) -> Amount | None: ...
def amount(wei: int | Decimal | None) -> Amount | None:
    """Wei as an amount; None where it is not known."""
    return None if wei is None else Amount(ftm=format_wei(int(wei)), wei=str(int(wei)))


@overload
def iso(moment: datetime) -> str: ...
@overload
def iso(moment: datetime | None) -> str | None: ...
def iso(moment: datetime | None) -> str | None:
    """`2025-01-31T12:00:00Z`, to the second; None where it is not known."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
