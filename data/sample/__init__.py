"""A seeded simulation of the pool: three years of logs in the node's own JSON form.

The rules are the contract's; who stakes, asks and pays is made up. What comes out takes
the same road through decode and store as real logs, and the contract's own final views
come with it, so that every check has something to hold the store against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from data.pool.amounts import ONE
from data.pool.contracts import PROBES_FTM
from data.pool.state import Balance, Block, PoolState
from data.sample.chain import FIRST_BLOCK, Agenda, BlockClock, LogWriter
from data.sample.contracts import Pool, Staking
from data.sample.governance import FIRST_RULE, Governance
from data.sample.operator_runs import Operator
from data.sample.stakers import Stakers
from data.sample.story import DAY, Story
from data.sample.strangers import Strangers
from data.sample.world import World, stream

# Fixed, not the clock's: the end of lock-ups in December 2024 lies inside the window, and
# what is built from the sample stays the same.
SAMPLE_UNTIL = datetime(2025, 3, 1, tzinfo=UTC)
SAMPLE_SEED = 250


@dataclass(frozen=True)
class Simulation:
    """What a node would have answered: `logs`, one JSON log a line in the chain's order, from
    `first_block` on; the contract's own `state` at the last block, and its `balances` at the
    end of each day."""

    logs: bytes
    first_block: int
    state: PoolState
    balances: tuple[Balance, ...]


def simulate(
    seed: int, until: datetime, days: int = 1096, *, addresses: Mapping[str, str]
) -> Simulation:
    """The pool's history in the `days` before `until`, a full hour of an aware datetime.

    `addresses` has the contracts under `pool`, `bond` and `sfc`, and `cert` if it is known. The
    same arguments give the same bytes. Raises ValueError for a time without zone or between hours.
    """
    if until.tzinfo is None or until.timestamp() % 3_600:
        raise ValueError("until must be a full hour and know its time zone")
    end = int(until.timestamp())
    story = Story(end - days * DAY, end)
    clock = BlockClock(stream(seed, "clock"), story.start, end)
    lower = {contract: address.lower() for contract, address in addresses.items()}
    chain = LogWriter(stream(seed, "chain"), seed, clock, lower)
    agenda, pool, staking = Agenda(), Pool(FIRST_RULE), Staking(story)
    balances: list[Balance] = []

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
    state = PoolState(
        Block(last.block, None, last.at),
        pool.balance_wei,
        _views(pool, staking),
        {f"{token}Contract": lower[token] for token in ("bond", "cert") if token in lower},
        dict(staking.idle),
    )
    return Simulation("".join(chain.lines).encode(), FIRST_BLOCK, state, (*balances, last))


def _balance(clock: BlockClock, block: int, pool: Pool) -> Balance:
    return Balance(block, datetime.fromtimestamp(clock.time_of(block), UTC), pool.balance_wei)


def _views(pool: Pool, staking: Staking) -> dict[str, int]:
    """The contract's views, and the sum of its queue, under the names that checks compare."""
    fees = {f"getBurnFee({ftm * ONE})": pool.burn_fee(ftm * ONE) for ftm in PROBES_FTM}
    return {
        "firstWrId": pool.first_wr_id,
        "lastWrId": pool.last_wr_id,
        "stashedForManualWithdrawals": pool.stashed_wei,
        "minFeeRatio": pool.rule.min_ratio,
        "maxFeeRatio": pool.rule.max_ratio,
        "feeIncreaseStart": pool.rule.increase_start_wei,
        "feeIncreaseStop": pool.rule.increase_stop_wei,
        "feeShift": pool.fee_shift_wei,
        "stubCount": staking.stub_count,
        "pendingWei": pool.pending_wei,
        "ratio": pool.ratio,
    } | fees
