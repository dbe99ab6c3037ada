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
from devnet.rpc import Rpc, calldata
from pages.unstake import node
from tests.app import edited
from tests.fake_node import Reply, error, only
from tests.live_steps import FTM, burning, relay
from tests.live_steps import send as mined
from tests.shown import button, in_link, opened, plain

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
    assert "is not known" not in other


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
    text = plain(show_devnet(step="2", amount="3", address=wallet))
    assert "The address is a contract. FTM is pushed to it with 40,000 gas" in text
    wr_id = act.read(chain, "lastWrId()")
    unstake = ("unstake(address,uint256)", chain.addresses.pool, 3 * FTM)
    rejected = act.send(chain, chain.accounts[9], wallet, *unstake)
    paid = act.burn_bonds(chain, account, 2 * FTM)
    pending = act.pending_wei(chain)
    act.fund(chain, sum(pending) + FTM)
    act.pay(chain, len(pending))
    app = show_devnet(step="4", tx=rejected)
    text = plain(app)
    assert f"Done: request {wr_id} " in app.success[0].value.replace("\\", "")
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


HOLDER = "Address that holds the tokens"


def field(app: AppTest, label: str) -> object:
    return next(one for one in app.text_input if one.label == label)


def choice(app: AppTest, label: str) -> object:
    return next(one for one in app.button_group if one.label == label)


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def test_a_pasted_hash_of_anything_else_is_told_for_what_it_is(
    show_devnet: Show, chain: Devnet
) -> None:
    account = chain.accounts[3]
    pay = mined(chain, {"from": account, "to": chain.accounts[2], "value": hex(FTM)})
    transfer = calldata("transfer(address,uint256)", chain.accounts[2], FTM)
    token = mined(chain, {"from": account, "to": chain.addresses.cert, "data": transfer})
    reverted = mined(chain, burning(chain, "aFTMc", 10**9 * FTM, account))
    told = {
        pay: ("This transaction sends 1 FTM to", "it is no unstake"),
        token: ("This transaction calls transfer of aFTMc (ankrFTM)", "it is no unstake"),
        reverted: ("reverted. Why: burn exceeds balance.", "Nothing was unstaked"),
        "0x" + "12" * 32: ("knows this transaction: it may be on its way",),
        "0x12": ("a transaction hash is 0x and 64 hex digits: copy the whole of it",),
        "<img src=x onerror=alert(1)>": ("a transaction hash is 0x and 64 hex digits",),
    }
    app = show_devnet(step="4")
    for tx, words in told.items():
        field(app, "Transaction hash").set_value(tx).run()
        assert not app.exception
        assert [each for each in words if each not in plain(app)] == []
        on_track = [one.proto.label for one in app.get("page_link") if "Track" in one.proto.label]
        assert (on_track == ["Look for it on Track"]) == ("on its way" in plain(app))
        assert field(app, "Transaction hash").value == in_link(app, "tx") == tx
    app = show_devnet(step="4", tx=reverted, amount="1000000000", address=account)
    button(app, "Back to the checks").click().run()
    assert in_link(app, "step") == "2"
    assert "Enter less, or use the whole balance." in plain(app)


def test_a_hash_is_compared_with_what_the_link_holds_and_what_is_not_compared_is_said(
    show_devnet: Show, chain: Devnet
) -> None:
    account, other = chain.accounts[3:5]
    tx = mined(chain, burning(chain, "aFTMc", 2 * FTM, account))

    def told(**link: str) -> str:
        app = show_devnet(step="4", tx=tx, **link)
        return "\n".join([plain(app), *(each.value for each in app.success)])

    text = told()
    assert "the link holds no address and no amount." in text
    assert f"The FTM are sent to `{account}`" in text
    assert f"It unstakes for {account}, not for {other}" in told(address=other)
    assert "It unstakes 2 aFTMc (ankrFTM), not 3 as was chosen." in told(amount="3")
    assert "the link holds no address." in told(amount="2")


def test_more_than_all_there_is_leads_nowhere(show_devnet: Show, chain: Devnet) -> None:
    contracts = {"aFTMc (ankrFTM)": chain.addresses.cert, "aFTMb": chain.addresses.bond}
    supplies = {
        name: Rpc(chain.rpc_url).read(contract, "totalSupply()") // ONE
        for name, contract in contracts.items()
    }
    app = show_devnet(amount=str(supplies["aFTMc (ankrFTM)"] + 1), address=chain.accounts[2])
    for name, supply in supplies.items():
        more = f"{supply + 1:,} is more than all {name} there are, {supply:,}."
        choice(app, "Token").set_value(name).run()
        for amount in (supply + 1, supply, supply + 1):
            field(app, "Amount").set_value(str(amount)).run()
            is_more = amount > supply
            assert (more in plain(app)) == ("nobody holds" in plain(app)) == is_more
            assert ("Continue to the checks" not in labels(app)) == is_more
        choice(app, "Step").set_value("2 Check").run()
        assert in_link(app, "step") == "2"
        assert more in plain(app)
        assert "Enter less, or use the whole balance." in plain(app)
        choice(app, "Step").set_value("1 Amount").run()
    assert not app.exception


def test_the_most_of_a_written_address_is_told_beside_any_amount(
    show_devnet: Show, chain: Devnet
) -> None:
    app = show_devnet(amount="no number")
    app.session_state["unstake max"] = True  # opened
    app.run()
    for address, told, is_offered in (
        ("0x12", "is no address", False),
        ("0x" + "ab" * 20, "Holds 0 aFTMc (ankrFTM) at block", False),
        (chain.accounts[1], "aFTMc (ankrFTM) at block", True),
    ):
        field(app, HOLDER).set_value(address).run()
        assert not app.exception
        assert told in plain(app).replace("*", "")
        offered = [one for one in labels(app) if one.startswith("Use the whole balance")]
        assert len(offered) == is_offered
        assert in_link(app, "amount") == "no number"


def test_a_node_that_is_silent_tells_of_no_most_and_says_why(
    show_devnet: Show, chain: Devnet
) -> None:
    with relay(chain, lambda asked: Reply(b"", 503)) as node_of_the_app:
        app = show_devnet(node_of_the_app.url, address=chain.accounts[2])
        app.session_state["unstake max"] = True  # opened
        app.run()
        text = plain(app)
        assert "What it holds is not known: live data is not available now." in text
        assert "No node was read: no endpoint of devnet answered" in text
        assert not [one for one in labels(app) if one.startswith("Use the whole balance")]
        node_of_the_app.fault = None
        button(app, "Ask the node again").click().run()
        assert "aFTMc (ankrFTM) at block" in plain(app).replace("*", "")


def test_what_a_link_says_of_its_step_is_named_where_it_leads_nowhere(show_devnet: Show) -> None:
    app = show_devnet(step="3", amount="1")
    button(app, "Go to the checks").click().run()
    assert (in_link(app, "step"), in_link(app, "amount")) == ("2", "1")
    text = plain(show_devnet(step="5", request="999999999"))
    assert "The store does not know request 999,999,999." in text
    assert "request=**7**" in plain(show_devnet(step="4", request="**7**"))
