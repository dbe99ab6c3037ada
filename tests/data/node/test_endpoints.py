"""Several endpoints as one: failing over, waiting, and telling whose fault it was."""

from __future__ import annotations

import json
import socket
import time
from base64 import b64encode
from dataclasses import replace

import pytest

from data import NodeError
from data.node.endpoints import Endpoints
from data.node.refusals import LyingError, RangeTooWideError
from devnet.node import free_port
from tests.fake_node import Asked, Reply, error, fake_node, result
from tests.made_chain import BRISK, HASTY, PASSING, ledger

pytestmark = pytest.mark.node

CHAIN = ledger([], 9)
HEADERS = [("eth_getBlockByNumber", [hex(number), False]) for number in range(9)]


@pytest.mark.parametrize("name", PASSING)
def test_a_question_answered_badly_is_asked_again(name: str) -> None:
    if name in ("empty lie", "number"):
        return  # which question has such answers only its asker knows
    with fake_node(CHAIN, lambda asked: PASSING[name](asked) if asked.turn < 2 else None) as node:
        answer = Endpoints((node.url,), BRISK).request("eth_blockNumber", [])
        assert answer["result"] == "0x9"
        assert node.count("eth_blockNumber") == 3


def test_an_error_that_the_node_means_goes_to_the_caller_at_once() -> None:
    with fake_node(CHAIN, lambda asked: error(asked, "execution reverted", 3)) as node:
        endpoints = Endpoints((node.url, f"{node.url}/2"), BRISK)
        assert endpoints.request("eth_call", [])["error"]["message"] == "execution reverted"
        assert node.count("eth_call") == 1


def test_what_one_endpoint_does_not_keep_is_asked_of_the_others() -> None:
    with (
        fake_node(CHAIN, lambda asked: error(asked, "missing trie node")) as pruned,
        fake_node(CHAIN) as archive,
    ):
        endpoints = Endpoints((pruned.url, archive.url), BRISK)
        for _ in range(4):
            assert endpoints.request("eth_blockNumber", [])["result"] == "0x9"
        assert Endpoints((pruned.url,), BRISK).request("eth_call", [])["error"]


def test_a_null_error_beside_a_result_is_none() -> None:
    def both(asked: Asked) -> Reply:
        return Reply(json.dumps({"id": asked.id, "result": "0x5", "error": None}).encode())

    with fake_node(CHAIN, both) as node:
        assert "error" not in Endpoints((node.url,), BRISK).request("eth_blockNumber", [])


def test_batches_come_back_in_the_order_asked() -> None:
    with fake_node(CHAIN) as node:
        answers = Endpoints((node.url,), BRISK).request_batch(HEADERS)
        assert [answer["result"]["number"] for answer in answers] == [h[1][0] for h in HEADERS]
        assert node.posts == 1


def test_an_endpoint_without_batches_is_asked_one_by_one_and_tried_only_once() -> None:
    with fake_node(CHAIN) as node:
        node.batches = False
        endpoints = Endpoints((node.url,), replace(BRISK, pause_s=30, longest_pause_s=30))
        began = time.monotonic()
        for _ in range(2):
            answers = endpoints.request_batch(HEADERS)
            assert [answer["result"]["number"] for answer in answers] == [h[1][0] for h in HEADERS]
        assert node.posts == 1 + 2 * len(HEADERS)
        assert time.monotonic() - began < 20


BAD_ITEMS = {
    "rate-limited": lambda asked: error(asked, "rate limit"),
    "failed": lambda asked: error(asked, "internal error", -32603),
    "without a result": lambda asked: result(asked, None),
    "another's": lambda asked: Reply(b'{"id": 0, "result": "0x1"}'),
    "no answer at all": lambda asked: Reply(b"7"),
}


@pytest.mark.parametrize("name", BAD_ITEMS)
def test_what_of_a_batch_failed_is_asked_again_elsewhere_first(name: str) -> None:
    bad = BAD_ITEMS[name]
    with (
        fake_node(CHAIN, lambda asked: bad(asked) if asked.turn == 4 else None) as node,
        fake_node(CHAIN) as other,
    ):
        for urls in ((node.url, other.url), (node.url,)):
            answers = Endpoints(urls, BRISK).request_batch(HEADERS)
            assert [answer["result"]["number"] for answer in answers] == [h[1][0] for h in HEADERS]
        assert other.asked == [HEADERS[4]]


