"""What burning an amount gives, on the terms that a node or the store's own logs tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from answers import words
from data.live.reading import Reading
from data.pool.amounts import ONE, format_fee, format_percent
from data.pool.burn import (
    FeeRule,
    RebuiltFee,
    Token,
    Unstaked,
    burn_fee_wei,
    burn_ratio,
    gross_of,
    unstaked,
)


@dataclass(frozen=True)
class Terms:
    """The terms in the logs up to `block`: shares per FTM scaled by 1e18, the fee's rule, and
    `feeShift` in wei. None is what the logs do not tell."""

    ratio: int | None
    rule: FeeRule | None
    shift_wei: int | None
    block: int

    def fee(self, gross_wei: int) -> RebuiltFee | None:
        """The fee on a burn worth `gross_wei`; None where the logs tell no rule."""
        if self.rule is None or self.shift_wei is None:
            return None
        return RebuiltFee(burn_fee_wei(self.rule, gross_wei, self.shift_wei), self.block)


@dataclass(frozen=True)
class Given:
    """What burning an amount gives. `reason` says why a figure is None, `origin` where the
    figures are from."""

    gross_wei: int | None
    fee_wei: int | None
    payout_wei: int | None
    ratio: int | None
    origin: str
    reason: str = ""


def read_terms(row: Mapping[str, Any]) -> Terms | None:
    """The terms in the one row of `unstake_terms`; None where the store has no block yet."""
    if row["block"] is None:
        return None
    numbers = {name: None if value is None else int(value) for name, value in row.items()}
    rule = (
        numbers["min_fee_ratio_wei"],
        numbers["max_fee_ratio_wei"],
        numbers["fee_increase_start_wei"],
        numbers["fee_increase_stop_wei"],
    )
    return Terms(
        ratio=numbers["ratio_wei"],
        rule=None if None in rule else FeeRule(*rule),  # type: ignore[arg-type]
        shift_wei=numbers["fee_shift_wei"],
        block=row["block"],
    )


def given(reading: Reading | None, terms: Terms | None, token: Token, amount_wei: int) -> Given:
    """What the amount gives: by the node if it gave everything, else by the store's logs."""
    if reading is not None and reading.payout_wei is not None:
        origin = f"read at block {reading.block:,} from {words.node(reading.host)}"
        return Given(reading.gross_wei, reading.fee_wei, reading.payout_wei, reading.ratio, origin)
    if terms is None or terms.ratio is None:
        return Given(None, None, None, None, "", "no log tells what the token is worth")
    gross_wei = gross_of(token, amount_wei, terms.ratio)
    fee = terms.fee(gross_wei)
    origin = f"worked out from the logs up to block {terms.block:,}"
    if fee is None:
        return Given(gross_wei, None, None, terms.ratio, origin, "no log tells the fee's rule")
    return Given(gross_wei, fee.fee_wei, gross_wei - fee.fee_wei, terms.ratio, origin)


def fee_of(given: Given) -> tuple[str, str]:
    """The fee, and of what it is which share."""
    if given.fee_wei is None or not given.gross_wei:
        return words.UNKNOWN, ""
    fee, gross = format_fee(given.fee_wei, given.gross_wei)
    return f"{fee} FTM", f"{format_percent(given.fee_wei, given.gross_wei)} of {gross} FTM"


def of_other_amount(
    reading: Reading | None, terms: Terms | None, token: Token, amount_wei: int, shift_wei: int = 0
) -> Unstaked | None:
    """What another amount would give on the same terms, after `shift_wei` more were burned."""
    if reading and reading.ratio and reading.fee_rule and reading.fee_shift_wei is not None:
        ratio, rule, shift = reading.ratio, reading.fee_rule, reading.fee_shift_wei
    elif terms and terms.ratio and terms.rule and terms.shift_wei is not None:
        ratio, rule, shift = terms.ratio, terms.rule, terms.shift_wei
    else:
        return None
    return unstaked(token, amount_wei, ratio, rule, shift + shift_wei)


def fee_sentence(
    rule: FeeRule | None, shift_wei: int | None, gross_wei: int | None, fee_wei: int | None
) -> str:
    """Why the fee is what it is: its rule, and the rate for an amount worth `gross_wei`.

    The rate is named only where it gives `fee_wei`, the fee that is shown beside it. "" without a
    rule. `shift_wei` is what was unstaked since the rule was set.
    """
    if rule is None:
        return ""
    if rule.min_ratio == rule.max_ratio:
        return f"The fee is {_percent(rule.min_ratio)} of the FTM, also for aFTMc."
    sentence = (
        f"The pool charges {_percent(rule.min_ratio)} to {_percent(rule.max_ratio)} of the FTM, "
        "also for aFTMc: more the more was unstaked since the rule was set, your own amount "
        "included."
    )
    if not gross_wei or shift_wei is None:
        return sentence
    if burn_fee_wei(rule, gross_wei, shift_wei) != fee_wei:
        return sentence
    ratio = burn_ratio(rule, gross_wei, shift_wei)
    rate = _percent(ratio)
    end = {rule.min_ratio: "the lowest, ", rule.max_ratio: "the highest, "}.get(ratio, "")
    rounded = ", rounded up to a whole wei" if _percent(fee_wei * ONE // gross_wei) != rate else ""
    return f"Your fee: {end}{rate}{rounded}. {sentence}"


def _percent(ratio: int) -> str:
    return format_percent(ratio, ONE)
