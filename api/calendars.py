"""Live calendars (RFC 5545, 7986): one entry for a request, which moves with the odds.

Nothing is kept of who subscribed, so an entry's SEQUENCE is the moment at which what it rests on
became what it is: the store's, its scores', and today's begin where time goes on. Each only grows.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from answers import calendar, scored, sentences
from answers.calendar import Live
from answers.sources import scores_version
from answers.store_view import StoreView
from api import looked_up
from api.problems import Problem
from api.served import Body, answer, base_of, or_problem

_FIRST = datetime(2020, 1, 1, tzinfo=UTC)  # an INTEGER of RFC 5545 has 31 bits


@or_problem
async def of_request(request: Request) -> Response:
    """`/calendar/{network}/{id}.ics`."""
    wr_id = looked_up.request_id(request.path_params["id"])
    base, today = base_of(request), datetime.now(UTC).date()
    make = partial(_of_request, wr_id, base)
    key = ("calendar", wr_id, base, today)
    return await answer(request, request.path_params["network"], key, make)


ROUTES = [Route("/calendar/{network}/{id}.ics", of_request)]


def _of_request(wr_id: int, base: str, store: StoreView) -> Body:
    request = looked_up.request(store, wr_id)
    likely = None
    if request["status"] == "pending" and (odds := scored.odds_of(store)):
        window = odds.present.window(request["ahead_ftm"], request["payout_ftm"])
        likely = calendar.likely(window)
    revised_at, link = _revised_at(store), looked_up.track(base, store, wr_id)
    event = calendar.live_entry(
        store.info, request, link, store.now, likely, store.ending, revised_at
    )
    if event is None:
        raise Problem(503, "no-store", "The store holds no block yet: it has to be synced.")
    if doubt := looked_up.doubt(store):
        event = replace(event, description=f"{doubt}\n{event.description}")
    kind, name = sentences.unreal(store.info), f"Unstake request {wr_id} on {store.source.name}"
    live = Live(
        name=f"{kind}: {name}" if kind else name,
        source=f"{base}calendar/{quote(store.source.name, safe='')}/{wr_id}.ics",
        sequence=int((revised_at - _FIRST).total_seconds()),
    )
    return Body(calendar.as_ics(event, live), "text/calendar", is_data=False)


def _revised_at(store: StoreView) -> datetime:
    """When what is told of a store became what it is, to the second."""
    moments = [at for at in (store.info.published_at, store.info.synced_at) if at is not None]
    if version := scores_version(store.source):
        moments.append(datetime.fromtimestamp(version[0] / 1e9, UTC))
    if not store.info.simulated:
        moments.append(datetime.combine(store.now.date(), time(), UTC))
    return max(moments, default=_FIRST).replace(microsecond=0)
