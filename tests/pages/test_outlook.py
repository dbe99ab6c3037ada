"""The Outlook page, and the windows on Queue and Track, run without a browser."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from answers import words
from answers.score_metrics import COLUMNS, MEANINGS, about
from answers.scored import FAN_DAYS
from data.pool.amounts import parse_amount
from data.sample import SAMPLE_UNTIL
from forecast.baselines import AMOUNT_BUCKETS
from pages.outlook.forecast_and_wait import judged
from queries.export import as_csv
from scoring.companion import read_scores, write_scores
from tests.shown import Show, files, said, tiles
from ui.odds import progress

HEAD = "2198"


def test_odds_that_were_not_scored_are_not_shown_on_any_page(show: Show) -> None:
    for page, link in (("outlook", {}), ("queue_depth", {}), ("track", {"find": HEAD})):
        text = said(show(page="" if page == "queue_depth" else page, **link))
        assert "We test our estimates on past requests before we show them." in text
        assert "chance by" not in text.partition("How the odds")[0]


def test_scores_of_an_older_model_do_not_count(show_scored: Show, tmp_path: Path) -> None:
    store = tmp_path / "shown.duckdb"
    kept = read_scores(store)
    write_scores(store, replace(kept, about=replace(kept.about, model_version="older")))
    assert "We test our estimates" in said(show_scored(page="outlook"))


def test_a_first_verdict_is_marked_wherever_odds_are_shown_and_how_far_the_rest_is(
    show_scored: Show, tmp_path: Path
) -> None:
    store = tmp_path / "shown.duckdb"
    kept = read_scores(store)
    pages = [("outlook", {}), ("track", {"find": HEAD}), ("", {}), ("unstake", {"amount": "70"})]
    for page, link in pages:
        assert "Provisional" not in said(show_scored(page=page, **link))
    write_scores(store, replace(kept, about=replace(kept.about, provisional=True, origins=190)))
    progress.tell(store, 800, 2177)
    try:
        for page, link in pages:
            text = said(show_scored(page=page, **link))
            assert "Provisional: 190 past requests are scored so far" in text, page
            assert "Scored 800 of 2,177 requests." in text, page
    finally:
        progress.end(store)
    assert "Scored 800" not in said(show_scored(page="outlook"))


def test_while_nothing_is_scored_the_page_tells_how_far_it_is(show: Show, tmp_path: Path) -> None:
    store = tmp_path / "shown.duckdb"
    progress.tell(store, 0, 0)  # begun
    assert "Scored" not in said(show(page="outlook"))
    progress.tell(store, 145, 2324)
    try:
        assert "Scored 145 of 2,324 requests." in said(show(page="outlook"))
    finally:
        progress.end(store)


def test_without_the_background_it_is_told_how_to_score(
    show: Show, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("FTM_SCORING", "off")
    assert "This command tests them: `make backtest STORE=shown.duckdb`." in said(
        show(page="outlook")
    )


def test_a_long_queue_gets_chances_and_no_last_date(show_scored: Show) -> None:
    app = show_scored(page="outlook")
    text, shown = said(app), tiles(app)
    assert not app.exception
    assert "by 29 Jun 2025 (120 days, as far as we forecast)." in text
    assert shown["90 % chance by"] == "after 29 Jun 2025"
    assert shown["Chance within 35 days"].endswith("%")
    # 14,895.71 wait, 1,000 more, less 2,578.39 that the pool can spend.
    assert shown["Still has to come in"] == "13,318 FTM"


@pytest.mark.parametrize("days_ago", [3, 20, 34, 60])
def test_the_official_days_of_the_head_run_from_its_request_on_every_page(
    show_scored: Show, days_ago: int
) -> None:
    asked = (
        "UPDATE requests SET requested_at = (SELECT synced_at FROM store_info) - "
        f"INTERVAL '{days_ago} days' WHERE wr_id = {HEAD}"
    )
    left, span = (35 - days_ago, "the official") if days_ago < 35 else (35, "another")
    until = words.day(SAMPLE_UNTIL + timedelta(days=left))
    pages = (("", {}), ("track", {"find": HEAD}), ("unstake", {"step": "5", "request": HEAD}))
    told = []
    for page, link in pages:
        text = said(show_scored(asked, page=page, **link)).partition(
            "When the first in line is paid"
        )
        told += re.findall(
            r"Within (.+?) 35 days \(by (.+?)\): \*\*(.+?)\*\*",
            text[2].partition("\n")[0] if not page else "".join(text),
        )
    assert len(told) == len(pages)
    assert {(each[0], each[1]) for each in told} == {(span, until)}
    assert len(set(told)) == 1


def test_a_new_unstakes_official_days_run_from_now(show_scored: Show) -> None:
    """The last block is so old that the 35 days end past what is forecast from it."""
    real = "UPDATE store_info SET simulated = FALSE, network = 'x'"
    until = words.day(datetime.now(UTC) + timedelta(days=35))
    for page in ("", "outlook", "unstake"):
        app = show_scored(real, page=page, **({"amount": "1000"} if page == "unstake" else {}))
        told = re.findall(r"Within the official 35 days \(by (.+?)\): \*\*(.+?)\*\*", said(app))
        assert (until, "unknown") in told
        assert page == "" or len(told) == 1
    assert tiles(show_scored(real, page="outlook"))["Chance within 35 days"] == "unknown"


def test_the_amount_stands_in_the_link_and_changes_the_odds(show_scored: Show) -> None:
    small, large = (show_scored(page="outlook", amount=amount) for amount in ("10", "60000"))
    assert small.number_input[0].value == 10
    assert tiles(large)["Chance within 35 days"] == "under 1 %"
    assert tiles(small)["Chance within 35 days"] != "under 1 %"
    assert "60000" in large.query_params["amount"]


@pytest.mark.parametrize("amount", ["0", "-5", "abc", "nan", "inf", "1e300", "9" * 400])
def test_an_amount_that_is_none_is_named_and_leaves_the_link(
    show_scored: Show, amount: str
) -> None:
    app = show_scored(page="outlook", amount=amount)
    assert not app.exception
    assert any("which is not an amount above 0" in warning.value for warning in app.warning)
    assert app.number_input[0].value == 1000
    assert amount not in app.query_params.get("amount", [])


def test_what_the_pool_holds_is_in_when_it_covers_a_request(show_scored: Show) -> None:
    rich = "UPDATE pool_balances SET balance_wei = 90000e18"
    assert "already in the pool" in said(show_scored(rich, page="track", find=HEAD))
    app = show_scored(rich, page="outlook")
    assert not app.exception
    shown = tiles(app)
    assert (shown["50 % chance by"], shown["Chance within 35 days"]) == ("in the pool",) * 2
    assert shown["Still has to come in"] == "0 FTM"
    days = pl.from_pandas(app.dataframe[0].value)
    assert days.filter(payout="1,000 FTM").row(0)[1:] == ("in the pool", "in the pool")
    assert days.filter(payout="100,000 FTM")["half"][0] != "in the pool"
    queue = show_scored(rich)
    assert "its money is in the pool already" in said(queue)
    assert queue.dataframe[0].value["half_by"].isna().all()
    assert "should be paid" not in said(show_scored(rich, page="track", find=HEAD))


def test_an_unknown_balance_is_told_beside_the_need(show_scored: Show) -> None:
    app = show_scored("DELETE FROM pool_balances", page="outlook")
    assert tiles(app)["Still has to come in"].startswith("up to")
    # Money comes while a large head waits: that is no stop.
    assert not re.search(r"been paid for \d", said(app))
    assert tiles(app)["Chance within 35 days"].endswith("%")


def test_an_unknown_amount_before_it_gives_no_odds(show_scored: Show) -> None:
    app = show_scored("UPDATE requests SET ahead_wei = NULL WHERE wr_id > 2200", page="outlook")
    assert "there are no odds" in said(app).lower()
    assert set(tiles(app).values()) == {"unknown"}


def test_the_page_names_the_horizon_past_which_no_date_is_given(show: Show) -> None:
    assert f"**Longer than {FAN_DAYS} days**" in said(show(page="outlook"))


def test_when_money_has_stopped_there_is_no_estimate(show_scored: Show) -> None:
    stopped = (
        "UPDATE store_info SET synced_at = synced_at + INTERVAL 90 DAY",
        "DELETE FROM pool_balances",
    )
    app = show_scored(*stopped, page="outlook")
    assert "No estimate for now" in said(app)
    assert "5 Feb 2025" in said(app)  # the last payout
    assert "Checked on" not in said(app).partition("How good")[0]
    shown = tiles(app)
    assert (shown["50 % chance by"], shown["Chance within 35 days"]) == (
        "no estimate for now",
        "no estimate for now",
    )
    assert set(pl.from_pandas(app.dataframe[0].value)["half"]) == {"no estimate for now"}
    assert "No estimate for now" in said(show_scored(*stopped, page="track", find=HEAD))
    queue = show_scored(*stopped)
    assert queue.dataframe[0].value["half_by"].isna().all()
    assert (
        "An empty cell means: there is no estimate for now, as nothing has come in for too long."
        in said(queue)
    )


def test_a_short_history_is_told_instead_of_odds(show_scored: Show, tmp_path: Path) -> None:
    store = tmp_path / "shown.duckdb"
    kept = read_scores(store)
    about = replace(kept.about, source="claims", origins=0)
    write_scores(
        store, replace(kept, about=about, table=kept.table.clear(), sources=kept.sources.clear())
    )
    app = show_scored("DELETE FROM reward_claims", page="outlook")
    text = said(app)
    assert not app.exception
    assert "too little history" in text
    assert "Undecided" in text
    assert "could not be decided yet" in text
    rich = "UPDATE pool_balances SET balance_wei = 90000e18"
    covered = show_scored("DELETE FROM reward_claims", rich, page="outlook")
    assert not covered.exception
    assert "already in the pool" in said(covered)


def test_scores_stand_beside_those_of_other_answers(show_scored: Show, tmp_path: Path) -> None:
    app = show_scored(page="outlook")
    kept = read_scores(tmp_path / "shown.duckdb")
    table = pl.from_pandas(app.dataframe[-1].value)
    assert table.height == 6
    crps = kept.table.filter(model="this tracker", metric="tw_crps", slice="all")["value"][0]
    assert table.filter(name="this tracker")["tw_crps"][0] == pytest.approx(crps)
    assert table.filter(name="always 35 days")["covered_90"][0] is None  # it has no window


def test_each_amount_is_named_as_everywhere_else(show_scored: Show) -> None:
    (held,) = [text for text in _alts(show_scored(page="outlook")) if "all forecasts" in text]
    names = list(dict.fromkeys(part.partition(", ")[0] for part in held.split("; ")))
    assert names[: len(AMOUNT_BUCKETS) + 1] == ["all forecasts", *AMOUNT_BUCKETS]
    assert all(re.match(r"20\d\d", name) for name in names[len(AMOUNT_BUCKETS) + 1 :])


def test_a_slice_is_in_the_link_and_a_wrong_one_is_named(show_scored: Show) -> None:
    app = show_scored(page="outlook", of="amount: under 100 FTM")
    assert app.selectbox[-1].value == "amount: under 100 FTM"
    wrong = show_scored(page="outlook", of="nonsense")
    assert any("of=nonsense" in warning.value for warning in wrong.warning)


def test_the_head_and_all_in_line_have_their_window_on_queue(show_scored: Show) -> None:
    app = show_scored()
    text = said(app)
    assert "When the first in line is paid: 90 % chance by" in text
    assert "Checked on" in text
    shown = pl.from_pandas(app.dataframe[0].value)
    assert shown.height == 126
    dated = shown.drop_nulls("half_by")
    assert dated.height > 100
    assert dated["half_by"].is_sorted()  # nobody is paid before those ahead
    assert (dated.drop_nulls("most_by")["most_by"] >= dated.drop_nulls("most_by")["half_by"]).all()


def test_the_calendar_file_takes_the_90_percent_date(show_scored: Show) -> None:
    text = said(show_scored(page="track", find=HEAD))
    assert "Unstake request 2198 should be paid (90 %)" in text


def test_a_paid_request_has_no_window(show_scored: Show) -> None:
    assert "When it is paid" not in said(show_scored(page="track", find="10"))


def test_the_picture_of_windows_is_told_to_those_who_do_not_see_it(show_scored: Show) -> None:
    queue, outlook = (show_scored(page=page) for page in ("", "outlook"))
    (several,) = [text for text in _alts(queue) if " 50 % by " in text]
    assert re.match(r"100 FTM: 90 % chance by \d+ \w+ 2025, 50 % by \d+ \w+ 2025", several)
    assert "; 1,000 FTM: " in several
    single = next(text for text in _alts(outlook) if "50 % chance" in text)
    assert re.match(r"50 % chance by \d+ May 2025, \d+ % by 29 Jun 2025 ", single)
    assert "*" not in several + single


def _alts(app: AppTest) -> list[str]:
    return [
        chart.proto.alt
        for chart in (app.get("arrow_vega_lite_chart") or app.get("vega_lite_chart"))
    ]


def test_what_was_said_and_what_came_is_drawn_of_old_requests_and_offered_as_a_file(
    show_scored: Show, tmp_path: Path
) -> None:
    app = show_scored(page="outlook")
    kept = read_scores(tmp_path / "shown.duckdb")
    rows = judged(kept)
    (text,) = [alt for alt in _alts(app) if "of their 50 % chance" in alt]
    held = rows.filter(held="in the 90 % range").height / rows.height
    assert text.startswith(f"Of {rows.height:,} past requests")
    assert text.endswith(f"{words.share(held)} lie in their 90 % range.")
    # The same estimate as the page's own.
    own = kept.table.filter(model="this tracker", slice="all", metric="covered_90")["value"].item()
    assert held == pytest.approx(own, abs=0.02)
    assert rows["came"].max() <= 120
    young = kept.about.as_of - timedelta(days=119)
    made = kept.forecasts.filter(pl.col("requested_at") > young)["wr_id"]
    assert made.len() > 10
    assert not set(made) & set(rows["wr_id"])
    assert any("/scores/forecasts_when_made.csv" in file for file in files(app))


def test_every_metric_of_the_file_is_explained_beside_it_and_in_it(
    show_scored: Show, sample_scores: Path
) -> None:
    app = show_scored(page="outlook")
    assert "What the file's metrics are" in [each.label for each in app.expander]
    table = read_scores(sample_scores.with_suffix("")).table
    names = {name: re.sub("_[PDN]$", r"_\\d+", name).replace("MODEL", ".+") for name in MEANINGS}
    unexplained, unused = set(table["metric"]), set(names)
    for name, pattern in names.items():
        of_it = {metric for metric in unexplained if re.fullmatch(pattern, metric)}
        unexplained -= of_it
        unused -= {name} if of_it else set()
    assert (unexplained, unused) == (set(), set())
    assert {name for key in COLUMNS for name in key.split(", ")} <= set(table.columns)
    head = as_csv(table, about()).split(b"\n")[0].decode()
    assert [part.split("=")[0].removeprefix("# ") for part in head.split("; ")] == list(about())


@pytest.mark.parametrize(
    ("amount", "carried"), [("0.000001", "0.000001"), ("1000", "1000"), ("3.2e9", "3200000000")]
)
def test_the_way_to_unstake_carries_the_amount_as_it_is_read_there(
    amount: str, carried: str, show_scored: Show
) -> None:
    app = show_scored(page="outlook", amount=amount)
    links = [each.proto for each in app.get("page_link") if "Unstake" in each.proto.label]
    assert [link.query_string.split("amount=")[1] for link in links] == [carried]
    assert parse_amount(carried) == round(float(amount) * 10**6) * 10**12
