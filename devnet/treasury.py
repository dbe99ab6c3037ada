"""The operator: stubs at the staking contract, their rewards, and the payouts.

Delegators that are no stubs of the pool stand at the end: their logs look the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial

from devnet.rpc import address
from devnet.stage import DAY_SECONDS, FTM, Stage

OPENING_STUBS = 9
NEGLECTED_STUB = 2  # its last lock-up ends and nobody claims
REWARDS_PER_YEAR = 0.08
LOCKUP_DAYS = (14, 14, 21, 30, 45)
PAY_RUNS_PER_DAY = 0.4
MOST_PAID_AT_ONCE = 25
IDLE_FTM = 300


@dataclass(frozen=True)
class Stub:
    id: int
    address: str

    @property
    def validator(self) -> int:
        return 10 + 3 * self.id


@dataclass
class Treasury:
    stage: Stage
    stubs: list[Stub] = field(default_factory=list)
    _unbondings: int = 0

    def plan(self) -> None:
        """Stubs open one after another, one of them late; payouts come in irregular runs."""
        stage = self.stage
        stage.at(0.2, partial(self.deploy_stubs, OPENING_STUBS))
        for id in range(OPENING_STUBS):
            stage.at(2.4 + 2.3 * id, partial(self.tend, id))
        stage.at(86.3, partial(self.deploy_stubs, 1))
        stage.at(87.4, partial(self.tend, OPENING_STUBS))
        day = 9.0
        while (day := day + stage.dice.expovariate(PAY_RUNS_PER_DAY)) < stage.days - 0.3:
            stage.at(day, self.pay)

    def deploy_stubs(self, count: int) -> None:
        for _ in range(count):
            self.stage.pool(self.stage.operator, "deployStub()")

    def tend(self, id: int) -> None:
        """Claims or restakes what a stub earned, adds idle stake, locks it up, comes back."""
        stage, stub = self.stage, self._stub(id)
        staked = self._staked(stub)
        if staked:
            # The rewards of the days since the last visit, which is about a lock-up ago.
            earned = int(staked * REWARDS_PER_YEAR * stage.dice.uniform(18, 40) / 365)
            grant_rewards(stage, stub.address, stub.validator, earned)
            if stage.dice.random() < 0.2:
                self._order(stub, "restakeRewards(uint256)", stub.validator)
                staked += earned
            else:
                self._order(stub, "claimRewards(uint256)", stub.validator)
                self._order(stub, "flush()")
        idle = self._idle()
        if idle > IDLE_FTM * FTM:
            stage.pool(stage.operator, "sendToStub(uint256,uint256)", id, idle)
            self._order(stub, "delegate(uint256,uint256)", stub.validator, idle)
            staked += idle
        days = stage.dice.choice(LOCKUP_DAYS)
        last_visit = id == NEGLECTED_STUB and stage.day > stage.days - 50
        if last_visit:
            days = min(LOCKUP_DAYS)
        if staked:
            seconds = days * DAY_SECONDS
            self._order(stub, "lockStake(uint256,uint256,uint256)", stub.validator, seconds, staked)
        if not last_visit:
            stage.at(stage.day + days + stage.dice.uniform(0.1, 3), partial(self.tend, id))

    def pay(self) -> None:
        """As many heads as there is money for, all in one block."""
        spendable = self._spendable()
        for owed in self._owed()[:MOST_PAID_AT_ONCE]:
            spendable -= owed
            if spendable < 0:
                return
            self.stage.pool(self.stage.operator, "withdrawLast()")

    def undelegate(self, id: int, amount_ftm: float) -> None:
        """Takes a stub's stake back, before its lock-up ends if need be; a week later it pays."""
        stage, stub = self.stage, self._stub(id)
        amount = min(stage.wei(amount_ftm), self._staked(stub) * 9 // 10)
        sfc, view = stage.addresses.sfc, "getLockupInfo(address,uint256)"
        locked, end = stage.chain.rpc.read_words(sfc, view, stub.address, stub.validator)
        if end > stage.chain.time + DAY_SECONDS:
            early = min(amount, locked)
            self._order(stub, "unlockStake(uint256,uint256)", stub.validator, early)
            amount -= early // 20
        self._unbondings += 1
        wr_id = self._unbondings
        undelegate = "undelegate(uint256,uint256,uint256)"
        self._order(stub, undelegate, stub.validator, wr_id, amount)
        stage.at(stage.day + 7.2, partial(self._withdraw, stub, wr_id))

    def _withdraw(self, stub: Stub, wr_id: int) -> None:
        self._order(stub, "withdraw(uint256,uint256)", stub.validator, wr_id)
        self._order(stub, "flush()")

    def _order(self, stub: Stub, signature: str, *arguments: int) -> None:
        self.stage.chain.call(self.stage.operator, stub.address, signature, *arguments)

    def _staked(self, stub: Stub) -> int:
        sfc, view = self.stage.addresses.sfc, "getStake(address,uint256)"
        return self.stage.chain.rpc.read(sfc, view, stub.address, stub.validator)

    def _idle(self) -> int:
        """Stake that nobody waits for."""
        return self._spendable() - sum(self._owed())

    def _spendable(self) -> int:
        stashed = self.stage.read_pool("stashedForManualWithdrawals()")
        return self.stage.chain.rpc.balance_wei(self.stage.addresses.pool) - stashed

    def _owed(self) -> list[int]:
        """What each waiting request is owed, head first."""
        rpc, pool = self.stage.chain.rpc, self.stage.addresses.pool
        first, last = self.stage.read_pool("firstWrId()"), self.stage.read_pool("lastWrId()")
        requests = rpc.read_each(pool, "withdrawals(uint256)", range(first, last))
        return [amount for _, amount, *_ in requests]

    def _stub(self, id: int) -> Stub:
        while len(self.stubs) <= id:
            next_id = len(self.stubs)
            proxy = self.stage.read_pool("getContractById(uint256)", next_id)
            self.stubs.append(Stub(next_id, address(proxy)))
        return self.stubs[id]


def grant_rewards(stage: Stage, delegator: str, validator: int, amount: int) -> None:
    """What the chain does by itself as time passes: mostly lock-up rewards, a little free."""
    extra, base = amount * 6 // 10, amount * 3 // 10
    grant = "grantRewards(address,uint256,uint256,uint256,uint256)"
    stage.sfc(stage.owner, grant, delegator, validator, extra, base, amount - extra - base)


def plan_outsiders(stage: Stage) -> None:
    """Two delegators with their own stake, louder than any stub."""
    for number, validator, first_day in ((8, 7, 4.7), (9, 13, 12.1)):
        account = stage.accounts[number]
        stage.at(first_day, partial(_outsider_delegates, stage, account, validator))
        for visit in range(1, int((stage.days - first_day) / 16)):
            act = partial(_outsider_earns, stage, account, validator, visit)
            stage.at(first_day + 16 * visit, act)
        undelegate = ("undelegate(uint256,uint256,uint256)", validator, 1, 2_000 * FTM)
        stage.at(first_day + 40, partial(stage.sfc, account, *undelegate))
        withdraw = ("withdraw(uint256,uint256)", validator, 1)
        stage.at(first_day + 48, partial(stage.sfc, account, *withdraw))


def _outsider_delegates(stage: Stage, account: str, validator: int) -> None:
    stage.sfc(account, "delegate(uint256)", validator, value=40_000 * FTM)
    lock = "lockStake(uint256,uint256,uint256)"
    stage.sfc(account, lock, validator, 30 * DAY_SECONDS, 30_000 * FTM)


def _outsider_earns(stage: Stage, account: str, validator: int, visit: int) -> None:
    grant_rewards(stage, account, validator, stage.wei(160))
    name = "restakeRewards(uint256)" if visit % 3 == 0 else "claimRewards(uint256)"
    stage.sfc(account, name, validator)
