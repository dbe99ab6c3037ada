"""What the scores of odds are called, in the backtest's tables and in the log's."""

from __future__ import annotations

from forecast.backtest import BRIER_DAYS

NAMES = {
    "tw_crps": "Mean error",
    "covered_90": "90 % range held",
    "covered_50": "Middle half held",
    "late": "Late: past the 90 % date",
    "width_90": "Width of the 90 % range",
    "pinball": "Pinball, days",
    **{f"brier_{days}": f"Brier, {days} d" for days in BRIER_DAYS},
}
