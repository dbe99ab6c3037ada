"""Steps 3 and 4 of the Unstake page on a devnet's store, by what its node and its logs tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.pool.amounts import ONE
from data.store.reader import open_reader
from devnet import Devnet, act
from devnet.rpc import Rpc
from pages.unstake import node
from tests.app import edited
from tests.fake_node import error, only
from tests.live_steps import FTM, relay
from tests.shown import button, opened, plain

pytestmark = pytest.mark.node
Show = Callable[..., AppTest]
PERCENT = ONE // 100


@pytest.fixture
def show_devnet(
    chain: Devnet, devnet_store: Path, tmp_path: Path, environment: pytest.MonkeyPatch
) -> Show:
    """Runs the Unstake page on the devnet's store, with the devnet or another node to ask."""

    def run(url: str = chain.rpc_url, changes: tuple[str, ...] = (), **link: str) -> AppTest:
        store = edited(devnet_store, tmp_path / "devnet.duckdb", *changes)
        environment.setenv("FTM_NETWORK", "devnet")
        environment.setenv("FTM_STORE", str(store))
        environment.setenv("FTM_RPC_URLS", url)
        node.forget()  # what another test's chain was like
        app = opened("unstake", **link)
        assert not app.exception
        return app

    return run


def row(store: Path, sql: str) -> tuple[object, ...]:
    with open_reader(store) as con:
        (only_row,) = con.execute(sql).fetchall()
    return tuple(only_row)


def test_the_hash_of_the_pools_first_version_leads_to_its_request(
    show_devnet: Show, devnet_store: Path
) -> None:
    wr_id, tx = row(devnet_store, "SELECT wr_id, requested_tx FROM requests ORDER BY wr_id LIMIT 1")
    text = plain(show_devnet(step="4", tx=tx))
    assert "It is an unstake of the pool's first version, which the store knows:" in text
    assert f"Request {wr_id} was paid" in text
    assert "pool address is wrong" not in text


def test_the_same_unstake_is_known_from_the_store_where_no_node_tells_of_logs(
    show_devnet: Show, chain: Devnet, devnet_store: Path
) -> None:
    wr_id, staker, shares_wei, block = row(
        devnet_store,
        "SELECT wr_id, staker, shares_wei, requested_block FROM requests "
        f"WHERE token = 'aFTMc' AND staker = '{chain.accounts[1]}' ORDER BY wr_id DESC LIMIT 1",
    )
    link = {"step": "3", "token": "aFTMc", "address": str(staker), "since": str(block)}
    amount = f"{shares_wei // ONE}.{shares_wei % ONE:018}"
    silent = only("eth_getLogs", lambda asked: error(asked, "logs are not served here"))
    with relay(chain, silent) as mute:
        app = show_devnet(mute.url, amount=amount, **link)
    text = plain(app)
    assert "The same unstake was signed before." in text
    assert button(app, f"Follow request {wr_id:,} of block {block:,}")
    assert "no endpoint tells of the pool's logs" in text
    assert "logs are not served here" in text
    other = plain(show_devnet(amount="1.5", **link))
    assert "The same unstake" not in other
    assert "cannot be told" not in other


def test_the_least_that_comes_of_it_counts_on_a_rule_that_is_not_set_yet(
    show_devnet: Show, chain: Devnet
) -> None:
    link = {"amount": "100", "token": "aFTMb", "address": chain.accounts[1]}
    app = show_devnet(step="3", **link)
    text = plain(app)
    assert "can fall to 95 FTM, at the highest fee of today's rule, 5 %." in text
    assert "of up to 15 %: then it is about 85 FTM" in text
    # What no page can rule out: the operator's rule is mined before the unstake.
    rule = ("updateFeeRule(uint256,uint256,uint256,uint256,uint256)", 15 * PERCENT, 15 * PERCENT)
    act.send(chain, chain.owner, chain.addresses.pool, *rule, 1, 2, 0)
    tx = act.burn_bonds(chain, chain.accounts[1], 100 * FTM)
    app.query_params["step"] = "4"
    app.query_params["tx"] = tx
    text = plain(app.run())
    assert not app.exception
    assert "85 FTM is in the queue" in app.success[0].value
    assert "85 FTM came of it. Others unstaked before you" in text
    assert "Step 3 showed 9" in text
    assert "Step 3 showed" not in plain(show_devnet(step="4", tx=tx, **link))


