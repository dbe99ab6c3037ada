"""The Track page, without a browser: an address, a transaction, a request id, and what is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from streamlit.testing.v1 import AppTest

from scoring.companion import companion_of
from tests.shown import Show, said, tiles

Find = Callable[..., AppTest]

OFTEN = "0x6799f72c51c83434b82a36ed47168a1657c502bc"
HEAD_TX = "0xa86b9dcb5cde55394b51dc6f9183cc14f931f1dfc7add3d40bf3f2e0a74830a4"
TWO_TX = "0x429ec62e7e59de31e05b3c7611108c31aac4ed790c418fd51ec66c4837651b60"
SUPPORT = "https://ankrnetwork.atlassian.net/servicedesk/customer/portal/10"
REAL = "UPDATE store_info SET simulated = FALSE, network = 'fantom', explorer = 'https://scan.example/'"


@pytest.fixture
def find(show: Show) -> Find:
    """Opens the page by link on a changed copy of the sample: `find("2210", "DELETE ...")`."""

    def run(text: str | None, *statements: str) -> AppTest:
        link = {} if text is None else {"find": text}
        app = show(*statements, page="track", **link)
        assert not app.exception
        return app

    return run


def targets(app: AppTest) -> list[tuple[str, str]]:
    """What is one click away: its label, and what it finds."""
    finding = [button for button in app.button if str(button.key).startswith("find ")]
    return [(button.label, str(button.key).removeprefix("find ")) for button in finding]


def ids(sample_store: Path, sql: str) -> list[str]:
    with duckdb.connect(sample_store, read_only=True) as con:
        return [str(row[0]) for row in con.execute(sql).fetchall()]


def test_nothing_typed_gives_examples_of_this_store(find: Find) -> None:
    app = find(None)
    assert [target[:6] for _, target in targets(app)] == ["0x6231", "2323", "0x5b1f"]
    assert not app.warning


def test_an_empty_queue_still_has_examples(find: Find) -> None:
    paid = "UPDATE requests SET status = 'paid', paid_at = requested_at, ahead_wei = 0"
    assert [target[:6] for _, target in targets(find(" ", paid))] == ["2323", "0x5b1f"]


@pytest.mark.parametrize("text", ["2210", "#2210", " 2,210 ", "Request 2,210"])
def test_a_link_opens_on_where_a_request_waits(find: Find, text: str) -> None:
    app = find(text)
    assert (
        "Request 2,210 for 20.7088 FTM is at place 13. 10,656 FTM must be paid before it."
        in said(app)
    )
    assert tiles(app) == {
        "Place in the queue": "13",
        "To be paid before it": "10,656 FTM",
        "Payout": "20.7088 FTM",
        "Waited": "48 d",
    }
    assert "It cannot be cancelled or changed, and is paid in one sum, never in parts" in said(app)
    assert "It earns no rewards" in said(app)
    assert "nothing to claim" in said(app)
    assert "Request 2,198 is first in line; the pool still needs 7,761 FTM to pay that." in said(
        app
    )
    assert "0x5586fbe43504fd104802297800e261bacf97b628" in [code.value for code in app.code]


def test_what_happened_since_it_was_made_is_told(find: Find) -> None:
    text = said(find("2210"))
    assert (
        "It moved up 91 places, from 104 to 13. 91 requests before it were paid 9,747 FTM, the "
        "last on 5 Feb 2025." in text
    )
    assert "How the estimate moved is not known: estimates of a simulation are not logged." in text
    assert "at place 126: nobody before it was paid since." in said(find("2323"))
    assert "Since it was made" not in said(find("41"))
    rejected = "UPDATE head_moves SET refused = TRUE WHERE wr_id = 2190"
    text = said(find("2210", rejected))
    assert "90 requests before it were paid" in text
    assert "1 more request left the queue because the receiver rejected the money" in text
    unknown = "UPDATE head_moves SET payout_wei = NULL WHERE wr_id = 2190"
    assert "before it were paid unknown, the last" in said(find("2210", unknown))


def test_support_is_named_past_35_days_and_not_before(find: Find) -> None:
    late = find("2210")
    (note,) = late.warning
    assert SUPPORT in note.value
    assert "Place in the queue: 13" in late.code[0].value, "the facts are there to be pasted"
    assert SUPPORT not in said(find("2323"))
    assert SUPPORT not in said(find("571"))  # paid after more than that
    real = said(find("2210", REAL, "UPDATE store_info SET synced_at = '2025-02-15 23:35:00+00'"))
    assert "It is under a minute past the official 35 days. That time is a guideline" in real
    assert "knows nothing" not in real


def test_the_head_is_next(find: Find) -> None:
    assert "It is first in line; the pool still needs 7,761 FTM to pay it." in said(find("2198"))


def test_an_unknown_amount_ahead_is_unknown(find: Find) -> None:
    app = find("2210", "UPDATE requests SET ahead_wei = NULL WHERE wr_id = 2210")
    assert "How much is to be paid before it is unknown" in said(app)
    assert tiles(app)["To be paid before it"] == "unknown"
    app = find("2210", "UPDATE requests SET payout_wei = NULL WHERE wr_id = 2210")
    assert "Request 2,210 for an unknown amount is at place 13." in said(app)


def test_a_paid_request_says_when_and_how_long_it_took(find: Find) -> None:
    app = find("41")
    assert "Request 41 was paid: 25.1563 FTM on 20 Apr 2022, 16:10 UTC, 3 d 18 h after" in said(app)
    assert "claimed by hand after the receiver had rejected it" in said(app)
    assert "While it waits" not in said(app)
    for event in ("Made", "First in line", "Rejected by the receiver", "Paid"):
        assert f"**{event}**, " in said(app)
    assert "0xb8d278485dff9d1bdd45e7f74542bebba1c00045e21a9040cad916102d4000a2" in [
        code.value for code in app.code
    ]


def test_a_rejected_request_says_how_to_get_it(find: Find) -> None:
    app = find("1927")
    assert "anyone can trigger the payment with `withdrawManual(1927)`" in said(app)
    assert "from any account" in said(app)
    assert "0x84db6ee82b7cf3b47e8f19270abde5718b936670" in [code.value for code in app.code]
    assert "calendar" not in said(app).lower()


def test_an_explorer_is_linked_where_the_network_has_one(find: Find) -> None:
    app = find(HEAD_TX, REAL)
    assert f"(https://scan.example/tx/{HEAD_TX})" in said(app)
    assert "(https://scan.example/address/0x623108cf006cf7771c1818faf85818cf41a2d6ad)" in said(app)
    assert "scan.example" not in said(find(HEAD_TX))


@pytest.mark.parametrize("text", [OFTEN, OFTEN.upper(), f"https://ftmscan.com/address/{OFTEN}"])
def test_an_address_has_all_its_requests_and_a_link_to_each(find: Find, text: str) -> None:
    app = find(text)
    assert (
        "99 requests, 7 of them waiting. The next is no. 2,208 for 10.6235 FTM, at place 11, "
        "10,554 FTM ahead." in said(app)
    )
    assert tiles(app)["FTM waiting"] == "462.0953 FTM"
    assert tiles(app)["FTM paid"] == "8,853.6838 FTM"
    assert [target for _, target in targets(app)] == "2314 2310 2294 2290 2289 2235 2208".split()
    table = app.dataframe[0].value
    assert len(table) == 99
    assert table["wr_id"][0] == "?network=shown&find=2314"
    app.button(key="find 2314").click().run()
    assert " is at place 117." in said(app)
    assert app.code[0].value == OFTEN


def test_an_unknown_amount_makes_a_total_unknown(find: Find) -> None:
    app = find(OFTEN, "UPDATE requests SET payout_wei = NULL WHERE wr_id = 2314")
    assert tiles(app)["FTM waiting"] == "unknown"
    assert tiles(app)["FTM paid"] == "8,853.6838 FTM"


def test_requests_from_all_of_the_history_have_their_sentence(
    find: Find, sample_store: Path
) -> None:
    some = ids(sample_store, "SELECT wr_id FROM requests WHERE wr_id % 581 = 0 OR payout_wei = 0")
    app = find(None)
    for wr_id in some:
        app.text_input[0].set_value(wr_id).run()
        assert not app.exception
        assert f"Request {int(wr_id):,} " in said(app)


def test_a_transaction_says_what_it_did_and_shows_its_request(find: Find) -> None:
    app = find(HEAD_TX)
    assert "This transaction made request 2,198. It is of 8 Jan 2025, 11:42 UTC" in said(app)
    assert "Request 2,198 for 10,339.3134 FTM is first in line." in said(app)
    app = find(TWO_TX)
    assert "This transaction made requests 187 and 188." in said(app)
    assert targets(app) == [("Request 187, paid", "187"), ("Request 188, paid", "188")]


def test_a_payment_and_a_refusal_are_transactions_too(find: Find, sample_store: Path) -> None:
    paid, refused = (
        ids(sample_store, f"SELECT tx FROM head_moves WHERE wr_id = 41 AND refused = {of}")[0]
        for of in ("FALSE", "TRUE")
    )
    assert "This transaction paid request 41." in said(find(paid))
    assert "This transaction tried to pay request 41, which its receiver rejected." in said(
        find(refused)
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9,999", "There is no request 9,999: the newest is 2,323, made on 28 Feb 2025, 22:14 UTC"),
        ("9" * 18, "the newest is 2,323"),
        ("0x" + "1" * 40, "made no request. The store is read up to block 99,772,823"),
        ("0x84db6ee82b7cf3b47e8f19270abde5718b936670", "is the contract of the pool"),
        ("0x" + "1" * 64, "made or paid no request that the store holds"),
    ],
)
def test_what_is_not_there_says_how_far_the_store_knows(
    find: Find, text: str, message: str
) -> None:
    (notice,) = find(text, REAL).info
    assert message in notice.value
    assert "read up to block 99,772,823, 1 Mar 2025, 00:00 UTC." in notice.value
    assert "What is newer appears after the next sync." in notice.value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("-5", "Request ids are not negative"),
        ("0x84db6eE82b7Cf3b47E8F19270abdE5718b936670", "probably mistyped"),
        ("<img src=x onerror=alert(1)> [a](javascript:alert(1)) :red[b]", "cannot be looked up"),
    ],
)
def test_what_cannot_be_meant_is_told_and_not_repeated(find: Find, text: str, message: str) -> None:
    app = find(text)
    (notice,) = app.warning
    assert message in notice.value
    assert "This field takes an address (0x and 40 hex digits)" in notice.value
    assert text not in said(app)


def test_a_request_that_was_lost_is_no_request_that_never_was(find: Find) -> None:
    lost = "DELETE FROM requests WHERE wr_id = 1000"
    assert "Request 1,000 is missing from the store" in said(find("1000", lost))
    never_paid = "DELETE FROM requests WHERE wr_id = 2250"
    assert "Request 2,250 is missing from the store" in said(find("2250", never_paid))
    twice = "INSERT INTO requests SELECT * FROM requests WHERE wr_id = 2314"
    assert len(targets(find(OFTEN, twice))) == 7


def test_no_date_of_payment_is_promised_without_odds(find: Find) -> None:
    text = said(find("2323")).lower()
    assert "we test our estimates on past requests before we show them" in text
    assert not any(word in text for word in ("chance by", "90 % range", "will be paid on"))


def once(sample_store: Path, status: str) -> tuple[str, str]:
    """An address that made one request, which is in this state, and the request's id."""
    with duckdb.connect(sample_store, read_only=True) as con:
        found = con.execute(
            "SELECT staker, any_value(wr_id) FROM requests GROUP BY staker "
            f"HAVING count(*) = 1 AND any_value(status) = '{status}' ORDER BY ALL LIMIT 1"
        ).fetchone()
    assert found is not None
    return str(found[0]), str(found[1])


