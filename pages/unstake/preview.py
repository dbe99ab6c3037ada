"""What a link to the Unstake page says and shows where it is pasted."""

from __future__ import annotations

from collections.abc import Mapping

from answers.store_view import StoreView
from data.pool.burn import BOND, CERT, Token
from ui.parts.preview import NotShownError, Preview
from ui.request import preview as of_request

FIELDS = ("token", "amount", "request")
_NAMES: dict[str, tuple[Token, str]] = {BOND: (BOND, "aFTMb"), CERT: (CERT, "ankrFTM")}
_MOST_DIGITS = 9


def preview(store: StoreView, link: Mapping[str, str]) -> Preview:
    """What became of the link's request, or else what its amount would give, and when."""
    wr_id, amount = link.get("request", ""), link.get("amount", "")
    if wr_id:
        if not (wr_id.isascii() and wr_id.isdigit() and len(wr_id) <= _MOST_DIGITS):
            raise NotShownError
        return of_request.of_request(store, int(wr_id))
    if not amount or link.get("token", CERT) not in _NAMES:
        raise NotShownError
    token, name = _NAMES[link.get("token", CERT)]
    return of_request.of_amount(store, token, name, amount)
