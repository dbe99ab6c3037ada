"""A history costs about one request a range, whatever a provider does: on a simulated clock."""

from __future__ import annotations

from random import Random

import pytest

from bench.economy import Provider, Simulation
from data.node.range_plan import Ask
from data.node.refusals import EndpointError, RangeTooWideError, TooMuchError


@pytest.mark.parametrize("limit", [1_000, 3_000, 10_000])
@pytest.mark.parametrize("named", [True, False])
def test_a_limit_costs_one_request_a_range(limit: int, named: bool) -> None:
    provider = Provider(limit, named)
    Simulation(provider).read(3_000_000)
    assert provider.requests <= 1.1 * 3_000_000 / limit


@pytest.mark.parametrize("error", [TooMuchError("HTTP 504"), RangeTooWideError("HTTP 413")])
def test_a_third_of_answers_refused_whatever_the_width_ends(error: EndpointError) -> None:
    dice = Random(5)
    fault = lambda ask: error if dice.random() < 1 / 3 else None  # noqa: E731
    provider = Provider(10_000)
    Simulation(provider).read(5_000_000, fault)
    assert provider.requests < 4 * 500


def test_an_endpoint_without_limit_leaves_little_to_a_narrow_one() -> None:
    wide, narrow = Provider(), Provider(1_000)
    Simulation(narrow, wide).read(90_000_000)
    assert narrow.requests < 10
    assert wide.requests < 100


def test_a_rate_wastes_few_requests() -> None:
    provider = Provider(1_000, rate=10)
    Simulation(provider).read(1_000_000)
    assert provider.refused < 60


def test_one_failure_of_a_provider_is_no_reason_to_give_up() -> None:
    failed: list[Ask] = []

    def once(ask: Ask) -> EndpointError | None:
        failed.append(ask)
        return TooMuchError("HTTP 504") if len(failed) == 20 else None

    provider = Provider(10_000)
    Simulation(provider).read(1_000_000, once)
    assert provider.requests <= 105
