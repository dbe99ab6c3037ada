"""Which network is read, and through which endpoints.

The built-in networks.toml is overridden by the user's own file (FTM_NETWORKS_FILE, same
form), that by FTM_* variables, and that by what a command line says. This is the only
module that reads the environment.
"""

from __future__ import annotations

import hashlib
import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from data import ConfigError

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
BUILT_IN = Path(__file__).with_name("networks.toml")
FANTOM, TESTNET, DEVNET, SAMPLE = "fantom", "fantom-testnet", "devnet", "sample"
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_ORIGIN = re.compile(r"https?://(?:[a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(?::[0-9]{1,5})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NEVER = "none"
_ELSEWHERE = re.compile(r"(?:ducklake|https?|s3|file):", re.IGNORECASE)


def is_elsewhere(store: str) -> bool:
    """Whether a store's name is the address of one that lies elsewhere, and no file here."""
    return _ELSEWHERE.match(store) is not None


def is_lake(store: str) -> bool:
    """Whether a store's address means a lake, and no file."""
    return store.startswith("ducklake:")


def parse_address(text: str) -> str:
    """A 20-byte address in lower case; mixed case must carry a right EIP-55 checksum.

    Raises ConfigError for anything else.
    """
    if not _ADDRESS.fullmatch(text):
        raise ConfigError(f"{text!r} is no address: want 0x and 40 hex digits")
    digits = text[2:]
    if digits not in (digits.lower(), digits.upper()):
        from eth_utils.address import is_checksum_address  # slow to import, rarely needed

        if not is_checksum_address(text):
            raise ConfigError(f"{text} has a wrong checksum: copy the address again")
    return text.lower()


def parse_url(text: str) -> str:
    """An http or https endpoint. Raises ConfigError for anything else."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
        _ = parts.port
    except ValueError:
        usable = False
    if not usable or re.search(r"\s", text):
        # Not the text itself: it may hold a key, and this message may reach a visitor.
        raise ConfigError(
            f"{len(text)} characters beginning {text[:4]!r} are no endpoint: want http://host or "
            "https://host[:port][/path], without spaces"
        )
    return text


def host_of(url: str) -> str:
    """The part of an endpoint that is safe to show: paths and users carry API keys."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def proxy_for(url: str) -> str | None:
    """The proxy that the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, but NO_PROXY) or the
    system sets for an endpoint; None where it is reached directly, as this machine itself is."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or _bypassed(host, f"{host}:{parts.port}" if parts.port else host, proxies):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _bypassed(host: str, with_port: str, proxies: dict[str, str]) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or bool(proxy_bypass(with_port))
    if address.is_loopback or proxy_bypass(with_port):
        return True
    for name in proxies.get("no", "").split(","):
        try:
            if address in ipaddress.ip_network(name.strip(), strict=False):
                return True
        except ValueError:  # a name, which proxy_bypass knows
            continue
    return False


def ca_bundle() -> Path | None:
    """The file or folder of CAs that the environment names instead of the system's."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"):
        if path := os.environ.get(name):
            return Path(path)
    return None


S3_VARIABLES = {
    "KEY_ID": ("AWS_ACCESS_KEY_ID",),
    "SECRET": ("AWS_SECRET_ACCESS_KEY",),
    "SESSION_TOKEN": ("AWS_SESSION_TOKEN",),
    "REGION": ("AWS_REGION", "AWS_DEFAULT_REGION"),
}


def s3_access() -> dict[str, str]:
    """What the environment says of an object store, in the words of DuckDB's secrets: keys, region,
    and the endpoint where it is none of Amazon's. Nobody is to print it. Raises ConfigError for an
    endpoint that is none."""
    access = {}
    for word, names in S3_VARIABLES.items():
        if values := [text for name in names if (text := os.environ.get(name))]:
            access[word] = values[0]
    if url := os.environ.get("AWS_ENDPOINT_URL"):
        try:
            parts = urlsplit(parse_url(url))
        except ConfigError as error:
            raise ConfigError(f"AWS_ENDPOINT_URL: {error}") from error
        access["ENDPOINT"] = parts.netloc + parts.path.rstrip("/")
        access["USE_SSL"] = "true" if parts.scheme == "https" else "false"
    return access


USUAL_PER_MINUTE = 300  # answers of the API to one client


def parse_origin(text: str) -> str:
    """The origin of a site, in lower case. Raises ConfigError for anything else, also for `*`."""
    origin = text.lower().removesuffix("/")
    if not _ORIGIN.fullmatch(origin):
        raise ConfigError(
            f"{text!r} is no origin: want http://host or https://host[:port], each site by its "
            "own name, without a path and without *"
        )
    return origin


class Network(BaseModel):
    """One chain and the four contracts on it. Addresses are lower-case.

    `ends_on` is the day (UTC) on which the chain is reported to be retired, by whom `ends_told_by`
    says, and `ends_confirmed` whether its operator said so too. None where nothing is reported.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    chain_id: int = Field(gt=0)
    pool: str
    bond: str
    cert: str
    sfc: str
    first_block: int = Field(ge=0)
    native_symbol: str
    explorer: str = ""
    rpc_urls: tuple[str, ...] = ()
    simulated: bool = False
    ends_on: date | None = None
    ends_told_by: str = Field(default="", max_length=200)
    ends_confirmed: bool = False

    @field_validator("ends_on", mode="before")
    @classmethod
    def _day(cls, day: object) -> object:
        """A day as TOML or ISO writes it; `none` takes back what a file below says."""
        if type(day) is date or day == _NEVER:
            return None if day == _NEVER else day
        if isinstance(day, str) and _DAY.fullmatch(day):
            return day
        raise ConfigError(f"{str(day)!r} is no day: want one like 2026-12-31, or {_NEVER}")

    @field_validator("pool", "bond", "cert", "sfc")
    @classmethod
    def _address(cls, text: str) -> str:
        return parse_address(text)

    @field_validator("rpc_urls")
    @classmethod
    def _urls(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(parse_url(url) for url in urls)


class Settings(BaseSettings):
    """The FTM_* variables, which the README explains; None where one is unset. `store`, which the
    app shows, is a file or, as text, the address of one that lies elsewhere; `sync_store` is what a
    sync of `network` writes where its command line names none. Those in the names of Network's own
    keys override these."""

    model_config = SettingsConfigDict(
        env_prefix="FTM_", env_ignore_empty=True, extra="ignore", frozen=True
    )

    network: str | None = None
    networks_file: Path | None = None
    store: Path | str | None = None
    sync_store: str | None = None
    scoring: Literal["on", "off"] = "on"
    forecast_log: Literal["on", "off"] = "on"
    public: Literal["on", "off"] = "off"
    sql_box: Literal["on", "off"] = "on"
    api_per_minute: Annotated[int, Field(ge=0)] = USUAL_PER_MINUTE
    api_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 100_000
    most_age_seconds: Annotated[float, Field(gt=0)] | None = None
    metrics: Literal["on", "off"] | None = None
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["plain", "lines", "json"] | None = None
    answer_seconds: Annotated[float, Field(ge=1, le=3_600)] | None = None
    answer_least_bytes: Annotated[float, Field(ge=0)] | None = None
    answer_most_mb: Annotated[float, Field(ge=1, le=1_024)] | None = None
    archive_seconds: Annotated[float, Field(ge=1, le=86_400)] = 300
    archive_most_mb: Annotated[float, Field(gt=0, le=65_536)] = 1_024
    chain_id: int | None = None
    pool: str | None = None
    bond: str | None = None
    cert: str | None = None
    sfc: str | None = None
    first_block: int | None = None
    native_symbol: str | None = None
    explorer: str | None = None
    ends_on: str | None = None
    ends_told_by: str | None = None
    ends_confirmed: bool | None = None
    rpc_urls: Annotated[tuple[str, ...] | None, NoDecode] = None
    framed_by: Annotated[tuple[str, ...] | None, NoDecode] = None

    @field_validator("store", mode="before")
    @classmethod
    def _file_or_address(cls, text: str | None) -> Path | str | None:
        return text if text is None or is_elsewhere(text) else Path(text)

    @field_validator("log_level", mode="before")
    @classmethod
    def _in_lower_case(cls, text: str) -> str:
        return text.lower()

    @field_validator("rpc_urls", mode="before")
    @classmethod
    def _split(cls, text: str | None) -> tuple[str, ...] | None:
        return None if text is None else tuple(filter(None, re.split(r"[,\s]+", text)))

    @field_validator("framed_by", mode="before")
    @classmethod
    def _origins(cls, text: str | None) -> tuple[str, ...] | None:
        return None if text is None else tuple(parse_origin(each) for each in text.split())


def settings() -> Settings:
    """The settings of this process' environment. Raises ConfigError, naming the variable."""
    return _read_settings(frozenset(os.environb.items()))  # as bytes: to decode all takes longer


def is_public() -> bool:
    """Whether strangers visit: nothing of the operator's is for them. Also while another setting is
    wrong, which strangers are not to see either; what is neither on nor off counts as on."""
    return os.environ.get("FTM_PUBLIC", "") not in ("", "off")


def are_metrics_open() -> bool:
    """Whether metrics are open: by FTM_METRICS, else where no strangers visit. As `is_public`."""
    setting = os.environ.get("FTM_METRICS", "")
    return setting == "on" if setting else not is_public()


def environment_of_a_child() -> dict[str, str]:
    """The environment of a process that is begun here, and whose words are read here."""
    return {**os.environ, "FTM_LOG_FORMAT": "plain", "FTM_LOG_LEVEL": "info"}


@lru_cache(maxsize=8)
def _read_settings(_environment: frozenset[tuple[bytes, bytes]]) -> Settings:
    """Read once an environment: it takes 2 ms, and pages ask several times a run."""
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigError(_first_fault(error, prefix="FTM_")) from error


def _first_fault(error: ValidationError, prefix: str = "") -> str:
    fault = error.errors()[0]
    name = "_".join(str(part) for part in fault["loc"])
    message = fault["msg"].removeprefix("Value error, ")
    return f"{prefix}{name.upper() if prefix else name}: {message}"


@lru_cache(maxsize=8)
def _parsed(text: bytes) -> Mapping[str, dict[str, Any]]:
    """Parsed once: it takes half a millisecond, and every run of a page asks."""
    return tomllib.loads(text.decode())


def _read(path: Path) -> Mapping[str, dict[str, Any]]:
    try:
        return _parsed(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot read the networks file {path}: {error.strerror}") from error
    except ValueError as error:  # also where it is no UTF-8
        raise ConfigError(f"{path} is no TOML: {error}") from error


def _tables(own_file: Path | None) -> dict[str, dict[str, Any]]:
    tables = dict(_read(BUILT_IN))
    if own_file is not None:
        for name, table in _read(own_file).items():
            if not isinstance(table, dict):
                raise ConfigError(f"{own_file}: {name!r} stands outside a [network]")
            tables[name] = _laid_over(tables.get(name, {}), table)
    return tables


def _laid_over(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """The keys of both; who reported the day that is overridden did not report the new one."""
    if "ends_on" in above:
        reported = ("ends_told_by", "ends_confirmed")
        below = {key: value for key, value in below.items() if key not in reported}
    return below | above


def network_names() -> list[str]:
    """Every network by name, the user's own included."""
    return list(_tables(settings().networks_file))


def load_network(name: str, rpc_urls: tuple[str, ...] = ()) -> Network:
    """The network called `name`; `rpc_urls` given on a command line win over all else.

    Raises ConfigError for an unknown name or a malformed value, naming the key.
    """
    overrides = settings()
    tables = _tables(overrides.networks_file)
    if name not in tables:
        raise ConfigError(f"no network {name!r}: there are {', '.join(tables)}")
    keys = Network.model_fields.keys() & overrides.model_fields_set
    # The sample is one fixed simulation: variables meant for a real chain leave it alone.
    if name != SAMPLE:
        tables[name] = _laid_over(tables[name], {key: getattr(overrides, key) for key in keys})
    if rpc_urls:
        tables[name] = tables[name] | {"rpc_urls": rpc_urls}
    try:
        return Network.model_validate(tables[name] | {"name": name})
    except ValidationError as error:
        raise ConfigError(f"network {name}, {_first_fault(error)}") from error


def public_rpc_urls(network: Network) -> tuple[str, ...]:
    """Endpoints of the network that may be shown to anybody: the built-in ones among its own, and
    the devnet's; where it has none of them, those that are built in for its chain.

    Any other is the operator's own, and its path may hold a key.
    """
    if network.name == DEVNET:
        return network.rpc_urls
    tables = _tables(None).values()
    of_chain = [
        url
        for table in tables
        if table.get("chain_id") == network.chain_id
        for url in table.get("rpc_urls", ())
    ]
    return tuple(url for url in network.rpc_urls if url in of_chain) or tuple(of_chain)


def default_store(name: str) -> Path:
    """Where the store of a network lies unless a command line says otherwise."""
    return VAR / f"{name}.duckdb"


def copy_of(address: str, network: str) -> Path:
    """Where the local copy lies of a network's store at an address: nobody takes it for that of
    another address, and its name tells none."""
    digest = hashlib.sha256(address.encode()).hexdigest()[:8]
    return VAR / "fetched" / f"{network}-{digest}.duckdb"
