"""Each state of the wallet's panel: letters that can be read, and no overflow."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import SIGN, Begin, Desk

pytestmark = [pytest.mark.browser, pytest.mark.node]

# The hash of what was signed is lost.
LOST = """() => {
  const wishes = JSON.parse(sessionStorage.getItem("wallet wishes"));
  Object.values(wishes).forEach((wish) => delete wish.hash);
  sessionStorage.setItem("wallet wishes", JSON.stringify(wishes));
}"""
# The lowest contrast of a shown text with what lies behind it (WCAG 2), and where it is.
CONTRAST = """(group) => {
  const paint = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const over = (color, below) => {
    paint.fillStyle = `rgb(${below})`;
    paint.fillRect(0, 0, 1, 1);
    paint.fillStyle = color;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const behind = (element) => {
    const parent = element.parentElement ?? element.getRootNode().host;
    const below = parent ? behind(parent) : [255, 255, 255];
    return over(getComputedStyle(element).backgroundColor, below);
  };
  const light = (rgb) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((c) => linear(c / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const shown = [...group.querySelectorAll("button, p, code")].filter(
    (e) => e.offsetParent && e.textContent.trim() && e.getAttribute("aria-disabled") !== "true");
  const found = shown.map((element) => {
    const below = behind(element);
    const pair = [light(over(getComputedStyle(element).color, below)), light(below)].sort();
    return [(pair[1] + 0.05) / (pair[0] + 0.05), element.textContent];
  });
  return found.sort((a, b) => a[0] - b[0])[0];
}"""


def picture(at: Desk, state: str) -> None:
    for look in at.seen.each_look():
        at.seen.settle()
        at.seen.fits(f"wallet-{state}", look)
        contrast, where = at.page.get_by_role("group", name="Wallet").evaluate(CONTRAST)
        assert contrast >= 4.5, (state, look, where)


def test_every_state_can_be_read(desk: Begin) -> None:
    at = desk()
    at.put(kind="absent", rdns="org.example.one", chain="0x1")
    at.put(kind="absent", rdns="org.example.two", name="A wallet of " + "very long name " * 5)
    at.open()
    at.says("No wallet found")
    at.button("Look again").focus()
    picture(at, "none")
    at.tell("install()", 0)
    at.tell("install()", 1)
    at.says("Connecting shows this page your address.")
    picture(at, "choice")
    at.tell("faults = {eth_requestAccounts: {code: 4001, message: ''}}")
    at.click("Connect Test Wallet")
    at.says("You declined")
    picture(at, "declined-to-connect")
    at.tell("faults = {}")
    at.connect()
    at.says("is on chain 1")
    at.python_says("chain 1")
    picture(at, "wrong-network")
    at.click("Switch to Devnet")
    expect(at.button(SIGN)).to_be_visible()
    at.python_says("chain 31337")
    picture(at, "ready")
    at.tell("faults = {eth_sendTransaction: {code: 4001, message: ''}}")
    at.click(SIGN)
    at.says("nothing was signed")
    at.python_says("why='rejected'")
    picture(at, "declined-to-sign")
    at.tell("faults = {}")
    at.tell("holds.push('eth_sendTransaction')")
    at.click(SIGN)
    at.says("asks you to confirm")
    picture(at, "prompt")
    at.tell("release()")
    at.says("Sent as")
    at.python_says("outcome Signed(")
    picture(at, "sent")
    at.page.evaluate(LOST)
    at.page.get_by_role("button", name="Run again").click()
    at.page.reload()
    at.tell("install()")
    at.says("Your wallet was asked")
    picture(at, "unsettled")
