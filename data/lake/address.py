"""Where a lake is: `ducklake:postgres:` and then what libpq calls a connection string.

Where the rows lie is the catalog's to know. A password belongs into PGPASSWORD or ~/.pgpass; one
that stands in the address all the same is never shown.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

from data import ConfigError
from data.config import VAR

_PREFIX = "ducklake:postgres:"
_WORD = re.compile(r"\s*([a-z_]+)\s*=\s*('(?:[^'\\]|\\.)*'|[^\s'][^\s]*|(?=\s|$))(?=\s|$)")
_SECRET = ("password", "sslpassword")
_WAIT_S = 10  # else libpq waits for a host that drops packets as long as the system does


@dataclass(frozen=True)
class LakeAddress:
    """A catalog as libpq's words, which may hold a password: `shown` tells it without."""

    catalog: str = field(repr=False)

    @property
    def words(self) -> dict[str, str]:
        """libpq's words by name, each as it stands there."""
        return dict(_WORD.findall(self.catalog))

    @property
    def libpq(self) -> str:
        """What is handed to libpq: it gives up on a host that does not answer."""
        wait = "" if "connect_timeout" in self.words else f" connect_timeout={_WAIT_S}"
        return self.catalog + wait

    @property
    def secrets(self) -> list[str]:
        """What no message may hold."""
        words = self.words
        return [words[name].strip("'") for name in _SECRET if words.get(name)]

    def __str__(self) -> str:
        return shown(self)


def parse_lake(text: str) -> LakeAddress:
    """The lake at an address. Raises ConfigError for anything else, without repeating it."""
    wanted = f"want {_PREFIX}dbname=NAME host=HOST port=PORT user=USER"
    if not text.startswith(_PREFIX):
        raise ConfigError(f"this is no address of a lake: {wanted}")
    catalog = text.removeprefix(_PREFIX).strip()
    if not re.fullmatch(f"(?:{_WORD.pattern})+", catalog):
        raise ConfigError(f"the address of the lake is not of libpq's words: {wanted}")
    address = LakeAddress(catalog)
    if not address.words.get("dbname"):
        raise ConfigError(f"the address of the lake names no database: {wanted}")
    return address


def shown(address: LakeAddress) -> str:
    """The address as it may be printed."""
    return _PREFIX + " ".join(
        f"{name}={'***' if name in _SECRET else value}" for name, value in address.words.items()
    )


def local_copy(address: LakeAddress, network: str) -> Path:
    """Where this machine keeps what it pulled of a network, or syncs to push: a file for each
    lake."""
    words = sorted((k, v) for k, v in address.words.items() if k not in _SECRET)
    return VAR / "lake" / f"{network}-{hashlib.sha256(str(words).encode()).hexdigest()[:8]}.duckdb"
