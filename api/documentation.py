"""A page that describes the API, made of its own description: it loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.served import JSON

KINDS = {
    "unknown-network": "There is no network of this name: /networks lists them.",
    "unknown-request": "There is no request of this id up to the newest block here.",
    "unknown-transaction": "The transaction made or paid no request up to the newest block here.",
    "unknown-query": "There is no query of this name: /queries lists them.",
    "unknown-path": "There is no such route.",
    "unknown-parameter": "The route has no parameter of this name: it would change nothing.",
    "repeated-parameter": "A parameter stands in the link more than once.",
    "bad-parameter": "A parameter is missing, or has another type or more than it may have.",
    "bad-moment": "There is nothing of that day or block: it is none, or lies too early or late.",
    "not-built": "The moment of the past cannot be rebuilt now.",
    "bad-amount": "The amount cannot be read, is 0, or is more than there is.",
    "bad-address": "This is no address.",
    "bad-request-id": "A request's id is a whole number from 0 on.",
    "missing-request": "The request's log was lost: newer ones are there.",
    "bad-hash": "This is no transaction's hash.",
    "too-long": "The link is too long.",
    "too-many": "One client asked too often: Retry-After says when to ask again.",
    "too-large": "The file is too large to be made here.",
    "no-store": "Nothing of this network was read yet.",
    "no-archive": "The store holds no whole history.",
    "not-set-up": "Whoever runs the server has to correct its settings.",
    "older-store": "An earlier version wrote the store, which is being brought up to date.",
    "newer-store": "A later version wrote the store: its operator has to update the program.",
    "unreadable-store": "The store cannot be read now.",
    "store-replaced": "A newer store is being published: ask again at once.",
    "refused": "The server only reads: it answers GET and HEAD.",
}
_AROUND = "Answer_"  # how the form is named that has what it rests on beside the data
_STYLE = Path(__file__).with_suffix(".css").read_text()


def page(app: FastAPI) -> Callable[[Request], Response]:
    """The route of the page; it is written when it is first asked for."""
    kept: list[str] = []

    def served(request: Request) -> Response:
        if not kept:
            kept.append(_page(app.openapi()))
        return HTMLResponse(kept[0], headers={"Cache-Control": "public, max-age=3600"})

    return served


def _page(description: dict[str, Any]) -> str:
    info, base = description["info"], description["servers"][0]["url"]
    about = "".join(f"<p>{escape(part)}</p>" for part in info["description"].split("\n\n"))
    contents = " · ".join(
        f'<a href="#{route["get"]["operationId"]}">{escape(route["get"]["summary"])}</a>'
        for route in description["paths"].values()
    )
    routes = "".join(
        _route(base, path, route["get"]) for path, route in description["paths"].items()
    )
    kinds = "".join(
        f'<tr id="{kind}"><td><code>{kind}</code></td><td>{escape(text)}</td></tr>'
        for kind, text in KINDS.items()
    )
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>API · {escape(info['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])}: API</h1>{about}"
        f'<p>Described for programs: <a href="{base}/openapi.json">openapi.json</a> '
        f"(OpenAPI {escape(description['openapi'])}), with an example of each answer.</p>"
        f'<p>{contents} · <a href="#answers">What is in answers</a> · '
        f'<a href="#problems">Problems</a></p>{routes}'
        f'<h2 id="answers">What is in answers</h2>{_forms(description["components"]["schemas"])}'
        f'<h2 id="problems">Problems</h2><table>{kinds}</table></body></html>'
    )


def _forms(forms: dict[str, dict[str, Any]]) -> str:
    """Each form of an answer, or of a part of one, with its fields."""
    return "".join(
        f'<h3 id="{name}">{name}</h3><p>{escape(form.get("description", ""))}</p>'
        f"<table>{''.join(_field(*each) for each in form['properties'].items())}</table>"
        for name, form in sorted(forms.items())
        if "properties" in form and not name.startswith(_AROUND)
    )


def _field(name: str, form: dict[str, Any]) -> str:
    about = escape(form.get("description", ""))
    return f"<tr><td><code>{escape(name)}</code></td><td>{_kind(form)}</td><td>{about}</td></tr>"


def _kind(form: dict[str, Any]) -> str:
    """What a value is, with a link where it has fields of its own."""
    if "$ref" in form:
        name = form["$ref"].rpartition("/")[2]
        if name.startswith(_AROUND):
            inner = name.removeprefix(_AROUND).strip("_")
            return f'about <a href="#About">About</a>, data <a href="#{inner}">{inner}</a>'
        return f'<a href="#{name}">{name}</a>'
    if "anyOf" in form:
        return " or ".join(map(_kind, form["anyOf"]))
    if "enum" in form or "const" in form:
        return " or ".join(escape(str(each)) for each in form.get("enum", [form.get("const")]))
    if form.get("type") == "array":
        return f"list of {_kind(form.get('items', {}))}"
    return escape(str(form.get("format") or form.get("type") or "any value"))


def _route(base: str, path: str, route: dict[str, Any]) -> str:
    rows = "".join(map(_param, route.get("parameters", ())))
    params = f"<table>{rows}</table>" if rows else ""
    where = f"<code>GET {escape(base + path)}</code>"
    if example := _example(path, route):
        where = f'<a href="{escape(base + example)}">{where}</a>'
    about = f"<p>{where}</p><p>{escape(route['description'])}</p>{_answer(route)}"
    return f'<h2 id="{route["operationId"]}">{escape(route["summary"])}</h2>{about}{params}'


def _answer(route: dict[str, Any]) -> str:
    """Where what is in the route's answer in JSON is told; "" where it is a file."""
    form = route["responses"]["200"].get("content", {}).get(JSON, {}).get("schema", {})
    return f"<p>Answer: {_kind(form)}</p>" if "$ref" in form else ""


def _param(param: dict[str, Any]) -> str:
    schema = param["schema"]
    one = next((each for each in schema.get("anyOf", ()) if each.get("type") != "null"), schema)
    kind = (
        " or ".join(map(str, one["enum"])) if "enum" in one else one.get("format", one.get("type"))
    )
    must = ", required" if param.get("required") else ""
    return (
        f"<tr><td><code>{escape(param['name'])}</code></td><td>{escape(str(kind))}{must}</td>"
        f"<td>{escape(param.get('description', ''))}</td></tr>"
    )


def _example(path: str, route: dict[str, Any]) -> str:
    """The route with an example of each parameter that it must have; "" where there is none."""
    query = []
    for param in route.get("parameters", ()):
        schema = param["schema"]
        values = param.get("examples") or schema.get("examples") or schema.get("enum")
        if not param.get("required"):
            continue
        if not values:
            return ""
        if param["in"] == "path":
            path = path.replace(f"{{{param['name']}}}", str(values[0]))
        else:
            query.append(f"{param['name']}={values[0]}")
    return path + ("?" + "&".join(query) if query else "")
