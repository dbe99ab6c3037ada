"""Odds of being paid by a day: numbers in, numbers out, scored against what then happened.

The one interface: `prepare` for a moment, and then `window` for each amount.
"""

from forecast.history import ForecastError
from forecast.window import ReleaseWindow, ServiceCurve, prepare

__all__ = ["ForecastError", "ReleaseWindow", "ServiceCurve", "prepare"]
