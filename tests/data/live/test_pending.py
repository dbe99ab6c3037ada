"""What all who wait are to be paid, as a node tells it one by one."""

from __future__ import annotations

from functools import partial

import pytest

from data.live.read import read_live
from data.pool.burn import BOND, CERT
from devnet import Devnet, act
from tests.fake_node import Reply
from tests.live_steps import AMOUNT, FTM, of, relay, to

pytestmark = pytest.mark.node


def test_a_queue_that_moved_since_it_was_known_is_still_added_up_whole(chain: Devnet) -> None:
    node = of(chain)
    before = read_live(node, BOND, AMOUNT, queue=range(0))
    known = range(before.first_wr_id, before.last_wr_id)
    head = act.pending_wei(chain)[0]
    act.fund(chain, head)
    act.pay(chain)
    act.burn_bonds(chain, chain.accounts[1], 3 * FTM)
    after = read_live(node, BOND, AMOUNT, queue=known)
    assert (after.first_wr_id, after.last_wr_id) == (known.start + 1, known.stop + 1)
    assert after.pending_wei == sum(act.pending_wei(chain)) != before.pending_wei


def test_of_too_long_a_queue_only_what_is_not_known_already_is_asked_for(
    devnet: Devnet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Anybody may fill it with requests of nothing."""
    read = partial(read_live, of(devnet), BOND, AMOUNT, queue=range(0))
    whole = read()
    pending = whole.pending
    assert pending
    assert len(pending) > 5
    monkeypatch.setattr("data.live.read.MOST_SUMMED", 5)
    reading = read()
    assert reading.pending_wei is None
    assert "too many to add up" in reading.unknown["pending"]
    # What was paid since, and what is not on the chain, does not count.
    others = {min(pending) - 1: FTM, max(pending) + 1: FTM}
    for lacking in (0, 3, 5):
        known = dict(list(pending.items())[: len(pending) - lacking]) | others
        assert (
            read_live(of(devnet), BOND, AMOUNT, queue=range(0), payouts=partial(dict, known))
            == whole
        )
    known = dict(list(pending.items())[6:])
    assert (
        read_live(of(devnet), BOND, AMOUNT, queue=range(0), payouts=partial(dict, known)).pending
        is None
    )


def test_amounts_that_do_not_come_leave_only_their_sum_unknown(devnet: Devnet) -> None:
    silent = to("0x5cc07076", lambda asked: Reply(b""))
    with relay(devnet, silent) as node:
        reading = read_live(of(node), CERT, AMOUNT, queue=range(0))
    assert reading.unknown.keys() == {"pending"}
    assert "no endpoint of devnet answered" in reading.unknown["pending"]
