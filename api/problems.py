"""What goes wrong, as a problem document (RFC 9457): what it is, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from pydantic_core import to_json
from starlette.responses import Response

PATH = "/api/v1"  # of the JSON API
MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that cannot be given. `kind` names it for programs, `detail` says it to people."""

    def __init__(
        self, status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail
        self.headers = dict(headers or {})


def as_response(problem: Problem, base: str = "") -> Response:
    """The document. Its `type` leads to the page of the API that describes it, below the path
    `base` that all pages lie in."""
    document = {
        "type": f"{base}{PATH}/docs#{problem.kind}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    headers = {"Cache-Control": "no-store"} | problem.headers
    return Response(to_json(document), problem.status, headers, MEDIA_TYPE)
