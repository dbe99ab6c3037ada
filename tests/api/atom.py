"""Reads a feed as strictly as RFC 4287 allows, and as feedparser does."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import feedparser
from lxml import etree

_ATOM = "{http://www.w3.org/2005/Atom}"
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_ONE = {"id", "title", "updated"}
_AT_MOST_ONE = {
    "feed": {"generator", "icon", "logo", "rights", "subtitle"},
    "entry": {"content", "published", "rights", "source", "summary"},
}
_MANY = {"author", "category", "contributor", "link"}


def read(document: bytes) -> Any:
    """The feed as feedparser has it, after every rule of RFC 4287, section 4, that can be broken by
    what we write. Entries have the newest first."""
    feed = etree.fromstring(document, etree.XMLParser(resolve_entities=False))
    assert feed.tag == f"{_ATOM}feed"
    entries = feed.findall(f"{_ATOM}entry")
    _held_to_rules(feed, "feed")
    assert feed.findall(f"{_ATOM}author/{_ATOM}name"), "its entries have no author of their own"
    for entry in entries:
        _held_to_rules(entry, "entry")
    ids = [entry.findtext(f"{_ATOM}id") for entry in [feed, *entries]]
    assert len(set(ids)) == len(ids)
    updated = [entry.findtext(f"{_ATOM}updated") for entry in entries]
    assert updated == sorted(updated, reverse=True)
    if updated:
        assert feed.findtext(f"{_ATOM}updated") == updated[0]
    parsed = feedparser.parse(document)
    assert parsed.bozo == 0, parsed.get("bozo_exception")
    assert parsed.version == "atom10"
    assert len(parsed.entries) == len(entries)
    return parsed


def _held_to_rules(element: Any, kind: str) -> None:
    names = Counter(etree.QName(child).localname for child in element)
    assert all(etree.QName(child).namespace == _ATOM.strip("{}") for child in element)
    known = _ONE | _AT_MOST_ONE[kind] | _MANY | ({"entry"} if kind == "feed" else set())
    assert names.keys() <= known
    assert all(names[name] == 1 for name in _ONE)
    assert all(names[name] <= 1 for name in _AT_MOST_ONE[kind])
    assert urlsplit(element.findtext(f"{_ATOM}id")).scheme == "urn"
    for name in ("updated", "published"):
        moment = element.findtext(f"{_ATOM}{name}")
        assert moment is None or _MOMENT.fullmatch(moment), moment
    for name in ("title", "subtitle", "content"):
        for text in element.findall(f"{_ATOM}{name}"):
            assert text.get("type", "text") == "text"
            assert len(text) == 0
            assert (text.text or "").strip()
    links = [
        (link.get("rel", "alternate"), link.get("type")) for link in element.findall(f"{_ATOM}link")
    ]
    assert len(set(links)) == len(links)
    assert all(urlsplit(link.get("href")).scheme for link in element.findall(f"{_ATOM}link"))
    assert [rel for rel, _ in links].count("alternate") == 1
    if kind == "feed":
        assert [rel for rel, _ in links].count("self") == 1
