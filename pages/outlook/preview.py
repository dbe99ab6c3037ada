"""What a link to the Outlook page says and shows where it is pasted."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from answers import scored, window_words
from answers.store_view import StoreView
from pages.outlook import amount
from ui.odds import alarm
from ui.parts.preview import NotShownError, Preview, still

FIELDS = ("amount",)


def preview(store: StoreView, link: Mapping[str, str]) -> Preview:
    """When the link's payout would come if unstaked now, beside smaller and larger ones."""
    payout_ftm = amount.amount_of(link.get("amount"))
    odds = scored.odds_of(store)
    if odds is None or payout_ftm is None:
        raise NotShownError
    window = odds.present.new_window(payout_ftm)
    title = f"Chance of being paid {payout_ftm:,.12g} FTM"
    if not window_words.has_odds(window):
        return Preview(title, window_words.no_odds(window))
    within, days = window_words.official_days(window, odds.now)
    before = window_words.before(window, store.ending.ahead)
    sentence = (
        f"Unstaked {'then' if store.at else 'now'}: {window_words.dates(window)}. {within}: "
        f"**{window_words.chance(window, days)}**. {before}"
    ).rstrip()
    chances = amount.chances(odds, amount.windows_beside(odds, payout_ftm))
    in_a_line = chances.with_columns(pl.col("cell").str.replace("\n", " "))
    spec = still(amount.heat(in_a_line))
    return Preview(title, sentence, spec, warning=alarm.brief(odds))
