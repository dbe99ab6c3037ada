"""What pages say, without a browser, and what stands around them."""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from duckdb import DuckDBPyConnection as Connection
from streamlit.testing.v1 import AppTest

import queries
from answers import store_view
from answers.health import newest
from answers.sources import Source, read_sources
from data import ConfigError
from data.config import ROOT
from data.store.reader import open_reader
from data.store.reader import version as version_of
from data.store.sync_state import write_upgrade
from data.store.writer import lock
from pages.queue import depth, first
from tests.app import edited, of_network
from tests.shown import Show, opened, said
from ui.frame import brought_up
from ui.server import serving


def test_the_policy_names_no_host_and_each_inline_script_by_its_hash() -> None:
    headers = serving.security_headers()
    assert "://" not in headers["Content-Security-Policy"]
    assert serving.inline_script_hashes("<script>x</script><script src='y'></script>") == [
        "'sha256-LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE='"
    ]


def test_the_first_network_of_real_money_with_a_store_is_shown_else_the_sample(
    tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setattr("data.config.VAR", tmp_path)
    sources = read_sources()
    assert sources.default().is_sample
    for name in ("devnet", "fantom-testnet"):
        (tmp_path / f"{name}.duckdb").touch()
    assert sources.default().is_sample
    (tmp_path / "fantom.duckdb").touch()
    assert sources.default().name == "fantom"


def test_the_environment_names_the_network_and_the_store(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("FTM_NETWORK", "opera")
    with pytest.raises(ConfigError, match="FTM_NETWORK=opera names no network: set it to one of"):
        read_sources()
    environment.setenv("FTM_NETWORK", "fantom-testnet")
    assert read_sources().default().name == "fantom-testnet"
    read_sources.cache_clear()
    environment.delenv("FTM_NETWORK")
    environment.setenv("FTM_STORE", "/data/mine.duckdb")
    assert read_sources().default() == Source("mine", Path("/data/mine.duckdb"))


def test_the_queue_page_says_what_waits_and_what_is_missing(show: Show) -> None:
    app = show()
    assert not app.exception
    assert [metric.label for metric in app.metric] == [
        "FTM waiting",
        "Requests waiting",
        "Paid out in 35 days",
        "Last payment",
    ]
    assert [metric.value for metric in app.metric] == [
        "14,896 FTM",
        "126",
        "2,678 FTM",
        "23 d 23 h ago",
    ]
    assert (
        "126 requests (14,896 FTM) are waiting. The first in line needs 10,339 FTM and the pool "
        "has 2,578 FTM: **7,761 FTM must still come in** before anyone is paid." in said(app)
    )
    assert "**7,761 FTM must still come in.**" in said(app)
    assert "It has waited 51 d 12 h." in said(app)


def test_an_unknown_balance_is_unknown_and_says_why(show: Show) -> None:
    app = show("DELETE FROM pool_balances")
    assert "What the pool can pay is unknown." in said(app)
    assert "How much must still come in is unknown." in said(app)
    assert "`eth_getBalance`" in said(app)


def test_old_figures_and_failed_checks_are_told_with_what_to_do(
    show: Show, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    environment.setattr("ui.frame.around.default_store", lambda _: tmp_path / "shown.duckdb")
    faults = (
        of_network("fantom", "3 days 4 hours 1 minute"),
        "UPDATE checks SET status = 'failed', block = 98765432, wr_id = 2101, message = 'too "
        "little' WHERE name = 'payout amounts'",
    )
    app = show(*faults)
    stale, failed = app.warning[0].value, app.error[0].value
    assert "This data is 3 d 4 h old: the newest block here is of" in stale
    assert "`make sync NETWORK=fantom` reads newer data" in stale
    assert failed.startswith("1 check failed on this store")
    assert "See which, on Status" in [link.proto.label for link in app.get("page_link")]
    assert "3 d 4 h ago · fantom, chain 250" in said(app)
    assert "Simulated" not in said(app)
    status = said(show(*faults, page="status"))
    assert "What failed" in status
    assert "Of 26 checks 1 failed and 0 could not be made." in status


def test_a_store_without_requests_says_so(show: Show) -> None:
    empty = (of_network("fantom-testnet"), "DELETE FROM requests")
    (notice,) = show(*empty).info
    assert "No request was made on fantom-testnet from block 31,200,000" in notice.value
    assert not show(*empty, page="status").exception


def test_an_empty_queue_says_that_nobody_waits(show: Show) -> None:
    app = show(
        "UPDATE requests SET status = 'paid', paid_at = requested_at, "
        "ahead_wei = 0 WHERE status <> 'paid'"
    )
    assert not app.exception
    assert "Nobody is waiting" in said(app)
    assert app.metric[1].value == "0"
    assert "What blocks the queue" not in said(app)


def test_figures_before_the_first_log_are_not_compared(show: Show) -> None:
    app = show("UPDATE store_info SET synced_at = '2022-03-20 00:00:00+00'")
    assert not app.exception
    assert app.metric[2].delta == ""


def test_status_tells_what_is_known_of_the_store(show: Show) -> None:
    app = show(page="status")
    assert not app.exception
    assert (
        "holds a simulated chain up to block 99,772,823, read from simulation with seed 250"
        in said(app)
    )
    assert "All 26 checks passed." in said(app)
    assert "duckdb 1.5.5" in said(app)
    assert app.code[0].value == ".venv/bin/duckdb -readonly shown.duckdb"
    assert app.metric[0].delta == "the simulation's last"


def test_a_played_chain_is_no_real_one_and_says_so(show: Show) -> None:
    app = show("UPDATE store_info SET simulated = FALSE, network = 'devnet'")
    assert "None of it is real" in said(app)
    assert "None of it is real" not in said(show())
    app = show("UPDATE store_info SET simulated = FALSE, network = 'fantom-testnet'")
    assert "worth nothing" in said(app)


def test_the_network_is_put_into_the_url_and_each_parameter_is_known(show: Show) -> None:
    app = show()
    assert app.query_params == {"network": "shown"}
    app.button_group(key="range").set_value("custom").run()
    inputs = {
        widget.key for widget in (*app.button_group, *app.date_input, *app.toggle, *app.text_input)
    }
    page = (ROOT / "pages" / "queue" / "page.py").read_text()
    (known,) = re.findall(r"refuse_unknown\(\[(.*?)\]", page)
    assert {*re.findall(r'"(\w+)"', known), *first.FIELDS, *depth.FIELDS} == inputs


def test_a_reader_is_never_kept_under_another_version(
    sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = edited(sample_store, tmp_path / "raced.duckdb")
    source, before = Source("raced", path), version_of(path)

    def raced(path: Path) -> Connection:
        monkeypatch.undo()
        edited(path, path, "UPDATE store_info SET synced_block = 7")
        return open_reader(path)

    monkeypatch.setattr(store_view, "open_reader", raced)
    with pytest.raises(store_view.SupersededError, match="was replaced"):
        store_view.read(before)
    assert store_view.read(version_of(path)).synced_block == 7
    monkeypatch.setattr(store_view, "open_reader", raced)
    edited(path, path, "UPDATE store_info SET synced_block = 8")
    view = newest(source, datetime.now(UTC))
    assert view is not None
    assert view.info.synced_block == 7


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("", ["queue_metrics", "depth_against_claims", "blocking_head", "pending_requests"]),
        ("waits", ["paid_within_35_days", "release_curve", "waits_by_half_year"]),
    ],
)
def test_every_page_names_its_queries_once_it_is_asked_for_them(
    page: str, names: list[str], show: Show
) -> None:
    app = show(page=page)
    listed = [link.proto.label for link in app.get("page_link")]
    assert not any("queue_metrics" in label or "release_curve" in label for label in listed)
    app.session_state[f"queries behind {page}"] = True
    listed = [link.proto.label for link in app.run().get("page_link")]
    for name in names:
        assert any(label.startswith(f"{queries.load(name).title} ({name}") for label in listed)


def test_a_store_of_another_schema_is_named_with_the_remedy(show: Show) -> None:
    app = show("UPDATE store_info SET schema_version = 99")
    (error,) = app.error
    assert error.value.startswith(
        r"shown\.duckdb has schema 99, this version reads schema 4\: update the program"
    )


def test_a_running_program_goes_on_with_the_file_that_a_later_one_replaced(
    show: Show, tmp_path: Path
) -> None:
    path = tmp_path / "shown.duckdb"
    tiles = [metric.value for metric in show().metric]
    app = show("UPDATE store_info SET schema_version = 99", "UPDATE requests SET payout_wei = 1")
    assert [metric.value for metric in app.metric] == tiles
    assert "A later version of the program has replaced this store: update the" in said(app)
    edited(path, path, "UPDATE store_info SET schema_version = 2")
    app = opened()
    assert [metric.value for metric in app.metric] != tiles
    assert "A later version" not in said(app)


def test_a_store_of_an_earlier_version_is_said_to_be_brought_up_to_date(
    show: Show, environment: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = show("UPDATE store_info SET schema_version = 1")
    assert [title.value for title in app.title] == ["This store is being brought up to date"]
    assert not app.error
    path = Path(os.environ["FTM_STORE"])
    environment.setitem(brought_up._faults, path, f"cannot write beside {path}: no space")
    assert "no space" in said(opened())
    environment.setenv("FTM_PUBLIC", "on")
    assert str(path.parent) not in said(opened())
    assert str(path.parent) not in caplog.text  # it would be told each second


def test_tables_of_an_earlier_program_are_shown_while_they_are_made_anew(
    show: Show, tmp_path: Path, environment: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "shown.duckdb"
    environment.setenv("FTM_NETWORK", "fantom")
    assert "An earlier version" not in said(show())
    with lock(path):
        write_upgrade(path, 0.5)
        assert "They are being made anew from the same logs" in said(show())
        lacking = show("ALTER TABLE requests DROP COLUMN payout_wei")
        assert "This store is being brought up to date" in said(lacking)
        status = said(show(of_network("fantom"), page="status"))
        assert "being brought up to date. A sync can begin after that." in status
    assert "An earlier version" not in said(show())


# A parameter that a page cannot take


def notices(app: AppTest) -> str:
    """What they say, without the marks and escapes that keep foreign text from being markup."""
    texts = "\n".join(str(notice.value) for notice in [*app.error, *app.warning, *app.info])
    return texts.replace("`", "").replace("\\", "")


@pytest.mark.parametrize(
    ("page", "link", "expected", "left"),
    [
        ("", {"network": "xyz"}, ["network xyz, which is none of fantom, "], {}),
        (
            "",
            {"token": "xyz", "range": "never", "payouts": "maybe"},
            [
                "range=never, which is not one of 35 days, ",
                "token=xyz, which is not one of both, aFTMb, aFTMc. Showing both.",
                "payouts=maybe, which is not true or false. Showing true.",
            ],
            {},
        ),
        ("", {"since": "banana"}, ["since=banana, which is not a day from 2022-03-16"], {}),
        (
            "",
            {"since": "2025-02-02", "until": "2024-01-01"},
            ["From 2025-02-02 to 2024-01-01 is no range"],
            {"since": "2025-02-02", "until": "2024-01-01"},
        ),
        (
            "",
            {"from": "abc", "to": "d", "token": "aFTMb"},
            ["sets from, to, which the page Queue does not know: there are network, amount, "],
            {"token": "aFTMb"},
        ),
        ("status", {"range": "all"}, ["sets range, which the page Status does not know"], {}),
    ],
)
def test_a_bad_parameter_is_named_and_leaves_the_link(
    show_sample: Show, page: str, link: dict[str, str], expected: list[str], left: dict[str, str]
) -> None:
    app = show_sample(page=page, **link)
    assert not app.exception
    shown = notices(app)
    assert [notice for notice in expected if notice not in shown] == [], shown
    in_link = {k: v if isinstance(v, str) else v[-1] for k, v in app.query_params.items()}
    assert in_link == {"network": "sample"} | left


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("", {"amount": "4000"}),
        ("track", {"find": "2198"}),
        ("explore", {"query": "request_by_tx", "tx": "0x" + "12" * 32}),
    ],
)
def test_another_network_is_shown_with_what_inputs_hold(
    page: str, link: dict[str, str], show: Show
) -> None:
    app = show(page=page, **link)
    app.selectbox(key="network").select("fantom").run()
    assert not app.exception
    assert "Nothing read from fantom yet" in said(app)
    assert app.query_params["network"] == "fantom"
