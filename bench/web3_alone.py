"""`python -m bench.web3_alone URL NETWORK FIRST LAST`: web3's own way to decoded logs.

One `get_logs` an event and 2,000 blocks, as its documentation shows. Prints how many it decoded.
"""

from __future__ import annotations

import sys

from eth_utils.address import to_checksum_address
from web3 import Web3

from data.config import load_network
from data.pool.contracts import EVENTS

_WIDTH = 2_000


def decoded(url: str, network: str, first: int, last: int) -> int:
    """How many logs of our events web3 decodes over blocks first..last."""
    contracts, w3 = load_network(network), Web3(Web3.HTTPProvider(url))
    count = 0
    for event in EVENTS:
        address = to_checksum_address(getattr(contracts, event.contract))
        reader = w3.eth.contract(address, abi=[event.abi]).events[event.name]()
        for start in range(first, last + 1, _WIDTH):
            end = min(start + _WIDTH - 1, last)
            count += len(reader.get_logs(from_block=start, to_block=end))
    return count


if __name__ == "__main__":
    print(decoded(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
