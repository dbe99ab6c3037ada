"""The Unstake page's link: what it keeps, and what no late browser takes back."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from data.pool.burn import BOND, CERT
from tests.app import edited
from tests.shown import Show, button, in_link, plain
from ui.parts import links

PENDING = "2210"
HASH = "0x" + "12" * 32


@pytest.fixture
def show_sample(show_sample: Show) -> Show:
    return partial(show_sample, page="unstake")


def test_what_belongs_to_one_network_is_not_taken_to_another(
    show_sample: Show, sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("answers.sources.default_store", lambda name: tmp_path / f"{name}.duckdb")
    edited(
        sample_store,
        tmp_path / "devnet.duckdb",
        "UPDATE store_info SET simulated = FALSE, network = 'devnet'",
    )
    link = {"request": PENDING, "tx": HASH, "since": "5"}
    app = show_sample(step="1", address="0xab", **link)
    assert set(link) < set(app.query_params)
    app.selectbox(key="network").select("devnet").run()
    assert not set(link) & set(app.query_params)
    assert (in_link(app, "address"), in_link(app, "network")) == ("0xab", "devnet")
    said = "The link named a transaction and a request on sample."
    assert said in plain(app)
    assert said not in plain(app.run())
    # The same id is a request of each: a link to the second keeps it.
    app.query_params["request"] = PENDING
    app.run()
    assert in_link(app, "request") == PENDING
    for name, value in ({"network": "sample"} | link).items():
        app.query_params[name] = value
    monkeypatch.setattr(links, "went_back", lambda: True)
    app.run()
    assert set(link) < set(app.query_params)


def test_a_link_that_came_late_takes_back_nothing_that_was_entered_since(
    show_sample: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = show_sample(amount="4")
    app.text_input[0].set_value("41").run()
    assert in_link(app, "amount") == "41"
    # The browser had not yet heard of 41: it sends the link from before.
    app.query_params["amount"] = "4"
    app.text_input[0].set_value("4").run()
    assert (in_link(app, "amount"), app.text_input[0].value) == ("4", "4")
    # Now it has, but not yet of the 4 again.
    app.query_params["amount"] = "41"
    button(app, "Continue to the checks").click().run()
    assert (in_link(app, "amount"), in_link(app, "step")) == ("4", "2")
    # Neither a token chosen just now is lost.
    app = show_sample(amount="4", token=CERT)
    app.button_group[1].set_value("aFTMb").run()
    app.query_params["token"] = CERT
    app.text_input[0].set_value("5").run()
    assert (in_link(app, "token"), in_link(app, "amount")) == (BOND, "5")
    # The browser's own way back still leads to what stood there then.
    monkeypatch.setattr(links, "went_back", lambda: True)
    app.query_params["token"], app.query_params["amount"] = CERT, "4"
    app.run()
    assert app.text_input[0].value == "4"
