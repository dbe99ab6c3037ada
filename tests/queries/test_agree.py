"""On three simulated years, the queries agree with each other and with plain arithmetic."""

from __future__ import annotations

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from itertools import accumulate

import polars as pl
import pytest
from duckdb import DuckDBPyConnection as Connection

import queries
from data.store.reader import read_info

STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
EPSILON_FTM = 1e-9

each_token = pytest.mark.parametrize("token", [None, "aFTMb", "aFTMc"])


@pytest.fixture
def con(sample: Connection) -> Connection:
    return sample


class Moves:
    """Amounts in wei by time; how many and how much there were before a moment."""

    def __init__(self, con: Connection, at: str, token: str | None) -> None:
        rows = con.execute(
            f"SELECT {at} AS moved_at, payout_wei::HUGEINT FROM requests "
            "WHERE moved_at IS NOT NULL AND token = coalesce(?, token) ORDER BY moved_at",
            [token],
        ).fetchall()
        self.times = [at for at, _ in rows]
        self.sums_wei = [0, *accumulate(wei for _, wei in rows)]

    def before(self, moment: datetime) -> tuple[int, int]:
        count = bisect_left(self.times, moment)
        return count, self.sums_wei[count]


@each_token
@pytest.mark.parametrize("step", ["hour", "day"])
def test_depth_is_what_was_asked_less_what_the_head_passed(
    con: Connection, token: str | None, step: str
) -> None:
    """And the stashed money is what was refused less what was claimed by hand."""
    asked = Moves(con, "requested_at", token)
    passed = Moves(con, "coalesce(manual_at, paid_at)", token)
    refused = Moves(con, "manual_at", token)
    claimed = Moves(con, "if(manual_at IS NOT NULL, paid_at, NULL)", token)
    for at, requests, depth_ftm, manual_ftm in queries.run(
        con, "queue_depth", token=token, step=step
    ).rows():
        end = at + STEPS[step]
        (came, came_wei), (went, went_wei) = asked.before(end), passed.before(end)
        stashed_wei = refused.before(end)[1] - claimed.before(end)[1]
        assert requests == came - went
        assert abs(depth_ftm - (came_wei - went_wei) / 10**18) < EPSILON_FTM
        assert abs(manual_ftm - stashed_wei / 10**18) < EPSILON_FTM


@each_token
@pytest.mark.parametrize(
    ("name", "step"),
    [("queue_depth", "hour"), ("queue_depth", "day")]
    + [("depth_against_claims", step) for step in STEPS],
)
def test_no_bucket_is_missing_and_no_level_is_negative(
    con: Connection, name: str, step: str, token: str | None
) -> None:
    frame = queries.run(con, name, step=step, token=token)
    assert set(frame["at"].diff().drop_nulls()) == {STEPS[step]}
    synced_at = read_info(con).synced_at
    (first_at,) = con.execute("SELECT min(requested_at) FROM requests").fetchone()
    assert frame["at"][0] <= first_at < frame["at"][0] + STEPS[step]
    assert frame["at"][-1] <= synced_at < frame["at"][-1] + STEPS[step]
    levels = frame.select(pl.exclude("at"))
    assert levels.null_count().sum_horizontal().item() == 0
    assert levels.min().min_horizontal().item() >= 0


@each_token
def test_the_last_depth_is_the_sum_of_the_pending_requests(
    con: Connection, token: str | None
) -> None:
    pending = queries.run(con, "pending_requests", token=token)
    for name in ("queue_depth", "depth_against_claims"):
        last = queries.run(con, name, token=token).row(-1, named=True)
        assert last["requests"] == pending.height
        assert last["depth_ftm"] == pytest.approx(pending["payout_ftm"].sum())


def test_both_depths_agree(con: Connection) -> None:
    columns = ["at", "requests", "depth_ftm"]
    days = queries.run(con, "queue_depth").select(columns)
    assert queries.run(con, "depth_against_claims").select(columns).equals(days)


