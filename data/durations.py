"""A length of time as a reader wants it."""

from __future__ import annotations

_DAY = 1_440


def of_minutes(minutes: int) -> str:
    """The two largest units: `3 d 4 h`, `4 h 5 min`; a time that has not come is none."""
    days, rest = divmod(max(0, minutes), _DAY)
    hours, minutes = divmod(rest, 60)
    if days >= 100:
        return f"{days:,} d"
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else "under a minute"
