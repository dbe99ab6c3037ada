"""Every field takes what people paste: the same reader stands behind all of them."""

from __future__ import annotations

import pytest

from tests.shown import Show, plain, said, tiles

OFTEN = "0x6799f72c51c83434b82a36ed47168a1657c502bc"
PASTED = (
    f"\u200b{OFTEN}\u200e",
    OFTEN.upper(),
    OFTEN[2:],
    f"ftm:{OFTEN}",
    f"https://ftmscan.com/address/{OFTEN}",
)


@pytest.mark.parametrize("text", PASTED)
def test_explore_takes_an_address_as_track_does(show_sample: Show, text: str) -> None:
    app = show_sample(page="explore", query="requests_by_address", address=text)
    assert len(app.dataframe[0].value) == 99
    assert not app.warning
    assert "99 requests, 7 of them waiting" in said(show_sample(page="track", find=text))


def test_explore_reads_the_longest_link_of_an_explorer_whole(show_sample: Show) -> None:
    link = f"https://explorer.fantom.network/address/{OFTEN}?tab=transactions&page=1&of=everything"
    assert len(link) > 100
    app = show_sample(page="explore", query="requests_by_address", address=link)
    assert not app.warning
    assert len(app.dataframe[0].value) == 99
    field = app.text_input(key="address")
    assert field.proto.max_chars == 0  # nothing is cut, and no counter stands in the field
    field.set_value("a" * 2_001).run()
    assert "address has 2,001 letters, more than 2,000" in "".join(w.value for w in app.warning)
    assert app.text_input(key="address").value == "a" * 2_001


def test_explore_names_what_is_no_address(show_sample: Show) -> None:
    app = show_sample(page="explore", query="requests_by_address", address="somebody.eth")
    assert "Names are not looked up" in "".join(warning.value for warning in app.warning)
    assert not app.exception


@pytest.mark.parametrize("text", ["\u202d12.5\u202c", "\ufeff12.5", "12.5\u200b", "\uff11\uff12.5"])
def test_an_amount_is_read_through_what_is_not_seen(show_sample: Show, text: str) -> None:
    shown, typed = (tiles(show_sample(page="unstake", amount=amount)) for amount in (text, "12.5"))
    assert shown == typed
    assert len(shown) == 4


def test_step_4_takes_a_link_to_a_transaction(show_sample: Show) -> None:
    tx = "0x" + "ab" * 32
    for text in (f"https://ftmscan.com/tx/{tx}", f"\u200b{tx.upper()}", tx[2:]):
        app = show_sample(page="unstake", step="4", tx=text)
        assert "The store knows no such unstake." in said(app)
        assert not app.error
    app = show_sample(page="unstake", step="4", tx=OFTEN)
    assert "This is an address" in said(app)


def test_without_a_node_more_than_was_ever_staked_is_named_with_that_sum(
    show_sample: Show,
) -> None:
    """A node tells the supply, and more than that is refused."""
    told = "more than all that was ever staked, 345,570 FTM: nobody holds that much."
    assert told in plain(show_sample(page="unstake", token="aFTMb", amount="999999999"))
    assert told not in plain(show_sample(page="unstake", token="aFTMb", amount="345570"))
    unsure = "UPDATE checks SET status = 'unknown' WHERE name = 'money'"  # a stake may be missing
    app = show_sample(unsure, page="unstake", token="aFTMb", amount="999999999")
    assert told not in plain(app)


@pytest.mark.parametrize("step", ["2", "3"])
def test_a_refused_amount_is_named_on_later_steps(show_sample: Show, step: str) -> None:
    text = plain(show_sample(page="unstake", step=step, amount="1,234"))
    assert "The amount `1,234` cannot be unstaked." in text
    assert "write 1234 for thousands, or 1.234 for a fraction" in text
    assert "Step 1 asks for the amount." not in text


def test_thousands_with_a_fraction_are_read_and_told(show_sample: Show) -> None:
    app = show_sample(page="unstake", amount="1,234.5")
    assert "Read as 1234.5." in plain(app)
    assert tiles(app) == tiles(show_sample(page="unstake", amount="1234.5"))
