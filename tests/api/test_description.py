"""The API against its own description: whatever that allows is asked, and what comes must fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

from answers.sources import read_sources
from data.config import ROOT
from scoring.companion import companion_of
from tests.api.conftest import server
from tests.app import edited

load_all_checks()
description = schemathesis.openapi.from_asgi("/api/v1/openapi.json", server())


@pytest.fixture(scope="module", autouse=True)
def _sample(
    sample_store: Path, sample_scores: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    store = edited(sample_store, tmp_path_factory.mktemp("described") / "shown.duckdb")
    shutil.copyfile(sample_scores, companion_of(store))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FTM_STORE", str(store))
        environment.setenv("FTM_NETWORK", "sample")
        environment.setenv("FTM_API_PER_MINUTE", "0")
        read_sources.cache_clear()
        yield
    read_sources.cache_clear()


@description.parametrize()
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_what_comes_is_what_is_described(case: Case) -> None:
    """But for what a schema cannot say: which amounts, addresses and days there are."""
    case.call_and_validate(excluded_checks=[positive_data_acceptance])


@pytest.mark.parametrize("path", json.loads((ROOT / "api" / "examples.json").read_text()))
def test_an_example_has_the_form_of_its_route(path: str) -> None:
    route = description.raw_schema["paths"][path]["get"]["responses"]["200"]
    content = route["content"]["application/json"]
    schema = content["schema"] | {"components": description.raw_schema["components"]}
    jsonschema_rs.validator_for(schema).validate(content["example"])
