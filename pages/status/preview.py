"""What a link to the Status page says where it is pasted."""

from __future__ import annotations

from collections.abc import Mapping

from answers.store_view import StoreView
from pages.status import parts
from ui.parts.preview import NotShownError, Preview

FIELDS = ()


def preview(store: StoreView, link: Mapping[str, str]) -> Preview:
    """What the store holds, and whether it can be trusted; no host is named."""
    block = store.info.synced_block
    if block is None:
        raise NotShownError
    chain = "a simulated chain" if store.info.simulated else "the chain"
    verdict = parts.verdict(store.ask("checks_summary"))
    return Preview("Status", f"The store holds {chain} up to block {block:,}. {verdict}")
