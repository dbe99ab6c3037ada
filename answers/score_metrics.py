"""What the metrics in the file of the scores are: said in its first line, and on Outlook."""

from __future__ import annotations

# Capitals stand for a number or a name; commas alone, as the first line divides by semicolons.
MEANINGS = {
    "tw_crps": "mean error in days: how far the simulations lay from what came, less half of how "
    "far from each other (twCRPS), less is better",
    "pinball_P": "mean pinball loss of the day of P % chance, in days, less is better",
    "covered_P": "share of requests whose P % range held",
    "width_P": "median width of the P % range, in days",
    "late": "share of requests paid after their day of 90 % chance",
    "brier_D": "mean squared error of the chance within D days, from 0 to 1, less is better",
    "pit_N": "share of requests that came in tenth N of the simulations, 0.1 where odds are right",
    "saved_on_MODEL": "share by which tw_crps is lower than that of MODEL",
}
COLUMNS = {
    "low, high": "the 90 % range of the value, by a bootstrap over payout batches",
    "n, batches": "forecasts scored, and payout batches they are of",
    "decided": "whether those batches are 60 or more",
}


def about() -> dict[str, str]:
    """What a file says of its metrics, by name."""
    return {f"metric {name}": meaning for name, meaning in MEANINGS.items()}
