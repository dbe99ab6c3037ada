"""Those who stake and unstake, and the contract wallets that refuse a push."""

from __future__ import annotations

from functools import partial

from devnet.stage import FTM, Stage

READER = 1  # the account whose past the demo shows first
WHALE = 10
CROWD = range(10, 30)
OPENING_DAYS = 25
FIRST_REQUEST_DAY = 8.0
REQUESTS_PER_DAY = 0.95
STAKES_PER_DAY = 0.35


def plan_stakes(stage: Stage) -> None:
    """Most stake in the first weeks, a few ever after; the reader's accounts get both tokens."""
    dice = stage.dice
    for number in CROWD:
        for _ in range(dice.randint(1, 3)):
            act = partial(stake, stage, stage.accounts[number], dice.lognormvariate(7.6, 0.7))
            stage.at(dice.uniform(0.3, OPENING_DAYS), act)
    stage.at(3, partial(stake, stage, stage.accounts[WHALE], 18_000, True))
    stage.at(6, partial(_stake_for_reader, stage))
    day = float(OPENING_DAYS)
    while (day := day + dice.expovariate(STAKES_PER_DAY)) < stage.days - 0.5:
        account = stage.accounts[dice.choice(CROWD)]
        stage.at(day, partial(stake, stage, account, dice.lognormvariate(4.8, 0.9)))


def plan_requests(stage: Stage) -> None:
    """A steady trickle from the crowd, the reader's own few, and what the rules allow at most."""
    dice = stage.dice
    day = FIRST_REQUEST_DAY
    while (day := day + dice.expovariate(REQUESTS_PER_DAY)) < stage.days - 0.5:
        stage.at(day, partial(_request_by_crowd, stage))
    reader, neighbour = stage.accounts[READER], stage.accounts[READER + 1]
    for request_day, amount in ((40.6, 55), (70.3, 80), (110.4, 120), (150.7, 45), (165.2, 60)):
        stage.at(request_day, partial(request, stage, reader, amount, request_day % 2 < 1))
    stage.at(stage.days - 1.1, partial(request, stage, neighbour, 90, False))
    stage.at(75.5, partial(stage.pool, reader, "burnBonds(uint256)", 0))


def request_large(stage: Stage, amount_ftm: float) -> None:
    request(stage, stage.accounts[WHALE], amount_ftm, True, at_most=1)


def stake(stage: Stage, account: str, amount_ftm: float, rebasing: bool | None = None) -> None:
    if rebasing is None:
        rebasing = stage.dice.random() < 0.4
    value = max(stage.wei(amount_ftm), stage.read_pool("getMinimumStake()"))
    name = "stakeAndClaimBonds()" if rebasing else "stakeAndClaimCerts()"
    stage.pool(account, name, value=value)


def request(
    stage: Stage, account: str, amount_ftm: float, rebasing: bool, at_most: float = 0.3
) -> int:
    """Unstakes `amount_ftm`, or `at_most` this part of what is held; how many requests: 1 or 0."""
    rpc, bond, cert = stage.chain.rpc, stage.addresses.bond, stage.addresses.cert
    amount = stage.wei(amount_ftm)
    token = bond if rebasing else cert
    held = int(rpc.read(token, "balanceOf(address)", account) * at_most)
    wanted = amount if rebasing else rpc.read(bond, "balanceToShares(uint256)", amount)
    if held < FTM:
        return 0
    bonds = stage.dice.choice(("burnBonds(uint256)", "burn(uint256)"))
    stage.pool(account, bonds if rebasing else "burnCerts(uint256)", min(wanted, held))
    return 1


def plan_hungry_wallets(stage: Stage, wallets: tuple[str, ...]) -> None:
    """Both are passed over; only the first one's money is fetched later, its last id first."""
    rescuer = stage.accounts[9]
    for wallet, day in zip(wallets, (68.2, 68.4), strict=True):
        stage.at(day, partial(_wallet_stakes, stage, wallet))
    for day, wallet, shares_ftm in (
        (95.3, wallets[0], 50),
        (96.1, wallets[1], 80),
        (98.8, wallets[0], 30),
        (141.5, wallets[0], 25),
    ):
        stage.at(day, partial(_wallet_unstakes, stage, wallet, shares_ftm))
    for day in (134.3, 157.6):
        stage.at(day, partial(_fetch_manually, stage, rescuer, wallets[0]))


def _wallet_stakes(stage: Stage, wallet: str) -> None:
    sender, pool = stage.accounts[9], stage.addresses.pool
    stage.chain.call(sender, wallet, "stake(address)", pool, value=stage.wei(400))


def _wallet_unstakes(stage: Stage, wallet: str, amount_ftm: float) -> None:
    shares = stage.wei(amount_ftm)
    sender, pool = stage.accounts[9], stage.addresses.pool
    stage.chain.call(sender, wallet, "unstake(address,uint256)", pool, shares)


def _fetch_manually(stage: Stage, sender: str, wallet: str) -> None:
    ids = range(stage.read_pool("firstWrId()"))
    rpc, pool = stage.chain.rpc, stage.addresses.pool
    marked = rpc.read_each(pool, "markedForManualWithdrawal(uint256)", ids)
    for wr_id in reversed(ids):
        if marked[wr_id][0] and stage.read_pool("withdrawals(uint256)", wr_id) == int(wallet, 16):
            stage.pool(sender, "withdrawManual(uint256)", wr_id)


def _stake_for_reader(stage: Stage) -> None:
    for account in stage.accounts[READER : READER + 5]:
        stake(stage, account, 900, True)
        stake(stage, account, 700, False)


def _request_by_crowd(stage: Stage) -> None:
    """One request, or now and then two or three in one block, some of them by one staker."""
    dice = stage.dice
    crowd = dice.sample(CROWD, len(CROWD))
    count = 1 if dice.random() < 0.8 else dice.randint(2, 3)
    same = dice.random() < 0.5
    for number in crowd:
        done = 0
        for _ in range(count if same else 1):
            amount, rebasing = dice.lognormvariate(3.6, 1.1), dice.random() < 0.4
            done += request(stage, stage.accounts[number], amount, rebasing)
        count -= done
        if count <= 0:
            return
