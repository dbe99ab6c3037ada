"""The questions of a live reading by the field each one answers, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from data.config import Network
from data.node.live_node import Answer, Request
from data.node.refusals import LyingError
from data.pool import contracts
from data.pool.burn import BOND, Token
from data.pool.calls import call, quantity, words
from data.pool.contracts import Function

_POOL_VIEWS = {
    "first_wr_id": contracts.FIRST_WR_ID,
    "last_wr_id": contracts.LAST_WR_ID,
    "stashed_wei": contracts.STASHED,
    "minimum_stake_wei": contracts.MINIMUM_STAKE,
    "fee_shift_wei": contracts.FEE_SHIFT,
    "min_ratio": contracts.MIN_FEE_RATIO,
    "max_ratio": contracts.MAX_FEE_RATIO,
    "increase_start_wei": contracts.FEE_INCREASE_START,
    "increase_stop_wei": contracts.FEE_INCREASE_STOP,
}
# The estimate and a fifth of it: the chain may move before the transaction is mined.
_GAS_MARGIN = (6, 5)
RULE = ("min_ratio", "max_ratio", "increase_start_wei", "increase_stop_wei")

Numbers = dict[str, int]
Reasons = dict[str, str]


def requests_of(
    network: Network,
    token: Token,
    amount_wei: int,
    holder: str | None,
    gross_wei: int | None,
    ids: Sequence[int],
    at: str,
) -> dict[str, Request]:
    """Every question by the field that it answers; the header first and the head last."""
    questions: dict[str, Request] = {"header": ("eth_getBlockByNumber", [at, False])}
    questions["ratio"] = view_of(network.bond, contracts.RATIO, at)
    burned = network.bond if token == BOND else network.cert
    questions["supply_wei"] = view_of(burned, contracts.TOTAL_SUPPLY, at)
    for name, view in _POOL_VIEWS.items():
        questions[name] = view_of(network.pool, view, at)
    if gross_wei is not None:
        questions["fee_wei"] = view_of(network.pool, contracts.BURN_FEE, at, gross_wei)
    questions["balance_wei"] = ("eth_getBalance", [network.pool, at])
    questions["gas_price_wei"] = ("eth_gasPrice", [])
    if holder is not None:
        burn = contracts.BURN_BONDS if token == BOND else contracts.BURN_CERTS
        burning = call(network.pool, burn, amount_wei) | {"from": holder, "value": "0x0"}
        questions["holder.native_wei"] = ("eth_getBalance", [holder, at])
        questions["holder.bond_wei"] = view_of(network.bond, contracts.BALANCE_OF, at, holder)
        questions["holder.bond_shares_wei"] = view_of(network.bond, contracts.SHARES_OF, at, holder)
        questions["holder.cert_wei"] = view_of(network.cert, contracts.BALANCE_OF, at, holder)
        questions["holder.is_contract"] = ("eth_getCode", [holder, at])
        questions["holder.gas"] = ("eth_estimateGas", [burning])
    questions |= withdrawals_of(network, ids, at)
    questions["head"] = ("eth_blockNumber", [])
    return questions


def view_of(to: str, function: Function, at: str, *arguments: int | str) -> Request:
    return ("eth_call", [call(to, function, *arguments), at])


def withdrawals_of(network: Network, ids: Sequence[int], at: str) -> dict[str, Request]:
    return {f"request {i}": view_of(network.pool, contracts.WITHDRAWALS, at, i) for i in ids}


def with_margin(gas: int | None) -> int | None:
    """The gas to send with a transaction, of its estimate."""
    return None if gas is None else gas * _GAS_MARGIN[0] // _GAS_MARGIN[1]


def lacking(questions: Mapping[str, Request], each: Sequence[Answer]) -> int:
    """How many answers another endpoint may have: a node means what it says of gas."""
    return sum(
        answer.error is not None and answer.reverted is None and name != "holder.gas"
        for name, answer in zip(questions, each, strict=True)
    )


def header_of(answer: Answer) -> tuple[int, int]:
    """A header's block number and time. Raises LyingError for anything else."""
    try:
        if answer.error is not None:
            raise LyingError(f"eth_getBlockByNumber: {answer.error}")
        number, seconds = (quantity(answer.result[key]) for key in ("number", "timestamp"))
        datetime.fromtimestamp(seconds, UTC)
    except (TypeError, KeyError, ValueError, OverflowError, OSError) as error:
        raise LyingError("answered eth_getBlockByNumber with no header") from error
    return number, seconds


def head_of(answer: Answer) -> int:
    """The number of the newest block. Raises LyingError for anything else."""
    try:
        return quantity(answer.result)
    except ValueError:
        raise LyingError(f"answered eth_blockNumber with {answer.error or 'no number'}") from None


def numbers_in(questions: Mapping[str, Request], each: Sequence[Answer]) -> tuple[Numbers, Reasons]:
    """Each answer that is a number, and why the others are not known."""
    numbers: Numbers = {}
    unknown: Reasons = {}
    for (name, (method, params)), answer in zip(questions.items(), each, strict=True):
        if method == "eth_getBlockByNumber":
            continue
        try:
            if answer.error is not None:
                unknown[name] = answer.reverted or answer.error
                if name == "holder.gas" and answer.reverted is not None:
                    unknown["holder.refusal"] = answer.reverted
            elif method == "eth_call":
                numbers[name] = words(answer.result)[-1]  # a request's amount is its last word
            elif method == "eth_getCode":
                numbers[name] = int(len(answer.result) > len("0x"))
            else:
                numbers[name] = quantity(answer.result)
        except IndexError:
            unknown[name] = f"there is no contract with this view at {params[0]['to']}"
        except (TypeError, ValueError):
            unknown[name] = f"the node answered {method} with something else"
    return numbers, unknown
