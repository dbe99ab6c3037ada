"""How answers are served: kept by a store's version, refused in words, and never for everybody."""

from __future__ import annotations

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest
from anyio.from_thread import BlockingPortal
from starlette.types import Message

from api import served
from api.documentation import KINDS
from data.config import ROOT
from tests.api.conftest import Ask, asked_of, server
from tests.app import edited

HOSTILE = "%22%3E%3Cscript%3Ealert(1)%3C/script%3E"


def problem(ask: Ask, path: str, status: int, kind: str) -> str:
    """What the problem document at a path says, of this status and kind."""
    answer = ask(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["type"] == f"/api/v1/docs#{kind}"
    assert document["status"] == status
    assert kind in KINDS
    text = str(document["detail"])
    assert text.endswith((".", "?"))
    for secret in (str(ROOT), "/tmp", "var/", ".duckdb", "Traceback", "rpc", "<script"):
        assert secret not in answer.text
    return text


@pytest.mark.parametrize(
    ("path", "status", "kind", "words"),
    [
        ("/queue?network=zz", 404, "unknown-network", "sample"),
        (f"/queue?network={HOSTILE}", 404, "unknown-network", "There is no such network"),
        ("/queue?network=", 404, "unknown-network", "There is no such network"),
        ("/queue?netwrk=sample", 400, "unknown-parameter", "network"),
        ("/queue?network=sample&network=fantom", 400, "repeated-parameter", "network"),
        ("/requests/2324", 404, "unknown-request", "the newest is 2,323"),
        ("/requests/abc", 400, "bad-parameter", "id"),
        ("/requests/-1", 400, "bad-parameter", "id"),
        (f"/requests/{10**30}", 400, "bad-parameter", "id"),
        ("/requests?address=0x12", 400, "bad-address", "40"),
        ("/requests?address=", 400, "bad-address", ""),
        ("/requests", 400, "bad-parameter", "address"),
        ("/requests?address=0x1478C7B3D3B5F181ED4FB5F59B96CF3D6FC24228&limit=0", 400, "*", ""),
        ("/requests?address=0x1478c7B3D3B5F181ED4FB5F59B96CF3D6FC24227", 400, "bad-address", "sum"),
        ("/transactions/0x12", 400, "bad-hash", "64"),
        (f"/transactions/0x{'a' * 64}", 404, "unknown-transaction", "made or paid no request"),
        ("/release-window", 400, "bad-parameter", "token"),
        ("/release-window?token=FTM&amount=1", 400, "bad-parameter", "token"),
        ("/release-window?token=aFTMb&amount=0", 400, "bad-amount", "The amount is 0"),
        ("/release-window?token=aFTMb&amount=-3", 400, "bad-amount", "negative"),
        ("/release-window?token=aFTMb&amount=1e9", 400, "bad-amount", "exponent"),
        ("/release-window?token=aFTMb&amount=1,000", 400, "bad-amount", "two amounts"),
        ("/release-window?token=aFTMb&amount=900000000", 400, "bad-amount", "ever staked"),
        (f"/release-window?token=aFTMb&amount={HOSTILE}", 400, "bad-amount", "no number"),
        ("/queries/nothing", 404, "unknown-query", "/queries"),
        ("/queries/queue_depth?since=yesterday", 400, "bad-parameter", "a date such as"),
        ("/queries/queue_depth?step=year", 400, "bad-parameter", "step"),
        ("/queries/queue_metrics?days=0", 400, "bad-parameter", "1 or more"),
        ("/queries/queue_metrics?days=1.5", 400, "bad-parameter", "whole number"),
        ("/queries/queue_metrics?days=" + "9" * 40, 400, "bad-parameter", "whole number"),
        ("/queries/queue_metrics?format=xml", 400, "bad-parameter", "format"),
        ("/queries/queue_metrics?limit=0", 400, "bad-parameter", "limit"),
        ("/queries/requests_by_address?address=" + "a" * 5_000, 400, "bad-address", ""),
        ("/queries/dictionary?table_name=" + "a" * 101, 400, "bad-parameter", "100 letters"),
        ("/nothing", 404, "unknown-path", "docs"),
        ("/", 404, "unknown-path", "docs"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_document_that_says_why(
    ask: Ask, path: str, status: int, kind: str, words: str
) -> None:
    kind = "bad-parameter" if kind == "*" else kind
    assert words in problem(ask, path, status, kind)


def test_a_million_parameters_are_refused_before_they_are_read(
    store: Path, loop: BlockingPortal
) -> None:
    query = "&".join(f"p{number}=1" for number in range(10**6)).encode()
    scope = {"type": "http", "method": "GET", "path": "/api/v1/queue", "headers": []}
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    began = time.perf_counter()
    loop.call(server(), scope | {"query_string": query}, receive, send)
    assert time.perf_counter() - began < 5
    assert sent[0]["status"] == 414
    assert b"8000 letters" in sent[1]["body"]


def test_a_store_that_is_missing_says_so(ask: Ask, store: Path) -> None:
    store.unlink()
    assert "synced" in problem(ask, "/queue", 503, "no-store")
    networks = {each["name"]: each for each in ask("/networks").json()["networks"]}
    assert (networks["sample"]["has_store"], networks["sample"]["block"]) == (False, None)


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (lambda path: path.write_bytes(b"no store"), "unreadable-store"),
        (
            lambda path: edited(path, path, "UPDATE store_info SET schema_version = 1"),
            "older-store",
        ),
        (
            lambda path: edited(path, path, "UPDATE store_info SET schema_version = 99"),
            "newer-store",
        ),
        (lambda path: edited(path, path, "DROP TABLE requests"), "unreadable-store"),
    ],
    ids=["rubbish", "older", "newer", "half"],
)
def test_a_store_that_cannot_be_read_is_told_without_its_path(
    ask: Ask, store: Path, spoil: object, kind: str
) -> None:
    spoil(store)  # type: ignore[operator]
    told = problem(ask, "/queue", 503, kind)
    assert ("update the program" in told) == (kind == "newer-store")
    assert ask("/networks").status_code == 200


def test_wrong_settings_are_told_without_their_values(
    ask: Ask, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_NETWORK", "secret-name")
    environment.delenv("FTM_STORE")
    served.read_sources.cache_clear()
    assert "secret" not in problem(ask, "/queue", 503, "not-set-up")
    assert "secret" not in problem(ask, "/networks", 503, "not-set-up")


def test_an_answer_is_known_again_until_another_store_is_published(ask: Ask, store: Path) -> None:
    first = ask("/queue")
    assert first.headers["cache-control"] == "public, max-age=10"
    tag = first.headers["etag"]
    again = ask("/queue", if_none_match=f'"other", {tag}')
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert ask("/queue", if_none_match='"other"').status_code == 200
    assert ask("/scores").headers["etag"] != tag
    edited(store, store, "UPDATE store_info SET synced_block = synced_block + 1")
    newer = ask("/queue", if_none_match=tag)
    assert newer.status_code == 200
    assert newer.json()["about"]["block"] == first.json()["about"]["block"] + 1


def test_scores_that_are_renewed_make_another_answer(
    ask: Ask, store: Path, sample_scores: Path
) -> None:
    path = "/release-window?token=aFTMb&amount=10"
    before = ask(path)
    os.link(sample_scores, store.with_name(f"{store.name}.scores"))
    after = ask(path)
    assert after.status_code == 200
    assert before.json()["data"]["window"]["kind"] == "not_scored"
    assert after.json()["data"]["window"]["kind"] != "not_scored"


def test_a_store_that_is_replaced_while_it_is_asked_mixes_no_two(ask: Ask, store: Path) -> None:
    """Every answer has the block and the queue of one version."""
    with duckdb.connect(store) as con:
        whole = con.execute("SELECT count(*) FROM requests WHERE status = 'pending'").fetchone()
    assert whole is not None
    blocks = {ask("/queue").json()["about"]["block"]: whole[0]}
    with ThreadPoolExecutor(4) as threads:
        for number in range(1, 6):
            jobs = [threads.submit(ask, "/queue") for _ in range(12)]
            edited(
                store,
                store,
                "UPDATE store_info SET synced_block = synced_block + 1",
                "DELETE FROM requests WHERE wr_id = (SELECT max(wr_id) FROM requests)",
            )
            blocks[max(blocks) + 1] = whole[0] - number
            answers = [job.result() for job in jobs]
            assert {answer.status_code for answer in answers} <= {200, 503}
            for answer in answers:
                if answer.status_code == 200:
                    told = answer.json()
                    assert told["data"]["requests"] == blocks[told["about"]["block"]]


def test_programs_of_any_page_may_read_it(ask: Ask) -> None:
    answer = ask("/queue", origin="https://dashboard.test")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "ETag" in answer.headers["access-control-expose-headers"]
    asked = ask(
        "/queue",
        "OPTIONS",
        origin="https://dashboard.test",
        access_control_request_method="GET",
        access_control_request_headers="if-none-match",
    )
    assert asked.status_code == 200
    refused = ask("/queue?network=zz", origin="https://dashboard.test")
    assert refused.headers["access-control-allow-origin"] == "*"


def test_head_is_answered_as_get(ask: Ask) -> None:
    answer = ask("/queue", "HEAD")
    assert answer.status_code == 200
    assert answer.headers["etag"] == ask("/queue").headers["etag"]


def test_one_client_is_answered_so_often_a_minute(
    store: Path, loop: BlockingPortal, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_API_PER_MINUTE", "3")
    ask = asked_of(loop, server())
    assert [ask("/queue").status_code for _ in range(3)] == [200] * 3
    text = problem(ask, "/queue", 429, "too-many")
    answer = ask("/queue")
    assert answer.status_code == 429
    seconds = int(answer.headers["retry-after"])
    assert 1 <= seconds <= 60
    assert "3 times a minute" in text


def test_the_page_that_describes_it_names_every_route_and_problem_and_loads_nothing(
    ask: Ask,
) -> None:
    page = ask("/docs")
    assert page.headers["content-type"].startswith("text/html")
    description = ask("/openapi.json").json()
    assert description["openapi"].startswith("3.1")
    for path in description["paths"]:
        assert f"/api/v1{path}" in page.text
    for kind in KINDS:
        assert f'id="{kind}"' in page.text
    places = set(re.findall(r'id="([^"]+)"', page.text))
    assert set(re.findall(r'href="#([^"]+)"', page.text)) <= places
    assert {"About", "ReleaseWindow", "QueueNow"} <= places
    assert "true of made-up data" in page.text
    assert not re.search(r"<(script|link|img|iframe)|src=|@import|https?://", page.text)
    examples = re.findall(r'href="(/api/v1[^"]*)"', page.text)
    assert len(examples) > 40
    for link in examples:
        path = link.removeprefix("/api/v1").replace("&amp;", "&")
        assert ask(path).status_code in (200, 503), path
