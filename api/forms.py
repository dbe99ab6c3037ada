"""What answers look like: the models that write them, and that describe them to whoever asks.

Amounts are text twice over, in FTM and in whole wei: a program's numbers hold no 20 digits. What is
not known is null. Times are UTC.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

T = TypeVar("T")
Time = Annotated[
    str,
    Field(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
        examples=["2025-03-01T00:00:00Z"],
        description="UTC, to the second",
    ),
]
Share = Annotated[float, Field(ge=0, le=1)]
Hash = Annotated[str, Field(pattern=r"^0x[0-9a-f]{64}$")]
Address = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$")]
Token = Literal["aFTMb", "aFTMc"]


class Form(BaseModel):
    """Base of all: what is not named here is in no answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Amount(Form):
    """An amount, exactly."""

    ftm: str = Field(pattern=r"^-?\d+(\.\d+)?$", examples=["16.686195833545628598"])
    wei: str = Field(pattern=r"^-?\d+$", examples=["16686195833545628598"])


class ChainEnd(Form):
    """What is known of the end of the chain: reported for a day to come, passed, or stopped."""

    kind: Literal["reported", "passed", "stopped"]
    day: date | None
    told_by: str | None
    is_confirmed: bool
    notice: str = Field(description="the same in words: dates hold only if the chain goes on")


class About(Form):
    """What an answer rests on: a store as it was read up to a block."""

    network: str = Field(examples=["fantom"])
    chain_id: int
    simulated: bool = Field(description="true of made-up data: nothing in it is of a real chain")
    block: int | None = Field(description="the newest block that was read")
    block_at: Time | None = Field(description="its time, from which all days are counted")
    age_seconds: int | None = Field(
        description="how old that block is; null of simulated data and of a moment of the past"
    )
    at: str | None = Field(description="the day or block of the past that it is of; null of now")
    failed_checks: int = Field(
        description="0, or how many checks of the store failed: figures may be wrong, see /status"
    )
    chain_end: ChainEnd | None
    asked_at: Time


class Answer(Form, Generic[T]):
    """Every answer in JSON: what it rests on, and what was asked for."""

    about: About
    data: T


class ProblemDocument(Form):
    """RFC 9457. `type` leads to a description of the kind, `detail` says what to do."""

    type: str = Field(examples=["/api/v1/docs#unknown-request"])
    title: str
    status: int
    detail: str


class NetworkForm(Form):
    """A network whose store is or may be shown here."""

    name: str
    is_default: bool = Field(description="answers are of it where no network is named")
    simulated: bool
    chain_id: int | None
    has_store: bool = Field(description="whether anything of it was read yet")
    block: int | None
    block_at: Time | None
    ends_on: date | None = Field(description="the day on which its chain is reported to end")
    ends_told_by: str | None
    ends_confirmed: bool


class Networks(Form):
    """All networks."""

    networks: list[NetworkForm]


class Head(Form):
    """The first request in line: all others wait for it."""

    id: int
    payout: Amount | None
    requested_at: Time
    missing: Amount | None = Field(description="what the pool still needs to pay it")


class Pool(Form):
    """The money in the pool when it was last sampled."""

    balance: Amount | None
    sampled_at: Time | None
    kept: Amount | None = Field(description="for requests that their receivers rejected")
    spendable: Amount | None = Field(description="null unless sampled at the newest block")


class QueueNow(Form):
    """The queue at the newest block."""

    requests: int = Field(description="how many wait")
    waiting: Amount | None = Field(description="their payouts; null where one is unknown")
    head: Head | None
    pool: Pool
    rejected: int = Field(description="requests that their receivers rejected and nobody fetched")
    newest_request: int | None


class Quantile(Form):
    """By when it is paid with a chance of `percent`. Beyond the horizon there are no dates."""

    percent: int
    days: float | None = Field(description="from `block_at` on")
    by: Time | None
    after: Time | None = Field(description="the end of the horizon, where it lies beyond that")


class Chance(Form):
    """The chance of being paid within so many days; null beyond the horizon."""

    days: int = Field(description="from `block_at` on")
    by: Time
    chance: Share | None


class EndChance(Form):
    """The chance of being paid before the day on which the chain is reported to end."""

    ends_on: date
    chance: Share | None = Field(description="null beyond the horizon")


class Held(Form):
    """How many of the windows that would have been given in the past held."""

    covered_90: Share | None = Field(description="of 90 % ranges; null where none is judged yet")
    low: Share | None = Field(description="of it, by 90 % of draws of payout batches")
    high: Share | None
    requests: int
    decided: bool = Field(description="false where there are fewer than 60 payout batches")
    provisional: bool = Field(description="a first verdict from few requests")
    alarm: bool | None = Field(
        description="true where the newest ranges that were really given no longer hold"
    )


