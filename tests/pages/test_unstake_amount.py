"""Step 1 of the Unstake page without a browser and without a node: by the store alone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from data.pool.burn import BOND, CERT, FeeRule, Token, burn_fee_wei, unstaked
from data.store.reader import open_reader
from pages.unstake.terms import fee_sentence
from tests.shown import Show, said
from tests.unstake_sample import in_link, plain, show_sample, show_with_odds, terms_of, tiles

__all__ = ["show_sample", "show_with_odds"]

FTM = 10**18
PENDING, PAID, MANUAL = "2210", "41", "1927"
HASH = "0x" + "12" * 32


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
    assert shown["1 aFTMc (ankrFTM)"] == f"{FTM / terms.ratio:.6g} FTM"
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
        ("-1", "The amount is negative"),
        ("1e5", "The amount has an exponent"),
        ("0x12", "looks like an address or a hash"),
        ("1,234", "can mean two amounts"),
        ("1 234.5", "more than one mark or a space"),
        ("12 FTM", "without a unit or a letter"),
        ("1.1234567890123456789", "19 decimals, a token has 18"),
        ("5" + "0" * 9, "more than all FTM there is"),
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
    assert "cannot be told" not in plain(app)
    app.session_state["unstake max"] = True  # opened
    app.run()
    assert not app.exception
    assert "What an address holds cannot be told: the sample is simulated." in plain(app)
    assert not [each for each in app.button if each.label.startswith("Use max")]


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
    assert "unscored odds are not shown" in said(app)
    assert "What another amount would change" not in said(app)
    assert not app.dataframe


def test_with_scores_there_is_a_window_and_what_other_amounts_would_be(
    show_with_odds: Show,
) -> None:
    text = said(show_with_odds(amount="100"))
    assert "chance" in text
    assert "past forecasts" in text
    assert "What another amount would change" in text


def test_where_no_amount_is_paid_in_what_is_drawn_that_is_said_and_nothing_drawn(
    show_with_odds: Show,
) -> None:
    app = show_with_odds(amount="4000000000", token=BOND)
    told = "From 395 M FTM to 39,506 M FTM: more than 95 % of the futures take longer than 120"
    assert told in plain(app)
    assert "thick half of the futures" not in plain(app)


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
    assert "The fee is 1 % to 11 % of the FTM, also for aFTMc." in plain(app)
    assert "For this amount it is 5 %." in plain(app)
    table = app.dataframe[0].value
    assert table["parts"].to_list() == [1, 2, 4, 10]
    assert table["paid"].to_list() == ["380", "384", "386", "387.2"]


def test_the_time_from_an_amount_to_its_window(show_with_odds: Show) -> None:
    app = show_with_odds(amount="100")
    times = []
    for amount in ("101", "102", "103", "104", "105"):
        begun = time.perf_counter()
        app.text_input[0].set_value(amount).run()
        times.append(time.perf_counter() - begun)
        assert "What another amount would change" in said(app)
    print(f"\nfrom a valid amount to its window: {1000 * sorted(times)[2]:.0f} ms, median of 5")


# 1 % below 1,000 FTM, 11 % from 2,000 FTM on, linear between.
RULE = FeeRule(FTM // 100, 11 * FTM // 100, 1_000 * FTM, 2_000 * FTM)


@pytest.mark.parametrize(
    ("shift", "amount", "told"),
    [
        (0, 1_000, "For this amount it is the lowest, 1 %."),
        (0, 1_001, "For this amount it is 1.01 %."),  # its own last FTM is past the start
        (900, 400, "For this amount it is 4 %."),  # 1,300 is 30 % of the way up
        (1_600, 100, "For this amount it is 8 %."),
        (1_600, 400, "For this amount it is the highest, 11 %."),
        (5_000, 1, "For this amount it is the highest, 11 %."),
    ],
)
def test_the_fee_is_told_with_the_rate_that_the_amount_itself_brings_about(
    shift: int, amount: int, told: str
) -> None:
    given = unstaked(BOND, amount * FTM, FTM, RULE, shift * FTM)
    text = fee_sentence(RULE, shift * FTM, given.gross_wei, given.fee_wei)
    assert "1 % to 11 % of the FTM" in text
    assert "your own amount counts" in text
    assert text.endswith(told)


def test_a_rate_that_does_not_give_the_fee_beside_it_is_not_told() -> None:
    fee_wei = burn_fee_wei(RULE, 400 * FTM, 900 * FTM)
    for shift, gross, fee in ((900, 400, fee_wei + 1), (800, 400, fee_wei), (900, 400, None)):
        assert "For this amount" not in fee_sentence(RULE, shift * FTM, gross * FTM, fee)
    assert "For this amount" not in fee_sentence(RULE, None, 400 * FTM, fee_wei)
    assert fee_sentence(None, 0, FTM, 1) == ""
    flat = FeeRule(FTM // 100, FTM // 100, 0, 0)
    assert fee_sentence(flat, 0, FTM, FTM // 100) == "The fee is 1 % of the FTM, also for aFTMc."


def test_the_fee_of_a_few_wei_says_that_it_is_rounded_up() -> None:
    text = fee_sentence(RULE, 0, 5, burn_fee_wei(RULE, 5, 0))
    assert text.endswith("For this amount it is the lowest, 1 %, rounded up to a whole wei.")
