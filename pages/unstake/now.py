"""All that a step of the Unstake page needs, read once a run and handed down to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any, Generic, TypeVar

from answers import ending_words, scored, words
from answers.scored import Odds
from answers.store_view import StoreView
from answers.terms import Terms, read_terms
from data.config import Network, load_network, network_names
from data.live.reading import Reading
from data.pool.amounts import ONE
from forecast import ReleaseWindow
from forecast.present import Present
from pages.unstake import node
from pages.unstake.form import Form
from pages.unstake.node import Live

T = TypeVar("T")
_NEAR = timedelta(hours=1)


class _Once(Generic[T]):
    """A property that is worked out when it is first read. Python 3.11's own has one lock for all
    sessions: each would wait for what a node tells to another."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make

    def __get__(self, of: object, _kind: type) -> T:
        value: T = self._make(of)
        of.__dict__[self._make.__name__] = value  # which is found first from now on
        return value


@dataclass(frozen=True, eq=False)
class Now:
    """The store, the link and the network of one run, and what follows from them: that is read
    when a step first needs it, and then kept for the run."""

    view: StoreView
    form: Form
    network: Network | None

    @_Once
    def terms(self) -> Terms | None:
        """The terms that the store's own logs tell."""
        return read_terms(self.view.ask("unstake_terms").row(0, named=True))

    @_Once
    def queue(self) -> range:
        """The ids of the requests that waited at the store's last block."""
        newest = self.view.ask_row("newest_request")
        end = 0 if newest is None or newest["wr_id"] is None else newest["wr_id"] + 1
        return range(max(0, end - self.view.ask("money_ahead")["requests"][0]), end)

    def payouts(self) -> dict[int, int]:
        """What each request that waited then is to be paid in wei, as far as it is known."""
        pending = self.view.ask("pending_requests").drop_nulls("payout_wei")
        pending = pending.unique("wr_id", keep="none")  # two rows of one id tell nothing of it
        return dict(zip(pending["wr_id"].to_list(), map(int, pending["payout_wei"]), strict=True))

    @_Once
    def live(self) -> Live:
        """What a node tells of the pool, and of the address and the amount of the link: without
        these, of the pool alone."""
        form, guess = self.form, self.terms.ratio if self.terms else None
        amount_wei = form.amount_wei or 0
        live = node.live(
            *(self.network, form.token, amount_wei, form.holder, self.queue, guess), self.payouts
        )
        return self._of_living_chain(live)

    def _of_living_chain(self, live: Live) -> Live:
        """None of a node whose newest block is old, as what is signed by it may never land; and
        where none answers, what is known of the chain's end."""
        ending, reading, at = self.view.ending, live.reading, self.view.now
        if self.network is None or self.network.simulated:
            return live
        if reading is None:
            return replace(live, why_not=ending_words.no_node(ending, live.why_not))
        if ending.is_silent(reading.at, at):
            return Live(None, ending_words.silent(ending, words.node(reading.host), reading.at, at))
        return live

    @_Once
    def odds(self) -> Odds | None:
        """The odds at the store's last block; None while they are not scored."""
        return scored.odds_of(self.view)

    @_Once
    def window_of(self) -> Callable[[int], ReleaseWindow | None]:
        """The odds of a new request by its payout in wei: several parts of a page ask for the same
        one. To be called only where there are `odds`."""
        assert self.odds is not None
        basis = present(self.live.reading, self.odds)
        return cache(lambda payout_wei: basis.new_window(payout_wei / ONE))


def read_now(view: StoreView, form: Form) -> Now:
    """The reading of this run."""
    return Now(view, form, _network_of(view))


def _network_of(view: StoreView) -> Network | None:
    """The network of the store that is shown; None where none has its chain and its pool: what
    would be read or signed there is not what the page shows."""
    name, info = view.source.name, view.info
    if name not in network_names():
        return None
    network = load_network(name)
    same = (network.chain_id, network.pool) == (info.chain_id, info.pool)
    return network if same else None


def present(reading: Reading | None, odds: Odds) -> Present:
    """The odds with the queue as the node tells it, where it does; the money is the store's."""
    if reading is None or reading.pending_wei is None or reading.spendable_wei is None:
        return odds.present
    if not is_near(reading, odds):
        return odds.present
    return replace(
        odds.present,
        waiting_ftm=reading.pending_wei / ONE,
        spendable_ftm=max(0.0, reading.spendable_wei / ONE),
    )


def is_near(reading: Reading, odds: Odds) -> bool:
    """Whether the node's queue goes with odds that count their days from the store's last block:
    later, what was paid since would shorten the queue and not the days."""
    return abs(reading.at - odds.at) <= _NEAR
