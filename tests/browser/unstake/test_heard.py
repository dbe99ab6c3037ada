"""The first steps of the Unstake page without eyes and without a mouse, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, expect

from devnet import Devnet
from tests.browser.desk import Begin, Desk

pytestmark = [pytest.mark.browser, pytest.mark.node]

# The note: the test's chain stands still.
FOUND = "1 problem, 1 note: This address holds 0 aFTMc (ankrFTM), you entered 25."
# The name of what has the keyboard, shadow roots and all.
FOCUSED = """() => {
  let at = document.activeElement;
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  const name = at.ariaLabel || [...(at.labels ?? [])].map((one) => one.innerText).join(" ");
  return (name || at.innerText).replace(/keyboard_arrow_\\w+/, "").trim();
}"""
# The inputs and buttons that have no name, wherever they stand.
NAMELESS = """() => {
  const all = [];
  const look = (root) => root.querySelectorAll("*").forEach((at) => {
    if (at.shadowRoot) look(at.shadowRoot);
    if (at.matches("button, input, a, summary, [role=radio]") && at.checkVisibility()) all.push(at);
  });
  look(document.querySelector("[data-testid=stMain]"));
  const name = (at) => at.ariaLabel || at.title || at.innerText || at.labels?.[0]?.innerText;
  return [all.length, all.filter((at) => !name(at)?.trim()).map((at) => at.outerHTML)];
}"""


def line(at: Desk) -> Locator:
    return at.page.locator("[role=status][aria-live=polite].live-region")


def tab_to(at: Desk, name: str, most: int = 40) -> None:
    """Press Tab until what is called so has the keyboard."""
    passed = []
    for _ in range(most):
        at.page.keyboard.press("Tab")
        passed.append(at.page.evaluate(FOCUSED)[:40])
        if passed[-1].startswith(name):
            return
    raise AssertionError(f"{name} is out of reach: {passed}")


def test_what_an_amount_gives_and_what_the_checks_find_is_read_out(
    chain: Devnet, desk: Begin
) -> None:
    at = desk()
    at.show(amount="12.5")
    expect(line(at)).to_contain_text("You receive 12.")
    first = line(at).text_content()
    at.page.evaluate("window.kept = document.querySelector('.live-region')")
    at.field("Amount").fill("25")
    expect(line(at)).to_contain_text("You receive 24.")
    assert "; fee 0" in (line(at).text_content() or "")
    assert line(at).text_content() != first
    at.field("Amount").fill("x")  # an alert says what is wrong
    expect(line(at)).to_have_text("")
    at.field("Amount").fill("25")
    expect(line(at)).to_contain_text("You receive 24.")
    at.page.get_by_role("radio", name="2 Check").click()
    expect(line(at)).to_have_text("")
    asked = at.field("Address that holds the tokens")
    asked.fill("0x" + "ab" * 20)
    asked.press("Enter")
    expect(line(at)).to_contain_text(FOUND)
    asked.fill(chain.accounts[2])
    asked.press("Enter")
    expect(line(at)).to_contain_text("All checks passed, 1 note: The newest block")
    # Only a line that was there before is heard to change.
    assert at.page.evaluate("window.kept === document.querySelector('.live-region')")
    assert at.seen.complaints == []


def test_the_line_takes_no_room(desk: Begin) -> None:
    at = desk()
    at.show(amount="12.5")
    expect(line(at)).to_contain_text("You receive")
    main = "document.querySelector('[data-testid=stMain]')"

    def places() -> list[tuple[object, object]]:
        """Where steps and tokens stand on a phone and on a desk."""
        found = []
        for width in (390, 1280):
            at.page.set_viewport_size({"width": width, "height": 900})
            at.seen.settle()
            steps, tokens = (
                at.page.get_by_role("radiogroup", name=name).bounding_box()
                for name in ("Step", "Token")
            )
            assert steps["y"] < tokens["y"]
            assert at.page.evaluate(f"{main}.scrollWidth <= {main}.clientWidth")
            found.append((steps, tokens))
        return found

    with_line = places()
    at.page.evaluate("document.querySelector('.st-key-live-region').remove()")
    assert places() == with_line
    assert with_line[0] != with_line[1]


def test_steps_one_and_two_are_gone_through_by_keyboard_alone(chain: Devnet, desk: Begin) -> None:
    at = desk(2)
    at.show()
    at.page.keyboard.press("Tab")
    tab_to(at, "aFTMc (ankrFTM)")
    at.page.keyboard.press("ArrowRight")
    at.page.keyboard.press("Space")
    expect(at.page.get_by_role("radio", name="aFTMb", exact=True)).to_be_checked()
    tab_to(at, "Amount")
    at.page.keyboard.type("7")
    at.reads("You receive")
    tab_to(at, "Use my whole")
    at.page.keyboard.press("Enter")
    expect(at.button("Connect Test Wallet")).to_be_visible()
    tab_to(at, "Connect Test Wallet")
    at.page.keyboard.press("Enter")
    expect(at.page.get_by_role("button", name="Use the whole balance")).to_be_visible()
    at.seen.settle()
    tab_to(at, "Use the whole balance")
    at.page.keyboard.press("Enter")
    expect(at.page).to_have_url(re.compile("[?&]amount=(?!7(&|$))"))
    at.seen.settle()
    expect(at.field("Amount")).not_to_have_value("7")
    assert at.page.evaluate(FOCUSED).startswith(
        "Use the whole balance"
    )  # the keyboard stays where it was
    assert at.page.evaluate(NAMELESS)[1] == []
    tab_to(at, "Continue to the checks")
    at.page.keyboard.press("Enter")
    at.on_step(2)
    expect(line(at)).to_contain_text("All checks passed")
    at.page.keyboard.press("Tab")
    tab_to(at, "Continue to sign")
    found, nameless = at.page.evaluate(NAMELESS)
    assert (found > 8, nameless) == (True, [])
    at.page.keyboard.press("Enter")
    at.on_step(3)
    assert at.in_link()["address"] == chain.accounts[2]
