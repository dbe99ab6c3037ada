"""Which endpoints keep old blocks. Some answer for what they do not keep with no logs, as if
there were none: only a log that is known to exist tells them from the others.
"""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from data import NodeError
from data.node.endpoint import Endpoint
from data.node.endpoints import Endpoints
from data.node.log_ranges import LogFilter, LogRanges, RangeAnswer

# How many answers of one endpoint are looked at for the first log.
_MOST_ANSWERS = 24
# An answer may be of megabytes: it is not parsed for one number.
_BLOCK = re.compile(rb'"blockNumber"\s*:\s*"0x([0-9a-fA-F]{1,15})"')


def probe_history(
    endpoints: Endpoints,
    log_filter: LogFilter,
    first_block: int,
    last_block: int,
    known: tuple[int, int] | None = None,
) -> None:
    """Set `keeps_history` of every endpoint that has none yet, as Chain.probe_history says."""
    unknown = [endpoint for endpoint in endpoints.all if endpoint.keeps_history is None]
    block = known[0] if known else None
    if block is None:
        for endpoint in unknown:
            until = last_block if block is None else block
            found = first_log(endpoints, endpoint, log_filter, first_block, until)
            block = until if found is None and block is not None else found
            if not endpoint.contribution.blocks:  # it answers nothing now
                unknown = [other for other in unknown if other is not endpoint]
            # Who keeps the newest only does not tell of the oldest hundredth.
            if block is not None and block - first_block < (last_block - first_block) // 100:
                break
    if block is None or not unknown:
        return
    with ThreadPoolExecutor(len(unknown)) as pool:
        for endpoint, keeps in zip(
            unknown,
            pool.map(partial(tells_log_of, endpoints, log_filter, block), unknown),
            strict=True,
        ):
            if keeps:
                endpoint.keeps_history = True
            elif keeps is False:
                endpoint.forgets(f"tells no log of block {block}, where there is one")


def first_log(
    endpoints: Endpoints, endpoint: Endpoint, log_filter: LogFilter, first: int, last: int
) -> int | None:
    """The block of the first log that this endpoint tells of blocks first..last, None where its
    first answers hold none."""
    answers = _answers(endpoints, endpoint, log_filter, first, last)
    try:
        for _, answer in zip(range(_MOST_ANSWERS), answers, strict=False):
            if not answer.empty:
                return oldest_block(answer)
    except NodeError:
        pass
    return None


def tells_log_of(
    endpoints: Endpoints, log_filter: LogFilter, block: int, endpoint: Endpoint
) -> bool | None:
    """Whether the endpoint tells a log of this block; None where it tells nothing at all."""
    try:
        answer = next(iter(_answers(endpoints, endpoint, log_filter, block, block)), None)
    except NodeError:
        answer = None
    return endpoint.keeps_history if answer is None else not answer.empty


def _answers(
    endpoints: Endpoints, endpoint: Endpoint, log_filter: LogFilter, first: int, last: int
) -> LogRanges:
    """What one endpoint tells of some blocks, question after question."""
    return LogRanges(
        endpoints,
        log_filter,
        [(first, last)],
        in_flight=1,
        of=[endpoint],
        patience_s=endpoint.manners.idle_s,
    )


def oldest_block(answer: RangeAnswer) -> int | None:
    """The block of the first log in an answer, None where it holds none that can be read."""
    return min((int(number, 16) for number in _BLOCK.findall(answer.logs)), default=None)
