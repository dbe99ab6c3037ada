"""What a chat gets of a link, from a real server by its sockets alone."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import pytest

from scoring.companion import companion_of
from tests.app import App, edited, of_network, planted, served
from tests.link_page import get, port_of
from ui.server.addresses import MOST_LETTERS, PAGES

pytestmark = pytest.mark.node

# A link to each page, with what its sentence says of the sample.
VIEWS = {
    "queue?network=sample&range=1+year": "7,761 FTM must still come in before anyone is paid.",
    "queue?network=sample&amount=1000&unstake=aFTMb": "1,000 aFTMb now: 992.3754 FTM, 50 %",
    "waits?network=sample": "of requests made at least 35 days ago were paid",
    "unstake?network=sample&token=aFTMc&amount=1000": "1,000 ankrFTM now: 1,208.1471 FTM",
    "unstake?network=sample&step=4&request=2210": "Request 2,210 for 20.7088 FTM is at place 13.",
    "track?network=sample&find=2210": "Request 2,210 for 20.7088 FTM is at place 13.",
    "track?network=sample&find=12": "Request 12 was paid: 5.2117 FTM on 28 Mar 2022",
    "outlook?network=sample&amount=250": "Within the official 35 days:",
    "explore?network=sample&query=queue_depth": "Requests and FTM waiting at the end of each",
    "explore?network=sample&query=claims_summary": "What each of the pool's stubs claimed",
    "status?network=sample": "The store holds a simulated chain up to block 99,772,823. All",
}
# What is not known, and is left to the page.
UNTOLD = [
    "queue?network=atlantis",
    "queue?network=fantom",  # nothing of it was read
    "queue?network=sample&amount=foo",
    "queue?network=sample&amount=1e99",
    "queue?network=sample&amount=3000000000",  # more than was ever staked
    "queue?network=sample&range=7+years",
    "queue?network=sample&since=2025-13-01",
    "queue?network=sample&since=2025-02-01&until=2024-02-01",
    "queue?network=sample&token=DOGE",
    "waits?network=sample&days=12",
    "unstake?network=sample",
    "unstake?network=sample&amount=",
    "unstake?network=sample&amount=5&token=DOGE",
    "unstake?network=sample&request=99999999",
    "unstake?network=sample&request=1234567890",
    "track?network=sample&find=99999999",
    "track?network=sample&find=999999999999999999",
    "track?network=sample&find=0x1",
    f"track?network=sample&find=0x{'ab' * 20}",
    f"track?network=sample&find=0x{'ab' * 32}",
    "track?network=sample",
    "outlook?network=sample&amount=-1",
    "outlook?network=sample&amount=nan",
    "explore?network=sample&query=../secret",
    "explore?network=sample&query=queue_depth&since=yesterday",
    "explore?network=sample&ask=SQL&sql=SELECT+1",
    "explore?network=sample&table=requests",
]
HOSTILE = [
    '"><script>alert(1)</script>',
    "'><img src=x onerror=alert(1)>",
    "0;url=https://evil.test/",
    "//evil.test",
    "https://evil.test/?a=b&c=d#e",
    "javascript:alert(1)",
    "\r\nLocation: https://evil.test",
    "\u202e\u0000\ud7ff漢字\U0001f642",
]


def lies_at(page: str) -> str:
    """The page's own address: that of the first one has no name."""
    return "/" if page == "queue" else f"/{page}"


def as_picture(link: str) -> str:
    page, _, query = link.partition("?")
    return f"{page}.png?{query}"


