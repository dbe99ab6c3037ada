"""A refused payout that the pool keeps aside, as a node knows it now: does it wait, what would
fetching it cost, and would the contract let it be fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from data import ConfigError
from data.config import parse_address
from data.live.questions import lacking, numbers_in, view_of, with_margin
from data.node.live_node import LiveNode, Request
from data.pool import contracts
from data.pool.transaction import build_withdraw_manual


@dataclass(frozen=True)
class SetAside:
    """What `host` says of one request around `block`, in wei; None is unknown, for the reason in
    `unknown`.

    `waits` tells whether `withdrawManual` can fetch it. Of the one who would call: `native_wei`,
    the balance; `gas`, the estimate with a margin; `refusal`, why the contract would refuse now
    ("" where it gave no reason), None where it would not.
    """

    host: str
    block: int | None
    wr_id: int
    waits: bool | None
    payout_wei: int | None
    native_wei: int | None
    gas: int | None
    gas_price_wei: int | None
    refusal: str | None
    unknown: Mapping[str, str]


def read_set_aside(node: LiveNode, wr_id: int, caller: str | None = None) -> SetAside:
    """One batch about request `wr_id`, and about fetching it if `caller` is given.

    Raises NodeError or WrongChainError where no endpoint answers, ConfigError where `caller` is
    no address or `wr_id` below 0.
    """
    if wr_id < 0:
        raise ConfigError(f"request {wr_id} cannot be: requests are counted from 0")
    pool = node.network.pool
    questions: dict[str, Request] = {
        "waits": view_of(pool, contracts.MARKED, "latest", wr_id),
        "payout_wei": view_of(pool, contracts.WITHDRAWALS, "latest", wr_id),
        "gas_price_wei": ("eth_gasPrice", []),
        "block": ("eth_blockNumber", []),
    }
    if caller is not None:
        fetch = build_withdraw_manual(node.network, wr_id, parse_address(caller))
        questions["native_wei"] = ("eth_getBalance", [fetch["from"], "latest"])
        fetch = {name: fetch[name] for name in ("from", "to", "data", "value")}
        questions["holder.gas"] = ("eth_estimateGas", [fetch])
    answers = node.ask(list(questions.values()), lambda each: lacking(questions, each))
    numbers, unknown = numbers_in(questions, answers.each)
    waits = numbers.get("waits")
    return SetAside(
        host=answers.host,
        block=numbers.get("block"),
        wr_id=wr_id,
        waits=None if waits is None else bool(waits),
        payout_wei=numbers.get("payout_wei"),
        native_wei=numbers.get("native_wei"),
        gas=with_margin(numbers.get("holder.gas")),
        gas_price_wei=numbers.get("gas_price_wei"),
        refusal=unknown.pop("holder.refusal", None),
        unknown={name.removeprefix("holder."): why for name, why in unknown.items()},
    )
