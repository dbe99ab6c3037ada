"""What everybody in the simulation shares."""

from __future__ import annotations

import random
from dataclasses import dataclass

from data.sample.chain import Agenda, LogWriter
from data.sample.contracts import Pool, Staking
from data.sample.story import Story


def stream(seed: int, subject: str) -> random.Random:
    """A subject's own random draws, so that a change in one subject changes no other."""
    return random.Random(f"{seed}/{subject}")


@dataclass(frozen=True)
class World:
    """The window, the contracts' states, the chain they write to, and what comes next."""

    seed: int
    story: Story
    pool: Pool
    staking: Staking
    chain: LogWriter
    agenda: Agenda
