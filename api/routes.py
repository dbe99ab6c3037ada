"""The routes of the API, and what is documented of each.

Every query of queries/ is a route of its own, so that a description of the API names its
parameters. What a route answers is made in the modules beside this one.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

import queries
from answers.store_view import StoreView
from api import looked_up, query_answers, queue_now, requests, stores
from api.forms import (
    Answer,
    Form,
    Networks,
    OneRequest,
    Queries,
    QueueNow,
    ReleaseWindow,
    Requests,
    Rows,
    Scores,
    Token,
    Transaction,
)
from api.problems import MEDIA_TYPE, PATH, Problem
from api.query_answers import FIRST_ROWS, Format
from api.served import JSON, Body, NotKeptError, answer, not_set_up, plain
from api.stores import ARCHIVE
from data import AmountError, ConfigError
from data.config import settings
from data.pool.amounts import parse_amount
from queries import Field

At = Annotated[
    str | None,
    Query(
        description="a day of the past (as of its end, UTC), or the number of a block",
        max_length=20,
        examples=["2024-03-01"],
    ),
]
_BINARY = {"type": "string", "format": "binary"}
_TYPES: dict[str, dict[str, Any]] = {
    "BIGINT": {"type": "integer"},
    "DATE": {"type": "string", "format": "date"},
    "VARCHAR": {"type": "string", "maxLength": 100},
}


async def known_only(request: Request) -> None:
    """Raises Problem for a parameter that the route does not know, or that stands there twice."""
    route = request.scope["route"]
    known = {each.alias for each in route.dependant.query_params}
    known |= {each["name"] for each in (route.openapi_extra or {}).get("parameters", ())}
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            takes = ", ".join(sorted(known)) or "no parameters"
            raise Problem(
                400, "unknown-parameter", f"There is an unknown parameter: it takes {takes}."
            )
        if names.count(name) > 1:
            raise Problem(400, "repeated-parameter", f"{name} stands there more than once.")


router = APIRouter(dependencies=[Depends(known_only)])
Named = Annotated[
    str | None,
    Query(description="a network of /networks; that which is shown first if left out"),
]


def described(form: Any, *kinds: int) -> dict[int | str, dict[str, Any]]:
    """The answers of a route: its form, or a file, and the problems that it may have."""
    texts = {
        400: "a parameter cannot be read",
        404: "there is no such thing",
        413: "too large to be made here",
        429: "asked too often",
        503: "nothing was read yet, or the store is being replaced",
    }
    problem = {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}
    good: dict[str, Any] = {"content": {ARCHIVE: {"schema": _BINARY}}}
    if form is not None:
        good = {"model": form, "content": {JSON: {}}}
    responses: dict[int | str, dict[str, Any]] = {200: good | {"description": "the answer"}}
    responses[304] = {"description": "the answer is as it was"}
    for status in (400, *kinds, 429, 503):
        responses[status] = {"description": texts[status], "content": {MEDIA_TYPE: problem}}
    return responses


def _base(request: Request) -> str:
    """The path that all pages lie in."""
    return str(request.scope.get("root_path", "")).removesuffix(PATH)


def _body(form: Form) -> Body:
    return Body(form.model_dump_json().encode())


def _with_window(form: ReleaseWindow | OneRequest) -> Body:
    """Kept, unless its odds are still to come."""
    body = _body(form)
    if form.window is not None and form.window.kind == "not_scored":
        raise NotKeptError(replace(body, is_kept=False))
    return body


@router.get("/networks", responses=described(Networks), summary="Networks")
async def get_networks(request: Request) -> Response:
    """Which networks there are, and how far each was read."""
    return plain(request, await run_in_threadpool(stores.networks))


@router.get("/queue", responses=described(Answer[QueueNow], 404), summary="Queue")
async def get_queue(request: Request, network: Named = None, at: At = None) -> Response:
    """How long the queue is, who is first in line, and what is missing to pay that."""

    def make(store: StoreView) -> Body:
        return _body(queue_now.queue_now(store))

    return await answer(request, network, "queue", make, at)


@router.get(
    "/release-window",
    responses=described(Answer[ReleaseWindow], 404),
    summary="Release window",
)
async def get_release_window(
    request: Request,
    token: Annotated[
        Literal["aFTMb", "aFTMc", "ankrFTM"], Query(description="aFTMc is ankrFTM by another name")
    ],
    amount: Annotated[
        str,
        Query(
            description="of the token, with a decimal point",
            max_length=100,
            examples=["1000", "12.5"],
        ),
    ],
    network: Named = None,
    at: At = None,
) -> Response:
    """What burning an amount now would give, and when it would be paid: dates, chances, and how
    such forecasts have held."""
    of_token: Token = "aFTMb" if token == "aFTMb" else "aFTMc"
    try:
        wei = parse_amount(amount)
    except AmountError as error:
        raise Problem(400, "bad-amount", str(error)) from error

    def make(store: StoreView) -> Body:
        return _with_window(queue_now.release_window(store, of_token, wei))

    return await answer(
        request, network, ("release-window", of_token, wei), make, at, is_quick=True
    )


@router.get(
    "/requests/{id}",
    responses=described(Answer[OneRequest], 404),
    summary="A request",
)
async def get_request(
    request: Request,
    id: Annotated[int, Path(ge=0, lt=10**18, examples=[2210])],
    network: Named = None,
    at: At = None,
) -> Response:
    """Where a request stands, what happened to it, and when it is expected to be paid."""
    base = _base(request)

    def make(store: StoreView) -> Body:
        return _with_window(requests.one(store, id, base))

    return await answer(request, network, ("request", id, base), make, at)


@router.get(
    "/requests",
    responses=described(Answer[Requests], 404),
    summary="Requests of an address",
)
async def get_requests(
    request: Request,
    address: Annotated[str, Query(max_length=2_000, description="who made them")],
    first: Annotated[int, Query(ge=0, le=10**9, description="leave out so many")] = 0,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    network: Named = None,
    at: At = None,
) -> Response:
    """The requests that an address made, the newest first."""
    staker, base = looked_up.address(address), _base(request)

    def make(store: StoreView) -> Body:
        return _body(requests.of_address(store, staker, first, limit, base))

    return await answer(request, network, ("requests", staker, first, limit, base), make, at)


@router.get(
    "/transactions/{hash}",
    responses=described(Answer[Transaction], 404),
    summary="A transaction",
)
async def get_transaction(
    request: Request,
    hash: Annotated[str, Path(max_length=2_000)],
    network: Named = None,
    at: At = None,
) -> Response:
    """Which requests a transaction made or paid, or which it tried to pay."""
    tx = looked_up.transaction(hash)

    def make(store: StoreView) -> Body:
        return _body(requests.of_transaction(store, tx))

    return await answer(request, network, ("transaction", tx), make, at)


@router.get("/scores", responses=described(Answer[Scores], 404), summary="Scores")
async def get_scores(request: Request, network: Named = None, at: At = None) -> Response:
    """How the forecasts would have come out in the past, against simpler ones."""
    return await answer(request, network, "scores", lambda store: _body(stores.scores(store)), at)


@router.get("/queries", responses=described(Queries), summary="Queries")
async def get_queries(request: Request) -> Response:
    """The questions that the store answers, with their parameters and columns."""
    return plain(request, query_answers.all_queries())


async def _get_query(
    name: str,
    request: Request,
    network: Named = None,
    at: At = None,
    format: Annotated[Format, Query()] = "json",
    limit: Annotated[int | None, Query(ge=1, description="how many rows")] = None,
) -> Response:
    params = query_answers.read_params(queries.load(name), request.query_params)
    try:
        most = settings().api_rows
    except ConfigError as error:
        raise not_set_up() from error
    rows = min(most, limit or (FIRST_ROWS if format == "json" else most))

    def make(store: StoreView) -> Body:
        return query_answers.body(store, name, params, format, rows)

    key = ("query", name, sorted(params.items()), format, rows)
    return await answer(request, network, key, make, at)


@router.get("/archive", responses=described(None, 404, 413), summary="Archive")
async def get_archive(request: Request, network: Named = None) -> Response:
    """The whole history in one file, the same bytes for whoever reads the same chain."""
    return await answer(request, network, "archive", stores.archive)


def _described_param(field: Field) -> dict[str, Any]:
    """A query's parameter as OpenAPI has it."""
    schema = (
        {"type": "string", "enum": list(field.choices)} if field.choices else _TYPES[field.type]
    )
    return {"name": field.name, "in": "query", "description": field.note, "schema": schema}


def add_queries() -> None:
    """A route for each query."""
    for query in map(queries.load, queries.names()):
        responses = described(Answer[Rows], 404)
        files = {kind: {"schema": _BINARY} for kind in query_answers.MEDIA.values()}
        responses[200]["content"] |= files
        router.add_api_route(
            f"/queries/{query.name}",
            partial(_get_query, query.name),
            responses=responses,
            summary=query.title,
            description=query.prose,
            operation_id=query.name,
            name=query.name,
            openapi_extra={"parameters": [_described_param(field) for field in query.params]},
        )


add_queries()


@router.get("/queries/{name}", include_in_schema=False)
async def get_no_query(name: str) -> Response:
    raise Problem(404, "unknown-query", "There is no such query: /queries lists all of them.")
