"""What the operator's machines ask: /healthz for a monitor, /metrics for Prometheus."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from answers import health
from ui.server import metrics

_FRESH = {"Cache-Control": "no-store"}


def _health(request: Request) -> Response:
    """200 while the store shown first can be read and is as new as it has to be, or is still to be
    made, else 503."""
    state = health.health(datetime.now(UTC))
    return JSONResponse(asdict(state), 200 if state.is_well else 503, _FRESH)


def _metrics(request: Request) -> Response:
    """The figures of this process and of the store shown first, in Prometheus' text form."""
    text = metrics.exposition(datetime.now(UTC))
    return Response(text, headers=_FRESH, media_type=metrics.MEDIA_TYPE)


ROUTES: list[BaseRoute] = [Route("/healthz", _health), Route("/metrics", _metrics)]
PATHS = ("/healthz", "/metrics")
