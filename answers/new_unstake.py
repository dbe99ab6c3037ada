"""What an amount gives if it is unstaked now, and when, in a line."""

from __future__ import annotations

from answers import terms, window_words, words
from answers.scored import Odds
from answers.terms import Given
from data.pool.amounts import ONE, format_short
from forecast import ReleaseWindow


def line(odds: Odds | None, token: str, amount_wei: int, given: Given, when: str = "now") -> str:
    """What comes back, its dates and its fee; the first part alone while there are no odds. `when`
    is "then" for a day of the past."""
    start = f"**{format_short(amount_wei)} {token}** {when}:"
    fee = f"Fee {terms.fee_of(given)[0]}."
    if given.payout_wei is None:
        return f"{start} {words.UNKNOWN}."
    start = f"{start} **{words.payout(given.payout_wei)}**"
    if odds is None:
        return f"{start}. {fee}"
    window = window_of(odds, given)
    if not window_words.has_odds(window):
        return f"{start}. {fee} {window_words.no_odds(window)}"
    before = window_words.before(window, odds.store.ending.ahead)
    return f"{start}, {window_words.dates(window)}. {fee} {before}".rstrip()


def window_of(odds: Odds, given: Given) -> ReleaseWindow | None:
    """When what is given would be paid; None where it is unknown."""
    return None if given.payout_wei is None else odds.present.new_window(given.payout_wei / ONE)
