"""What the Waits page says, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import queries
from data.store.reader import open_reader
from tests.shown import Show, said

NOBODY_PAID = "UPDATE requests SET status = 'pending', paid_at = NULL, manual_at = NULL"
YOUNG_ONLY = (
    "DELETE FROM requests WHERE requested_at < "
    "(SELECT synced_at FROM store_info) - INTERVAL '840 hours'"
)


@pytest.fixture
def show(show: Show) -> Show:
    """Opens the page on a changed copy of the sample: `show("DELETE ...", since="2024-01-01")`."""

    def run(*statements: str, **link: str) -> AppTest:
        app = show(*statements, page="waits", **link)
        assert not app.exception
        return app

    return run


def table(app: AppTest, place: int) -> list[dict[str, Any]]:
    """Rows of a table of the page: by amount, the curves', by half-year."""
    rows: list[dict[str, Any]] = app.dataframe[place].value.to_dict("records")
    return rows


def test_the_page_answers_first_and_then_says_what_it_rests_on(show: Show) -> None:
    app = show()
    assert app.title[0].value == "Waits"
    assert (
        "Half of the requests under 100 FTM, the most frequent amount, were released within 23 "
        "days; of all requests at least 35 days old, 70.4 % were paid within the official 35 days."
    ) in said(app)
    assert [(m.label, m.value, m.delta) for m in app.metric] == [
        ("Paid within 35 days", "70.4 %", "1,576 of 2,238 requests")
    ]
    assert [(row["amount"], round(row["share"], 1), row["late"]) for row in table(app, 0)] == [
        ("under 100", 70.9, 552),
        ("100 to 1,000", 68.0, 103),
        ("1,000 to 10,000", 72.2, 5),
        ("10,000 and more", 33.3, 2),
    ]
    assert "younger ones are left out" in said(app)
    assert "count for as long as they have waited" in said(app)
    assert table(app, 2)[0]["half_year"] == "2025 H1"
    assert len(app.get("download_button")) == 6
    assert app.warning == app.info == []


def test_the_page_names_its_queries(show: Show) -> None:
    listed = [link.proto.label for link in show().get("page_link")]
    for name in ("paid_within_35_days", "release_curve", "waits_by_half_year"):
        assert any(label.startswith(f"{queries.load(name).title} ({name}") for label in listed)


def test_a_link_chooses_the_requests(show: Show, sample_store: Path) -> None:
    app = show(since="2024-01-01", until="2024-06-30", days="90")
    assert "Requests made from 1 Jan 2024 to 30 Jun 2024." in said(app)
    with open_reader(sample_store) as con:
        counted = con.execute(
            "SELECT count(*) FROM requests WHERE requested_at >= '2024-01-01 00:00:00Z' "
            "AND requested_at < '2024-07-01 00:00:00Z'"
        ).fetchone()
    assert counted == (sum(row["requests"] for row in table(app, 1)),)
    assert app.metric[0].value == "70.4 %"  # the promise is held against everything
    assert app.warning == []


def test_the_last_year_ends_with_the_last_block(show: Show) -> None:
    assert "Requests made from 2 Mar 2024 to 1 Mar 2025." in said(show(range="1 year"))


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ({"range": "never"}, "`range=never`, which is not one of 35 days, 6 months, 1 year, "),
        ({"days": "12"}, "`days=12`, which is not one of 35, 90, 365, all. Showing all."),
        ({"since": "banana"}, "`since=banana`, which is not a day from 2022-03-16 to 2025-03-01"),
        (
            {"since": "2025-02-02", "until": "2024-01-01"},
            "From 2025-02-02 to 2024-01-01 is no range: showing everything.",
        ),
    ],
)
def test_a_bad_link_is_named_and_everything_is_shown(
    show: Show, link: dict[str, str], expected: str
) -> None:
    app = show(**link)
    (notice,) = app.warning
    assert expected in str(notice.value)
    assert "Requests made from 16 Mar 2022 to 1 Mar 2025." in said(app)


def test_a_range_without_requests_says_so(show: Show) -> None:
    app = show(
        "DELETE FROM requests WHERE year(requested_at) = 2023",
        since="2023-03-01",
        until="2023-03-09",
    )
    assert [str(note.value) for note in app.info] == [
        "Nobody asked to unstake from 1 Mar 2023 to 9 Mar 2023."
    ]
    assert len(app.dataframe) == 2
    assert len(app.get("download_button")) == 4


def test_where_nobody_was_paid_no_wait_is_known(show: Show) -> None:
    app = show(NOBODY_PAID)
    assert "How long half of the requests under 100 FTM, the most frequent amount, wait is not" in (
        said(app)
    )
    assert "0 % were paid within the official 35 days" in said(app)
    assert "None of them was released yet, so no wait is known." in said(app)
    waits = {row[name] for row in table(app, 1) for name in ("days_50", "days_90")}
    assert all(wait != wait for wait in waits)  # NaN: the table shows its placeholder
    assert {frame.proto.placeholder for frame in app.dataframe[1:]} == {"not known yet"}


def test_young_requests_say_nothing_of_35_days(show: Show) -> None:
    app = show(YOUNG_ONLY)
    assert "no request is 35 days old yet." in said(app)
    assert not app.metric
    assert "whether the official answer of 35 days holds is not known yet" in said(app)


def test_a_single_amount_has_one_curve(show: Show) -> None:
    app = show("DELETE FROM requests WHERE payout_wei >= 100e18::DECIMAL(38, 0)")
    assert "Half of the requests under 100 FTM, the most frequent amount" in said(app)
    assert [row["amount"] for row in table(app, 1)] == ["under 100"]
