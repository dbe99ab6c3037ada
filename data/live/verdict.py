"""Whether a transaction is the unstake that was expected, and how it ended.

Pure functions of a node's answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data.config import Network
from data.live.receipts import Receipt, Requested, Sent
from data.pool.amounts import format_short, format_wei
from data.pool.burn import BOND, CERT, Token
from data.pool.calls import find_function
from data.pool.contracts import BURN, BURN_BONDS, BURN_CERTS, WITHDRAW_MANUAL
from data.pool.transaction import TOKEN_NAMES, describe

Kind = Literal[
    "not found",
    "pending",
    "reverted",
    "another contract",
    "another function",
    "another sender",
    "another amount",
    "no request",
    "no payout",
    "fetched",
    "success",
]
_BURNS = (BURN_CERTS, BURN_BONDS, BURN)


@dataclass(frozen=True)
class Expected:
    """The unstake that was to be signed; what is None is not compared, nor is the token without
    an amount."""

    sender: str | None
    token: Token
    amount_wei: int | None


def fetches(network: Network, sent: Sent) -> int | None:
    """The request whose refused payout a transaction fetches; None where it does another thing."""
    call = find_function(sent.data, (WITHDRAW_MANUAL,)) if sent.to == network.pool else None
    return call[1][0] if call else None


def judge_fetch(wr_id: int, mined: Receipt | None) -> tuple[Kind, str]:
    """How the fetching of a refused payout ended."""
    if mined is None:
        return "pending", f"It waits to be mined: it fetches the payout of request {wr_id}."
    if not mined.succeeded:
        return "reverted", f"It was mined in block {mined.block} and reverted."
    if [paid.wr_id for paid in mined.payouts] != [wr_id]:
        return (
            "no payout",
            f"It fetches the payout of request {wr_id} and succeeded, but its receipt does not "
            "tell that it was sent: the pool may be another contract.",
        )
    (paid,) = mined.payouts
    return (
        "fetched",
        f"It sent {format_short(paid.amount_wei)} FTM, the payout of request {wr_id}, to "
        f"{paid.staker} in block {mined.block}.",
    )


def judge(
    network: Network, sent: Sent, expected: Expected | None
) -> tuple[Kind, str, Requested | None]:
    """Whether this transaction is the one, and how it ended."""
    mined = sent.receipt
    direct = find_function(sent.data, _BURNS) if sent.to == network.pool else None
    if direct and mined is not None and not mined.succeeded:
        return "reverted", f"It was mined in block {mined.block} and reverted.", None
    if direct and expected:
        token = CERT if direct[0] == BURN_CERTS else BOND
        mismatch = _mismatch(sent.sender, token, direct[1][0], expected)
        if mismatch:
            return *mismatch, None
    if mined is not None and mined.requests:
        return _of_requests(mined.requests, expected)
    what = describe(network, sent.fields).sentence
    if sent.to != network.pool and (mined is not None or not _may_pass_on(network, sent)):
        failed = "" if mined is None or mined.succeeded else ", and it failed"
        return "another contract", f"This transaction {what}{failed}: it is no unstake.", None
    if sent.to == network.pool and direct is None:
        return "another function", f"This transaction {what}: it is no unstake.", None
    if mined is None:
        return "pending", f"It waits to be mined: it {what}.", None
    if not mined.succeeded:
        return "reverted", f"It was mined in block {mined.block} and reverted.", None
    return (
        "no request",
        f"It {what} and succeeded, but its receipt holds no request of this pool: it may be of "
        "the pool's first generation, or the network's pool address is wrong.",
        None,
    )


def _may_pass_on(network: Network, sent: Sent) -> bool:
    """Whether a transaction to another contract may yet unstake: a contract wallet does."""
    return sent.data != "0x" and sent.to not in (None, network.bond, network.cert)


def _of_requests(
    requests: tuple[Requested, ...], expected: Expected | None
) -> tuple[Kind, str, Requested | None]:
    if expected is None or (expected.sender is None and expected.amount_wei is None):
        ids = ", ".join(f"{one.wr_id}" for one in requests)
        only = requests[0] if len(requests) == 1 else None
        queued = f"request {ids} is" if only else f"requests {ids} are"
        return "success", f"Done: {queued} in the queue.", only
    # Compared with the nearest: named is what is wrong with the one that is least wrong.
    worst: list[tuple[Kind, str]] = []
    for one in requests:
        mismatch = _mismatch(one.staker, one.token, one.amount_wei, expected)
        if mismatch is None:
            payout = f"request {one.wr_id} for {format_short(one.payout_wei)} FTM"
            return "success", f"Done: {payout} is in the queue.", one
        worst.append(mismatch)
    order = ("another amount", "another function", "another sender")
    return *min(worst, key=lambda mismatch: order.index(mismatch[0])), None


def _mismatch(
    staker: str, token: Token, amount_wei: int, expected: Expected
) -> tuple[Kind, str] | None:
    """How a burn differs from the one expected."""
    if expected.sender is not None and staker != expected.sender:
        return (
            "another sender",
            f"It unstakes for {staker}, not for {expected.sender}: paste the hash of your own "
            "transaction, or correct the address.",
        )
    if expected.amount_wei is None:
        return None
    burned, wanted = TOKEN_NAMES[token], TOKEN_NAMES[expected.token]
    if token != expected.token:
        return "another function", f"It unstakes {burned}, not {wanted} as was chosen."
    if amount_wei != expected.amount_wei:
        return (
            "another amount",
            f"It unstakes {format_wei(amount_wei)} {burned}, "
            f"not {format_wei(expected.amount_wei)} as was chosen.",
        )
    return None
