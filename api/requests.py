"""Requests by id, by address and by transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from answers import scored
from answers.store_view import StoreView
from api import looked_up
from api.forms import (
    Deed,
    Event,
    OneRequest,
    RequestForm,
    Requests,
    SaidThen,
    Transaction,
    Window,
)
from api.problems import Problem
from api.values import amount, iso
from api.windows import odds_of, window_of

_STATUS = {"pending": "waiting", "manual": "rejected", "paid": "paid", None: "unknown"}
_SAID = ("kind", "days_5", "days_25", "days_50", "days_75", "days_90", "days_95", "later_share")


def one(store: StoreView, wr_id: int, base: str) -> OneRequest:
    """The request of this id; pages lie in the path `base`. Raises Problem where there is none."""
    rows = store.ask("requests_in_wei", wr_id=wr_id)
    if not rows.height:
        looked_up.request(store, wr_id)  # says why
    row = rows.row(-1, named=True)  # the first, if it is there twice
    events = store.ask("request_history", wr_id=wr_id)
    scores = scored.scores_of(store)
    forecasts = scores.forecasts.filter(wr_id=wr_id) if scores else None
    return OneRequest(
        request=_form(store, row, base),
        events=[
            Event(event=event["event"], at=iso(event["at"]), block=event["block"], tx=event["tx"])
            for event in events.iter_rows(named=True)
        ],
        window=_window(store, row) if row["status"] == "pending" else None,
        said_when_made=_forecast_when_made(forecasts.row(0, named=True))
        if forecasts is not None and forecasts.height
        else None,
    )


def _window(store: StoreView, row: Mapping[str, Any]) -> Window:
    odds = odds_of(store)
    known = row["payout_wei"] is not None and row["ahead_wei"] is not None
    window = None
    if odds is not None and known:
        ahead_ftm, payout_ftm = (int(row[name]) / 1e18 for name in ("ahead_wei", "payout_wei"))
        window = odds.present.window(ahead_ftm, payout_ftm)
    return window_of(store, odds, window, row["requested_at"])


def _forecast_when_made(forecast: Mapping[str, Any]) -> SaidThen:
    return SaidThen(**{name: forecast[name] for name in _SAID})


def _form(store: StoreView, row: Mapping[str, Any], base: str) -> RequestForm:
    query = urlencode(store.link | {"find": str(row["wr_id"])})
    return RequestForm(
        id=row["wr_id"],
        status=_STATUS[row["status"]],  # type: ignore[arg-type]
        staker=row["staker"],
        token=row["token"],
        gross=amount(row["gross_wei"]),
        fee=amount(row["fee_wei"]),
        payout=amount(row["payout_wei"]),
        place=row["place"],
        ahead=amount(row["ahead_wei"]),
        requested_at=iso(row["requested_at"]),
        rejected_at=iso(row["refused_at"]),
        paid_at=iso(row["paid_at"]),
        block=row["block"],
        requested_tx=row["requested_tx"],
        paid_tx=row["paid_tx"],
        page=f"{base}/track?{query}",
    )


def of_address(store: StoreView, address: str, first: int, most: int, base: str) -> Requests:
    """At most `most` requests of an address, the newest first, after the `first` of them."""
    rows = store.ask("requests_in_wei", address=address)
    rows = rows.unique("wr_id", keep="last", maintain_order=True)
    shown = rows.slice(first, most)
    return Requests(
        address=address,
        count=rows.height,
        requests=[_form(store, row, base) for row in shown.iter_rows(named=True)],
    )


def of_transaction(store: StoreView, tx: str) -> Transaction:
    """What a transaction did. Raises Problem where it did nothing in the queue."""
    events = store.ask("request_by_tx", tx=tx)
    if not events.height:
        raise Problem(
            404,
            "unknown-transaction",
            "This transaction made or paid no request that was read so far.",
        )
    return Transaction(
        tx=tx,
        deeds=[
            Deed(
                id=event["wr_id"],
                event=event["event"],
                at=iso(event["at"]),
                block=event["block"],
                payout=amount(event["payout_wei"]),
                status_now=_STATUS[event["status"]],  # type: ignore[arg-type]
            )
            for event in events.iter_rows(named=True)
        ],
    )
