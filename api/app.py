"""The JSON API under /api/v1, and all else for programs, as the server has it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from api import calendars, documentation, feeds, files
from api.problems import PATH, Problem, as_response
from api.routes import router
from api.served import JSON

_EXAMPLES = Path(__file__).with_name("examples.json")
_EXPOSED = ["ETag", "Retry-After", "Content-Disposition", "Archive-Sum"]
_ABOUT = """When an unstake of aFTMb or ankrFTM (aFTMc) is paid, from the chain's own history.

Amounts are text, in FTM and in whole wei. What is not known is null. Times are UTC. Each answer
names the network and the block that it rests on; simulated data says so. An answer may be kept for
ten seconds, and has an ETag. What goes wrong is a problem document (RFC 9457)."""


class Described(FastAPI):
    """An application whose description has an example of each answer: FastAPI leaves out of its own
    what is null."""

    def openapi(self) -> dict[str, Any]:
        """The description in the form of OpenAPI."""
        if self.openapi_schema is None:
            paths = super().openapi()["paths"]
            # Of the sample: they show a form, and change with no store.
            for path, example in json.loads(_EXAMPLES.read_text()).items():
                paths[path]["get"]["responses"]["200"]["content"][JSON]["example"] = example
        assert self.openapi_schema is not None
        return self.openapi_schema


def create(base: str = "") -> FastAPI:
    """The API as an application of its own; `base` is the path that all pages lie in."""
    app = Described(
        title="FTM unstake queue",
        version="1",
        description=_ABOUT,
        servers=[{"url": base + PATH}],
        root_path_in_servers=False,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        exception_handlers={
            Problem: _problem,
            RequestValidationError: _invalid,
            HTTPException: _no_such,
        },
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=["*"],
                allow_methods=["GET", "HEAD"],
                allow_headers=["If-None-Match"],
                expose_headers=_EXPOSED,
            ),
            Middleware(_head_as_get),
        ],
    )
    app.include_router(router)
    app.add_route("/docs", documentation.page(app), include_in_schema=False)
    return app


def routes(base: str) -> list[BaseRoute]:
    """All that is for programs, to be served beside the pages, which lie in the path `base`."""
    rest = [Route(f"/{first}{{rest:path}}", _nothing) for first in ("api", "feeds", "calendar")]
    return [Mount(PATH, create(base)), *files.ROUTES, *feeds.ROUTES, *calendars.ROUTES, *rest]


async def _nothing(request: Request) -> Response:
    """Of a mistyped address: the pages would answer it with one of theirs."""
    base = request.scope.get("root_path", "")
    problem = Problem(404, "unknown-path", f"There is no such path: see {base}{PATH}/docs.")
    return as_response(problem, base)


async def _problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return as_response(problem, _base(request))


async def _invalid(request: Request, error: Exception) -> Response:
    """A parameter that is missing or of another type."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name = str(first["loc"][-1])
    problem = Problem(400, "bad-parameter", f"{name}: {first['msg']}.")
    return as_response(problem, _base(request))


async def _no_such(request: Request, error: Exception) -> Response:
    """A path or a method that there is not."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        where = f"{_base(request)}{PATH}/docs"
        problem = Problem(404, "unknown-path", f"There is no such path: see {where}.")
        return as_response(problem, _base(request))
    headers = dict(error.headers or {})
    problem = Problem(error.status_code, "refused", f"{error.detail}.", headers)
    return as_response(problem, _base(request))


def _base(request: Request) -> str:
    return str(request.scope.get("root_path", "")).removesuffix(PATH)


def _head_as_get(app: ASGIApp) -> ASGIApp:
    """Middleware that answers HEAD as GET; the server leaves the body out."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await app(scope, receive, send)

    return served