def test_a_payment_that_was_rejected_is_told_before_the_next_sync(
    show_devnet: Show, chain: Devnet
) -> None:
    wallet, account = chain.hungry_wallets[0], chain.accounts[3]
    unstake = ("unstake(address,uint256)", chain.addresses.pool, 3 * FTM)
    rejected = act.send(chain, chain.accounts[9], wallet, *unstake)
    paid = act.burn_bonds(chain, account, 2 * FTM)
    pending = act.pending_wei(chain)
    act.fund(chain, sum(pending) + FTM)
    act.pay(chain, len(pending))
    text = plain(show_devnet(step="4", tx=rejected))
    assert "Its payment was rejected by the receiver" in text.replace("*", "")
    assert "Fetch it with a wallet" in text
    text = plain(show_devnet(step="4", tx=paid)).replace("*", "")
    assert "It has left the queue, and the pool keeps nothing back for it: 1.9" in text


def test_a_queue_too_long_for_a_node_is_added_up_from_the_store(
    show_devnet: Show, chain: Devnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = {"step": "3", "amount": "2", "token": "aFTMb", "address": chain.accounts[1]}
    place = re.compile(r"Your place.*")
    short = place.search(plain(show_devnet(**link)))
    assert short
    assert "unknown" not in short[0]
    monkeypatch.setattr("data.live.read.MOST_SUMMED", 2)
    assert place.search(plain(show_devnet(**link)))[0] == short[0]


def test_an_unstake_that_was_not_shown_here_is_not_compared_with_what_was(
    show_devnet: Show, chain: Devnet
) -> None:
    link = {"amount": "100", "token": "aFTMb"}
    before = act.burn_bonds(chain, chain.accounts[1], 100 * FTM)
    app = show_devnet(step="3", address=chain.accounts[1], **link)
    strange = act.burn_bonds(chain, chain.accounts[2], 100 * FTM)
    app.query_params["step"] = "4"
    for tx in (before, strange):
        app.query_params["tx"] = tx
        app.run()
        assert not app.exception
        assert "Step 3 showed" not in plain(app)


def test_files_do_not_say_what_they_leave_out(
    show_devnet: Show, chain: Devnet, devnet_store: Path
) -> None:
    """The chain is asked for what only a file covers, though the store goes further."""
    wr_id, shares_wei, block = row(
        devnet_store,
        "SELECT wr_id, shares_wei, requested_block FROM requests "
        f"WHERE token = 'aFTMc' AND staker = '{chain.accounts[1]}' ORDER BY wr_id DESC LIMIT 1",
    )
    amount = f"{shares_wei // ONE}.{shares_wei % ONE:018}"
    link = {"step": "3", "token": "aFTMc", "address": chain.accounts[1], "amount": amount}
    lost = (
        f"DELETE FROM requests WHERE wr_id = {wr_id}",
        "UPDATE coverage SET filter = 'file ' || filter",
    )
    text = plain(show_devnet(changes=lost, since=str(block), **link))
    assert "The same unstake was signed before." in text


def test_who_holds_less_is_told_it_under_the_amount_and_cannot_go_on_to_sign(
    show_devnet: Show, chain: Devnet
) -> None:
    account = chain.accounts[1]
    held_wei = Rpc(chain.rpc_url).read(chain.addresses.cert, "balanceOf(address)", account)
    assert held_wei > 0
    link = {"token": "aFTMc", "amount": str(held_wei // ONE + 1), "address": account}
    first = show_devnet(step="1", **link)
    assert "less than this amount" in " ".join(str(each.value) for each in first.warning)
    assert [each for each in first.button if each.label.startswith("Take ")]
    assert button(show_devnet(step="2", **link), "Continue to sign").disabled


def test_what_else_a_holder_can_do_is_told_without_a_price(show_devnet: Show) -> None:
    text = plain(show_devnet(step="1", token="aFTMc", amount="10"))
    assert "can be sold on an exchange" in text
    assert "What it brings there is not known here." in text


def test_a_hash_that_no_node_knows_may_be_that_of_a_multisig(show_devnet: Show) -> None:
    text = plain(show_devnet(step="4", tx="0x" + "ab" * 32))
    assert "A multisig, such as a Safe, shows a hash of its own" in text


def test_a_visit_that_asks_the_node_too_often_waits_and_no_other_does(
    show_devnet: Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "_AT_ONCE", 3)
    monkeypatch.setattr(node, "_EVERY_S", 1e9)
    app = show_devnet(step="1", amount="1")
    assert "Read at block" in plain(app)
    for _ in range(3):
        node.forget()
        app.run()
    assert "this visit has asked the node very often: wait a few seconds" in plain(app)
    assert "Read at block" in plain(opened("unstake", step="1", amount="1"))
    monkeypatch.setattr(node, "_EVERY_S", 1e-9)
    app.run()
    assert "Read at block" in plain(app)
