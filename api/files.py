"""The files that pages offer, from any process that has the store; see answers/files.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import queries
from answers import files
from answers.files import FOLDER, KINDS, Content, NoFileError, TooLargeError
from answers.store_view import StoreView
from api import query_answers
from api.problems import Problem
from api.served import Body, NotKeptError, answer, or_problem
from queries import QueryError

_MOST_LETTERS = 20  # of a moment
_KEPT_BYTES = 4 * 2**20  # a larger one is made anew for each who asks


@or_problem
async def of_store(request: Request) -> Response:
    """`/api/files/{network}/{group}/{name}.{kind}`, with a query's parameters, and `at`."""
    network, group, name, kind = (
        request.path_params[part] for part in ("network", "group", "name", "kind")
    )
    texts = dict(request.query_params)
    at = texts.pop("at", None)
    if at is not None and len(at) > _MOST_LETTERS:
        raise Problem(400, "bad-moment", "That is neither a day nor a block.")
    if kind not in KINDS:
        raise Problem(404, "unknown-path", f"There are files of {' and '.join(KINDS)} alone.")
    params = _read(name, texts) if group == "queries" else {}
    read = _reader(group, name, params)
    key = ("file", group, name, kind, sorted(params.items()))
    return await answer(request, network, key, partial(_written, read, kind), at)


ROUTES = [Route(FOLDER + "/{network}/{group}/{name}.{kind}", of_store)]


def _read(name: str, texts: Mapping[str, str]) -> Mapping[str, Any]:
    """The parameters of a query, in the link's order, which stands in the file. Raises Problem."""
    if name not in queries.names():
        raise Problem(404, "unknown-query", "There is no such query.")
    query = queries.load(name)
    if texts.keys() - {field.name for field in query.params}:
        raise Problem(400, "unknown-parameter", "There is an unknown parameter.")
    values = query_answers.read_params(query, texts)
    return {name: values[name] for name in texts}


def _reader(group: str, name: str, params: Mapping[str, Any]) -> Callable[[StoreView], Content]:
    """What makes the file of a store. Raises Problem."""
    match group:
        case "queries":
            return lambda store: files.of_query(store, name, params)
        case "tables":
            return lambda store: files.of_table(store, name)
        case "scores":
            return lambda store: files.of_scores(store, name)
    raise Problem(404, "unknown-path", "There are files of queries, tables and scores alone.")


def _written(read: Callable[[StoreView], Content], kind: str, store: StoreView) -> Body:
    """The file, kept if it is small. Raises Problem."""
    try:
        content = read(store)
    except TooLargeError as error:
        raise Problem(413, "too-large", str(error)) from error
    except NoFileError as error:
        raise Problem(404, "unknown-path", str(error)) from error
    except QueryError as error:
        raise query_answers.refused(error) from error
    body = Body(
        content.written(store, kind),
        KINDS[kind][0],
        is_data=False,
        filename=content.file_name(store, kind),
    )
    if len(body.content) > _KEPT_BYTES:
        raise NotKeptError(replace(body, is_kept=False))
    return body