Kind = Literal[
    "covered",
    "next_batch",
    "batches",
    "beyond_horizon",
    "stalled",
    "insufficient_history",
    "unknown",
    "not_scored",
]


class Window(Form):
    """When a request is expected to be paid, with the scores of such windows.

    Of the kinds `covered` (the money is in the pool), `stalled`, `insufficient_history`, `unknown`
    and `not_scored` there are no odds: `why` says why, and quantiles and chances are empty.
    """

    kind: Kind
    why: str | None
    sentence: str = Field(description="the same in words, as on the pages")
    quantiles: list[Quantile]
    chances: list[Chance]
    before_the_end: EndChance | None
    horizon_days: int | None
    money: str | None = Field(description="what is forecast: claims, inflows or payouts")
    model_version: str | None
    scores: Held | None


class ReleaseWindow(Form):
    """What burning an amount gives, and when it is paid, if it is unstaked at the newest block."""

    token: Token = Field(description="aFTMc is ankrFTM by another name")
    amount: Amount = Field(description="of the token, although it says ftm")
    gross: Amount | None = Field(description="its worth in FTM")
    fee: Amount | None
    payout: Amount | None
    terms: str = Field(description="where worth and fee are from, or why they are unknown")
    place: int | None = Field(description="in the queue; null where what is ahead is unknown")
    ahead: Amount | None = Field(description="to be paid before it")
    window: Window


class RequestForm(Form):
    """One request."""

    id: int
    status: Literal["waiting", "rejected", "paid", "unknown"]
    staker: Address
    token: Token
    gross: Amount | None
    fee: Amount | None
    payout: Amount | None
    place: int | None = Field(description="the first in line is 1; null where it waits no more")
    ahead: Amount | None
    requested_at: Time
    rejected_at: Time | None
    paid_at: Time | None
    block: int
    requested_tx: Hash
    paid_tx: Hash | None
    page: str = Field(description="where people see it, on this server")


class Event(Form):
    """Something that happened to a request."""

    event: Literal["requested", "reached the head", "refused", "paid"]
    at: Time
    block: int
    tx: Hash


class SaidThen(Form):
    """What would have been said when it was made, from what was known then."""

    kind: Kind
    days_5: float | None
    days_25: float | None
    days_50: float | None
    days_75: float | None
    days_90: float | None
    days_95: float | None
    later_share: Share | None = Field(description="of simulations that said later than it came")


class OneRequest(Form):
    """One request, what happened to it, and its window while it waits."""

    request: RequestForm
    events: list[Event]
    window: Window | None
    said_when_made: SaidThen | None


class Requests(Form):
    """The requests of an address, the newest first."""

    address: Address
    count: int = Field(description="how many there are in all")
    requests: list[RequestForm]


class Deed(Form):
    """What a transaction did to a request."""

    id: int
    event: Literal["requested", "refused", "paid"]
    at: Time
    block: int
    payout: Amount | None
    status_now: Literal["waiting", "rejected", "paid", "unknown"]


class Transaction(Form):
    """What a transaction did in the queue."""

    tx: Hash
    deeds: list[Deed]


class Figure(Form):
    """One figure of the scores with its 90 % interval."""

    model: str
    slice: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    forecasts: int
    batches: int
    decided: bool


class Scores(Form):
    """How forecasts would have come out in the past."""

    scored: bool = Field(description="false while that is being worked out")
    block: int | None
    as_of: Time | None
    model_version: str | None
    money: str | None
    provisional: bool | None
    requests: int | None
    figures: list[Figure]


class FieldForm(Form):
    """A parameter or a column of a query."""

    name: str
    type: str = Field(description="DuckDB's name of it")
    unit: str
    holds: str


class QueryForm(Form):
    """A question that the store answers."""

    name: str
    title: str
    holds: str
    params: list[FieldForm]
    columns: list[FieldForm]


class Queries(Form):
    """All of them."""

    queries: list[QueryForm]


class Rows(Form):
    """A query's answer: a list of cells for each row, in the order of the columns.

    Whole numbers beyond 2^53 and amounts in wei are text.
    """

    query: str
    params: dict[str, str]
    columns: list[str]
    types: list[str]
    rows: list[list[Any]]
    count: int = Field(description="of all rows there are")
    cut: bool = Field(description="whether these are only the first of them")
