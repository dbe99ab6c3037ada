"""What a wallet is asked to sign is what was chosen, and its description is read from it."""

from __future__ import annotations

import pytest

from data import AmountError, ConfigError
from data.config import load_network
from data.pool.burn import BOND, CERT
from data.pool.transaction import build_unstake, build_withdraw_manual, describe
from devnet import Devnet, act
from devnet.rpc import Rpc
from tests.live_steps import send
from tests.log_lines import FANTOM

FTM = 10**18
ALICE = "0x" + "a1" * 20
POOL = "0x84db6ee82b7cf3b47e8f19270abde5718b936670"


def test_an_unstake_is_one_call_of_the_pool_without_ftm() -> None:
    assert build_unstake(FANTOM, CERT, 5 * FTM, ALICE.upper().replace("X", "x"), gas=150_000) == {
        "from": ALICE,
        "to": POOL,
        "data": "0xa79eb06e" + f"{5 * FTM:064x}",
        "value": "0x0",
        "chainId": "0xfa",
        "gas": "0x249f0",
    }
    bonds = build_unstake(FANTOM, BOND, 1, ALICE)
    assert bonds["data"] == "0xf93b909c" + f"{1:064x}"
    assert "gas" not in bonds  # nobody estimated it: the wallet does


def test_what_cannot_be_signed_is_refused() -> None:
    for amount in (0, -1, 1 << 256):
        with pytest.raises(AmountError, match="above 0"):
            build_unstake(FANTOM, CERT, amount, ALICE)
    with pytest.raises(ConfigError, match="no address"):
        build_unstake(FANTOM, CERT, 1, "alice")
    with pytest.raises(ConfigError, match="simulated: there is nothing to sign"):
        build_unstake(load_network("sample"), CERT, 1, ALICE)
    with pytest.raises(ConfigError, match="counted from 0"):
        build_withdraw_manual(FANTOM, -1, ALICE)


def test_the_description_is_read_from_the_bytes_that_are_signed() -> None:
    transaction = build_unstake(FANTOM, CERT, 5 * FTM + 1, ALICE)
    told = describe(FANTOM, transaction)
    assert (told.contract, told.address, told.function) == ("pool", POOL, "burnCerts(uint256)")
    assert told.arguments == (
        ("shares", "5000000000000000001", "5.000000000000000001 aFTMc (ankrFTM)"),
    )
    bonds = describe(FANTOM, build_unstake(FANTOM, BOND, FTM, ALICE))
    assert (bonds.function, bonds.arguments[0][2]) == ("burnBonds(uint256)", "1 aFTMb")
    locked = {"to": FANTOM.bond, "data": "0xee031373" + f"{10**15:064x}"}
    assert describe(FANTOM, locked).sentence.endswith("shares 0.001 aFTMc (ankrFTM)")
    staked = {"to": POOL, "data": "0x3a4b66f1", "value": hex(FTM)}
    assert describe(FANTOM, staked).sentence == "calls stake of the pool with 1 FTM"
    tampered = transaction | {"data": transaction["data"][:-1] + "9"}
    assert describe(FANTOM, tampered).arguments[0][1] == "5000000000000000009"
    assert describe(FANTOM, transaction | {"to": ALICE}).sentence == f"calls 0xa79eb06e of {ALICE}"
    cut = transaction | {"data": transaction["data"][:-1]}
    assert describe(FANTOM, cut).function == ""


def test_a_rescue_names_the_request() -> None:
    told = describe(FANTOM, build_withdraw_manual(FANTOM, 12, ALICE))
    assert told.sentence == "calls withdrawManual of the pool: wrId 12"
    assert told.function == "withdrawManual(uint256)"


@pytest.mark.node
def test_the_real_contract_takes_what_was_built(chain: Devnet) -> None:
    rpc = Rpc(chain.rpc_url)
    network = load_network("devnet", (chain.rpc_url,))
    account = chain.accounts[1]
    last = act.read(chain, "lastWrId()")
    for token in (BOND, CERT):
        sent = send(chain, build_unstake(network, token, 2 * FTM, account))
        assert rpc.call("eth_getTransactionReceipt", sent)["status"] == "0x1"
    assert act.read(chain, "lastWrId()") == last + 2
    ids = range(act.read(chain, "firstWrId()"))
    marked = next(i for i in ids if act.read(chain, "markedForManualWithdrawal(uint256)", i))
    before = act.balance_wei(chain, chain.hungry_wallets[1])
    sent = send(chain, build_withdraw_manual(network, marked, account))
    assert rpc.call("eth_getTransactionReceipt", sent)["status"] == "0x1"
    assert act.balance_wei(chain, chain.hungry_wallets[1]) > before
