"""`python -m bench.replay_node FILE HEAD LATENCY_MS`: a node of made-up logs at wire speed.

It holds the logs of FILE, one JSON log a line in the chain's order, and cuts the answer to any
eth_getLogs out of their bytes. It prints its URL and serves until it is ended. What it knows
nothing of (the contract's views) it refuses as a revert.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from bench.history import time_of_block

_FORM = "address VARCHAR, topics VARCHAR[], blockNumber VARCHAR, transactionHash VARCHAR"


class Replay:
    """The logs as bytes, and where each begins; by contract, since that is what is asked for."""

    def __init__(self, file: Path, head: int) -> None:
        self.head = head
        lines = file.read_bytes()
        lengths = np.array([len(line) for line in lines.splitlines(keepends=True)])
        self.payload = lines.replace(b"\n", b",")
        self.starts = np.concatenate([[0], np.cumsum(lengths)])
        columns = ", ".join(f"{c.split()[0]}: '{c.split()[1]}'" for c in _FORM.split(", "))
        found = duckdb.execute(
            f"""
            SELECT ('0x' || substr(blockNumber, 3))::BIGINT AS block, address,
                coalesce(topics[1], '') AS topic0, coalesce(topics[2], '') AS topic1,
                "transactionHash" AS tx
            FROM read_json('{file}', format = 'newline_delimited', columns = {{{columns}}})
            """
        ).fetchnumpy()
        self.blocks = found["block"]
        self.block_of = dict(zip(found["tx"].tolist(), self.blocks.tolist(), strict=True))
        self.codes = {}
        for name in ("address", "topic0", "topic1"):
            words, codes = np.unique(found[name].astype(str), return_inverse=True)
            self.codes[name] = {word: code for code, word in enumerate(words)}, codes
        self.logs = lru_cache(maxsize=256)(self._logs)

    def _logs(self, query: str) -> bytes:
        """The inside of the array that answers eth_getLogs."""
        log_filter = json.loads(query)
        first, last = (self._number(log_filter.get(key)) for key in ("fromBlock", "toBlock"))
        start, end = np.searchsorted(self.blocks, [first, last + 1])
        wanted = np.ones(end - start, dtype=bool)
        topics = [*(log_filter.get("topics") or []), None, None]
        for name, some in zip(
            ("address", "topic0", "topic1"), (log_filter.get("address"), *topics[:2]), strict=True
        ):
            if some:
                known, codes = self.codes[name]
                alternatives = [some] if isinstance(some, str) else some
                fitting = [known[one.lower()] for one in alternatives if one.lower() in known]
                wanted &= np.isin(codes[start:end], fitting)
        # Whole runs of neighbours are one slice.
        edges = np.flatnonzero(np.diff(np.concatenate([[0], wanted.view(np.int8), [0]]))) + start
        slices = self.starts[edges].reshape(-1, 2)
        return b"".join([self.payload[a:b] for a, b in slices])[:-1]

    def _number(self, block: str | None) -> int:
        named = block is None or not block.startswith("0x")
        return self.head if named else int(str(block), 16)

    def answer(self, request: dict[str, Any]) -> bytes:
        start = b'{"jsonrpc":"2.0","id":' + json.dumps(request.get("id")).encode()
        method, params = request["method"], request.get("params") or []
        if method == "eth_getLogs":
            return start + b',"result":[' + self.logs(json.dumps(params[0])) + b"]}"
        known = self._known(method, params)
        if known is NotImplemented:
            return start + b',"error":{"code":3,"message":"execution reverted"}}'
        return start + b',"result":' + json.dumps(known).encode() + b"}"

    def _known(self, method: str, params: list[Any]) -> Any:
        match method:
            case "eth_chainId":
                return "0xfa"
            case "net_version":
                return "250"
            case "eth_blockNumber":
                return hex(self.head)
            case "eth_getCode":
                return "0x60"
            case "eth_getBalance":
                return "0x0"
            case "eth_getBlockByNumber":
                return self._header(self._number(params[0]))
            case "eth_getTransactionReceipt":
                return self._receipt(params[0])
        return NotImplemented

    def _header(self, number: int) -> dict[str, Any] | None:
        if number > self.head:
            return None
        return {
            "number": hex(number),
            "hash": _hash(number),
            "parentHash": _hash(number - 1),
            "timestamp": hex(time_of_block(number, self.head)),
            "logsBloom": "0x" + "00" * 256,
            "transactions": [],
        }

    def _receipt(self, tx: str) -> dict[str, Any] | None:
        number = self.block_of.get(tx)
        if number is None:
            return None
        logs = self.logs(json.dumps({"fromBlock": hex(number), "toBlock": hex(number)}))
        of_tx = [log for log in json.loads(b"[" + logs + b"]") if log["transactionHash"] == tx]
        return {
            "transactionHash": tx,
            "blockNumber": hex(number),
            "blockHash": _hash(number),
            "status": "0x1",
            "logs": of_tx,
        }


def _hash(number: int) -> str:
    return "0x" + hashlib.sha256(f"block {number}".encode()).hexdigest()


def _connection(
    replay: Replay, latency_s: float
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Any]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                size = next(
                    int(line.split(b":")[1])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                )
                request = json.loads(await reader.readexactly(size))
                await asyncio.sleep(latency_s)
                if isinstance(request, list):
                    body = b"[" + b",".join(map(replay.answer, request)) + b"]"
                else:
                    body = replay.answer(request)
                start = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                writer.write(f"{start}content-length: {len(body)}\r\n\r\n".encode())
                writer.write(body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    return serve


async def _serve(file: Path, head: int, latency_s: float) -> None:
    connection = _connection(Replay(file, head), latency_s)
    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]) / 1_000))