@pytest.mark.parametrize("status", ["pending", "paid"])
def test_an_address_with_one_request_shows_it_at_once(
    find: Find, sample_store: Path, status: str
) -> None:
    staker, wr_id = once(sample_store, status)
    by_address, by_id = find(staker), find(wr_id)
    assert "made one request." in said(by_address)
    assert tiles(by_address) == tiles(by_id)
    assert [heading.value for heading in by_address.subheader] == [
        heading.value for heading in by_id.subheader
    ]


def test_tables_are_drawn_anew_for_another_list_and_without_odds(
    show_scored: Show, tmp_path: Path
) -> None:
    """They are kept by what they depend on."""
    dated = show_scored(page="track", find=OFTEN).dataframe[0].value
    assert dated["half_by"].notna().any()
    watched = show_scored(page="track", watch=OFTEN).dataframe[0].value
    assert not watched.equals(show_scored(page="track", watch="2208").dataframe[0].value)
    companion_of(tmp_path / "shown.duckdb").unlink()
    assert "half_by" not in show_scored(page="track", find=OFTEN).dataframe[0].value
    assert show_scored(page="track", watch=OFTEN).dataframe[0].value["half_by"].isna().all()


def test_several_requests_of_an_address_are_a_list_with_dates(show_scored: Show) -> None:
    app = show_scored(page="track", find=OFTEN)
    assert not app.exception
    table = app.dataframe[0].value
    waiting = table[table["status"] == "waiting"]
    assert len(waiting) == 7
    assert waiting["half_by"].notna().all()
    assert table[table["status"] == "paid"]["half_by"].isna().all()
    queue = show_scored().dataframe[0].value
    on_both = [
        str(each[each["wr_id"].str.endswith("find=2208")]["half_by"].iloc[0])[:10]
        for each in (table, queue)
    ]
    assert on_both[0] == on_both[1] != "None"


def test_dust_ahead_is_no_0(show: Show) -> None:
    dust = "UPDATE requests SET ahead_wei = 1000000000000 WHERE wr_id = 2208"
    app = show(dust, page="track", find=OFTEN)
    (columns,) = {frame.proto.columns for frame in app.dataframe}
    assert '"format": "%,.7f"' in columns
