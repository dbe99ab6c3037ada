"""`python -m bench.bare_transfer URL NETWORK FIRST LAST WIDTH`: the answers received and dropped.

What no program that reads the same logs over the same socket can undercut: as many requests as
a sync makes, four in flight, nothing parsed. Prints the megabytes.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from threading import local
from urllib.parse import urlsplit

from data.config import load_network

IN_FLIGHT = 4


def transfer(url: str, network: str, first: int, last: int, width: int) -> int:
    """The bytes of all answers of the three contracts over blocks first..last."""
    contracts = load_network(network)
    queries = [
        {"address": address, "fromBlock": hex(start), "toBlock": hex(min(start + width - 1, last))}
        for address in (contracts.pool, contracts.bond, contracts.sfc)
        for start in range(first, last + 1, width)
    ]
    kept = local()

    def received(query: dict[str, str]) -> int:
        if not hasattr(kept, "connection"):
            kept.connection = HTTPConnection(str(urlsplit(url).netloc))
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [query]}
        kept.connection.request("POST", "/", json.dumps(request))
        return len(kept.connection.getresponse().read())

    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        return sum(pool.map(received, queries))


if __name__ == "__main__":
    size = transfer(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
    print(f"{size / 1e6:.0f} MB")
