"""What a path names, looked up in a store; a Problem where it names nothing."""

from __future__ import annotations

import re
from urllib.parse import urlencode

from answers import sentences, words
from answers.store_view import Row, StoreView
from api import served
from api.problems import Problem
from data.pool.identifiers import Unreadable, read_address, read_hash

_ID = re.compile(r"[0-9]{1,18}")  # what fits a BIGINT whatever the digits


def request_id(text: str) -> int:
    """The id of a request, which may not exist. Raises Problem where `text` is none."""
    if not _ID.fullmatch(text):
        detail = "A request's id is a whole number from 0 on, such as 1490, without a sign."
        raise Problem(400, "bad-request-id", detail)
    return int(text)


def address(text: str) -> str:
    """The address, in lower case. Raises Problem where `text` is none."""
    return _known(read_address(text), "bad-address")


def transaction(text: str) -> str:
    """A transaction's hash, in lower case. Raises Problem where `text` is none."""
    return _known(read_hash(text), "bad-hash")


def _known(found: str | Unreadable | None, kind: str) -> str:
    if isinstance(found, str):
        return found
    raise Problem(400, kind, found.why if found else "There is nothing to look up.")


def request(store: StoreView, wr_id: int) -> Row:
    """The request as `requests_by_address` has it. Raises Problem where there is none."""
    history = store.ask("request_history", wr_id=wr_id)
    if history.height and history["staker"][0] is not None:
        made = store.ask("requests_by_address", address=history["staker"][0])
        return made.filter(wr_id=wr_id).row(-1, named=True)  # the first, if it is there twice
    newest = store.ask_row("newest_request")
    if history.height or (newest is not None and wr_id < newest["wr_id"]):
        raise Problem(503, "missing-request", sentences.missing(wr_id))
    upto = "there is none yet" if newest is None else f"the newest is {newest['wr_id']:,}"
    block = words.count(store.info.synced_block)
    detail = f"There is no request {wr_id:,}: {upto}, up to block {block}."
    raise Problem(404, "unknown-request", detail)


def doubt(store: StoreView) -> str:
    """What has to be known before any figure is read; "" where all checks are well."""
    failed = served.count_failed(store)
    return f"{words.plural(failed, 'check')} failed: figures may be wrong." if failed else ""


def track(base: str, store: StoreView, find: int | str) -> str:
    """The address of Track with this request or address."""
    return f"{base}track?{urlencode({'network': store.source.name, 'find': find})}"
