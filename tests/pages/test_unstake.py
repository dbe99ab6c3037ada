"""The Unstake page without a browser and without a node, on the sample's store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest

from answers import words
from answers.terms import fee_sentence
from data.config import Network, load_network
from data.pool.burn import BOND, CERT, FeeRule, Token, burn_fee_wei, unstaked
from data.store.reader import open_reader
from pages.unstake import step2_check, step3_confirm
from pages.unstake.form import Form
from pages.unstake.remarks import Kind, Remark
from tests.live_steps import terms_of
from tests.shown import Show, button, in_link, plain, said, tiles

FTM = 10**18
PENDING, PAID, MANUAL = "2210", "41", "1927"
HASH = "0x" + "12" * 32


@pytest.fixture
def show_sample(show_sample: Show) -> Show:
    return partial(show_sample, page="unstake")


@pytest.fixture
def show_with_odds(show_sample: Show, show_scored: Show) -> Show:
    """As `show_sample`, with scores beside the store."""
    return show_sample


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
    assert "must be paid before it." in said(app)


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
    assert "Request 2,210 for 20.7088 FTM is at place 13." in said(app)
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
    assert "Request 2,210 for 20.7088 FTM is at place 13." in said(app)


def test_a_late_request_says_why_and_gives_the_facts_to_paste(
    show_sample: Show, sample_store: Path
) -> None:
    app = show_sample(step="5", request=PENDING)
    text = said(app)
    assert "Request 2,198 is first in line; the pool still needs" in text
    assert "Open a request there" in text
    with open_reader(sample_store) as con:
        staker, tx, asked_at = con.execute(
            "SELECT staker, requested_tx, requested_at FROM requests WHERE wr_id = 2210"
        ).fetchone()
    facts = app.code[0].value
    assert f"Unstake request {PENDING} on sample, pool 0x" in facts
    assert f"Address: {staker}" in facts
    assert f"Transaction: {tx}" in facts
    assert "Place in the queue: 13" in facts
    assert f"Official 35 days: to {words.moment(asked_at + timedelta(days=35))}" in facts
    assert "unknown" not in facts
    assert "support knows nothing of it" in text


@pytest.mark.parametrize(
    ("request_id", "told"),
    [
        (PAID, "Request 41 was paid"),
        (MANUAL, "Request 1,927 could not be delivered"),
        ("999999", "The store does not know request 999,999."),
        ("", "this step then tells whether it is late"),
    ],
)
def test_what_is_not_late_needs_no_support(show_sample: Show, request_id: str, told: str) -> None:
    app = show_sample(step="5", request=request_id)
    assert told in said(app)
    assert not app.code


@pytest.mark.parametrize("kind", ["id", "transaction", "address"])
def test_a_request_may_be_late_by_whatever_its_owner_has_of_it(
    show_sample: Show, sample_store: Path, kind: str
) -> None:
    with open_reader(sample_store) as con:
        staker, tx = con.execute(
            "SELECT staker, requested_tx FROM requests WHERE wr_id = 2210"
        ).fetchone()
    app = show_sample(step="5")
    (field,) = app.text_input
    field.set_value({"id": "#2,210", "transaction": tx, "address": staker}[kind]).run()
    next(one for one in app.button if one.label.startswith("Request 2,210:")).click().run()
    assert in_link(app, "request") == PENDING
    assert "It is 13 d past the official 35 days." in said(app)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("999999", "The store knows no such request that waits."),
        ("0x12", "This field takes an address"),
        (HASH, "The store knows no such request that waits."),
    ],
)
def test_what_names_no_request_is_told_on_step_5(show_sample: Show, text: str, told: str) -> None:
    app = show_sample(step="5")
    app.text_input[0].set_value(text).run()
    assert told in said(app)
    assert not app.exception


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


# Step 1, by the store alone


@pytest.mark.parametrize("token", [BOND, CERT])
def test_the_figures_come_of_the_store_alone_to_the_wei(
    show_sample: Show, sample_store: Path, token: Token
) -> None:
    terms = terms_of(sample_store)
    given = unstaked(token, 1_234 * FTM, terms.ratio, terms.rule, terms.shift_wei)
    app = show_sample(token=token, amount="1234")
    assert not app.exception
    shown = tiles(app)
    # Shown with four decimals: what one gets cut off, what one pays rounded up.
    assert shown["You receive"] == f"{given.payout_wei // 10**14 / 10**4:,.4f}".rstrip("0") + " FTM"
    assert shown["Fee"] == f"{-(-given.fee_wei // 10**14) / 10**4:,.4f}".rstrip("0") + " FTM"
    rate = Decimal(FTM * 10**6 // terms.ratio) / 10**6  # cut off, as what is paid is
    assert shown["1 aFTMc (ankrFTM)"] == f"{rate} FTM"
    with open_reader(sample_store) as con:
        (waiting,) = con.execute(
            "SELECT count(*) FROM requests WHERE status = 'pending'"
        ).fetchone()
    assert shown["Your place in the queue"] == f"{waiting + 1:,}"
    text = plain(app)
    assert "worked out from the logs up to block" in text.lower()
    assert "No node was read: the sample is simulated." in text


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("0", "The amount is 0: write a number above 0"),
        ("**abc**", "This is no number"),
    ],
)
def test_an_amount_that_is_none_is_told_with_what_to_write(
    show_sample: Show, amount: str, told: str
) -> None:
    app = show_sample(amount=amount)
    assert not app.exception
    assert told in plain(app)
    assert not app.metric
    assert "Continue to the checks" not in [each.label for each in app.button]
    assert app.text_input[0].value == amount
    assert in_link(app, "amount") == amount


def test_a_point_that_may_be_meant_for_thousands_is_read_as_a_point_and_says_so(
    show_sample: Show,
) -> None:
    assert "Read as 1: a point marks decimals, not thousands." in plain(show_sample(amount="1.000"))
    assert "Read as" not in plain(show_sample(amount="1.0000"))


def test_without_an_amount_it_says_that_no_wallet_is_needed(show_sample: Show) -> None:
    app = show_sample()
    assert "No wallet is needed" in said(app)
    assert not app.error
    assert not app.metric


def test_what_an_address_holds_cannot_be_told_on_the_sample_and_it_says_so(
    show_sample: Show,
) -> None:
    app = show_sample(address="0x" + "ab" * 20)
    assert "is not known" not in plain(app)
    app.session_state["unstake max"] = True  # opened
    app.run()
    assert not app.exception
    assert "What an address holds is not known: the sample is simulated." in plain(app)
    assert not [each for each in app.button if each.label.startswith("Use the whole balance")]


@pytest.mark.parametrize("amount", ["0.000000000000000001", "4000000000"])
def test_the_least_and_the_most_there_can_be_break_nothing(
    show_with_odds: Show, amount: str
) -> None:
    for token in (BOND, CERT):
        app = show_with_odds(amount=amount, token=token)
        assert not app.exception
        assert app.metric or app.error


def test_odds_that_were_not_scored_are_not_shown_nor_what_others_would_be(
    show_sample: Show,
) -> None:
    app = show_sample(amount="100")
    assert "We test our estimates on past requests before we show them." in said(app)
    assert "How the wait depends on the amount" not in said(app)
    assert not app.dataframe


def test_with_scores_there_is_a_window_and_what_other_amounts_would_be(
    show_with_odds: Show,
) -> None:
    text = said(show_with_odds(amount="100"))
    assert "chance" in text
    assert "past requests: " in text
    assert "How the wait depends on the amount" in text


def test_where_no_amount_is_paid_in_what_is_drawn_that_is_said_and_nothing_drawn(
    show_with_odds: Show,
) -> None:
    text = plain(show_with_odds(amount="4000000000", token=BOND))
    assert "From 400 M aFTMb to 40,000 M aFTMb: under 5 % chance within 120 days." in text
    assert "Thick bar: middle half" not in text


def test_splitting_costs_what_the_fee_rises_by_with_each_part(
    show_with_odds: Show, sample_store: Path
) -> None:
    # A rule that can be worked by hand: 1 % of what is burned at the shift as it is, 11 % from
    # 1,000 FTM more on, linear between. aFTMb is FTM one to one, so 400 in one request are at
    # 1 % + 400 / 1,000 * 10 % = 5 %: fee 20, paid 380.
    # Two of 200 are at 3 % and 5 %: fee 6 + 10, paid 384.
    # Four of 100 are at 2, 3, 4 and 5 %: fee 14, paid 386.
    # Ten of 40 are at 1.4, 1.8, ... 5 %, together 32 % of 40: fee 12.8, paid 387.2.
    shift_wei = terms_of(sample_store).shift_wei
    rule = FeeRule(FTM // 100, 11 * FTM // 100, shift_wei, shift_wei + 1_000 * FTM)
    burned, paid = 0, 0
    for _ in range(10):
        one = unstaked(BOND, 40 * FTM, FTM, rule, shift_wei + burned)
        burned, paid = burned + one.gross_wei, paid + one.payout_wei
    assert paid == 3_872 * FTM // 10
    names = ("min_fee_ratio_wei", "max_fee_ratio_wei")
    names += ("fee_increase_start_wei", "fee_increase_stop_wei")
    values = (rule.min_ratio, rule.max_ratio, rule.increase_start_wei, rule.increase_stop_wei)
    put = ", ".join(f"{name} = {value}" for name, value in zip(names, values, strict=True))
    app = show_with_odds(f"UPDATE fee_rules SET {put}", amount="400", token=BOND)
    assert tiles(app)["You receive"] == "380 FTM"
    assert "5 % of 400 FTM" in [tile.delta for tile in app.metric]
    assert "The pool charges 1 % to 11 % of the FTM, also for aFTMc:" in plain(app)
    assert "Your fee: 5 %." in plain(app)
    table = app.dataframe[0].value
    assert table["parts"].to_list() == [1, 2, 4, 10]
    assert table["paid"].to_list() == ["380", "384", "386", "387.2"]


# 1 % below 1,000 FTM, 11 % from 2,000 FTM on, linear between.
RULE = FeeRule(FTM // 100, 11 * FTM // 100, 1_000 * FTM, 2_000 * FTM)


@pytest.mark.parametrize(
    ("shift", "amount", "told"),
    [
        (0, 1_000, "Your fee: the lowest, 1 %."),
        (0, 1_001, "Your fee: 1.01 %."),  # its own last FTM is past the start
        (900, 400, "Your fee: 4 %."),  # 1,300 is 30 % of the way up
        (1_600, 100, "Your fee: 8 %."),
        (1_600, 400, "Your fee: the highest, 11 %."),
        (5_000, 1, "Your fee: the highest, 11 %."),
    ],
)
def test_the_fee_is_told_with_the_rate_that_the_amount_itself_brings_about(
    shift: int, amount: int, told: str
) -> None:
    given = unstaked(BOND, amount * FTM, FTM, RULE, shift * FTM)
    text = fee_sentence(RULE, shift * FTM, given.gross_wei, given.fee_wei)
    assert "1 % to 11 % of the FTM" in text
    assert "your own amount included" in text
    assert text.startswith(told)


def test_a_rate_that_does_not_give_the_fee_beside_it_is_not_told() -> None:
    fee_wei = burn_fee_wei(RULE, 400 * FTM, 900 * FTM)
    for shift, gross, fee in ((900, 400, fee_wei + 1), (800, 400, fee_wei), (900, 400, None)):
        assert "Your fee" not in fee_sentence(RULE, shift * FTM, gross * FTM, fee)
    assert "Your fee" not in fee_sentence(RULE, None, 400 * FTM, fee_wei)
    assert fee_sentence(None, 0, FTM, 1) == ""
    flat = FeeRule(FTM // 100, FTM // 100, 0, 0)
    assert fee_sentence(flat, 0, FTM, FTM // 100) == "The fee is 1 % of the FTM, also for aFTMc."


def test_the_fee_of_a_few_wei_says_that_it_is_rounded_up() -> None:
    text = fee_sentence(RULE, 0, 5, burn_fee_wei(RULE, 5, 0))
    assert text.startswith("Your fee: the lowest, 1 %, rounded up to a whole wei.")
