"""One history of the pool, the same for the same seed, that makes everything happen once.

It ends at a time the caller gives, so that what happened lately is what is recent to an
app that looks at the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random

from devnet import Addresses, Devnet, DevnetError
from devnet.rpc import Rpc
from devnet.stage import FTM, LocalChain, Stage
from devnet.stakers import plan_hungry_wallets, plan_requests, plan_stakes, request_large
from devnet.treasury import Treasury, plan_outsiders

DAYS = 168
OLD_OPERATOR, NEW_OPERATOR = 6, 7
SFC_FTM = 100_000_000  # more than it will ever pay in rewards
PERCENT = 10**16


def play(
    rpc_url: str,
    until: datetime,
    seed: int = 1,
    progress: Callable[[float], None] = lambda share: None,
) -> Devnet:
    """Plays the history on an empty chain, its last block at `until`, and returns who is who.

    `progress` is called with the share done. Raises DevnetError if the chain is not empty, or
    begins after the history would.
    """
    rpc = Rpc(rpc_url)
    start = int((until - timedelta(days=DAYS)).timestamp())
    if rpc.call("eth_blockNumber") != "0x0":
        raise DevnetError(f"the chain at {rpc_url} has a history: start an empty one")
    chain = LocalChain(rpc)
    if start <= chain.time:
        raise DevnetError(f"the chain's first block is too late for a history until {until}")
    accounts = tuple(account.lower() for account in rpc.call("eth_accounts"))
    addresses, first_stub_code = _deploy(chain, accounts, start)
    stage = Stage(chain, Random(seed), start, DAYS, addresses, accounts, accounts[OLD_OPERATOR])
    treasury = Treasury(stage)
    wallets = tuple(_create(stage, "HungryWallet") for _ in range(2))
    stage.at(0.1, partial(_open, stage, first_stub_code))
    treasury.plan()
    plan_stakes(stage)
    plan_requests(stage)
    plan_hungry_wallets(stage, wallets)
    plan_outsiders(stage)
    _plan_rule_changes(stage)
    _plan_ratio(stage)
    # Heads that are too large for what the rewards bring: the first is freed after weeks by
    # taking stake back, the second is still there at the end, with one more behind it.
    stage.at(92.4, partial(request_large, stage, 5_000))
    stage.at(120.6, partial(treasury.undelegate, 3, 6_000))
    stage.at(DAYS - 16.2, partial(request_large, stage, 7_000))
    stage.at(DAYS - 8.7, partial(request_large, stage, 2_500))
    stage.run(progress)
    chain.hand_over()
    return Devnet(
        rpc_url=rpc_url,
        addresses=addresses,
        accounts=accounts,
        owner=stage.owner,
        operator=stage.operator,
        stubs=tuple(stub.address for stub in treasury.stubs),
        validators=tuple(stub.validator for stub in treasury.stubs),
        hungry_wallets=wallets,
    )


def _deploy(chain: LocalChain, accounts: tuple[str, ...], time: int) -> tuple[Addresses, str]:
    """The contracts in a fixed order, since their addresses follow from the owner's nonces."""
    owner = accounts[0]
    sfc = chain.create(owner, "Sfc", time=time)
    cert = chain.create(owner, "Cert", time=time)
    bond = chain.create(owner, "Bond", cert, time=time)
    first_generation = chain.create(owner, "PoolR0", time=time)
    pool = chain.create(owner, "Proxy", first_generation, time=time)
    stub_code = chain.create(owner, "Stub", pool, sfc, time=time)
    chain.rpc.call("anvil_setBalance", sfc, hex(SFC_FTM * FTM))
    initialize = "initialize(address,address,address,address)"
    chain.call(owner, pool, initialize, accounts[OLD_OPERATOR], bond, cert, sfc)
    for token, minter in ((bond, pool), (cert, pool), (cert, bond)):
        chain.call(owner, token, "allowMinter(address)", minter)
    chain.mine(time)
    return Addresses(pool=pool, bond=bond, cert=cert, sfc=sfc), stub_code


def _create(stage: Stage, name: str, *arguments: str) -> str:
    return stage.chain.create(stage.owner, name, *arguments, time=stage.chain.time)


def _open(stage: Stage, stub_code: str) -> None:
    owner = stage.owner
    stage.pool(owner, "upgradeStubs(address)", stub_code)
    # To what they are already: the events are there, and nothing has changed.
    stage.pool(owner, "changeBondContract(address)", stage.addresses.bond)
    stage.pool(owner, "changeCertContract(address)", stage.addresses.cert)
    stage.pool(owner, "setMinimumStake(uint256)", 100 * FTM)
    _update_fee_rule(stage, PERCENT // 10, 3 * PERCENT, 1_000 * FTM, 20_000 * FTM)


def _plan_rule_changes(stage: Stage) -> None:
    owner = stage.owner
    rule = (PERCENT // 20, 2 * PERCENT, 300 * FTM, 5_000 * FTM)
    stage.at(45.2, partial(_update_fee_rule, stage, *rule))
    stage.at(60.5, partial(_upgrade_to_r1, stage))
    stage.at(61.5, partial(_upgrade_stubs, stage))
    stage.at(80.5, partial(_upgrade, stage, "PoolR2"))
    stage.at(82.2, partial(stage.pool, owner, "setMinimumStake(uint256)", 20 * FTM))
    stage.at(85.3, partial(_change_operator, stage))
    # Resets `feeShift` to something that is not zero.
    rule = (PERCENT // 10, 5 * PERCENT, 3_000 * FTM, 20_000 * FTM)
    stage.at(130.3, partial(_update_fee_rule, stage, *rule, 1_500 * FTM))


def _plan_ratio(stage: Stage) -> None:
    """Every day a little less, and a last time at the very end: the history's last block."""
    for day in (*range(2, stage.days), stage.days):
        stage.at(day, partial(_lower_ratio, stage))


def _lower_ratio(stage: Stage) -> None:
    bond = stage.addresses.bond
    ratio = stage.chain.rpc.read(bond, "ratio()")
    ratio -= ratio * stage.dice.randint(120, 200) // 10**6
    stage.chain.call(stage.owner, bond, "updateRatio(uint256)", ratio)


def _update_fee_rule(stage: Stage, *rule: int) -> None:
    """Set a rule: four numbers in the first generation, five since."""
    stage.pool(stage.owner, f"updateFeeRule({','.join(['uint256'] * len(rule))})", *rule)


def _upgrade(stage: Stage, name: str) -> None:
    implementation = _create(stage, name)
    stage.pool(stage.owner, "upgradeTo(address)", implementation)


def _upgrade_to_r1(stage: Stage) -> None:
    """Upgrade, and set the first rule in the same block: no request may fall between the two
    rules."""
    _upgrade(stage, "PoolR1")
    _update_fee_rule(stage, PERCENT // 20, 4 * PERCENT, 1_000 * FTM, 8_000 * FTM, 0)


def _upgrade_stubs(stage: Stage) -> None:
    code = _create(stage, "Stub", stage.addresses.pool, stage.addresses.sfc)
    stage.pool(stage.owner, "upgradeStubs(address)", code)


def _change_operator(stage: Stage) -> None:
    """Change the operator; what the old one has ordered for later is done by the new one."""
    stage.operator = stage.accounts[NEW_OPERATOR]
    stage.pool(stage.owner, "changeOperator(address)", stage.operator)
