"""What the API answers is what the store holds and the pages say."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import httpx
import polars as pl
import pyarrow as pa
import pytest

import queries
from answers import scored, window_words
from answers.sources import read_sources
from answers.store_view import StoreView, open_view
from api.windows import WITHIN_DAYS
from data.ingest.archived import read_archive, scope_of, write_archive
from data.store.reader import open_reader
from forecast import ReleaseWindow
from tests.api.conftest import Ask
from tests.app import edited, of_network

STAKER = "0x1478C7B3D3B5F181ED4FB5F59B96CF3D6FC24227"


def data(answer: httpx.Response) -> dict[str, object]:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def view() -> StoreView:
    source = read_sources().default()
    found = open_view(source, source.version(), datetime.now(UTC))
    assert found is not None
    return found


def test_every_answer_says_what_it_rests_on(ask: Ask) -> None:
    about = ask("/queue").json()["about"]
    info = view().info
    assert about.pop("asked_at").endswith("Z")
    assert about == {
        "network": "sample",
        "chain_id": 250,
        "simulated": True,
        "block": info.synced_block,
        "block_at": "2025-03-01T00:00:00Z",
        "age_seconds": None,
        "at": None,
        "failed_checks": 0,
        "chain_end": None,
    }


def test_the_age_of_a_real_chains_block_is_told(ask: Ask, store: Path) -> None:
    edited(store, store, of_network("fantom", "20 minutes"))
    about = ask("/queue").json()["about"]
    assert not about["simulated"]
    assert 1_200 <= about["age_seconds"] < 1_500


def test_the_queue_is_that_of_the_queries_to_the_last_digit(ask: Ask) -> None:
    told = data(ask("/queue"))
    pending = view().ask("pending_requests")
    assert told["requests"] == pending.height
    assert told["waiting"]["wei"] == str(sum(map(int, pending["payout_wei"])))
    assert told["head"]["id"] == pending["wr_id"][0]
    head = view().ask_row("blocking_head")
    assert float(told["head"]["missing"]["ftm"]) == pytest.approx(head["missing_ftm"])
    for amount in (told["waiting"], told["head"]["payout"], told["pool"]["balance"]):
        assert Decimal(amount["ftm"]) * 10**18 == int(amount["wei"])


def test_a_release_window_is_that_of_the_pages(ask: Ask, scored_store: Path) -> None:
    told = data(ask("/release-window?token=ankrFTM&amount=1000"))
    assert int(told["gross"]["wei"]) - int(told["fee"]["wei"]) == int(told["payout"]["wei"])
    store = view()
    odds = scored.odds_of(store)
    assert odds is not None
    window = odds.present.new_window(int(told["payout"]["wei"]) / 1e18)
    assert isinstance(window, ReleaseWindow)
    assert told["token"] == "aFTMc"
    assert told["place"] == store.ask("pending_requests").height + 1
    assert told["window"]["kind"] == window.kind
    assert told["window"]["sentence"].startswith(window_words.dates(window).replace("*", ""))
    assert [each["chance"] for each in told["window"]["chances"]] == [
        window.probability_within(days) for days in WITHIN_DAYS
    ]
    for quantile in told["window"]["quantiles"]:
        days = window.quantile(quantile["percent"] / 100)
        if days == float("inf"):
            assert quantile["days"] is quantile["by"] is None
            assert quantile["after"] == "2025-06-29T00:00:00Z"
        else:
            assert quantile["days"] == pytest.approx(days, abs=1e-3)
            assert quantile["after"] is None
    held = told["window"]["scores"]
    assert 0.8 < held["low"] <= held["covered_90"] <= held["high"] <= 1
    assert held["requests"] > 100


def test_odds_are_not_told_before_they_are_scored(ask: Ask, store: Path) -> None:
    window = data(ask("/release-window?token=aFTMb&amount=1000"))["window"]
    assert (window["kind"], window["quantiles"], window["chances"]) == ("not_scored", [], [])
    assert "tested on past requests" in window["why"]
    assert data(ask("/scores")) == {"scored": False, "figures": []} | dict.fromkeys(
        ("block", "as_of", "model_version", "money", "provisional", "requests")
    )


def test_the_chance_before_the_chains_end_is_told(
    ask: Ask, scored_store: Path, environment: pytest.MonkeyPatch
) -> None:
    edited(scored_store, scored_store, "UPDATE store_info SET simulated = FALSE, network = 'x'")
    text = '[x]\nchain_id = 250\nfirst_block = 1\nnative_symbol = "FTM"\n'
    text += "".join(f'{name} = "0x{"1" * 40}"\n' for name in ("pool", "bond", "cert", "sfc"))
    file = scored_store.with_name("networks.toml")
    file.write_text(text + 'ends_on = 2099-12-31\nends_told_by = "a notice"\n')
    environment.setenv("FTM_NETWORKS_FILE", str(file))
    environment.setenv("FTM_NETWORK", "x")
    environment.delenv("FTM_ENDS_ON")
    read_sources.cache_clear()
    told = data(ask("/release-window?token=aFTMb&amount=1000"))["window"]["before_the_end"]
    assert told == {"ends_on": "2099-12-31", "chance": None}  # beyond the horizon
    networks = {each["name"]: each for each in ask("/networks").json()["networks"]}
    assert networks["x"]["ends_on"] == "2099-12-31"
    assert (networks["x"]["ends_told_by"], networks["x"]["is_default"]) == ("a notice", True)


def test_a_request_is_told_with_what_happened_to_it(ask: Ask, scored_store: Path) -> None:
    waiting = data(ask("/requests/2210"))
    row = view().ask("pending_requests").filter(wr_id=2210).row(0, named=True)
    assert waiting["request"]["status"] == "waiting"
    assert waiting["request"]["place"] == row["place"]
    assert waiting["request"]["payout"]["wei"] == str(int(row["payout_wei"]))
    assert waiting["request"]["page"] == "/track?network=sample&find=2210"
    assert waiting["window"]["kind"] in ("batches", "next_batch", "beyond_horizon")
    paid = data(ask("/requests/1490"))
    assert (paid["request"]["status"], paid["window"]) == ("paid", None)
    assert [event["event"] for event in paid["events"]][-1] == "paid"
    assert paid["events"][-1]["at"] == paid["request"]["paid_at"]


def test_what_was_said_of_a_request_when_it_was_made_is_told(ask: Ask, scored_store: Path) -> None:
    scores = scored.scores_of(view())
    assert scores is not None
    row = scores.forecasts.filter(kind="batches").row(0, named=True)
    told = data(ask(f"/requests/{row['wr_id']}"))["said_when_made"]
    assert told == {name: row[name] for name in told}
    assert told["days_50"] is not None


def test_an_addresss_requests_are_told_in_pages(ask: Ask) -> None:
    every = data(ask(f"/requests?address={STAKER}"))
    ids = view().ask("requests_by_address", address=STAKER.lower())["wr_id"].to_list()
    assert [each["id"] for each in every["requests"]] == ids
    assert (every["count"], every["address"]) == (len(ids), STAKER.lower())
    some = data(ask(f"/requests?address={STAKER}&first=1&limit=2"))
    assert ([each["id"] for each in some["requests"]], some["count"]) == (ids[1:3], len(ids))
    nobody = data(ask(f"/requests?address=0x{'9' * 40}"))
    assert (nobody["count"], nobody["requests"]) == (0, [])


def test_a_transaction_is_told_by_what_it_did(ask: Ask) -> None:
    request = data(ask("/requests/1490"))["request"]
    made = data(ask(f"/transactions/{request['requested_tx']}"))
    assert (made["deeds"][0]["id"], made["deeds"][0]["event"]) == (1490, "requested")
    paid = data(ask(f"/transactions/{request['paid_tx'].upper().replace('X', 'x')}"))
    assert (1490, "paid") in {(deed["id"], deed["event"]) for deed in paid["deeds"]}


def test_every_query_is_answered_with_the_cells_of_its_rows(ask: Ask) -> None:
    listed = {each["name"]: each for each in ask("/queries").json()["queries"]}
    assert list(listed) == queries.names()
    for name, query in listed.items():
        told = data(ask(f"/queries/{name}?limit=3"))
        rows = view().ask(name)
        assert told["columns"] == rows.columns == [each["name"] for each in query["columns"]]
        assert (told["count"], told["cut"]) == (rows.height, rows.height > 3)
        for cells, row in zip(told["rows"], rows.head(3).rows(), strict=True):
            assert cells == [_as_json(cell) for cell in row]


def _as_json(cell: object) -> object:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(cell, Decimal):
        return str(int(cell))
    return json.loads(json.dumps(cell, default=str))


def test_a_query_takes_its_parameters(ask: Ask) -> None:
    told = data(ask("/queries/pending_requests?token=aFTMc&first=largest&rows=2"))
    rows = view().ask("pending_requests", token="aFTMc", first="largest", rows=2)
    assert [row[0] for row in told["rows"]] == rows["wr_id"].to_list()
    assert told["params"] == {"token": "aFTMc", "first": "largest", "rows": "2"}


def test_a_query_is_answered_in_four_formats_alike(ask: Ask) -> None:
    path = "/queries/pending_requests?format="
    whole = view().ask("pending_requests")
    answer = ask(path + "arrow")
    arrow = pa.ipc.open_stream(answer.content).read_all()
    assert pl.from_arrow(arrow).equals(whole)
    assert answer.headers["content-type"] == "application/vnd.apache.arrow.stream"
    assert pl.read_parquet(io.BytesIO(ask(path + "parquet").content)).equals(whole)
    text = ask(path + "csv")
    assert "simulated=yes" in text.text.split("\n")[0]
    ids = pl.read_csv(io.BytesIO(text.content), skip_rows=1, infer_schema=False)["payout_wei"]
    assert ids.to_list() == [str(int(wei)) for wei in whole["payout_wei"]]
    disposition = text.headers["content-disposition"]
    assert (
        disposition
        == f'attachment; filename="pending_requests-sample-{view().info.synced_block}.csv"'
    )


def test_a_file_that_is_cut_says_so(ask: Ask, environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FTM_API_ROWS", "5")
    text = ask("/queries/payouts?format=csv&limit=100").text
    assert len(text.splitlines()) == 2 + 5
    assert "cut=the first 5 rows of" in text.split("\n")[0]
    assert len(data(ask("/queries/payouts"))["rows"]) == 5


def test_names_that_the_api_takes_for_itself_are_no_querys_parameters() -> None:
    assert not {"network", "format", "limit", "at"} & set(queries.param_names())


def test_the_archive_is_the_one_that_a_command_writes(
    ask: Ask, tmp_path: Path, store: Path
) -> None:
    answer = ask("/archive")
    file = io.BytesIO()
    with open_reader(store) as con:
        sealed = write_archive(con, scope_of(con), file)
    assert answer.content == file.getvalue()
    assert answer.headers["archive-sum"] == str(sealed)
    path = tmp_path / "sample.archive"
    path.write_bytes(answer.content)
    with duckdb.connect() as con:
        archive = read_archive(con, path)
    assert str(archive.sealed) == str(sealed)
