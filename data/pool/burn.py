"""What an unstake gives, in whole wei and rounded as the contracts round.

A burn of aFTMb names FTM, one of aFTMc (ankrFTM) names shares; the fee is taken from the
FTM of both. The contract sets no minimum: even 0 takes a place in the queue. Ratios are scaled
by 1e18.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data.pool.amounts import ONE

Token = Literal["aFTMb", "aFTMc"]
BOND: Token = "aFTMb"
CERT: Token = "aFTMc"
MOST_FEE_RATIO = 15 * ONE // 100  # since the pool's second generation no rule may charge more


# In a store this amount stands for all that are so large that none is ever unstaked.
NEVER_WEI = 10**38 - 1


@dataclass(frozen=True)
class FeeRule:
    """The last `FeeRuleUpdated`: ratios scaled by 1e18, amounts in wei, NEVER_WEI for what is never
    reached."""

    min_ratio: int
    max_ratio: int
    increase_start_wei: int
    increase_stop_wei: int


@dataclass(frozen=True)
class RebuiltFee:
    """A burn's fee in wei as it follows from the logs up to `block`, with no node asked."""

    fee_wei: int
    block: int


@dataclass(frozen=True)
class Unstaked:
    """What burning `amount_wei` of `token` gives.

    `shares_wei` leave the staker, `gross_wei` is their worth in FTM, of which `fee_wei` is
    kept and `payout_wei` is queued, fixed from then on.
    """

    token: Token
    amount_wei: int
    shares_wei: int
    gross_wei: int
    fee_wei: int
    payout_wei: int


def unstaked(token: Token, amount_wei: int, ratio: int, rule: FeeRule, shift_wei: int) -> Unstaked:
    """What the contract makes of a burn at this `ratio` (shares per FTM, scaled by 1e18),
    fee rule and `feeShift`."""
    gross_wei = gross_of(token, amount_wei, ratio)
    shares_wei = shares_of_bonds(amount_wei, ratio) if token == BOND else amount_wei
    fee_wei = burn_fee_wei(rule, gross_wei, shift_wei)
    return Unstaked(token, amount_wei, shares_wei, gross_wei, fee_wei, gross_wei - fee_wei)


def gross_of(token: Token, amount_wei: int, ratio: int) -> int:
    """FTM in wei, before the fee, for an amount of the token."""
    return amount_wei if token == BOND else bonds_of_shares(amount_wei, ratio)


def most_of(token: Token, shares_wei: int, ratio: int) -> int:
    """The largest amount a holder of so many shares can burn: what "max" stands for.

    For aFTMb it is the balance the token shows, unless a ratio above 1e18 would round its
    shares up past those held.
    """
    if token == CERT:
        return shares_wei
    return min(bonds_of_shares(shares_wei, ratio), -(-(shares_wei + 1) * ONE // ratio) - 1)


def bonds_of_shares(shares_wei: int, ratio: int) -> int:
    """`sharesToBalance`: the FTM that shares are worth, rounded up."""
    return -(-shares_wei * ONE // ratio)


def shares_of_bonds(amount_wei: int, ratio: int) -> int:
    """`balanceToShares`: the shares that stand behind so much FTM, rounded down."""
    return amount_wei * ratio // ONE


def burn_fee_wei(rule: FeeRule, amount_wei: int, shift_wei: int) -> int:
    """The fee in wei on a gross amount: `getBurnFee`, at most the amount itself.

    `shift_wei` is the gross FTM burned since the rule was set (0 for the first generation,
    which had no shift): the more was unstaked lately, the higher the ratio.
    """
    ratio = burn_ratio(rule, amount_wei, shift_wei)
    return amount_wei - payout_at(amount_wei, ratio)


def burn_ratio(rule: FeeRule, amount_wei: int, shift_wei: int) -> int:
    """The rate, scaled by 1e18, at which a gross amount is charged: the amount itself raises it."""
    point = amount_wei + shift_wei
    if point >= rule.increase_stop_wei:
        return rule.max_ratio
    if point <= rule.increase_start_wei or rule.increase_stop_wei == NEVER_WEI:
        return rule.min_ratio
    span = rule.increase_stop_wei - rule.increase_start_wei
    rise = (rule.max_ratio - rule.min_ratio) * (point - rule.increase_start_wei)
    return rule.min_ratio + rise // span


def payout_at(gross_wei: int, fee_ratio: int) -> int:
    """What is left of a gross amount at a fee of this ratio: the fee is rounded up, and is never
    more than the amount."""
    return gross_wei - min(-(-gross_wei * fee_ratio // ONE), gross_wei)
