"""What a verification found, in lines for a terminal."""

from __future__ import annotations

import math

from data.ingest.compared import Against
from data.ingest.coverage import TIMES
from data.ingest.verify import STRETCH_BLOCKS, Sample, Verified

_SHOWN = 50
_CONFIDENCE = 0.95


def lines(found: Verified) -> list[str]:
    """What was compared, each difference by its block, what is left, and what a sample bounds."""
    sentences = [
        f"{found.ranges:,} answers of {', '.join(found.hosts)} over {found.blocks:,} blocks were "
        "compared"
        if found.ranges
        else "nothing was compared"
    ]
    if found.ranges and not found.differences:
        sentences[0] += ": they tell the same"
    for each in found.differences[:_SHOWN]:
        open_end = "" if each.settled else "; which is right is not known"
        source = each.source or "an earlier source"
        sentences.append(f"block {each.block}: {source} {each.reason}{open_end}")
    if len(found.differences) > _SHOWN:
        sentences.append(f"and {len(found.differences) - _SHOWN:,} more: see the Status page")
    if found.sample is not None:
        sentences.append(_sampled(found.sample))
    if found.alone:
        left = ", ".join(
            f"the times of {blocks:,}" if name == TIMES else f"{blocks:,} of {name}"
            for name, blocks in found.alone.items()
        )
        sentences.append(f"blocks that one source alone gave: {left}")
    else:
        sentences.append("no block rests on one source alone")
    if found.unasked:
        sentences.append(
            f"not compared: {found.unasked}. Name another --rpc-url, or try again later"
        )
    return sentences


def lines_against(found: Against) -> list[str]:
    """What a store and an archive tell differently, and of which blocks nothing was compared."""
    blocks = f"blocks {found.first}-{found.last}"
    sentences = [*found.found[:_SHOWN]]
    if len(found.found) > _SHOWN:
        sentences.append(f"and {len(found.found) - _SHOWN:,} more")
    if found.found:
        sentences.insert(0, f"{blocks} are not given alike, {len(found.found):,} times:")
    else:
        sentences.append(f"no difference in {blocks}")
    for whose, held in (("store", found.store), ("archive", found.archive.scope)):
        if (held.first_block, held.last_block) != (found.first, found.last):
            rest = f"{held.first_block}-{held.last_block}"
            sentences.append(f"not compared: what else of its blocks {rest} the {whose} holds")
    sentences.append("nothing is surer by it: an archive does not say whom it was read from")
    return sentences


def _sampled(sample: Sample) -> str:
    what = f"{sample.stretches:,} stretches of at most {STRETCH_BLOCKS:,} blocks"
    if not sample.compared:
        return f"a sample of {what}: none could be compared, so it bounds nothing"
    differ = f"{sample.differing:,} differ" if sample.differing else "none differs"
    start = f"a sample of {sample.compared:,} of {what}: {differ}"
    if sample.compared == sample.stretches:
        return f"{start}, and these are all there are"
    most = highest_share(sample.differing, sample.compared)
    return (
        f"{start}. With 95 % confidence fewer than {100 * most:.2g} % of all of them lack a log or "
        "hold a wrong one"
    )


def highest_share(differing: int, compared: int) -> float:
    """The largest share of all that is likely when so many of `compared`, drawn by chance, differ:
    one larger would show fewer in all but 5 % of samples. About 3 / compared where none differs."""
    if differing >= compared:
        return 1.0
    low, high = differing / compared, 1.0
    for _ in range(60):
        share = (low + high) / 2
        if _at_most(differing, compared, share) > 1 - _CONFIDENCE:
            low = share
        else:
            high = share
    return high


def _at_most(differing: int, compared: int, share: float) -> float:
    """The chance of at most so many, where each differs with this chance, between 0 and 1."""
    logs = (
        math.lgamma(compared + 1)
        - math.lgamma(k + 1)
        - math.lgamma(compared - k + 1)
        + k * math.log(share)
        + (compared - k) * math.log1p(-share)
        for k in range(differing + 1)
    )
    return math.fsum(map(math.exp, logs))
