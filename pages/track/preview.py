"""What a link to the Track page says and shows where it is pasted."""

from __future__ import annotations

from collections.abc import Mapping

from answers import sentences, words
from answers.store_view import StoreView
from data.pool.identifiers import Address, RequestId, Transaction, read_identifier
from ui.parts.preview import NotShownError, Preview
from ui.request import preview as of_request

FIELDS = ("find",)


def preview(store: StoreView, link: Mapping[str, str]) -> Preview:
    """Where what the link looks for stands. Raises NotShownError where there is no such request."""
    match read_identifier(link.get("find", ""), store.source.name):
        case RequestId(wr_id):
            return of_request.of_request(store, wr_id)
        case Address(staker):
            requests = store.ask("requests_by_address", address=staker)
            requests = requests.unique("wr_id", keep="last", maintain_order=True)
            if requests.height == 1:
                return of_request.of_request(store, requests["wr_id"][0])
            if requests.height:
                title = f"Requests of {words.short(staker)}"
                return Preview(title, sentences.of_address(requests))
        case Transaction(tx):
            events = store.ask("request_by_tx", tx=tx)
            ids = events["wr_id"].unique().to_list()
            if len(ids) == 1:
                return of_request.of_request(store, ids[0])
            if ids:
                return Preview("Transaction", sentences.of_transaction(events))
    raise NotShownError
