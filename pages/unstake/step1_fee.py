"""Why an unstake's fee is what it is, in plain sentences."""

from __future__ import annotations

from data.pool.amounts import ONE
from data.pool.burn import FeeRule, burn_fee_wei, burn_ratio


def why(
    rule: FeeRule | None, shift_wei: int | None, gross_wei: int | None, fee_wei: int | None
) -> str:
    """The rule, and the rate that an amount worth `gross_wei` is charged under it.

    The rate is told only where it gives `fee_wei`, the fee that stands beside it. "" without a
    rule. `shift_wei` is what was unstaked since the rule was set.
    """
    if rule is None:
        return ""
    if rule.min_ratio == rule.max_ratio:
        return f"The fee is {_percent(rule.min_ratio)} of the FTM, also for aFTMc."
    told = (
        f"The fee is {_percent(rule.min_ratio)} to {_percent(rule.max_ratio)} of the FTM, also for "
        "aFTMc. It rises with what was unstaked since the rule was set, and your own amount counts."
    )
    if gross_wei is None or shift_wei is None:
        return told
    if not gross_wei or burn_fee_wei(rule, gross_wei, shift_wei) != fee_wei:
        return told
    ratio = burn_ratio(rule, gross_wei, shift_wei)
    rate = _percent(ratio)
    end = {rule.min_ratio: "the lowest, ", rule.max_ratio: "the highest, "}.get(ratio, "")
    rounded = ", rounded up to a whole wei" if _percent(fee_wei * ONE // gross_wei) != rate else ""
    return f"{told} For this amount it is {end}{rate}{rounded}."


def _percent(ratio: int) -> str:
    return f"{100 * ratio / ONE:.3g} %"
