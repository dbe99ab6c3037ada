"""What goes wrong, as a problem document (RFC 9457): what it is, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from pydantic_core import to_json
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that cannot be given. `kind` names it for programs, `detail` says it to people."""

    def __init__(
        self, status: int, kind: str, detail: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.kind, self.detail = status, kind, detail
        self.headers = dict(headers or {})


def as_response(problem: Problem) -> Response:
    """The document. Its `type` is relative to the API's own address, which describes each kind."""
    document = {
        "type": f"/api/v1/docs#{problem.kind}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
    }
    headers = {"Cache-Control": "no-store"} | problem.headers
    return Response(to_json(document), problem.status, headers, MEDIA_TYPE)
