"""The Queue page answers first: what an amount gives if it is unstaked now, when, and for what."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import queries
from data.store.reader import open_reader
from pages.queue import charts
from tests.shown import Show, files, plain, said, tiles


def line(app: AppTest) -> str:
    """What is said of the amount, of all that is in text the first."""
    assert not app.exception
    (found,) = [text.value for text in app.markdown if " now: " in text.value]
    assert isinstance(found, str)
    assert found == next(text.value for text in app.markdown if "badge" not in text.value)
    return found


def ways_on(app: AppTest) -> list[str]:
    return [link.proto.query_string for link in app.get("page_link") if "step" in link.proto.label]


def test_the_first_line_tells_what_comes_back_when_and_the_fee(show_scored: Show) -> None:
    app = show_scored(amount="4000")
    assert line(app) == (
        "**4,000 ankrFTM** now: **4,826.8915 FTM**, 50 % chance by **28 May 2025**, **76 %** by "
        "29 Jun 2025. Fee 43.1685 FTM."
    )
    assert "Checked on" in said(app)
    assert "the 90 % range held." in said(app)
    assert ways_on(app) == ["network=shown&token=aFTMc&amount=4000"]
    # The Unstake page says the same of it.
    step1 = show_scored(page="unstake", amount="4000")
    assert tiles(step1)["You receive"] == "4,826.8915 FTM"
    assert tiles(step1)["Fee"] == "43.1685 FTM"
    assert "**28 May 2025**" in said(step1)


def test_the_date_of_90_percent_comes_first_where_there_is_one(show_scored: Show) -> None:
    told = line(show_scored("UPDATE pool_balances SET balance_wei = 15000e18", amount="10"))
    assert re.search(r"FTM\*\*, 90 % chance by \*\*\d+ \w+ 2025\*\*, 50 % by \*\*", told), told


def test_what_is_typed_is_kept_in_the_link_and_without_any_there_is_an_example(
    show_scored: Show,
) -> None:
    app = show_scored()
    assert line(app).startswith("**1,000 ankrFTM** now: **1,20")
    assert "amount" not in app.query_params
    app.text_input(key="amount").set_value("20,5").run()
    app.button_group(key="unstake").set_value("aFTMb").run()
    assert line(app).startswith("**20.5 aFTMb** now: **20.")
    assert ways_on(app) == ["network=shown&token=aFTMb&amount=20%2C5"]
    assert line(show_scored(amount="20,5", unstake="aFTMb")) == line(app)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("0", "The amount is 0: write a number above 0."),
        ("1,234", "1,234 can mean two amounts"),
        ("soon", "This is no number"),
        ("-5", "The amount is negative"),
        ("0x" + "ab" * 20, "looks like an address or a hash"),
        ("99999999999999", "more than all FTM there is"),
        ("999999999", "more than all that was ever staked"),
        ("0.000000000000000001", "The fee takes all of this amount."),
    ],
)
def test_an_amount_that_cannot_be_is_named_and_no_figure_is_given(
    show_scored: Show, typed: str, told: str
) -> None:
    app = show_scored(amount=typed, unstake="aFTMb")
    assert not app.exception
    assert told in plain(app)
    assert not [text for text in app.markdown if " now: " in text.value]
    assert ways_on(app) == []
    assert "are waiting" in said(app), "the queue is told all the same"


@pytest.mark.parametrize(("left", "come_to"), [("outlook", "queue"), ("queue", "outlook")])
def test_an_amount_changed_while_another_page_opens_breaks_neither(
    show_scored: Show, left: str, come_to: str
) -> None:
    """A browser sends both in one: the number of one page's input, for the text of the other's."""
    app = show_scored(page=left)
    if left == "outlook":
        app.number_input[0].set_value(2_500.0)
    else:
        app.text_input[0].set_value("2500.5")
    app._page_hash = calc_hash(come_to)
    app.run()
    assert not app.exception
    assert not app.error
    assert app.title[0].value == {"queue": "Unstake queue", "outlook": "Outlook"}[come_to]
    held = app.text_input[0].value if come_to == "queue" else app.number_input[0].value
    assert held in ("1000", 1_000.0)


def test_an_empty_amount_asks_for_one(show_scored: Show) -> None:
    app = show_scored()
    app.text_input(key="amount").set_value("").run()
    assert not app.exception
    assert "Enter an amount to see what you receive" in said(app)
    assert not app.error


def test_without_scores_there_is_no_date_and_it_says_why(show: Show) -> None:
    app = show(amount="4000")
    assert line(app) == "**4,000 ankrFTM** now: **4,826.8915 FTM**. Fee 43.1685 FTM."
    assert "We test our estimates on past requests before we show them." in said(app)
    assert "chance by" not in said(app)


def test_when_the_money_has_stopped_there_is_no_estimate(show_scored: Show) -> None:
    app = show_scored("UPDATE store_info SET synced_at = synced_at + INTERVAL 300 DAY")
    told = line(app)
    assert "**No estimate for now**: nothing has come in or been paid for 30" in told
    assert "chance by" not in told


def test_with_an_unknown_balance_the_dates_stay_and_what_is_missing_is_unknown(
    show_scored: Show,
) -> None:
    app = show_scored("DELETE FROM pool_balances", amount="4000")
    assert "chance by" in line(app)
    assert "What the pool can pay is unknown." in said(app)


def test_with_an_unknown_amount_ahead_there_are_no_odds(show_scored: Show) -> None:
    app = show_scored("UPDATE requests SET payout_wei = NULL WHERE wr_id = 2300", amount="4000")
    assert "There are no odds: an amount or a request ahead of it is missing" in line(app)


def test_without_a_fee_rule_nothing_is_made_up(show_scored: Show) -> None:
    app = show_scored("DELETE FROM fee_rules", amount="4000")
    assert line(app) == "**4,000 ankrFTM** now: unknown."
    assert "What you would receive is unknown: no log tells the fee's rule" in plain(app)


def test_a_mark_that_could_mean_two_things_is_told(show_scored: Show) -> None:
    assert "Read as 4: a point marks decimals" in plain(show_scored(amount="4.000"))


def test_what_was_never_paid_is_told_as_none(show: Show) -> None:
    app = show(
        "DELETE FROM requests WHERE status = 'paid'",
        "DELETE FROM payouts",
        "DELETE FROM head_moves",
    )
    assert tiles(app)["Last payment"] == "none yet"
    assert tiles(app)["Paid out in 35 days"] == "0 FTM"


def test_the_cards_tell_what_was_paid_and_not_what_was_claimed(show: Show) -> None:
    assert "Reward claims in 35 days" not in tiles(show())
    assert "200.09 FTM" not in said(show())


def test_the_newest_payments_stand_on_the_page(show: Show, sample_store: Path) -> None:
    app = show()
    assert not app.exception
    (shown,) = [frame.value for frame in app.dataframe if "days_since_previous" in frame.value]
    with open_reader(sample_store) as con:
        runs = queries.run(con, "operator_runs").head(10)
    assert shown["started_at"].dt.tz_convert("UTC").to_list() == runs["started_at"].to_list()
    assert (
        shown["payouts"].to_list() == runs["payouts"].to_list() == [6, 4, 5, *runs["payouts"][3:]]
    )
    assert shown["paid_ftm"].to_list() == pytest.approx(runs["paid_ftm"].to_list(), abs=0.01)
    assert "The last 10 of 400 runs of the operator, the newest first" in said(app)
    nobody = show(
        "DELETE FROM head_moves", "UPDATE requests SET status = 'pending', paid_at = NULL"
    )
    assert "Nobody was paid yet." in said(nobody)


def test_of_very_many_who_wait_the_first_thousand_are_sent_and_all_are_counted(
    show_sample: Show,
) -> None:
    many = (
        "INSERT INTO requests SELECT * EXCLUDE (number) REPLACE (wr_id + number AS wr_id) "
        "FROM requests, range(1, 2001) AS more(number) "
        "WHERE wr_id = (SELECT max(wr_id) FROM requests)"
    )
    app = show_sample(many)
    assert not app.exception
    assert "The first 1,000 of 2,126 requests. The files below hold all of them." in said(app)
    tables = [frame.value for frame in app.dataframe if "staker" in frame.value.columns]
    assert [table.shape[0] for table in tables] == [1_000]


def test_what_has_too_many_rows_for_an_address_is_a_file_of_the_page_itself(
    show: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    def addressed(app: AppTest) -> set[str]:
        links = [each.partition("?")[0] for each in files(app)]
        return {link.rpartition("/")[2] for link in links if link.endswith(".csv")}

    app = show()
    drawn, many = "depth_against_claims.csv", {"pending_requests.csv", "operator_runs.csv"}
    assert addressed(app) == many | {drawn}
    assert not app.get("download_button")
    monkeypatch.setattr("answers.files.MOST_ROWS", 10)
    app = show()
    assert addressed(app) == {drawn}
    assert [each.label for each in app.get("download_button")] == ["CSV", "Parquet"] * 2


def test_the_form_of_the_first_chart_is_made_before_anybody_comes(show: Show) -> None:
    charts._form.cache_clear()
    charts.prepare()
    show("UPDATE store_info SET published_at = published_at")  # a version that nobody drew
    assert charts._form.cache_info().misses == 1
    assert charts._form.cache_info().hits == 1


def test_a_link_sets_the_filters(show_scored: Show) -> None:
    days = {"since": "2024-11-20", "until": "2025-01-10"}
    app = show_scored(token="aFTMc", range="custom", payouts="false", **days)
    assert not app.exception
    assert "20 Nov 2024 to 10 Jan 2025" in said(app)
    assert "Who waits, aFTMc only" in said(app)
    drawn = " ".join(str(chart.proto) for chart in app.get("vega_lite_chart"))
    assert "FTM that came in each day" in drawn
    assert not [*app.warning, *app.error, *app.info]
