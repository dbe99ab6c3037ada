"""What Status says of how sure it is, and the note where reward claims rest on one source."""

from __future__ import annotations

from decimal import Decimal

from tests.shown import Show, said

REAL = "UPDATE store_info SET simulated = FALSE, network = 'fantom'"
NOTE = "Reward claims rest on one source"
NO_MONEY = "UPDATE checks SET status = 'unknown' WHERE name = 'money'"
# From the first day to the last: half a year before the end is block 84,000,000 or so.
KNOWN = """
INSERT INTO coverage
SELECT 'pool', first_block, synced_block, 'proved', '' FROM store_info
UNION ALL
SELECT 'bond', first_block, synced_block, 'agreed', 'a.example, b.example' FROM store_info
UNION ALL
SELECT 'sfc', (SELECT min(block) FROM stubs), {middle}, 'single', 'a.example' FROM store_info
UNION ALL
SELECT 'sfc', {middle} + 1, synced_block, 'agreed', 'a.example, b.example' FROM store_info
"""
HALF = KNOWN.format(middle="((SELECT min(block) FROM stubs) + synced_block) // 2")
ALL_BUT_ONE = KNOWN.format(middle="synced_block - 1")


def test_where_the_money_adds_up_no_claim_that_brought_some_is_missing(show: Show) -> None:
    assert "The money of the pool and its stubs adds up" in said(show(REAL, HALF, page="status"))
    assert NOTE not in said(show(REAL, HALF))


def test_shares_are_told_by_what_they_are_of_with_the_command_that_raises_them(show: Show) -> None:
    app = show(REAL, NO_MONEY, HALF, page="status")
    assert not app.exception
    assert "adds up" not in said(app)
    assert (
        "The queue is proved by the contract's own counts. Reward claims are confirmed by a second "
        "host for 50 %, given by one host alone (a\\.example) for 50 % of the blocks. "
        "The bond's ratio is confirmed by a second host."
    ) in said(app)
    assert app.code[0].value == (
        ".venv/bin/python -m data.sync verify --network fantom --store shown.duckdb"
    )
    assert "Sources differed" not in said(app)


def test_the_money_is_told_part_by_part_to_the_wei(show: Show) -> None:
    table = show(REAL, page="status").table[0].value
    wei = {part: int(Decimal(ftm) * 10**18) for part, ftm in table.to_numpy()}
    came = wei["Stakes received"] + wei["Rewards claimed"] + wei["Stake returned"]
    went = wei["Paid out"] + wei["Delegated anew"]  # below 0
    assert came > 0 > went
    held = wei["Held by the pool"] + wei["Held by the stubs"]
    assert (came + went, wei["Difference"]) == (held, 0)
    without = show(REAL, "DELETE FROM money", page="status")
    assert "part by part" not in " ".join(one.label for one in without.expander)


def test_a_simulation_has_no_second_source_and_says_nothing_of_it(show: Show) -> None:
    assert "How sure it is" not in said(show(page="status"))
    assert NOTE not in said(show())


def test_what_two_sources_did_not_tell_alike_stands_in_a_table(show: Show) -> None:
    rows = (
        "INSERT INTO contradictions VALUES "
        "('2025-02-01', 'a.example', 71_000_000, 'left out a log', 0, TRUE, TRUE), "
        "('2025-02-02', 'a.example, b.example', 72_000_000, 'tell two times', 0, FALSE, FALSE)"
    )
    app = show(REAL, rows, page="status")
    assert "Sources differed 2 times." in said(app)
    table = app.table[1].value
    assert table["Block"].to_list() == ["72,000,000", "71,000,000"]
    assert table["Settled"].to_list() == ["not yet", "yes"]


def test_claims_and_odds_say_where_they_rest_on_one_source(show_scored: Show) -> None:
    text = said(show_scored(REAL, NO_MONEY, HALF, range="all"))
    assert text.count(NOTE) == 2  # the chart's and the odds'
    assert f"{NOTE} in 50 % of the blocks: see Status." in text
    # The last half-year was given by two hosts: only the odds rest on more.
    assert said(show_scored(REAL, NO_MONEY, HALF)).count(NOTE) == 1
    outlook = said(show_scored(REAL, NO_MONEY, ALL_BUT_ONE, page="outlook"))
    assert f"{NOTE} in over 99 % of the blocks" in outlook
