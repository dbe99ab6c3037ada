"""JSON-RPC to the local node, and the few words of ABI the contracts need.

Every argument and result here is one static 32-byte word, so no ABI library is needed.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import urllib3
from eth_utils.crypto import keccak

from devnet import DevnetError

Word = int | str  # a number, a truth or an address


class Rpc:
    """A connection to a node, kept alive."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = urllib3.PoolManager(retries=False, timeout=30)

    def call(self, method: str, *params: Any) -> Any:
        """The node's result. Raises DevnetError for its error, or for no answer at all."""
        return _result(method, self._post(_request(1, method, *params)))

    def _post(self, body: Any) -> Any:
        headers = {"Content-Type": "application/json"}
        try:
            response = self._http.request("POST", self.url, body=json.dumps(body), headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise DevnetError(f"no answer from the local node at {self.url}") from error
        return response.json()

    def read(self, contract: str, signature: str, *arguments: Word) -> int:
        """The first word a view returns, at the latest block."""
        return self.read_words(contract, signature, *arguments)[0]

    def read_words(self, contract: str, signature: str, *arguments: Word) -> list[int]:
        """All words a view returns, at the latest block."""
        call = {"to": contract, "data": calldata(signature, *arguments)}
        return _numbers(self.call("eth_call", call, "latest"))

    def read_each(self, contract: str, signature: str, values: Sequence[Word]) -> list[list[int]]:
        """What `read_words` tells of each of many values, in one request."""
        if not values:
            return []
        calls = [{"to": contract, "data": calldata(signature, value)} for value in values]
        batch = [_request(n, "eth_call", call, "latest") for n, call in enumerate(calls)]
        answers = sorted(self._post(batch), key=itemgetter("id"))
        return [_numbers(_result("eth_call", answer)) for answer in answers]

    def balance_wei(self, account: str) -> int:
        return int(self.call("eth_getBalance", account, "latest"), 16)


def _request(id: int, method: str, *params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id, "method": method, "params": params}


def _result(method: str, answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise DevnetError(f"{method}: {answer['error']['message']}")
    return answer["result"]


def _numbers(result: str) -> list[int]:
    data = bytes.fromhex(result[2:])
    return [int.from_bytes(data[i : i + 32]) for i in range(0, len(data), 32)]


def calldata(signature: str, *arguments: Word) -> str:
    """A call's data in hex: `calldata("burnCerts(uint256)", 5)`."""
    return f"0x{_selector(signature)}{words(*arguments)}"


def words(*arguments: Word) -> str:
    """The arguments as 32-byte words in hex, with no prefix."""
    numbers = (int(a, 16) if isinstance(a, str) else int(a) for a in arguments)
    return "".join(number.to_bytes(32).hex() for number in numbers)


def address(word: int) -> str:
    """The address in a word, in lower case."""
    return f"0x{word:040x}"


@cache
def _selector(signature: str) -> str:
    return keccak(text=signature)[:4].hex()
