"""Odds of being paid by a day: numbers in, numbers out, scored against what then happened.

The one interface: `release_window` for one amount, `prepare` for many at one moment.
"""

from forecast.history import ForecastError
from forecast.window import ReleaseWindow, ServiceCurve, prepare, release_window

__all__ = ["ForecastError", "ReleaseWindow", "ServiceCurve", "prepare", "release_window"]
