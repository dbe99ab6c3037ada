"""What strangers see of what is the operator's, where FTM_PUBLIC is on: nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from answers import words
from data import ConfigError
from data.config import is_public, settings
from tests.app import of_network
from tests.shown import Show, opened, plain

SHORT = "not available now, try again later"
STALE = of_network("fantom", "3 days")
NODES = (
    STALE,
    "UPDATE store_info SET source = 'rpc.secret.example:8545'",
    "UPDATE coverage SET source = 'rpc.secret.example:8545'",
    "UPDATE checks SET status = 'failed', message = 'told by 10.1.2.3:8545 and rpc.secret.example '"
    " || 'alone' WHERE name = 'payout amounts'",
)


@pytest.fixture
def public(environment: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    environment.setenv("FTM_PUBLIC", "on")
    environment.setenv("FTM_NETWORK", "fantom")
    return environment


def test_the_setting_is_on_off_or_named_as_wrong(environment: pytest.MonkeyPatch) -> None:
    assert not is_public()
    for value, shown in (("off", False), ("on", True), ("", False), ("yes", True)):
        environment.setenv("FTM_PUBLIC", value)
        assert is_public() == shown
    with pytest.raises(ConfigError, match="FTM_PUBLIC"):
        settings()


def everything(app: AppTest) -> str:
    return "\n".join([plain(app), *(str(code.value) for code in app.code)])


@pytest.mark.parametrize("page", ["", "status"])
def test_strangers_start_no_sync_and_are_told_of_no_command(
    show: Show, public: pytest.MonkeyPatch, page: str
) -> None:
    app = show(*NODES, page=page)
    assert not app.exception
    assert "Sync now" not in [button.label for button in app.button]
    assert "3 d ago" in everything(app)
    for word in ("make sync", "Another sync", "data.sync", "--rpc-url", "secret", "10.1.2.3"):
        assert word not in everything(app), word
    for table in app.dataframe:
        assert "secret" not in str(table.value)
    public.setenv("FTM_PUBLIC", "off")
    app = show(*NODES, page=page)
    assert "sync of its store" in everything(app)
    if page == "status":
        assert "Sync now" in [button.label for button in app.button]
        assert "secret" in everything(app)


def test_a_network_that_was_never_read_has_no_commands_for_strangers(
    public: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    public.setenv("FTM_STORE", str(tmp_path / "none.duckdb"))
    app = opened()
    assert "Nothing read from fantom yet" in everything(app)
    assert "make" not in everything(app)
    assert not [button for button in app.button if button.label == "Sync now"]


def test_a_store_that_cannot_be_read_is_no_matter_of_strangers(
    public: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken.duckdb").write_bytes(b"no store" * 10_000)
    public.setenv("FTM_STORE", str(tmp_path / "broken.duckdb"))
    assert [fault.value for fault in opened().error] == [SHORT]


@pytest.mark.parametrize(
    "text",
    [
        "no endpoint of devnet answered: 127.0.0.1:9: refused",
        "no endpoint answered: rpc.example.org: HTTP 403. Name another in FTM_RPC_URLS",
        "localhost:8545 does not answer",
        "http://[::1]:8545 does not answer",
        "the store cannot be read: move it aside and sync again",
        "/srv/queue/fantom.duckdb is no store",
        "network fantom, pool: '0x' is no address: set --network",
    ],
)
def test_faults_of_the_operators_are_short_for_strangers_and_whole_in_the_log(
    public: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, text: str
) -> None:
    assert words.fault(text) == SHORT
    assert text in caplog.text
    public.setenv("FTM_PUBLIC", "off")
    assert words.fault(text) != SHORT


@pytest.mark.parametrize(
    "text", ["4,000 can mean two amounts", "1.5 FTM is more than the address holds"]
)
def test_what_a_stranger_can_mend_is_told(public: pytest.MonkeyPatch, text: str) -> None:
    assert words.fault(text) == words.escaped(text)


def test_the_sql_box_is_there_or_not(show: Show, environment: pytest.MonkeyPatch) -> None:
    link = {"ask": "SQL", "sql": "SELECT 4711 AS a"}
    assert "4711" in str([table.value for table in show(page="explore", **link).dataframe])
    environment.setenv("FTM_SQL_BOX", "off")
    app = show(page="explore", **link)
    assert not app.exception
    assert not app.text_area
    assert "4711" not in str([table.value for table in app.dataframe])


FOUND = (
    "one source: 12 % of the pool's blocks were given by {} alone: run "
    "`python -m data.sync verify --network fantom`"
)


@pytest.mark.parametrize("host", ["rpc.secret.example", "node:8545", "node", "10.1.2.3:8545"])
def test_what_a_check_found_names_no_host_and_no_command_to_strangers(
    public: pytest.MonkeyPatch, host: str
) -> None:
    told = "one source: 12 % of the pool's blocks were given by a host alone"
    assert words.found(FOUND.format(host), [host, "other"]) == words.escaped(told)
    assert words.found(f"https://{host}/: told by {host}.", [host]) == words.escaped(
        "a host/: told by a host."
    )
    public.setenv("FTM_PUBLIC", "off")
    assert words.found(FOUND.format(host), [host]) == words.escaped(FOUND.format(host))


@pytest.mark.parametrize("told", ["data.sync is no host", "another node, not.node and nodes"])
def test_what_is_no_host_of_the_store_stays(public: pytest.MonkeyPatch, told: str) -> None:
    assert words.found(told, ["node:8545", "sync"]) == words.escaped(told)


def test_the_status_page_hides_the_hosts_that_its_store_knows(
    show: Show, public: pytest.MonkeyPatch
) -> None:
    app = show(
        STALE,
        "UPDATE store_info SET source = 'alpha:8545, rpc.secret.example'",
        "UPDATE coverage SET source = 'beta:8545'",
        f"UPDATE checks SET status = 'unknown', message = $${FOUND.format('beta:8545')}$$ "
        "WHERE name = 'payout amounts'",
        page="status",
    )
    assert not app.exception
    assert "given by a host alone" in plain(app)
    for word in ("alpha", "beta", "secret", "verify", "a host verify"):
        assert word not in everything(app), word
