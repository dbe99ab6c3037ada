"""What a link to one request, or to a new unstake, says and shows where it is pasted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from answers import new_unstake, official, scored, sentences, terms, typed_amount, window_words
from answers.store_view import StoreView
from data.pool.amounts import parse_amount
from data.pool.burn import Token
from forecast import ReleaseWindow
from forecast.baselines import OFFICIAL_DAYS
from ui.odds import alarm, window_chart
from ui.parts.preview import NotShownError, Preview, still

_HEIGHT, _HEIGHTS = 140, (18, 44, 60)


def of_request(store: StoreView, wr_id: int) -> Preview:
    """Where a request stands, and while it waits when it is paid. Raises NotShownError."""
    history = store.ask("request_history", wr_id=wr_id)
    if not history.height or history["staker"][0] is None:
        raise NotShownError
    mine = store.ask("requests_by_address", address=history["staker"][0])
    request = mine.filter(wr_id=wr_id).row(-1, named=True)
    title = f"Request {wr_id:,}"
    odds = scored.odds_of(store) if request["status"] == "pending" else None
    if odds is None:
        return Preview(title, sentences.answer(request))
    window = odds.present.window(request["ahead_ftm"], request["payout_ftm"])
    when = window_words.no_odds(window)
    if window_words.has_odds(window):
        before = window_words.before(window, store.ending.ahead)
        when = f"{window_words.dates(window)}. {before}".rstrip()
    drawn = picture(window, request["requested_at"])
    return Preview(title, f"{sentences.answer(request)} {when}", *drawn, alarm.brief(odds))


def of_amount(store: StoreView, token: Token, name: str, text: str) -> Preview:
    """What an amount of a token, as typed, gives if unstaked now, and when.

    By the store's logs alone, as of its last block. Raises NotShownError, AmountError.
    """
    amount_wei = parse_amount(text)
    row = store.ask("unstake_terms").row(0, named=True)
    given = terms.given(None, terms.read_terms(row), token, amount_wei)
    if not given.payout_wei or typed_amount.over_staked(store, given.gross_wei):
        raise NotShownError
    odds = scored.odds_of(store)
    line = new_unstake.line(odds, name, amount_wei, given, "then" if store.at else "now")
    title = f"Unstake {name}"
    if odds is None:
        return Preview(title, line)
    drawn = picture(new_unstake.window_of(odds, given), odds.now)
    return Preview(title, line, *drawn, alarm.brief(odds))


def picture(
    window: ReleaseWindow | None, requested_at: datetime
) -> tuple[dict[str, Any] | None, str]:
    """A window on a line of dates, and how to read it; nothing of one that has no dates."""
    if not window_words.has_dates(window):
        return None, ""
    at, horizon_days = window.curve.at, window.horizon_days
    to_come = 0 <= official.days_left(requested_at, at) <= horizon_days
    chart = window_chart.window_chart(
        window_chart.rows({"": window}),
        at=at,
        promised_at=official.end(requested_at) if to_come else None,
        horizon_days=horizon_days,
        heights=_HEIGHTS,
    )
    dashed = f". Dashed: official {OFFICIAL_DAYS} days" if to_come else ""
    note = f"Light: 90 % range. Dark: middle half. Orange: 50 % chance by then{dashed}."
    spec = still(chart, _HEIGHT)
    spec["layer"][0]["encoding"]["x"]["axis"]["tickCount"] = 5
    return spec, note
