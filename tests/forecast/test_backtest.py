"""Scores, baselines and a backtest small enough to be worked out by hand."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from forecast import ForecastError
from forecast.backtest import (
    MODEL,
    choose_source,
    forecasts_in,
    held_out_from,
    origin_scores,
    scored_only,
)
from forecast.baselines import BASELINES, Known, amount_bucket, kaplan_meier_sample
from forecast.logged import COLUMNS, logged_values
from forecast.scores import brier, pinball, pit, quantile, tw_crps
from forecast.summary import summarise
from forecast.window import ReleaseWindow
from tests.made_funding import BEGAN, funding, irregular, regular

AS_OF = BEGAN + timedelta(days=760)
# Money comes every five days, so that the model is sure of the next batch: at 501 of day 505.
REQUESTS: list[tuple[int, float, float | None, float]] = [
    (1, 501.0, 511.0, 50.0),  # said 4, was 10
    (2, 598.0, 600.0, 50.0),  # said 2, was 2
    (3, 598.5, 603.0, 5_000.0),  # said 1.5, was 4.5
    (4, 599.0, None, 50.0),  # said 1, still waits
    (5, 701.0, 706.0, 50.0),  # said 4, was 5, but 120 days are not over
    (6, 756.0, 757.0, 50.0),  # seven days are not over
]


def requests(rows: list[tuple[int, float, float | None, float]]) -> pl.DataFrame:
    """Frames of (id, day asked, day released, payout), each missing one FTM."""
    times = [
        (BEGAN + timedelta(days=asked), None if paid is None else BEGAN + timedelta(days=paid))
        for _, asked, paid, _ in rows
    ]
    return pl.DataFrame(
        {
            "wr_id": [row[0] for row in rows],
            "requested_at": [asked for asked, _ in times],
            "released_at": [paid for _, paid in times],
            "payout_ftm": [row[3] for row in rows],
            "need_ftm": [1.0] * len(rows),
        },
        schema_overrides=dict.fromkeys(["requested_at", "released_at"], pl.Datetime("us", "UTC")),
    )


def scored(*inputs: pl.DataFrame, **options: object) -> pl.DataFrame:
    return scored_only(origin_scores(*inputs, **options))


@pytest.fixture(scope="module")
def scores() -> pl.DataFrame:
    return scored(requests(REQUESTS), regular(), as_of=AS_OF, paths=50)


def _column(scores: pl.DataFrame, model: str, metric: str) -> list[float | None]:
    return scores.filter(model=model)[metric].to_list()


def test_each_forecast_gets_the_scores_a_hand_works_out(scores: pl.DataFrame) -> None:
    assert scores.filter(model=MODEL)["wr_id"].to_list() == [1, 2, 3, 4, 5]
    expected = {
        "tw_crps": [6.0, 0.0, 3.0, 119.0, None],
        "pinball_5": [0.3, 0.0, 0.15, 5.95, None],
        "pinball_95": [5.7, 0.0, 2.85, 113.05, None],
        "covered_50": [0, 1, 0, 0, None],
        "covered_90": [0, 1, 0, 0, None],
        "width_90": [0, 0, 0, 0, None],
        "late": [1, 0, 1, 1, None],
        "pit": [1.0, 0.5, 1.0, 1.0, None],
        "brier_7": [1, 0, 0, 1, 0],
        "brier_14": [0, 0, 0, 1, 0],
        "brier_35": [0, 0, 0, 1, 0],
        "brier_90": [0, 0, 0, 1, None],
    }
    for metric, values in expected.items():
        assert _column(scores, MODEL, metric) == pytest.approx(values, abs=1e-6), metric


def test_what_was_said_is_kept_for_each_request_however_young() -> None:
    asked = requests(REQUESTS)
    told = forecasts_in(origin_scores(asked, regular(), as_of=AS_OF, paths=50), asked)
    assert told["wr_id"].to_list() == [1, 2, 3, 4, 5, 6]
    for percent in (5, 25, 50, 75, 90, 95):
        days = told[f"days_{percent}"].to_list()
        assert days == pytest.approx([4, 2, 1.5, 1, 4, 4], abs=1e-6)
    assert told["within_7_days"].to_list() == [1] * 6
    assert told["later_share"].to_list() == [0, 0, 0, None, 0, 1]  # 1 day, and 4 were said
    assert told["released_at"].null_count() == 1
    assert told["payout_ftm"].to_list() == asked["payout_ftm"].to_list()
    assert told.row(0, named=True)["need_ftm"] == 1.0


def test_a_day_past_the_horizon_is_none_and_a_wait_is_placed_among_the_simulations() -> None:
    hundred = ReleaseWindow(
        "beyond_horizon", np.array([*range(1, 81), *[math.inf] * 20], float), 120.0, None
    )
    told = dict(zip(COLUMNS, logged_values(hundred, 5.0, 2.0, 60.0), strict=True))
    assert (told["days_50"], told["days_75"], told["days_90"], told["days_95"]) == (
        50,
        75,
        None,
        None,
    )
    assert (told["within_7_days"], told["within_90_days"], told["later_share"]) == (0.07, 0.8, 0.4)
    assert (told["need_ftm"], told["in_pool_ftm"]) == (5, 2)


def test_baselines_are_scored_on_the_same_requests(scores: pl.DataFrame) -> None:
    crps = {name: _column(scores, name, "tw_crps") for name in scores["model"].unique()}
    assert crps["always 35 days"] == pytest.approx([25, 33, 30.5, 85, None])
    # Nothing was paid before the first, so it says "past the horizon"; then the ten days of 1.
    assert crps["last wait"] == pytest.approx([110, 8, 5.5, 110, None], abs=1e-6)
    assert crps["past waits by amount"] == pytest.approx([110, 8, 115.5, 110, None], abs=1e-6)
    assert crps["need / recent rate"] == pytest.approx(
        [9.995, 1.995, 4.495, 119.995, None], abs=1e-6
    )


def test_requests_paid_within_hours_are_one_batch(scores: pl.DataFrame) -> None:
    assert scores.filter(model=MODEL)["batch"].to_list() == [0, 1, 2, 5, 3]
    together = requests([(1, 501.0, 511.0, 5.0), (2, 502.0, 511.2, 5.0), (3, 503.0, 511.5, 5.0)])
    batches = scored(together, regular(), as_of=AS_OF, paths=5).filter(model=MODEL)["batch"]
    assert batches.to_list() == [0, 0, 1]


def test_what_is_later_than_the_end_is_not_read(scores: pl.DataFrame) -> None:
    later = [(7, 770.0, 775.0, 50.0)]
    paid_later = [(4, 599.0, 765.0, 50.0)]
    known = [row for row in REQUESTS if row[0] != 4]
    money = pl.concat([regular(until=760), funding([761.0], [9e9])])
    again = scored(requests(known + paid_later + later), money, as_of=AS_OF, paths=50)
    assert again.equals(scores)


def test_an_origin_does_not_read_its_own_future() -> None:
    one = requests(REQUESTS[:2])
    changed = requests([(1, 501.0, 620.0, 50.0), REQUESTS[1], (9, 598.2, 598.3, 50.0)])
    money = pl.concat([regular(until=598), funding([610.0], [7.0])])
    for name in (MODEL, "need / recent rate"):
        told, other = (
            scored(asked, paid_by, as_of=AS_OF, paths=50)
            .filter(pl.col("model") == name, pl.col("wr_id") == 2)
            .select(pl.exclude("batch"))
            for asked, paid_by in ((one, regular()), (changed, money))
        )
        assert told.equals(other)


def test_parts_make_up_the_whole_and_since_cuts_it(scores: pl.DataFrame) -> None:
    asked, money = requests(REQUESTS), regular()
    parts = [scored(asked, money, as_of=AS_OF, paths=50, part=(k, 2)) for k in (0, 1)]
    order = ["wr_id", "model"]
    assert pl.concat(parts).sort(order).equals(scores.sort(order))
    since = BEGAN + timedelta(days=598.5)
    late = scored(asked, money, as_of=AS_OF, paths=50, since=since)
    assert late.equals(scores.filter(pl.col("wr_id") >= 3))


def test_a_request_of_unknown_need_or_payout_is_no_origin(scores: pl.DataFrame) -> None:
    unknown = requests([(8, 520.0, 530.0, 50.0)]).with_columns(need_ftm=pl.lit(None, pl.Float64))
    lost = requests([(9, 521.0, None, 50.0)]).with_columns(payout_ftm=pl.lit(None, pl.Float64))
    asked = pl.concat([requests(REQUESTS), unknown, lost])
    again = scored(asked, regular(), as_of=AS_OF, paths=50)
    assert again["wr_id"].unique().to_list() == [1, 2, 3, 4, 5]
    models = pl.col("model").is_in([MODEL, "need / recent rate"])
    same = pl.exclude("batch")
    assert again.filter(models).select(same).equals(scores.filter(models).select(same))


def test_what_is_covered_is_an_origin_even_before_there_is_money() -> None:
    asked = requests([(1, 501.0, 501.0, 50.0)]).with_columns(need_ftm=0.0)
    told = scored(asked, regular().clear(), as_of=AS_OF, paths=50)
    ours = told.filter(model=MODEL).select("kind", "tw_crps", "late", "covered_90", "width_50")
    assert ours.row(0) == ("covered", 0, None, None, None)  # no range is shown of it
    assert _column(told, "need / recent rate", "tw_crps") == [0]


def test_the_summary_has_means_intervals_and_counts(scores: pl.DataFrame) -> None:
    summary = summarise(scores)
    assert summary.height == summary.select("model", "slice", "metric").unique().height
    everything = summary.filter(model=MODEL, slice="all")
    row = everything.row(by_predicate=pl.col("metric") == "tw_crps", named=True)
    assert row["value"] == pytest.approx(32.0)
    assert row["low"] < 32 < row["high"]
    assert (row["n"], row["batches"], row["decided"]) == (4, 4, False)
    values = dict(everything.select("metric", "value").rows())
    assert values["covered_90"] == 0.25
    assert values["late"] == 0.75
    assert (values["brier_7"], values["brier_90"]) == (0.4, 0.25)
    assert (values["pit_5"], values["pit_9"]) == (0.25, 0.75)
    assert sum(values[f"pit_{tenth}"] for tenth in range(10)) == 1
    assert values["saved_on_always 35 days"] == pytest.approx(1 - 32 / 43.375)
    large = summary.filter(model=MODEL, slice="amount: 1,000 to 10,000 FTM", metric="tw_crps")
    assert large["value"].to_list() == pytest.approx([3.0])
    years = summary["slice"].unique().sort().to_list()
    assert years[-2:] == ["half-year: 2023 H1", "half-year: 2023 H2"]


def test_requests_paid_in_one_batch_count_as_one_observation() -> None:
    one_by_one = [(day, 501.0 + 2 * day, 511.0 + 2 * day, 50.0) for day in range(61)]
    in_one = [(day, 501.0 + 0.01 * day, 521.0, 50.0) for day in range(61)]
    decided, undecided = (
        summarise(
            scored(requests(rows), regular(), as_of=BEGAN + timedelta(days=790), paths=5)
        ).filter(model=MODEL, slice="all", metric="tw_crps")
        for rows in (one_by_one, in_one)
    )
    assert decided.select("n", "batches", "decided").row(0) == (61, 61, True)
    assert undecided.select("n", "batches", "decided").row(0) == (61, 1, False)
    assert undecided["low"][0] == undecided["high"][0], "one observation has no spread"


def test_made_faster_it_scores_what_it_scored_before() -> None:
    rng = np.random.default_rng(5)
    rows = []
    for number in range(200):
        asked = 100.0 + 3 * number
        paid = None if number % 7 == 0 else asked + float(rng.gamma(2, 12))
        rows.append((number, asked, paid, float(rng.lognormal(5, 2))))
    unsure = requests(rows).with_columns(
        need_ftm=pl.Series(rng.lognormal(10, 1, 200)),
        in_pool_ftm=pl.Series(rng.lognormal(7, 1, 200)),
    )
    money, at = irregular(), pl.col("funded_at")
    # Every third batch is stake whose lock-up ended two days before.
    lock_ups = money.gather_every(3).select(
        "amount_ftm", locked_at=at - timedelta(days=92), ends_at=at - timedelta(days=2)
    )
    for calendar, error, place in (
        (None, 27.37349844, 0.70209945),
        (lock_ups, 28.13324606, 0.71464088),
    ):
        told = scored(unsure, money, as_of=AS_OF, lock_ups=calendar, paths=100)
        ours = told.filter(model=MODEL)
        assert ours["tw_crps"].mean() == pytest.approx(error, abs=1e-7)
        assert ours["pit"].mean() == pytest.approx(place, abs=1e-5)
        alone = scored(unsure, money, as_of=AS_OF, lock_ups=calendar, paths=100, baselines=False)
        assert alone.equals(ours)
    assert told.filter(model="past waits by amount")["tw_crps"].mean() == pytest.approx(23.5706990)


def _served(seen: pl.DataFrame) -> pl.DataFrame:
    """A request a day before each fourth batch, paid by it."""
    days = [(when - BEGAN).days for when in seen["funded_at"]]
    rows = [(day, day - 1.0, float(day), 50.0) for day in days if day >= 100 and day % 4 == 0]
    return requests([(number, *row[1:]) for number, row in enumerate(rows)])


def test_the_source_that_pays_is_chosen_without_a_look_at_the_last_batches() -> None:
    money, rarely = regular(), regular(every_days=11)
    asked = _served(money)
    split = held_out_from(asked, AS_OF)
    paid_before = asked.filter(pl.col("released_at") < split).height
    assert paid_before / asked.filter(pl.col("released_at") < AS_OF).height == pytest.approx(
        0.7, abs=0.03
    )
    chosen = choose_source(asked, {"rarely": rarely, "often": money}, as_of=AS_OF, paths=50)
    assert chosen["source"].to_list() == ["often", "rarely"]
    assert chosen["tw_crps"][0] < 0.05 < chosen["tw_crps"][1]
    assert chosen["n"].n_unique() == 1
    blind = {
        name: each.filter(pl.col("funded_at") < split)
        for name, each in (("rarely", rarely), ("often", money))
    }
    need_ftm = pl.when(pl.col("requested_at") < split).then("need_ftm").otherwise(9e9)
    changed = asked.with_columns(need_ftm=need_ftm)
    assert choose_source(changed, blind, as_of=AS_OF, paths=50).equals(chosen)


def test_without_a_payout_there_is_no_span_to_choose_on() -> None:
    with pytest.raises(ForecastError, match="nothing was paid"):
        held_out_from(requests([(1, 501.0, None, 5.0)]), AS_OF)


# Scores and baselines


@pytest.mark.parametrize(
    ("sample", "truth", "expected"),
    [
        ([35.0], 40.0, 5.0),  # of a single value it is the absolute error
        ([1.0, 3.0], 2.0, 0.5),  # mean |x - y| is 1, half the mean |x - x'| is 1/2
        ([1.0, 3.0], 3.0, 0.5),
        ([1.0, math.inf], 200.0, 29.75),  # (119 + 0) / 2 less 119 / 4
        ([math.inf], 500.0, 0.0),  # both say "past the horizon"
        ([130.0], 20.0, 100.0),
    ],
)
def test_the_crps_of_a_small_sample(sample: list[float], truth: float, expected: float) -> None:
    assert tw_crps(np.array(sample), truth, 120.0) == pytest.approx(expected)


def test_the_crps_is_the_area_between_the_two_distributions() -> None:
    sample = np.sort(np.random.default_rng(1).gamma(2.0, 30.0, 50))
    truth, days = 47.0, np.arange(0.0005, 120, 0.001)
    below = np.searchsorted(sample, days, side="right") / sample.size
    area = np.sum((below - (days >= truth)) ** 2) * 0.001
    assert tw_crps(sample, truth, 120.0) == pytest.approx(area, abs=1e-3)


def test_quantile_pinball_pit_and_brier() -> None:
    sample = np.array([1.0, 2.0, 3.0, 4.0])
    assert [quantile(sample, p) for p in (0.0, 0.25, 0.26, 0.5, 0.95)] == [1, 1, 2, 2, 4]
    assert pinball(10.0, 14.0, 0.95) == pytest.approx(3.8)
    assert pinball(10.0, 4.0, 0.95) == pytest.approx(0.3)
    assert [pit(sample, truth) for truth in (0.5, 2.0, 2.5, 9.0)] == [0.0, 0.375, 0.5, 1.0]
    assert brier(sample, paid=True, days=3.0) == pytest.approx(0.0625)
    assert brier(sample, paid=False, days=3.0) == pytest.approx(0.5625)


def test_kaplan_meier_counts_those_who_still_wait() -> None:
    # Paid after 2, 3 and 5 days, still waiting after 3 and 8: 4/5, then 3/4 and 1/2 of the rest.
    waits = np.array([8.0, 3.0, 5.0, 2.0, 3.0])
    paid = np.array([False, True, True, True, False])
    sample = kaplan_meier_sample(waits, paid)
    days, times = np.unique(sample, return_counts=True)
    assert days.tolist() == [2.0, 3.0, 5.0, math.inf]
    assert (times / sample.size).tolist() == pytest.approx([0.2, 0.2, 0.3, 0.3])
    assert kaplan_meier_sample(waits, np.zeros(5, dtype=bool)).tolist() == [math.inf]


def test_every_baseline_gives_a_sorted_sample() -> None:
    known = Known(
        need_ftm=600.0,
        amount_ftm=500.0,
        rate_ftm=20.0,
        amounts_ftm=np.array([150.0, 999.0, 1_000.0]),
        waits_days=np.array([4.0, 9.0, 70.0]),
        paid=np.array([True, True, True]),
        last_paid_wait_days=70.0,
    )
    told = {name: tell(known) for name, tell in BASELINES.items()}
    assert told["always 35 days"].tolist() == [35.0]
    assert told["1 to 35 days"].tolist() == list(range(1, 36))
    assert told["last wait"].tolist() == [70.0]
    assert told["need / recent rate"].tolist() == [30.0]
    assert np.unique(told["past waits by amount"]).tolist() == [4.0, 9.0], (
        "of its own amounts alone"
    )
    assert all(np.all(np.diff(sample) >= 0) for sample in told.values())


def test_without_money_or_waits_a_baseline_says_past_the_horizon() -> None:
    none = np.zeros(0)
    known = Known(10.0, 10.0, 0.0, none, none, none.astype(bool), math.inf)
    for name in ("last wait", "need / recent rate", "past waits by amount"):
        assert BASELINES[name](known).tolist() == [math.inf]
    covered = Known(0.0, 10.0, 0.0, none, none, none.astype(bool), math.inf)
    assert BASELINES["need / recent rate"](covered).tolist() == [0.0]


def test_a_bound_belongs_to_the_bucket_above_it() -> None:
    amounts = np.array([0.0, 99.9, 100.0, 999.0, 1_000.0, 10_000.0, 1e9])
    assert amount_bucket(amounts).tolist() == [0, 0, 1, 1, 2, 3, 3]
