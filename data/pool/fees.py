"""The pool's burn fee, as the contract computes it: integers, and rounded its way."""

from __future__ import annotations

from dataclasses import dataclass

_ONE = 10**18


@dataclass(frozen=True)
class FeeRule:
    """The last `FeeRuleUpdated`: ratios scaled by 1e18, amounts in wei."""

    min_ratio: int
    max_ratio: int
    increase_start_wei: int
    increase_stop_wei: int


@dataclass(frozen=True)
class RebuiltFee:
    """A burn's fee in wei as it follows from the logs up to `block`, with no node asked."""

    fee_wei: int
    block: int


def burn_fee_wei(rule: FeeRule, amount_wei: int, shift_wei: int) -> int:
    """The fee in wei on a gross amount: `getBurnFee`, at most the amount itself.

    `shift_wei` is the gross FTM burned since the rule was set (0 for the first generation,
    which had no shift): the more was unstaked lately, the higher the ratio.
    """
    ratio = burn_ratio(rule, amount_wei, shift_wei)
    return min(-(-amount_wei * ratio // _ONE), amount_wei)


def burn_ratio(rule: FeeRule, amount_wei: int, shift_wei: int) -> int:
    """The rate, scaled by 1e18, that a gross amount is charged: it counts towards its own."""
    point = amount_wei + shift_wei
    if point >= rule.increase_stop_wei:
        return rule.max_ratio
    if point <= rule.increase_start_wei:
        return rule.min_ratio
    span = rule.increase_stop_wei - rule.increase_start_wei
    rise = (rule.max_ratio - rule.min_ratio) * (point - rule.increase_start_wei)
    return rule.min_ratio + rise // span
