"""Writing blocks: transactions wait until `mine` puts them into one block of a chosen time."""

from __future__ import annotations

from typing import Any

from devnet import DevnetError
from devnet.compile import compiled
from devnet.rpc import Rpc, Word, calldata, words

GAS = 3_000_000  # given, not estimated: an estimate would run before the calls it depends on


class Chain:
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
