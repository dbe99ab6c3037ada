"""What an endpoint told since it was last seen on our chain, in case that it has left it."""

from __future__ import annotations

from data.ingest.coverage import forget
from data.ingest.reading import Reading
from data.store.writer import transaction


def left_chain(reading: Reading) -> bool:
    """Whether endpoints were found that serve another chain by now. They are left out, and what
    they told since this was last asked is to be read again from others."""
    hosts = reading.chain.leave_turned()
    their_ranges = [each for each in reading.host_ranges if each.host in hosts]
    reading.host_ranges.clear()
    with transaction(reading.con):
        for each in their_ranges:
            for name in each.names:
                forget(reading.con, each.first, each.last, name)
    return bool(hosts)
