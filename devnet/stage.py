"""What the players of a history share: the chain, the dice, the agenda, who is who.

Transactions wait until `mine` puts them into one block of a chosen time.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from devnet import Addresses, DevnetError
from devnet.compile import compiled
from devnet.rpc import Rpc, Word, calldata, words

FTM = 10**18
DAY_SECONDS = 86_400
GAS = 3_000_000  # given, not estimated: an estimate would run before the calls it depends on


class LocalChain:
    """The chain a history is written on. Mining is by hand until `hand_over`."""

    def __init__(self, rpc: Rpc) -> None:
        self.rpc = rpc
        self.time = int(rpc.call("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        self._waiting: dict[str, str] = {}
        rpc.call("evm_setAutomine", False)

    def call(
        self, sender: str, contract: str, signature: str, *arguments: Word, value: int = 0
    ) -> None:
        """Sends a call; it runs, after those sent before it, in the next block mined."""
        transaction = {"to": contract, "data": calldata(signature, *arguments)}
        self._send(sender, transaction, value, signature)

    def create(self, sender: str, name: str, *arguments: Word, time: int) -> str:
        """Deploys a contract in a block of its own and returns its address."""
        code = f"0x{compiled()[name]['bytecode']}{words(*arguments)}"
        self._send(sender, {"data": code}, 0, name)
        return str(self.mine(time)[0]["contractAddress"]).lower()

    def mine(self, time: int) -> list[dict[str, Any]]:
        """Mines what was sent, if anything, at `time` or a second after the last block.

        Returns the receipts. Raises DevnetError if a transaction was reverted or left out.
        """
        if not self._waiting:
            return []
        self.time = max(time, self.time + 1)
        self.rpc.call("evm_setNextBlockTimestamp", self.time)
        self.rpc.call("evm_mine")
        receipts: list[dict[str, Any]] = self.rpc.call("eth_getBlockReceipts", "latest")
        mined = {receipt["transactionHash"]: receipt for receipt in receipts}
        for transaction, what in self._waiting.items():
            if transaction not in mined or mined[transaction]["status"] != "0x1":
                raise DevnetError(f"{what} failed in the history's block at {self.time}")
        self._waiting.clear()
        return receipts

    def hand_over(self) -> None:
        """From now on the node mines each transaction as it comes."""
        self.rpc.call("evm_setAutomine", True)

    def _send(self, sender: str, transaction: dict[str, str], value: int, what: str) -> None:
        fees = {"gas": hex(GAS), "gasPrice": "0x0", "value": hex(value), "from": sender}
        self._waiting[self.rpc.call("eth_sendTransaction", transaction | fees)] = what


@dataclass
class Stage:
    """One history in the making. Days count from its start and may have fractions."""

    chain: LocalChain
    dice: Random
    start: int
    days: int
    addresses: Addresses
    accounts: tuple[str, ...]
    operator: str
    day: float = 0
    _agenda: list[tuple[float, int, Callable[[], object]]] = field(default_factory=list)
    _acts_count: int = 0

    @property
    def owner(self) -> str:
        return self.accounts[0]

    def at(self, day: float, act: Callable[[], object]) -> None:
        """Puts an act on the agenda: what it sends goes into one block."""
        heapq.heappush(self._agenda, (day, self._acts_count, act))
        self._acts_count += 1

    def run(self, progress: Callable[[float], None]) -> None:
        """Acts in order of their days, those added on the way included, until the last day."""
        while self._agenda and self._agenda[0][0] <= self.days:
            self.day, _, act = heapq.heappop(self._agenda)
            act()
            self.chain.mine(self.start + round(self.day * DAY_SECONDS))
            progress(self.day / self.days)

    def pool(self, sender: str, signature: str, *arguments: Word, value: int = 0) -> None:
        self.chain.call(sender, self.addresses.pool, signature, *arguments, value=value)

    def sfc(self, sender: str, signature: str, *arguments: Word, value: int = 0) -> None:
        self.chain.call(sender, self.addresses.sfc, signature, *arguments, value=value)

    def read_pool(self, signature: str, *arguments: Word) -> int:
        return self.chain.rpc.read(self.addresses.pool, signature, *arguments)

    def wei(self, amount_ftm: float) -> int:
        """About `amount_ftm` in wei, with random last digits so that rounding shows."""
        return int(amount_ftm * 10**6) * 10**12 + self.dice.randrange(10**12)
