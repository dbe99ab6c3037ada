"""The Unstake page without a browser and without a node, on the sample's store."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data.config import Network, load_network
from data.store.reader import open_reader
from pages.unstake import step2_check, step3_confirm
from pages.unstake.form import Form
from pages.unstake.remarks import Kind, Remark
from tests.app import edited
from tests.shown import Show, said
from tests.unstake_sample import button, in_link, plain, show_sample, show_with_odds

__all__ = ["show_sample", "show_with_odds"]

FTM = 10**18
PENDING, PAID, MANUAL = "2210", "41", "1927"
HASH = "0x" + "12" * 32


@pytest.mark.parametrize("step", ["2", "3"])
def test_without_an_amount_a_step_leads_back_to_where_it_is_asked(
    show_sample: Show, step: str
) -> None:
    app = show_sample(step=step)
    assert "Step 1 asks for the amount." in said(app)
    button(app, "Go to the amount").click().run()
    assert in_link(app, "step") == "1"


def test_on_the_sample_there_is_nothing_to_check_or_to_sign_and_it_says_so(
    show_sample: Show,
) -> None:
    app = show_sample(step="2", amount="5")
    assert "These data are simulated: there is no address to check." in said(app)
    button(app, "Continue").click().run()
    assert in_link(app, "step") == "3"
    assert "These data are simulated: there is nothing to sign." in said(app)
    button(app, "Continue").click().run()
    assert in_link(app, "step") == "4"
    example = next(one for one in app.button if one.label.startswith("Show an example: request"))
    example.click().run()
    assert not app.exception
    assert "to be paid before" in said(app)


@pytest.mark.parametrize(
    ("kinds", "heard"),
    [
        (["ok", "ok"], "All checks passed."),
        (["note", "ok"], "All checks passed, 1 note: It is 0."),
        (["unknown"], "1 unknown: It is 0."),
        (
            ["problem", "problem", "unknown", "note", "note"],
            "2 problems, 1 unknown, 2 notes: It is 0. It is 1. It is 2. It is 3. It is 4.",
        ),
    ],
)
def test_what_the_checks_found_is_counted_and_never_called_well_where_it_is_not(
    kinds: list[Kind], heard: str
) -> None:
    found = [Remark(kind, "x", f"It is {number}.") for number, kind in enumerate(kinds)]
    assert step2_check.summary(found) == heard


@pytest.mark.parametrize("other", ["pool = '0x' || repeat('cd', 20)", "chain_id = 4002"])
def test_a_store_of_another_pool_or_chain_than_its_network_is_not_signed_for(
    show_sample: Show, other: str
) -> None:
    """A setting that changed since the sync must not lend the page another contract."""
    holder, change = "0x" + "ab" * 20, f"UPDATE store_info SET {other}"
    app = show_sample(change, step="3", amount="5", address=holder)
    assert not app.exception
    assert "no network that is known here has the chain and the pool of this store" in plain(app)


def test_a_transaction_of_the_sample_leads_to_its_request(
    show_sample: Show, sample_store: Path
) -> None:
    with open_reader(sample_store) as con:
        (tx,) = con.execute("SELECT requested_tx FROM requests WHERE wr_id = 2210").fetchone()
    app = show_sample(step="4", tx=tx.upper().replace("X", "x"))
    assert not app.exception
    assert "Request 2,210 waits at place 13" in said(app)
    assert "Request 2,210" in said(show_sample(step="5", tx=tx))
    assert "The store knows no such unstake." in said(show_sample(step="4", tx=HASH))
    assert "0x and 64 hex digits" in said(show_sample(step="4", tx="`**x**`"))


def test_a_transaction_of_several_requests_asks_which(show_sample: Show) -> None:
    one = f"UPDATE requests SET requested_tx = '{HASH}' WHERE wr_id IN (2209, 2210)"
    app = show_sample(one, step="4", tx=HASH)
    assert not app.exception
    labels = [each.label for each in app.button if each.label.startswith("Request 2,2")]
    assert len(labels) == 2
    button(app, labels[1]).click().run()
    assert "Request 2,210 waits at place 13" in said(app)


def test_a_late_request_says_why_and_gives_the_facts_to_paste(
    show_sample: Show, sample_store: Path
) -> None:
    app = show_sample(step="5", request=PENDING)
    text = said(app)
    assert "Nobody is paid before request 2,198, the first in the queue" in text
    assert "Open a request there" in text
    with open_reader(sample_store) as con:
        staker, tx = con.execute(
            "SELECT staker, requested_tx FROM requests WHERE wr_id = 2210"
        ).fetchone()
    facts = app.code[0].value
    assert f"Unstake request {PENDING} on sample, pool 0x" in facts
    assert f"Address: {staker}" in facts
    assert f"Transaction: {tx}" in facts
    assert "Place in the queue: 13" in facts
    assert "unknown" not in facts
    assert "support knows nothing of it" in text


@pytest.mark.parametrize(
    ("request_id", "told"),
    [
        (PAID, "Request 41 was paid"),
        (MANUAL, "Request 1,927 left the queue unpaid"),
        ("999999", "The store does not know request 999,999."),
        ("", "Step 4 finds your request by its transaction."),
    ],
)
def test_what_is_not_late_needs_no_support(show_sample: Show, request_id: str, told: str) -> None:
    app = show_sample(step="5", request=request_id)
    assert told in said(app)
    assert not app.code


def test_a_wish_is_the_same_however_it_is_written() -> None:
    network, holder = load_network("fantom"), "0x" + "AB" * 20
    form = Form(3, "aFTMc", "10", holder, tx="", wr_id=None, since=None, again=0)

    def wish(form: Form, network: Network = network) -> str:
        call = step3_confirm.unsigned(network, form, form.holder, form.amount_wei)
        return call.wish(network.chain_id)

    assert wish(replace(form, amount="10,0", address=holder.lower(), since=7)) == wish(form)
    others = [{"amount": "10.1"}, {"token": "aFTMb"}, {"address": "0x" + "cd" * 20}, {"again": 1}]
    wishes = {wish(replace(form, **other)) for other in others}
    wishes |= {wish(form, load_network("fantom-testnet")), wish(form)}
    assert len(wishes) == 6


def test_a_step_or_a_token_that_is_none_is_named_and_leaves_the_link(show_sample: Show) -> None:
    app = show_sample(step="9", token="x", request="-1", again="x y", since="x", amount="3")
    named = " ".join(warning.value for warning in app.warning)
    for text in ("step=9", "token=x", "request=-1", "again=x y", "since=x"):
        assert f"`{text}`" in named
    assert set(app.query_params) == {"amount", "network"}


def test_what_belongs_to_one_network_is_not_taken_to_another(
    show_sample: Show, sample_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.shown.sources.default_store", lambda name: tmp_path / f"{name}.duckdb")
    edited(
        sample_store,
        tmp_path / "devnet.duckdb",
        "UPDATE store_info SET simulated = FALSE, network = 'devnet'",
    )
    link = {"request": PENDING, "tx": HASH, "since": "5"}
    app = show_sample(step="1", address="0xab", **link)
    assert set(link) < set(app.query_params)
    app.query_params["network"] = "devnet"
    app.run()
    assert not set(link) & set(app.query_params)
    assert in_link(app, "address") == "0xab"
    for name, value in ({"network": "sample"} | link).items():
        app.query_params[name] = value
    app.run()  # back again
    assert set(link) < set(app.query_params)


@pytest.mark.parametrize("step", ["1", "2", "3", "4", "5"])
def test_a_run_reads_the_network_once(
    show_sample: Show, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    names = []

    def counted(name: str) -> Network:
        names.append(name)
        return load_network(name)

    monkeypatch.setattr("pages.unstake.now.load_network", counted)
    app = show_sample(step=step, amount="5", request=PENDING)
    assert not app.exception
    assert names == ["sample"]