def test_what_of_a_batch_no_endpoint_answers_is_the_callers_to_read() -> None:
    def lacking(asked: Asked) -> Reply | None:
        return error(asked, "missing trie node") if asked.params[0] == "0x3" else None

    with fake_node(CHAIN, lacking) as node, fake_node(CHAIN, lacking) as other:
        answers = Endpoints((node.url, other.url), BRISK).request_batch(HEADERS)
        assert [number for number, answer in enumerate(answers) if "error" in answer] == [3]
        assert other.asked.count(HEADERS[3]) in (1, 2)


@pytest.mark.parametrize("shape", ["one", "one in a list", "one an item"])
def test_a_batch_refused_as_too_long_is_asked_one_by_one(shape: str) -> None:
    refused = {"jsonrpc": "2.0", "id": None, "error": {"code": 31, "message": "Batch of over 3"}}
    bodies: dict[str, object] = {
        "one": refused,
        "one in a list": [refused],
        "one an item": [refused | {"id": number} for number in range(1, 10)],
    }
    with fake_node(CHAIN) as node:
        node.batches, node.batch_refusal = False, json.dumps(bodies[shape]).encode()
        endpoints = Endpoints((node.url,), BRISK)
        for _ in range(2):
            answers = endpoints.request_batch(HEADERS)
            assert [answer["result"]["number"] for answer in answers] == [h[1][0] for h in HEADERS]
        assert node.posts == 1 + 2 * len(HEADERS)


def test_an_answer_that_breaks_off_once_is_no_proof_against_batches() -> None:
    with fake_node(CHAIN) as node:
        endpoints = Endpoints((node.url,), BRISK)
        node.batches, node.batch_refusal = False, b'[{"id":'
        endpoints.request_batch(HEADERS)
        node.batches = True
        before = node.posts
        endpoints.request_batch(HEADERS)
        assert node.posts == before + 1


@pytest.mark.parametrize("answer_id", [77_777, None, [], True])
def test_an_answer_with_another_id_is_no_answer(answer_id: object) -> None:
    body = json.dumps({"id": answer_id, "result": "0x9", "error": None}).encode()
    with fake_node(CHAIN, lambda asked: Reply(body)) as node, pytest.raises(NodeError, match="ano"):
        Endpoints((node.url,), BRISK).request("eth_blockNumber", [])


def test_an_id_sent_back_as_text_is_taken() -> None:
    def as_text(asked: Asked) -> Reply:
        return result(replace(asked, id=str(asked.id)), asked.honest())

    with fake_node(CHAIN, as_text) as node:
        endpoints = Endpoints((node.url,), BRISK)
        assert endpoints.request("eth_blockNumber", [])["result"] == "0x9"
        answers = endpoints.request_batch(HEADERS)
        assert [answer["result"]["number"] for answer in answers] == [h[1][0] for h in HEADERS]
        assert node.posts == 2


def test_who_will_not_serve_us_is_put_aside_and_told() -> None:
    def denied(asked: Asked) -> Reply:
        return error(asked, "Monthly capacity limit exceeded.")

    with fake_node(CHAIN, denied) as used_up, fake_node(CHAIN) as good:
        endpoints = Endpoints((used_up.url, good.url), BRISK)
        for _ in range(4):
            assert endpoints.request("eth_blockNumber", [])["result"] == "0x9"
        assert used_up.posts == 1
        place = used_up.url.removeprefix("http://")
        told = [note for endpoint in endpoints.all for note in endpoint.notes]
        assert told == [f"{place} is not used: Monthly capacity limit exceeded."]

        alone = Endpoints((used_up.url,), BRISK)
        with pytest.raises(NodeError, match=rf"serves us any more. {place}: Monthly capacity"):
            alone.request("eth_blockNumber", [])
        assert used_up.posts == 2
        later = Endpoints((used_up.url,), replace(BRISK, aside_s=0.0))
        with pytest.raises(NodeError, match="no endpoint gave a usable answer"):
            later.request("eth_blockNumber", [])


def test_when_all_are_dead_each_host_is_named_with_its_words_and_no_key() -> None:
    key = "s3cr3tk3y"
    said = {"message": f"no such project: /v3/{key}"}

    def denied(asked: Asked) -> Reply:
        return Reply(json.dumps(said).encode(), 401)

    with fake_node(CHAIN, denied) as denying, fake_node(CHAIN, PASSING["web page"]) as page:
        closed = f"http://user{key}:pass{key}@127.0.0.1:{free_port()}/{key}?apikey={key}"
        urls = (f"{denying.url}/v3/{key}", f"{page.url}/{key}", closed)
        began = time.monotonic()
        with pytest.raises(NodeError) as caught:
            Endpoints(urls, BRISK).request("eth_chainId", [])
    text = str(caught.value)
    assert key not in text
    assert "HTTP 401: no such project: /v3/..." in text
    assert "web page" in text
    assert "cannot be reached (ConnectionRefusedError)" in text
    for url in (denying.url, page.url):
        assert url.removeprefix("http://") in text
    assert time.monotonic() - began < 20


