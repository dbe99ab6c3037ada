"""Networks come from the built-in file, the user's own, FTM_* variables and command lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address

from data import ConfigError
from data.config import (
    SAMPLE,
    VAR,
    ca_bundle,
    default_store,
    host_of,
    load_network,
    network_names,
    parse_address,
    parse_url,
    proxy_for,
    settings,
)
from data.node.endpoint import Manners
from tests.processes import python

POOL = "0x84db6eE82b7Cf3b47E8F19270abdE5718B936670"
# The built-in contracts as explorers write them: a wrong letter does not fit its checksum.
CONTRACTS = {
    "fantom": (
        "0x84db6eE82b7Cf3b47E8F19270abdE5718B936670",
        "0xB42bF10ab9Df82f9a47B86dd76EEE4bA848d0Fa2",
        "0xCfC785741Dc0e98ad4c9F6394Bb9d43Cd1eF5179",
        "0xFC00FACE00000000000000000000000000000000",
    ),
    "fantom-testnet": (
        "0x7B72E8117E69951F1b00178016EEaEE4ce715f28",
        "0x65Bc73117C1c8A1E421858650dDA32dcc50B8eE6",
        "0x5DA48feC18C1EE2C36308E1e2D569668a0Cd8Edd",
        "0xFC00FACE00000000000000000000000000000000",
    ),
    "devnet": (
        "0xDc64a140Aa3E981100a9becA4E685f962f0cF6C9",
        "0x9fE46736679d2D9a65F0992F2272dE9f3c7fa6e0",
        "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512",
        "0x5FbDB2315678afecb367f032d93F642f64180aa3",
    ),
}
CONTRACTS[SAMPLE] = CONTRACTS["fantom"]


def _own_file(folder: Path, text: str | bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = folder / "networks.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    monkeypatch.setenv("FTM_NETWORKS_FILE", str(path))
    return path


# Addresses and endpoints


def test_an_address_in_one_case_or_with_its_checksum_becomes_lower_case() -> None:
    upper = "0x" + POOL[2:].upper()
    assert {parse_address(text) for text in (POOL, POOL.lower(), upper)} == {POOL.lower()}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (POOL[:-1], "is no address"),
        (POOL + "0", "is no address"),
        (POOL[2:], "is no address"),
        ("0X" + POOL[2:], "is no address"),
        (POOL.replace("8", "g"), "is no address"),
        (POOL + "\n", "is no address"),
        ("", "is no address"),
        (POOL.replace("eE", "Ee"), "wrong checksum"),
    ],
)
def test_a_malformed_address_is_refused(text: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        parse_address(text)


@pytest.mark.parametrize(
    "text",
    ["", "rpc.example.org", "ftp://a", "http://", "https://a b", "http://a:port", "http://a:99999",
     "file:///etc/passwd", "http://[::1"],
)  # fmt: skip
def test_a_malformed_endpoint_is_refused_and_named(text: str) -> None:
    with pytest.raises(ConfigError, match="are no endpoint: want http"):
        parse_url(text)


def test_endpoints_are_stripped_of_blanks_around_them() -> None:
    assert parse_url(" https://a.example/key ") == "https://a.example/key"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://rpc.example.org/v1/SECRET", "rpc.example.org"),
        ("https://user:SECRET@rpc.example.org:8545/?key=SECRET", "rpc.example.org:8545"),
        ("http://127.0.0.1:8545", "127.0.0.1:8545"),
    ],
)
def test_what_is_shown_of_an_endpoint_holds_no_key(url: str, host: str) -> None:
    assert host_of(url) == host


# The built-in networks


def test_the_built_in_networks_load_with_lower_case_addresses() -> None:
    assert network_names() == ["fantom", "fantom-testnet", "devnet", SAMPLE]
    for name in network_names():
        network = load_network(name)
        assert network.name == name
        assert network.simulated == (name == SAMPLE)
        found = (network.pool, network.bond, network.cert, network.sfc)
        assert found == tuple(map(str.lower, CONTRACTS[name]))
        assert tuple(map(to_checksum_address, found)) == CONTRACTS[name]


def test_the_slow_library_of_checksums_is_not_loaded_for_a_built_in_network() -> None:
    code = (
        "import sys; from data.config import load_network; load_network('fantom'); "
        "assert 'eth_utils' not in sys.modules"
    )
    python("-c", code, check=True)


def test_an_unknown_network_lists_the_known_ones() -> None:
    known = "fantom, fantom-testnet, devnet, sample"
    with pytest.raises(ConfigError, match=f"no network 'opera': there are {known}"):
        load_network("opera")


def test_a_networks_store_lies_in_var() -> None:
    assert default_store("fantom") == VAR / "fantom.duckdb"


# FTM_* variables


def test_variables_override_single_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_network("fantom")
    monkeypatch.setenv("FTM_POOL", "0x" + "AB" * 20)
    monkeypatch.setenv("FTM_FIRST_BLOCK", "7")
    monkeypatch.setenv("FTM_RPC_URLS", "https://one.example, https://two.example\nhttp://three:1")
    found = load_network("fantom")
    urls = ("https://one.example", "https://two.example", "http://three:1")
    changed = {"pool": "0x" + "ab" * 20, "first_block": 7, "rpc_urls": urls}
    assert found == before.model_copy(update=changed)


def test_endpoints_of_the_command_line_win_over_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTM_RPC_URLS", "https://variable.example")
    assert load_network("fantom", ("https://line.example",)).rpc_urls == ("https://line.example",)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_network("fantom")
    for name in ("FTM_POOL", "FTM_CHAIN_ID", "FTM_RPC_URLS", "FTM_NETWORKS_FILE", "FTM_NETWORK"):
        monkeypatch.setenv(name, "")
    assert load_network("fantom") == before
    assert (settings().network, settings().store) == (None, None)


def test_the_sample_leaves_variables_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = load_network(SAMPLE)
    monkeypatch.setenv("FTM_POOL", "0x" + "ab" * 20)
    monkeypatch.setenv("FTM_CHAIN_ID", "1")
    monkeypatch.setenv("FTM_RPC_URLS", "https://one.example")
    assert load_network(SAMPLE) == before


@pytest.mark.parametrize(
    ("variable", "value", "why"),
    [
        ("FTM_CHAIN_ID", "opera", "FTM_CHAIN_ID: .*valid integer"),
        ("FTM_CHAIN_ID", "-1", "network fantom, chain_id: .*greater than 0"),
        ("FTM_POOL", "0x12", "network fantom, pool: '0x12' is no address"),
        ("FTM_RPC_URLS", "rpc.example.org", "network fantom, rpc_urls: .*are no endpoint"),
        ("FTM_FIRST_BLOCK", "1.5", "FTM_FIRST_BLOCK"),
        ("FTM_ENDS_ON", "31.12.2026", "network fantom, ends_on: '31.12.2026' is no day"),
        ("FTM_ENDS_CONFIRMED", "perhaps", "FTM_ENDS_CONFIRMED: .*valid boolean"),
        ("FTM_ANSWER_SECONDS", "0", "FTM_ANSWER_SECONDS: .*greater than or equal to 1"),
        ("FTM_ANSWER_LEAST_BYTES", "many", "FTM_ANSWER_LEAST_BYTES: .*valid number"),
        ("FTM_ANSWER_MOST_MB", "5000", "FTM_ANSWER_MOST_MB: .*less than or equal to 1024"),
    ],
)
def test_a_bad_variable_is_named(
    variable: str, value: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError, match=why):
        load_network("fantom")


def test_what_an_answer_may_take_in_a_sync_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = Manners()
    assert Manners.of_settings(2.0) == replace(usual, most_a_second=2.0)
    for name, value in (("SECONDS", "90"), ("LEAST_BYTES", "0"), ("MOST_MB", "1.5")):
        monkeypatch.setenv(f"FTM_ANSWER_{name}", value)
    given = Manners.of_settings()
    assert given.whole_s == 90.0 != usual.whole_s
    assert (given.least_bytes_per_s, given.largest_body) == (0.0, 3 * 2**19)


def test_the_app_is_told_its_network_and_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTM_NETWORK", "devnet")
    monkeypatch.setenv("FTM_STORE", "/tmp/a.duckdb")
    assert (settings().network, settings().store) == ("devnet", Path("/tmp/a.duckdb"))
    for address in ("ducklake:postgres:dbname=ftm", "https://a.example/b.archive", "s3://a/b"):
        monkeypatch.setenv("FTM_STORE", address)
        assert settings().store == address


# The day on which a chain is reported to end


def test_fantom_alone_is_reported_to_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FTM_ENDS_ON")
    fantom = load_network("fantom")
    assert (fantom.ends_on, fantom.ends_confirmed) == (date(2026, 12, 31), False)
    assert fantom.ends_told_by == "Curve's notice of 3 July 2026"
    assert {load_network(name).ends_on for name in network_names() if name != "fantom"} == {None}


def test_another_day_brings_its_own_source_and_none_takes_it_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FTM_ENDS_ON")
    told = "ends_told_by = 'a post'\nends_confirmed = true"
    _own_file(tmp_path, f"[fantom]\nends_on = 2027-01-31\n[sample]\n{told}", monkeypatch)
    fantom = load_network("fantom")
    assert (fantom.ends_on, fantom.ends_told_by) == (date(2027, 1, 31), "")
    _own_file(tmp_path, f"[fantom]\nends_on = '2027-01-31'\n{told}", monkeypatch)
    fantom = load_network("fantom")
    assert (fantom.ends_told_by, fantom.ends_confirmed) == ("a post", True)
    monkeypatch.setenv("FTM_ENDS_ON", "2027-02-28")
    monkeypatch.setenv("FTM_ENDS_TOLD_BY", "us")
    fantom = load_network("fantom")
    assert (fantom.ends_on, fantom.ends_told_by) == (date(2027, 2, 28), "us")
    assert not fantom.ends_confirmed
    monkeypatch.setenv("FTM_ENDS_ON", "none")
    assert load_network("fantom").ends_on is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("ends_on = 'soon'", "ends_on: 'soon' is no day: want one like 2026-12-31, or none"),
        ("ends_on = '2026-02-30'", "ends_on: .*valid date"),
        ("ends_on = 5", "ends_on: '5' is no day"),
        ("ends_on = 2026-12-31T10:00:00Z", "ends_on: .* is no day"),
        ("ends_told_by = 5", "ends_told_by: .*valid string"),
        (f"ends_told_by = '{'x' * 201}'", "ends_told_by: .*200 characters"),
        ("ends_confirmed = 'perhaps'", "ends_confirmed: .*valid boolean"),
    ],
)
def test_a_bad_word_on_the_end_is_named_by_its_key(
    text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FTM_ENDS_ON")
    _own_file(tmp_path, f"[fantom]\n{text}", monkeypatch)
    with pytest.raises(ConfigError, match=f"network fantom, {why}"):
        load_network("fantom")


# The user's own file


def test_an_own_file_overrides_a_key_and_adds_a_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_network("fantom")
    own = f"""
    [fantom]
    first_block = 5
    [mine]
    chain_id = 9
    pool = "{POOL}"
    bond = "{POOL}"
    cert = "{POOL}"
    sfc = "{POOL}"
    first_block = 0
    native_symbol = "X"
    rpc_urls = ["http://localhost:1"]
    """
    _own_file(tmp_path, own, monkeypatch)
    assert load_network("fantom") == before.model_copy(update={"first_block": 5})
    mine = load_network("mine")
    assert (mine.chain_id, mine.pool, mine.simulated) == (9, POOL.lower(), False)
    assert network_names()[-1] == "mine"
    monkeypatch.setenv("FTM_FIRST_BLOCK", "6")
    assert load_network("fantom").first_block == 6


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[fantom", "networks.toml is no TOML"),
        (b"[fantom]\nexplorer = '\xff\xfe'", "networks.toml is no TOML"),
        ("pool = '0x'", "'pool' stands outside a \\[network\\]"),
        ("[fantom]\npol = '0x'", "network fantom, pol: .*not permitted"),
        ("[fantom]\npool = 5", "network fantom, pool: .*valid string"),
        ("[fantom]\nrpc_urls = 'https://a'", "network fantom, rpc_urls: .*valid tuple"),
        ("[fantom]\nname = 5\npool = '0x'", "network fantom, pool: '0x' is no address"),
        ("[mine]\nchain_id = 9", "no network 'fantom-2'"),
    ],
)
def test_a_fault_of_an_own_file_is_named(
    text: str | bytes, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _own_file(tmp_path, text, monkeypatch)
    with pytest.raises(ConfigError, match=why):
        load_network("fantom-2" if "fantom-2" in why else "fantom")


def test_a_network_that_lacks_a_key_is_refused_by_that_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _own_file(tmp_path, "[mine]\nchain_id = 9", monkeypatch)
    with pytest.raises(ConfigError, match="network mine, pool: Field required"):
        load_network("mine")


def test_a_missing_or_unreadable_own_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path, why in ((tmp_path / "none.toml", "No such file"), (tmp_path, "Is a directory")):
        monkeypatch.setenv("FTM_NETWORKS_FILE", str(path))
        with pytest.raises(ConfigError, match=f"cannot read the networks file {path}: {why}"):
            network_names()


# The way out


@pytest.mark.parametrize(
    ("url", "proxy"),
    [
        ("https://rpc.example/key", "http://secure.proxy:3128"),
        ("http://rpc.example", "http://plain.proxy:8080"),
        ("https://rpc.corp.example", None),
        ("https://rpc.other.example:8443", None),
        ("https://rpc.other.example", "http://secure.proxy:3128"),
        ("http://10.1.2.3:8545", None),
        ("http://11.1.2.3:8545", "http://plain.proxy:8080"),
        ("http://127.0.0.1:18545", None),
        ("http://localhost:18545", None),
        ("http://[::1]:18545", None),
    ],
)
def test_an_endpoint_is_reached_through_the_proxy_of_the_environment(
    url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_proxy = ".corp.example, rpc.other.example:8443,10.0.0.0/8"
    monkeypatch.setenv("https_proxy", "secure.proxy:3128")
    monkeypatch.setenv("http_proxy", "http://plain.proxy:8080")
    monkeypatch.setenv("no_proxy", no_proxy)
    assert proxy_for(url) == proxy
    monkeypatch.setenv("no_proxy", "*")
    assert proxy_for(url) is None


def test_the_cas_are_the_systems_unless_a_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert ca_bundle() is None
    monkeypatch.setenv("SSL_CERT_FILE", "/etc/corp.pem")
    assert ca_bundle() == Path("/etc/corp.pem")
