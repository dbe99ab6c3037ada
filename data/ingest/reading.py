"""What a sync asks a node for: two filters, and which logs fit them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import duckdb

from data.config import Network
from data.ingest.coverage import BOND, POOL, SFC
from data.node.chain import Chain
from data.node.endpoint import Endpoint
from data.node.log_ranges import LogFilter

# Whether a log fits a filter; a topic without alternatives may be anything.
OF_FILTER = """(
    list_contains($addresses, address)
    AND (len($topic0) = 0 OR coalesce(list_contains($topic0, topic0), FALSE))
    AND (len($topic1) = 0 OR coalesce(list_contains($topic1, topic1), FALSE))
)"""
# From so many blocks on it is worth finding out first who keeps old ones.
LONG_BLOCKS = 10_000
# Called with (filter, blocks, logs) as they land.
Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class HostRange:
    """Blocks first..last of the filters `names`, as `host` told them."""

    host: str
    names: tuple[str, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Reading:
    """What the reading of a chain goes with: the next store, the chain and its network, what is
    called as logs land, and what is called with a sentence for whoever watches."""

    con: duckdb.DuckDBPyConnection
    chain: Chain
    network: Network
    report: Report
    note: Callable[[str], None]
    # The sources whose logs were dropped from coverage in this sync: each at most once.
    healed: set[str] = field(default_factory=set)
    # The hosts that were found wrong while this is read.
    found_wrong: set[str] = field(default_factory=set)
    # What was told since the endpoints were last seen on the chain.
    host_ranges: list[HostRange] = field(default_factory=list)
    # What one host alone had given and is being read again.
    taken_back: list[HostRange] = field(default_factory=list)

    def others(self, source: str) -> list[Endpoint]:
        """The endpoints that can bear `source` out: no liar, and with the old blocks."""
        return [
            endpoint
            for endpoint in self.chain.endpoints.serving
            if endpoint.host != source and endpoint.keeps_history is not False and not endpoint.lied
        ]

    def find_archives(self, first: int, last: int) -> None:
        """Find out which endpoints keep old blocks, each once, by the oldest stored log of the
        pool of which more than one source is sure, or else of the pool or the bond token; without
        one by the first that any tells of blocks first..last. Of one that stands alone nothing is
        found out by what it told itself."""
        known = self.con.execute(
            """
            SELECT block, log_index FROM raw_logs AS logs
            WHERE address IN ($pool, $bond)
            ORDER BY NOT (address = $pool AND EXISTS (
                FROM coverage
                WHERE filter = $filter AND known <> 'single'
                    AND logs.block BETWEEN from_block AND to_block
            )), block, log_index
            LIMIT 1
            """,
            {"pool": self.network.pool, "bond": self.network.bond, "filter": POOL},
        ).fetchone()
        if known is not None or len(self.chain.endpoints.all) > 1:
            self.chain.probe_history(pool_and_bond(self.network), first, last, known)


def pool_and_bond(network: Network) -> LogFilter:
    """Everything that the pool and the bond token logged, in one question."""
    return LogFilter((POOL, BOND), (network.pool, network.bond))


def staking(network: Network, stubs: Iterable[str]) -> LogFilter:
    """Everything that the staking contract logged of some stubs, events of tomorrow included."""
    words = tuple("0x" + stub[2:].rjust(64, "0") for stub in stubs)
    return LogFilter((SFC,), (network.sfc,), ((), words))


def deployed_stubs(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    """The stubs that the stored logs name, each with its first block, the oldest first."""
    return con.execute(
        "SELECT topic_address(topic1), min(block) FROM decodable_logs "
        "WHERE contract = 'pool' AND event = 'Deployed' GROUP BY 1 ORDER BY 2, 1"
    ).fetchall()


def filter_parameters(log_filter: LogFilter) -> dict[str, object]:
    """The parameters of `OF_FILTER`."""
    topics = [list(alternatives) for alternatives in (*log_filter.topics, (), ())]
    return {"addresses": list(log_filter.addresses), "topic0": topics[0], "topic1": topics[1]}
