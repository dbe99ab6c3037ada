"""A seeded simulation of the pool: three years of logs in the node's own JSON form.

The rules are the contract's; who stakes, asks and pays is made up. What comes out takes
the same road through decode and store as real logs, and the contract's own final views
come with it, so that every check has something to hold the store against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from data.sample.amounts import WEI
from data.sample.chain import FIRST_BLOCK, Agenda, BlockClock, Chain
from data.sample.governance import FIRST_RULE, Governance
from data.sample.operator_runs import Operator
from data.sample.pool import Pool
from data.sample.stakers import Stakers
from data.sample.staking import Staking
from data.sample.story import DAY, Story
from data.sample.strangers import Strangers
from data.sample.world import World, stream

# Fixed, not the clock's: the end of lock-ups in December 2024 lies inside the window, and
# what is built from the sample stays the same.
SAMPLE_UNTIL = datetime(2025, 3, 1, tzinfo=UTC)
SAMPLE_SEED = 250
PROBED_FTM = (1, 1_000, 100_000)


@dataclass(frozen=True)
class PoolBalance:
    """The pool's balance after `block`, in wei."""

    block: int
    block_time: datetime
    balance_wei: int


@dataclass(frozen=True)
class Simulation:
    """What a node would have answered.

    `logs` is one JSON log a line, in the chain's order. `views` are the contract's at
    `last_block`, with `balance` and `pending_wei` (payouts of [firstWrId, lastWrId)) in
    wei; `burn_fees` maps a gross amount to getBurnFee, both in wei. `pool_balances` has
    the balance at the end of each day.
    """

    logs: bytes
    first_block: int
    last_block: int
    last_block_time: datetime
    views: dict[str, int]
    burn_fees: dict[int, int]
    pool_balances: tuple[PoolBalance, ...]


def simulate(
    seed: int, until: datetime, days: int = 1096, *, addresses: Mapping[str, str]
) -> Simulation:
    """The pool's history in the `days` before `until`, a full hour of an aware datetime.

    `addresses` has the contracts under `pool`, `bond` and `sfc`. The same arguments give
    the same bytes. Raises ValueError for a time without zone or between hours.
    """
    if until.tzinfo is None or until.timestamp() % 3_600:
        raise ValueError("until must be a full hour and know its time zone")
    end = int(until.timestamp())
    story = Story(end - days * DAY, end)
    clock = BlockClock(stream(seed, "clock"), story.start, end)
    lower = {contract: address.lower() for contract, address in addresses.items()}
    chain = Chain(stream(seed, "chain"), seed, clock, lower)
    agenda, pool, staking = Agenda(), Pool(FIRST_RULE), Staking(story)
    balances: list[PoolBalance] = []

    def sample(at: int) -> None:
        balances.append(_balance(clock, clock.block_at(at) - 1, pool))

    # First on the agenda: a day's balance is taken before what happens at midnight.
    for day in range(1, days):
        agenda.put(story.start + day * DAY, sample)
    world = World(seed, story, pool, staking, chain, agenda)
    stakers = Stakers(world)
    Governance(world).begin()
    Operator(world, stakers).begin()
    stakers.begin()
    Strangers(world).begin()
    agenda.run(end)

    last = _balance(clock, clock.block_at(end), pool)
    return Simulation(
        logs="".join(chain.lines).encode(),
        first_block=FIRST_BLOCK,
        last_block=last.block,
        last_block_time=last.block_time,
        views=_views(pool, staking),
        burn_fees={amount * WEI: pool.burn_fee(amount * WEI) for amount in PROBED_FTM},
        pool_balances=(*balances, last),
    )


def _balance(clock: BlockClock, block: int, pool: Pool) -> PoolBalance:
    at = datetime.fromtimestamp(clock.time_of(block), UTC)
    return PoolBalance(block, at, pool.balance_wei)


def _views(pool: Pool, staking: Staking) -> dict[str, int]:
    """The contract's views by their names there, and the two sums that checks compare."""
    return {
        "firstWrId": pool.first_wr_id,
        "lastWrId": pool.last_wr_id,
        "stashedForManualWithdrawals": pool.stashed_wei,
        "minFeeRatio": pool.rule.min_ratio,
        "maxFeeRatio": pool.rule.max_ratio,
        "feeIncreaseStart": pool.rule.start_wei,
        "feeIncreaseStop": pool.rule.stop_wei,
        "feeShift": pool.fee_shift_wei,
        "stubCount": staking.stub_count,
        "balance": pool.balance_wei,
        "pending_wei": pool.pending_wei,
    }