@each_token
@pytest.mark.parametrize("step", STEPS)
def test_the_bars_add_up_to_the_lists(con: Connection, step: str, token: str | None) -> None:
    bars = queries.run(con, "depth_against_claims", step=step, token=token)
    since = bars["at"][0].date()
    claims = queries.run(con, "reward_claims", since=since).filter(~pl.col("restaked"))
    paid = queries.run(con, "payouts", since=since, token=token)
    (first_day,) = con.execute(
        "SELECT date_trunc('day', min(requested_at)) FROM requests"
    ).fetchone()  # a week that the first request begins in is cut there
    other = con.execute(
        "SELECT sum(amount_wei) / 1e18 FROM (SELECT returned_at AS came_at, amount_wei FROM "
        "returned_stakes UNION ALL SELECT staked_at, amount_wei FROM stakes) WHERE came_at >= ?",
        [max(bars["at"][0], first_day)],
    ).fetchone()
    assert bars["claimed_ftm"].sum() == pytest.approx(claims["reward_ftm"].sum())
    assert bars["paid_ftm"].sum() == pytest.approx(paid["payout_ftm"].sum())
    assert bars["other_ftm"].sum() == pytest.approx(other[0])


@pytest.mark.parametrize("days", [1, 35, 400])
def test_the_metrics_are_points_of_the_other_queries(con: Connection, days: int) -> None:
    metrics = queries.run(con, "queue_metrics", days=days).row(0, named=True)
    now = read_info(con).synced_at
    assert now == datetime(now.year, now.month, now.day, tzinfo=UTC), "the sample ends at midnight"
    before = now - timedelta(days=days)
    depth = queries.run(con, "queue_depth")
    for suffix, moment in (("", now), ("_before", before)):
        day = depth.filter(pl.col("at") == moment - STEPS["day"]).row(0, named=True)
        assert metrics[f"requests{suffix}"] == day["requests"]
        assert metrics[f"waiting_ftm{suffix}"] == day["depth_ftm"]
        payouts = queries.run(con, "payouts").filter(
            pl.col("paid_at").is_between(moment - timedelta(days=days), moment, closed="right"),
        )
        assert metrics[f"paid_ftm{suffix}"] == pytest.approx(payouts["payout_ftm"].sum())
    assert metrics["oldest_days"] == queries.run(con, "blocking_head")["waited_days"].item()


def test_the_line_adds_up_from_the_head(con: Connection) -> None:
    pending = queries.run(con, "pending_requests")
    assert pending["place"].to_list() == list(range(1, pending.height + 1))
    ahead = pending["payout_ftm"].cum_sum().shift(1, fill_value=0)
    assert (pending["ahead_ftm"] - ahead).abs().max() < EPSILON_FTM
    head = queries.run(con, "blocking_head").row(0, named=True)
    assert head["wr_id"] == pending["wr_id"][0]
    assert head["behind_requests"] == pending.height - 1
    assert head["behind_ftm"] == pytest.approx(pending["payout_ftm"][1:].sum())
    short = head["payout_ftm"] + head["stashed_ftm"] - head["balance_ftm"]
    assert head["missing_ftm"] == pytest.approx(max(short, 0))


def test_contents_have_every_table_and_the_times_of_those_that_have_any(con: Connection) -> None:
    contents = queries.run(con, "store_contents")
    tables = con.execute("SELECT table_name FROM duckdb_tables() ORDER BY 1").fetchall()
    assert contents["table_name"].to_list() == [name for (name,) in tables]
    timed = con.execute("""
        SELECT DISTINCT table_name FROM duckdb_columns()
        WHERE database_name = 'store' AND data_type = 'TIMESTAMP WITH TIME ZONE'
            -- not of the chain's time
            AND table_name NOT IN ('contradictions', 'searched_in_vain', 'rebuilt')
        ORDER BY 1
    """)
    dated = contents.drop_nulls("first_at")["table_name"].to_list()
    assert dated == [name for (name,) in timed.fetchall()]


def test_what_was_paid_before_a_request_is_what_stood_ahead_and_does_no_more(
    con: Connection,
) -> None:
    asked = con.execute(
        "SELECT wr_id, (ahead_wei_at_request - ahead_wei) / 1e18, status FROM requests "
        "WHERE status = 'pending' OR wr_id % 50 = 0 ORDER BY wr_id"
    ).fetchall()
    assert len(asked) > 150
    for wr_id, gone_ftm, status in asked:
        row = queries.run(con, "request_progress", wr_id=wr_id).row(0, named=True)
        assert row["paid_ftm"] + row["refused_ftm"] == pytest.approx(gone_ftm, abs=1e-6)
        still = row["place"] if status == "pending" else 1
        assert row["place_then"] - still == row["paid"] + row["refused"]
