"""What happens on the devnet after its history: each call is mined at once.

Amounts are wei, accounts are addresses the node holds unlocked. Every act raises
DevnetError with the contract's reason if the contract refuses.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from devnet import Devnet, DevnetError
from devnet.rpc import Rpc, Word, calldata
from devnet.stage import GAS


def burn_certs(devnet: Devnet, account: str, shares: int) -> str:
    """Requests FTM for ankrFTM (aFTMc); the transaction's hash."""
    return send(devnet, account, devnet.addresses.pool, "burnCerts(uint256)", shares)


def burn_bonds(devnet: Devnet, account: str, amount_wei: int) -> str:
    """Requests FTM for aFTMb; the transaction's hash."""
    return send(devnet, account, devnet.addresses.pool, "burnBonds(uint256)", amount_wei)


def stake(devnet: Devnet, account: str, amount_wei: int, rebasing: bool = True) -> str:
    """Stakes for aFTMb, or for ankrFTM if not `rebasing`; the transaction's hash."""
    name = "stakeAndClaimBonds()" if rebasing else "stakeAndClaimCerts()"
    return send(devnet, account, devnet.addresses.pool, name, value=amount_wei)


def transfer(devnet: Devnet, sender: str, receiver: str, amount_wei: int) -> str:
    """A plain transfer, which leaves no log; the transaction's hash."""
    call = {"from": sender, "to": receiver, "value": hex(amount_wei)}
    return _mined(devnet, call, "a transfer")


def fund(devnet: Devnet, amount_wei: int) -> None:
    """The first stub earns and claims this much and flushes it to the pool."""
    stub, validator = devnet.stubs[0], devnet.validators[0]
    extra = amount_wei * 9 // 10
    grant = "grantRewards(address,uint256,uint256,uint256,uint256)"
    rewards = (extra, 0, amount_wei - extra)
    send(devnet, devnet.owner, devnet.addresses.sfc, grant, stub, validator, *rewards)
    send(devnet, devnet.operator, stub, "claimRewards(uint256)", validator)
    send(devnet, devnet.operator, stub, "flush()")


def pay(devnet: Devnet, count: int = 1) -> None:
    """The operator pays the next `count` heads, each in a block of its own."""
    for _ in range(count):
        send(devnet, devnet.operator, devnet.addresses.pool, "withdrawLast()")


def withdraw_manual(devnet: Devnet, account: str, wr_id: int) -> str:
    """Anyone fetches a refused payout for its staker; the transaction's hash."""
    return send(devnet, account, devnet.addresses.pool, "withdrawManual(uint256)", wr_id)


def update_ratio(devnet: Devnet, ratio: int) -> str:
    """Shares per FTM, scaled by 1e18; the transaction's hash."""
    return send(devnet, devnet.owner, devnet.addresses.bond, "updateRatio(uint256)", ratio)


def advance_time(devnet: Devnet, seconds: int) -> None:
    """Mine an empty block so many seconds later."""
    _rpc(devnet.rpc_url).call("evm_increaseTime", seconds)
    _rpc(devnet.rpc_url).call("evm_mine")


@contextmanager
def undone(devnet: Devnet) -> Iterator[Devnet]:
    """Undo whatever happens inside: blocks, balances and time."""
    rpc = _rpc(devnet.rpc_url)
    snapshot = rpc.call("evm_snapshot")
    try:
        yield devnet
    finally:
        rpc.call("evm_revert", snapshot)


def read(devnet: Devnet, signature: str, *arguments: Word) -> int:
    """The first word one of the pool's views returns now: `read(devnet, "lastWrId()")`."""
    return _rpc(devnet.rpc_url).read(devnet.addresses.pool, signature, *arguments)


def balance_wei(devnet: Devnet, account: str) -> int:
    """FTM held now, by an account or a contract."""
    return _rpc(devnet.rpc_url).balance_wei(account)


def pending_wei(devnet: Devnet) -> list[int]:
    """What each waiting request is owed, head first."""
    rpc, pool = _rpc(devnet.rpc_url), devnet.addresses.pool
    ids = range(read(devnet, "firstWrId()"), read(devnet, "lastWrId()"))
    return [amount for _, amount, *_ in rpc.read_each(pool, "withdrawals(uint256)", ids)]


def send(
    devnet: Devnet, sender: str, contract: str, signature: str, *arguments: Word, value: int = 0
) -> str:
    """Any call, mined; the transaction's hash."""
    call = {"from": sender, "to": contract, "value": hex(value)}
    call["data"] = calldata(signature, *arguments)
    return _mined(devnet, call, signature)


def _mined(devnet: Devnet, call: dict[str, str], what: str) -> str:
    rpc = _rpc(devnet.rpc_url)
    fees = {"gas": hex(GAS), "gasPrice": "0x0"}
    transaction: str = rpc.call("eth_sendTransaction", call | fees)
    for _ in range(1000):
        receipt = rpc.call("eth_getTransactionReceipt", transaction)
        if receipt is not None:
            break
        time.sleep(0.005)
    else:
        raise DevnetError(f"{what} was not mined: is the history still being played?")
    if receipt["status"] != "0x1":
        # Asked again as a question, the node tells the contract's reason and raises.
        rpc.call("eth_call", call, "latest")
        raise DevnetError(f"{what} was reverted without a reason")
    return transaction


@cache
def _rpc(url: str) -> Rpc:
    return Rpc(url)
