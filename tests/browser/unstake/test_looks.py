"""Every step of the guided unstake on every kind of screen, with odds and with a wallet."""

from __future__ import annotations

import pytest

from devnet import Devnet
from tests.browser.desk import Begin
from tests.browser.unstake.steps import FTM
from tests.live_steps import burning
from tests.live_steps import send as mined

pytestmark = [pytest.mark.browser, pytest.mark.node]


@pytest.fixture(scope="module")
def unstaked(chain: Devnet) -> str:
    """A transaction that the store does not hold yet."""
    return mined(chain, burning(chain, "aFTMc", 6 * FTM, chain.accounts[2]))


def test_each_step_fits_its_screen(chain: Devnet, unstaked: str, desk: Begin) -> None:
    at = desk(2)
    mine = {"amount": "6", "address": chain.accounts[2]}
    steps = {
        "1": ({"network": "sample", "amount": "250"}, "How the wait depends on the amount"),
        "2": ({"step": 2} | mine, "An ordinary wallet address"),
        "2-poor": (
            {"step": 2, "amount": "9000", "address": "0x" + "ab" * 20},
            "This address holds 0",
        ),
        "3": ({"step": 3} | mine, "burnCerts(uint256)"),
        "4-new": ({"step": 4, "tx": unstaked} | mine, "Done: request"),
        "4": ({"network": "sample", "step": 4, "request": 2210}, "is at place 13"),
        "5": ({"network": "sample", "step": 5, "request": 2210}, "Ask the operator"),
    }
    for place, (step, (link, words)) in enumerate(steps.items()):
        for number, look in enumerate(at.seen.each_look(place)):
            if number == 0:
                at.show(**link)
                at.reads(words)
            if number == 0 and step == "3":
                at.connect()
            at.seen.settle()
            at.seen.fits(f"unstake-{step}", look)
        assert "Traceback" not in at.seen.text()
    assert at.seen.complaints == []


def test_the_calendar_file_leads_to_the_request_on_track(desk: Begin) -> None:
    at = desk()
    at.show(network="sample", step=4, request=2210)
    with at.page.expect_download() as waiting:
        at.page.get_by_role("button", name="Calendar file").click()
    entry = waiting.value.path().read_bytes().replace(b"\r\n ", b"").decode()
    assert f"\r\nURL:{at.url}/track?network=sample&find=2210\r\n" in entry