def scored(sample: Path, scores: Path, path: Path, *statements: str) -> None:
    """A scored store at `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(scores, companion_of(path))
    edited(sample, path, *statements)


@pytest.fixture(scope="module")
def tree(sample_store: Path, sample_scores: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = planted(tmp_path_factory.mktemp("previews") / "tree")
    scored(sample_store, sample_scores, root / "var" / "sample.duckdb")
    statements = (
        of_network("fantom-testnet"),
        "UPDATE checks SET status = 'failed' WHERE name = 'money'",
    )
    scored(sample_store, sample_scores, root / "var" / "fantom-testnet.duckdb", *statements)
    return root


@pytest.fixture(scope="module")
def app(tree: Path) -> Iterator[App]:
    with served(tree) as running:
        yield running


@pytest.mark.parametrize("link", VIEWS)
def test_a_view_has_a_title_a_sentence_and_a_picture_and_leads_on_to_itself(
    app: App, link: str
) -> None:
    answer = get(app, f"/s/{link}")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page, (path, _, query) = answer.page, link.partition("?")
    title, sentence = page.meta("og:title"), page.meta("og:description")
    assert "(simulated data) · FTM unstake queue" in title
    assert VIEWS[link] in sentence
    assert "As of block 99,772,823, 1 Mar 2025, 00:00 UTC." in sentence
    assert not re.search(r"[*`\\\u2060]", sentence)
    assert (page.meta("twitter:title"), page.meta("twitter:description")) == (title, sentence)
    assert page.meta("og:image") == page.meta("twitter:image") == f"{app.url}/s/{as_picture(link)}"
    assert (page.meta("og:image:width"), page.meta("og:image:height")) == ("1200", "630")
    assert page.meta("og:url") == f"{app.url}/s/{link}"
    assert page.meta("og:type") == "website"
    assert page.meta("og:site_name") == "FTM unstake queue"
    assert page.meta("twitter:card") == "summary_large_image"
    assert page.onward == f"{lies_at(path)}?{query}"
    assert sentence in page.text
    assert not [tag for tag, _ in page.tags if tag in ("script", "link", "iframe")]
    assert [a["src"] for tag, a in page.tags if tag == "img"] == [f"/s/{as_picture(link)}"]


@pytest.mark.parametrize("link", VIEWS)
def test_its_picture_is_of_that_size_holds_ink_and_is_kept(app: App, link: str) -> None:
    first = get(app, f"/s/{as_picture(link)}")
    assert first.status == 200
    assert first.headers["content-type"] == "image/png"
    picture = first.picture
    assert picture.size == (1200, 630)
    # Words stand above, whatever is drawn below; nothing touches the edges.
    words = picture.crop((40, 30, 1160, 220)).getcolors(1 << 20)
    assert words is not None
    assert len(words) > 50
    assert (124, 58, 237) in {colour for _, colour in words}  # the badge of what is simulated
    if "find=12" not in link and "status" not in link:
        chart = picture.crop((40, 240, 1160, 560))
        assert sum(chart.convert("L").histogram()[:250]) > 0.01 * chart.width * chart.height
        colours = {colour for _, colour in chart.getcolors(1 << 20) or []}
        assert any(max(colour) - min(colour) > 60 for colour in colours), "no colour is in it"
    for edge in ((0, 20, 40, 630), (1165, 20, 1200, 630), (0, 615, 1200, 630)):
        assert picture.crop(edge).getcolors() == [
            ((edge[2] - edge[0]) * (edge[3] - edge[1]), (255, 255, 255))
        ]
    begun = time.monotonic()
    again = get(app, f"/s/{as_picture(link)}")
    assert again.content == first.content
    assert time.monotonic() - begun < 1
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"].startswith("public, max-age=")
    known = get(app, f"/s/{as_picture(link)}", If_None_Match=first.headers["etag"])
    assert (known.status, known.content) == (304, b"")


@pytest.mark.parametrize("link", UNTOLD)
def test_what_cannot_be_told_is_left_to_the_page_without_a_figure(app: App, link: str) -> None:
    answer, page = get(app, f"/s/{link}"), link.partition("?")[0]
    assert answer.status == 200
    read = answer.page
    assert read.meta("og:title") == f"{page.capitalize()} · FTM unstake queue"
    assert read.meta("og:description") == PAGES[page]
    assert not re.search(r"\d", read.meta("og:description"))
    assert urlsplit(read.onward).path == lies_at(page)
    assert dict(parse_qsl(urlsplit(read.onward).query)) == dict(parse_qsl(link.partition("?")[2]))
    general = get(app, f"/s/{page}.png?network=atlantis")
    assert get(app, f"/s/{as_picture(link)}").content == general.content
    assert general.picture.size == (1200, 630)


@pytest.mark.parametrize(
    "query", [f"a={'b' * MOST_LETTERS}", "&".join(f"a{n}=1" for n in range(200))]
)
def test_of_a_link_that_is_too_long_the_page_alone_is_left(app: App, query: str) -> None:
    answer = get(app, f"/s/status?{query}")
    assert answer.status == 200
    assert answer.page.onward == "/status"
    assert len(answer.content) < 5_000
    assert get(app, f"/s/status.png?{query}").status == 200


@pytest.mark.parametrize("hostile", HOSTILE)
def test_it_leads_to_no_other_site_and_repeats_nothing_but_parameters(
    app: App, hostile: str
) -> None:
    for name in ("find", "network", hostile):
        for page in PAGES:
            answer = get(app, f"/s/{page}?{quote(name)}={quote(hostile)}")
            assert answer.status == 200
            assert "location" not in answer.headers
            read = answer.page
            tags = {tag for tag, _ in read.tags}
            assert tags == {*"html head meta title style body h1 p a img".split()}
            assert all("onerror" not in attributes for _, attributes in read.tags)
            target = urlsplit(read.onward)
            assert (target.scheme, target.netloc, target.path) == ("", "", lies_at(page))
            assert parse_qsl(target.query) == [(name, hostile)]
            assert "evil.test" not in read.text
            assert "evil.test" not in read.meta("og:description")
            assert read.meta("og:image").startswith(f"{app.url}/s/{page}.png?")


@pytest.mark.parametrize("path", ["nope", "nope.png", "queue.png.png", "Queue", "queue.svg"])
def test_there_is_nothing_of_other_pages(app: App, path: str) -> None:
    assert get(app, f"/s/{path}").status == 404


def test_pages_themselves_have_a_picture_too(app: App) -> None:
    hostile = urlencode({"find": '"><script>x'})
    for path, page, query in (("/", "queue", ""), ("/track", "track", f"?{hostile}")):
        read = get(app, f"{path}{query}").page
        assert read.meta("og:image") == f"{app.url}/s/{page}.png{query}"
        assert read.meta("og:url") == f"{app.url}/s/{page}{query}"
        assert read.meta("twitter:card") == "summary_large_image"


@pytest.fixture(scope="module")
def below(tree: Path) -> Iterator[App]:
    """Below a path, under a name of its own."""
    options = ("--server.baseUrlPath", "fantom/queue", "--server.allowedHosts", "queue.test")
    with served(tree, *options) as running:
        yield running


def test_whole_addresses_are_of_the_name_that_was_asked_and_of_https_behind_a_proxy(
    below: App,
) -> None:
    asked = {"Host": "queue.test", "X_Forwarded_Proto": "https"}
    page = get(below, "/fantom/queue/s/status?network=sample", **asked).page
    image = "https://queue.test/fantom/queue/s/status.png?network=sample"
    assert page.meta("og:image") == image
    odd = get(below, "/fantom/queue/s/status", Host='queue.test:8501"><script>')
    assert b"<script>" not in odd.content
    assert get(below, "/fantom/queue/s/status", Host="evil.test").status == 403
    assert get(below, "/fantom/queue/s/status.png", Host="evil.test").status == 403


def test_below_a_path_of_its_own_all_stays_below_it(below: App) -> None:
    page = get(below, "/fantom/queue/s/track?network=sample&find=12").page
    assert "Request 12 was paid" in page.meta("og:description")
    assert page.onward == "/fantom/queue/track?network=sample&find=12"
    image = urlsplit(page.meta("og:image"))
    assert image.path == "/fantom/queue/s/track.png"
    assert get(below, f"{image.path}?{image.query}").picture.size == (1200, 630)
    first = get(below, "/fantom/queue/").page
    assert urlsplit(first.meta("og:image")).path == "/fantom/queue/s/queue.png"


def test_a_test_chain_and_failed_checks_are_said(app: App) -> None:
    page = get(app, "/s/queue?network=fantom-testnet").page
    assert "(test chain)" in page.meta("og:title")
    warning = "1 check failed on this store: figures may be wrong."
    assert warning in page.meta("og:description")
    red = get(app, "/s/queue.png?network=fantom-testnet").picture.getcolors(1 << 20)
    assert red is not None
    assert (198, 40, 40) in {colour for _, colour in red}


def drawing_process(app: App) -> int:
    """The process of this server that draws, which a picture has started."""
    (pid,) = (
        int(each.parent.name)
        for each in Path("/proc").glob("[0-9]*/cmdline")
        if b"ui.server.drawer" in each.read_bytes()
        and f"\nPPid:\t{app.pid}\n" in each.with_name("status").read_text()
    )
    return pid


def test_many_at_once_are_drawn_or_told_to_come_again_and_pages_go_on(app: App) -> None:
    """While a picture takes its time, eight wait; the others are not kept waiting."""
    assert get(app, "/s/unstake.png?network=sample&token=aFTMb&amount=99").status == 200
    links = [f"/s/unstake.png?network=sample&token=aFTMb&amount={n}" for n in range(100, 120)]
    pid = drawing_process(app)
    with ThreadPoolExecutor(len(links)) as threads:
        os.kill(pid, signal.SIGSTOP)
        try:
            asked = [threads.submit(get, app, link) for link in links]
            refused = [each.result() for each in islice(as_completed(asked), len(links) - 8)]
            small = [get(app, f"/s/track?network=sample&find={wr_id}") for wr_id in range(5)]
        finally:
            os.kill(pid, signal.SIGCONT)
        answers = [each.result() for each in asked]
    assert {answer.status for answer in refused} == {503}
    assert {answer.status for answer in small} == {200}
    statuses = [answer.status for answer in answers]
    assert (statuses.count(503), statuses.count(200)) == (len(links) - 8, 8)
    for answer in refused:
        assert int(answer.headers["retry-after"]) > 0
        assert answer.headers["cache-control"] == "no-store"
    again = get(app, links[statuses.index(503)])
    assert (again.status, again.picture.size) == (200, (1200, 630))


def test_one_picture_is_drawn_once_for_all_who_want_it(app: App) -> None:
    link = "/s/track.png?network=sample&find=2211"
    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(lambda _: get(app, link), range(6)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1


def test_a_head_request_has_no_body(app: App) -> None:
    with socket.create_connection(("127.0.0.1", port_of(app)), timeout=60) as raw:
        raw.sendall(b"HEAD /s/status HTTP/1.0\r\nHost: localhost\r\n\r\n")
        told = b"".join(iter(lambda: raw.recv(65_536), b""))
    assert told.startswith(b"HTTP/1.1 200 ")
    assert told.endswith(b"\r\n\r\n")


def test_a_new_store_is_told_of_at_once(app: App, sample_store: Path, sample_scores: Path) -> None:
    store = app.store("fantom")
    scored(sample_store, sample_scores, store, of_network("fantom"))
    try:
        _new_store_is_told_of(app, store)
    finally:
        store.unlink()


def _new_store_is_told_of(app: App, store: Path) -> None:
    links = ("/s/queue?network=fantom", "/s/queue.png?network=fantom")
    before = [get(app, link) for link in links]
    edited(store, store, "UPDATE store_info SET synced_block = 99772824")
    after = [get(app, link) for link in links]
    assert "As of block 99,772,824" in after[0].page.meta("og:description")
    for was, now in zip(before, after, strict=True):
        assert was.headers["etag"] != now.headers["etag"]
        assert was.content != now.content
    store.unlink()
    gone = get(app, links[0])
    assert gone.status == 200
    assert gone.page.meta("og:description") == PAGES["queue"]
    store.write_bytes(b"no store")
    torn = get(app, links[0])
    assert (torn.status, torn.page.meta("og:description")) == (200, PAGES["queue"])
    assert str(app.root).encode() not in torn.content
