"""Fees, ratios and the order of rows: by hand, and against the fee in whole numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from data.pool.burn import FeeRule, burn_fee_wei
from tests.log_lines import BURNED_2, RULE_5
from tests.queries.answers import january, rows
from tests.small_store import small_store

ONE_FTM = 10**18
# Shares in thousandths, amounts in FTM; the first rule is of the form that has no shift.
RULES = """
INSERT INTO fee_rules BY NAME SELECT
    ('2024-01-' || set_at || ':00Z')::TIMESTAMPTZ AS updated_at, block, '0xrule' AS tx,
    (least_milli * 1e15)::DECIMAL(38, 0) AS min_fee_ratio_wei,
    (most_milli * 1e15)::DECIMAL(38, 0) AS max_fee_ratio_wei,
    (rises * 1e18)::DECIMAL(38, 0) AS fee_increase_start_wei,
    (stops * 1e18)::DECIMAL(38, 0) AS fee_increase_stop_wei,
    (shift * 1e18)::DECIMAL(38, 0) AS fee_shift_wei
FROM (VALUES
    ('01 00:00', 100, 1, 11, 600, 1600, NULL),
    ('03 00:00', 300, 1, 11, 1012, 2012, 0),
    ('05 12:00', 512, 2, 10, 500, 4500, 250)
) AS rows (set_at, block, least_milli, most_milli, rises, stops, shift)
"""


@pytest.fixture
def con() -> Iterator[Connection]:
    with small_store() as con:
        con.execute(RULES)
        con.execute(
            "INSERT INTO raw_logs BY NAME SELECT 31 AS block, 0 AS log_index, pool AS address, "
            "get_current_timestamp() AS block_time, '0x' AS tx, $topic0 AS topic0, "
            "format('0x{:064x}', 3) AS topic2, '0x' AS data "
            "FROM store_info",
            {"topic0": BURNED_2.topic0},
        )
        yield con


def test_the_fee_rises_with_what_was_burned(con: Connection) -> None:
    answer = rows(con, "fee_history")
    fees = [round(fee, 9) for _, fee, _, _ in answer]
    assert [(day, shift_ftm, rule_at) for day, _, shift_ftm, rule_at in answer] == [
        (january(1), None, january(1)),
        (january(2), None, january(1)),
        (january(3), 12.5, january(3)),  # request 3 burned 12.5
        (january(5), 250 + 1275, january(5, 12)),  # 1250 and 25, in the rule's own block
        (january(8), 1525, january(5, 12)),  # a request of 0
        (january(10), 1525.625, january(5, 12)),
    ]
    assert fees == [
        5.0,  # 1,000 alone is 400 of 1,000 up the slope: 1 + 10 * 0.4 thousandths
        5.0,
        1.005,  # 1,012.5 is half a thousandth of the way up
        6.05,  # 2,525 is 2,025 of 4,000 up the slope: 2 + 8 * 0.50625
        6.05,
        6.05125,
    ]
    two = rows(con, "fee_history", "day", since="2024-01-03", until="2024-01-05")
    assert two == [(january(3),), (january(5),)]


def test_the_fee_ends_at_the_rules_shares(con: Connection) -> None:
    con.execute("UPDATE fee_rules SET fee_increase_start_wei = 2526e18 WHERE block = 512")
    assert rows(con, "fee_history", "fee_of_1000_ftm")[-1] == (2,)
    con.execute("UPDATE fee_rules SET fee_increase_start_wei = 0, fee_increase_stop_wei = 2525e18")
    assert rows(con, "fee_history", "fee_of_1000_ftm")[-1] == (10,)


def test_an_unknown_burn_hides_the_fee_until_the_next_rule(con: Connection) -> None:
    con.execute("UPDATE requests SET gross_wei = NULL WHERE wr_id IN (0, 3)")
    known = rows(con, "fee_history", "shift_ftm", "fee_of_1000_ftm")
    assert known[2] == (None, None)
    assert None not in known[3]
    con.execute("DELETE FROM fee_rules")
    assert set(rows(con, "fee_history", "fee_of_1000_ftm", "rule_at")) == {(None, None)}


def test_a_certificate_is_worth_one_by_the_ratio(con: Connection) -> None:
    con.execute("""
        INSERT INTO ratios VALUES
            ('2024-01-02 00:00:00Z', 200, '0xr2', 8e17),
            ('2024-01-01 00:00:00Z', 100, '0xr1', 1e18),
            ('2024-01-03 00:00:00Z', 300, '0xr3', NULL),
            ('2024-01-04 00:00:00Z', 400, '0xr4', 0)
    """)
    assert rows(con, "ratio_history") == [
        (january(1), 1, 1, 100, "0xr1"),
        (january(2), 0.8, 1.25, 200, "0xr2"),
        (january(3), None, None, 300, "0xr3"),
        (january(4), 0, None, 400, "0xr4"),
    ]
    days = {"since": "2024-01-02", "until": "2024-01-02"}
    assert rows(con, "ratio_history", "ratio", **days) == [(0.8,)]


def test_the_fee_is_the_contracts_to_the_last_digits(sample: Connection) -> None:
    rules = {
        at: (FeeRule(*numbers[:4]), numbers[4])
        for at, *numbers in sample.execute(
            "SELECT updated_at, COLUMNS('_wei')::HUGEINT FROM fee_rules ORDER BY rowid"
        ).fetchall()
    }
    history = queries.run(sample, "fee_history")
    assert set(history["rule_at"]) == set(rules)
    for _, fee_ftm, shift_ftm, rule_at in history.rows():
        rule, first_shift_wei = rules[rule_at]
        assert (shift_ftm is None) == (first_shift_wei is None)
        fee_wei = burn_fee_wei(rule, 1000 * ONE_FTM, round((shift_ftm or 0) * 10**18))
        assert fee_ftm == pytest.approx(fee_wei / ONE_FTM, rel=1e-12)


def test_the_last_shift_is_the_contracts(sample: Connection) -> None:
    (shift_wei,) = sample.execute(
        "SELECT value FROM contract_views WHERE view = 'feeShift' ORDER BY block DESC LIMIT 1"
    ).fetchone()
    assert queries.run(sample, "unstake_terms")["fee_shift_wei"][0] == int(shift_wei)
    shown_ftm = queries.run(sample, "fee_history")["shift_ftm"][-1]
    assert shown_ftm == pytest.approx(int(shift_wei) / ONE_FTM)


def test_rows_of_every_query_come_in_one_order(con: Connection) -> None:
    params = {
        "requests_by_address": {"address": "0xall"},
        "request_history": {"wr_id": 2},
        "request_by_tx": {"tx": "0xall"},
    }
    con.execute("UPDATE requests SET staker = '0xall', requested_tx = '0xall'")
    con.execute("UPDATE head_moves SET tx = '0xall'")
    con.execute("UPDATE payouts SET block = 1, tx = '0xall'")
    con.execute("INSERT INTO reward_claims SELECT * REPLACE (8 AS validator_id) FROM reward_claims")
    con.execute("INSERT INTO reward_claims SELECT * REPLACE ('0xstub2' AS stub) FROM reward_claims")
    con.execute("""
        INSERT INTO lock_ups BY NAME SELECT
            TIMESTAMPTZ '2024-01-05 00:00:00Z' AS locked_at, 500 AS block, stub,
            locked_at + to_hours(24) AS ends_at, 7 AS validator_id, 1e18 AS amount_wei
        FROM (VALUES ('0xa'), ('0xb'), ('0xc')) AS rows (stub)
    """)
    answers = {name: queries.run(con, name, **params.get(name, {})) for name in queries.names()}
    for (table,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall():
        con.execute(f"CREATE TABLE turned AS FROM {table} ORDER BY rowid DESC")
        con.execute(f"DELETE FROM {table}; INSERT INTO {table} FROM turned; DROP TABLE turned")
    for name, answer in answers.items():
        assert queries.run(con, name, **params.get(name, {})).equals(answer), name


def test_what_the_second_generation_burned_counts_under_the_first_ones_rule(
    con: Connection,
) -> None:
    con.execute("DELETE FROM fee_rules WHERE block > 100")
    fees = rows(con, "fee_history", "shift_ftm", "fee_of_1000_ftm")
    assert fees[:2] == [(None, 5.0), (None, 5.0)], "request 3 is the first that counts"
    assert fees[2] == (12.5, pytest.approx(5.125)), "412.5 of 1,000 up the slope"
    con.execute("UPDATE raw_logs SET topic0 = ?, tx = '0xrule'", [RULE_5.topic0])
    assert set(rows(con, "fee_history", "shift_ftm")) == {(None,)}
    assert set(rows(con, "fee_history", "fee_of_1000_ftm")) == {(None,)}, "its shift is not known"