def test_a_user_in_the_url_is_sent_as_the_node_wants_it() -> None:
    with fake_node(CHAIN) as node:
        url = node.url.replace("//", "//alice:p%40ss@")
        assert Endpoints((url,), BRISK).request("eth_blockNumber", [])["result"] == "0x9"
        assert node.headers["authorization"] == "Basic " + b64encode(b"alice:p@ss").decode()


def test_one_that_hangs_is_given_up_and_the_other_answers() -> None:
    with (
        fake_node(CHAIN, lambda asked: result(asked, "0x0", after_s=60)) as hanging,
        fake_node(CHAIN) as quick,
    ):
        endpoints = Endpoints((hanging.url, quick.url), HASTY)
        began = time.monotonic()
        for _ in range(3):
            assert endpoints.request("eth_blockNumber", [])["result"] == "0x9"
        assert time.monotonic() - began < 30


def test_a_body_beyond_all_measure_is_refused_and_the_connection_still_works() -> None:
    def huge(asked: Asked) -> Reply | None:
        return Reply(b"[" + b" " * 3_000_000 + b"]") if asked.turn == 0 else None

    with fake_node(CHAIN, huge) as node:
        endpoints = Endpoints((node.url,), replace(BRISK, largest_body=1_000_000))
        payload = {"id": 1, "method": "eth_blockNumber", "params": []}
        with pytest.raises(RangeTooWideError, match="too large to hold"):
            endpoints.post(endpoints.all[0], payload)
        assert json.loads(endpoints.post(endpoints.all[0], payload))["result"] == "0x9"


def test_failures_at_the_same_time_count_once_and_pauses_grow_to_a_limit() -> None:
    manners = replace(BRISK, pause_s=100, longest_pause_s=300)
    endpoint = Endpoints(("http://127.0.0.1:1",), manners).all[0]
    for _ in range(4):
        endpoint.failed(LyingError("no"))
    assert 99 < endpoint.pause_s <= 100
    endpoint.answered()
    assert endpoint.last_error == "no"


def test_a_host_that_is_not_known_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*asked: object, **options: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(NodeError, match=r"cannot be reached \(the host name cannot be resolved\)"):
        Endpoints(("http://rpc.nowhere.invalid",), BRISK).request("eth_chainId", [])


def test_null_is_an_answer_only_to_who_asks_for_a_transaction() -> None:
    asked = [("eth_getTransactionByHash", ["0x1"]), ("eth_getTransactionReceipt", ["0x1"])]
    with fake_node(CHAIN, lambda asked: result(asked, None)) as node:
        endpoints = Endpoints((node.url,), BRISK)
        assert [answer["result"] for answer in endpoints.request_batch(asked)] == [None, None]
        with pytest.raises(NodeError, match="no result"):
            endpoints.request_batch([*asked, ("eth_blockNumber", [])])
    with (
        fake_node(CHAIN, lambda asked: Reply(json.dumps({"id": asked.id}).encode())) as silent,
        pytest.raises(NodeError, match="no result"),
    ):
        Endpoints((silent.url,), BRISK).request_batch(asked)


def test_no_attempt_begins_once_patience_is_over() -> None:
    with fake_node(CHAIN, lambda asked: Reply(b"", 503)) as node:
        hasty = replace(BRISK, attempts=1_000, pause_s=0.05, patience_s=0.3)
        began = time.monotonic()
        with pytest.raises(NodeError, match="HTTP 503"):
            Endpoints((node.url,), hasty).request("eth_blockNumber", [])
        assert time.monotonic() - began < 10


def test_an_endpoint_without_batches_that_is_slow_is_given_up() -> None:
    with fake_node(CHAIN) as node:
        node.batches, node.latency_s = False, 0.1
        hasty = replace(BRISK, attempts=1, patience_s=0.25)
        with pytest.raises(NodeError, match="too long one by one"):
            Endpoints((node.url,), hasty).request_batch(HEADERS)
        assert node.posts < 1 + len(HEADERS)
