"""Which store is shown: by network, as the environment says, or the sample."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from data import ConfigError, StoreError
from data.config import (
    DEVNET,
    SAMPLE,
    TESTNET,
    default_store,
    load_network,
    network_names,
    settings,
)
from data.fetch import fetched
from data.store.reader import version
from scoring.companion import companion_of

Version = tuple[str, int, int]
_NO_MONEY = {SAMPLE, DEVNET, TESTNET}


@dataclass(frozen=True)
class Source:
    """A network by name, and where its store lies or would lie."""

    name: str
    path: Path
    is_copy: bool = False  # of a store elsewhere, which data/fetch.py keeps current

    @property
    def is_sample(self) -> bool:
        """The app's own sample, which it may build; a copy elsewhere is left alone."""
        return self.path == default_store(SAMPLE)

    def version(self) -> Version | None:
        """None where nothing was published yet."""
        try:
            return version(self.path)
        except StoreError:
            return None


@dataclass(frozen=True)
class Sources:
    """Every source by network, and the one that the environment names, if it does."""

    known: dict[str, Source]
    chosen: str | None

    def default(self) -> Source:
        """The source chosen, else the first network of real money with a store, else the sample."""
        if self.chosen is not None:
            return self.known[self.chosen]
        real = (source for name, source in self.known.items() if name not in _NO_MONEY)
        return next((source for source in real if source.path.exists()), self.known[SAMPLE])


@cache  # once a process: its environment does not change
def read_sources() -> Sources:
    """Every network, with FTM_STORE as the store of FTM_NETWORK, or under its file's name. Of one
    that lies elsewhere the local copy is shown.

    Raises ConfigError where FTM_NETWORK names no network, or FTM_STORE is no address.
    """
    chosen, store = settings().network, settings().store
    paths = {name: default_store(name) for name in network_names()}
    if isinstance(store, Path):
        chosen = chosen or store.stem
        paths[chosen] = store
    elif chosen is not None:
        if chosen not in paths:
            raise ConfigError(
                f"FTM_NETWORK={chosen} names no network: set it to one of {', '.join(paths)}, or "
                "unset it, then start the app again"
            )
        load_network(chosen)
    known = {name: Source(name, path) for name, path in paths.items()}
    if isinstance(store, str):
        copy = fetched(store, chosen)
        chosen = copy.network
        known[chosen] = Source(chosen, copy.path, is_copy=True)
    return Sources(known, chosen)


def scores_version(source: Source) -> tuple[int, int] | None:
    """Another one whenever a backtest has replaced a store's scores; None without any."""
    try:
        stat = companion_of(source.path).stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino
