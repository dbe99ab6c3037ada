"""Who stakes and who asks for it back.

A few hundred accounts come in the first months and later more slowly; some ask often.
Amounts are lognormal, with whales. Contract wallets may refuse a payout's push.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

from data.pool.burn import bonds_of_shares, shares_of_bonds
from data.sample.chain import Emitted, made_up_address
from data.sample.story import DAY, LOCKS_END, drawn_wei
from data.sample.world import World, stream

_STAKERS = 310
_REFUSING = range(8, 14)  # contract wallets whose payouts must be fetched by hand
_REFUSING_ACTIVITY = 3.5  # the median of all is 1.9
_REFUSING_UNTIL = 0.72  # share of the window at which those wallets were mended
_HOUR_OF_MOST = 15  # UTC
_LIKINGS = (0.0, 0.05, 0.5, 1.0)  # how often an account takes bonds and not certificates
# What the named accounts do: (account, share of the window, FTM).
_WHALE, _LATE_WHALE, _LOST_WALLET = 0, 1, 2
_NAMED_STAKES = (
    (_WHALE, 0.021, 31_000),
    (_LATE_WHALE, 0.034, 17_500),
    (_LOST_WALLET, 0.31, 940),
)
_NAMED_BURNS = ((_WHALE, 0.497, 14_500), (_LOST_WALLET, 0.861, 611), (_LATE_WHALE, 0.953, 10_400))
_BURN_OF_NOTHING = 0.383  # share of the window
# Stakes a day: at first, and later; their lognormal amounts in FTM.
_EARLY, _EARLY_STAKES, _LATER_STAKES, _LAST_STAKES = 0.09, 4.2, 0.95, 0.25
_EARLY_STAKE, _LATER_STAKE, _STAKE_SPREAD, _LARGEST_STAKE = 120, 45, 1.5, 9_000
_EARLY_NEWCOMERS, _LATER_NEWCOMERS = 0.6, 0.35  # share of the stakes
_NO_REQUESTS_UNTIL = 0.01  # share of the window: nobody has anything yet
# Requests a day; their lognormal amount in FTM; how often one asks for all there is.
_REQUESTS, _REQUEST, _REQUEST_SPREAD, _EXIT_CHANCE = 2.2, 27, 1.5, 0.04
_LEAST_REQUEST = 0.1
_MOST_A_DAY = 13.0  # bound of both rates, for thinning
_TWICE_CHANCE = 0.012  # a contract that asks twice in one transaction


@dataclass
class Staker:
    """One account and what it holds, in shares."""

    address: str
    activity: float
    likes_bonds: float
    refuses_until: int
    bond_shares: int = 0
    cert_shares: int = 0


class Stakers:
    """Puts every stake and every request of the window on the agenda."""

    def __init__(self, world: World) -> None:
        self._rng = rng = stream(world.seed, "stakers")
        self._story, self._pool = world.story, world.pool
        self._chain, self._agenda = world.chain, world.agenda
        mended = world.story.at(_REFUSING_UNTIL)
        self.accounts = [
            Staker(
                address=made_up_address(world.seed, "staker", number),
                activity=0.0 if number <= _LOST_WALLET else rng.paretovariate(1.1),
                likes_bonds=rng.choice(_LIKINGS),
                refuses_until=mended if number in _REFUSING else 0,
            )
            for number in range(_STAKERS)
        ]
        for number in _REFUSING:  # often enough that some of their payouts fail
            self.accounts[number].activity = _REFUSING_ACTIVITY
        self.accounts[_LOST_WALLET].refuses_until = world.story.until
        self._by_address = {staker.address: staker for staker in self.accounts}
        self._weights = list(accumulate(staker.activity for staker in self.accounts))

    def begin(self) -> None:
        """Put the named happenings and the first of the drawn ones on the agenda."""
        for number, share, amount in _NAMED_STAKES:
            self._agenda.put(self._story.at(share), self._staking(number, amount))
        for number, share, amount in _NAMED_BURNS:
            self._agenda.put(self._story.at(share), self._burning(number, amount))
        self._agenda.put(self._story.at(_BURN_OF_NOTHING), self._burn_nothing)
        self._put_next(self._story.start, self._maybe_stake)
        self._put_next(self._story.start, self._maybe_burn)

    def accepts(self, address: str, at: int) -> bool:
        """Whether a payout pushed to that account arrives."""
        return at >= self._by_address[address].refuses_until

    def ever_fetches(self, address: str) -> bool:
        """Whether that account will ask for a payout that it refused."""
        return self._by_address[address] is not self.accounts[_LOST_WALLET]

    def _put_next(self, at: int, action: Callable[[int], None]) -> None:
        self._agenda.put(at + 1 + round(self._rng.expovariate(_MOST_A_DAY / DAY)), action)

    def _happens(self, at: int, a_day: float) -> bool:
        """Whether a candidate happens: thins them to that rate, with more in the afternoon."""
        hour = at % DAY / 3_600
        in_this_hour = 1 + 0.6 * math.cos((hour - _HOUR_OF_MOST) / 24 * 2 * math.pi)
        return self._rng.random() * _MOST_A_DAY < a_day * in_this_hour

    def _drawn_staker(self) -> Staker:
        return self._rng.choices(self.accounts, cum_weights=self._weights)[0]

    def _maybe_stake(self, at: int) -> None:
        self._put_next(at, self._maybe_stake)
        early = self._story.share(at) < _EARLY
        later = _LATER_STAKES if at < LOCKS_END else _LAST_STAKES
        if not self._happens(at, _EARLY_STAKES if early else later):
            return
        empty = [s for s in self.accounts if s.activity and not s.bond_shares + s.cert_shares]
        newcomer = bool(empty) and self._rng.random() < (
            _EARLY_NEWCOMERS if early else _LATER_NEWCOMERS
        )
        staker = self._rng.choice(empty) if newcomer else self._drawn_staker()
        amount = self._rng.lognormvariate(0, _STAKE_SPREAD) * (
            _EARLY_STAKE if early else _LATER_STAKE
        )
        self._stake(at, staker, min(amount, _LARGEST_STAKE))

    def _stake(self, at: int, staker: Staker, amount_ftm: float) -> None:
        """Stake that much on top of the minimum."""
        amount_wei = self._pool.minimum_stake_wei + drawn_wei(self._rng, amount_ftm)
        rebasing = self._pool.generation == 0 or self._rng.random() < staker.likes_bonds
        shares = shares_of_bonds(amount_wei, self._pool.ratio)
        if rebasing:
            staker.bond_shares += shares
        else:
            staker.cert_shares += shares
        self._chain.transact(at, self._pool.stake(staker.address, amount_wei, rebasing))

    def _maybe_burn(self, at: int) -> None:
        self._put_next(at, self._maybe_burn)
        if not self._happens(at, _REQUESTS * self._story.unstake_factor(at)):
            return
        staker = self._drawn_staker()
        if self._story.share(at) < _NO_REQUESTS_UNTIL or not self._held(staker):
            return
        everything = self._rng.random() < _EXIT_CHANCE
        events = self._burn(staker, math.inf if everything else self._drawn_request())
        if self._rng.random() < _TWICE_CHANCE and self._held(staker):
            events += self._burn(staker, self._drawn_request())
        self._chain.transact(at, events)

    def _drawn_request(self) -> float:
        """FTM of an ordinary request."""
        return _LEAST_REQUEST + _REQUEST * self._rng.lognormvariate(0, _REQUEST_SPREAD)

    def _held(self, staker: Staker) -> int:
        """Shares that the account can burn now: the first generation takes bonds only."""
        return staker.bond_shares + (staker.cert_shares if self._pool.generation else 0)

    def _burn(self, staker: Staker, amount_ftm: float) -> Emitted:
        """Ask for that much, or for all the account has of the token where that is less."""
        certs = staker.cert_shares if self._pool.generation else 0
        bonds = staker.bond_shares > certs
        held = max(staker.bond_shares, certs)
        shares = held
        if amount_ftm < math.inf:
            shares = min(held, shares_of_bonds(drawn_wei(self._rng, amount_ftm), self._pool.ratio))
        if not bonds:
            staker.cert_shares -= shares
            return self._pool.burn_certs(staker.address, shares)
        staker.bond_shares -= shares
        amount_wei = bonds_of_shares(shares, self._pool.ratio)
        return self._pool.burn_bonds(staker.address, amount_wei)

    def _burn_nothing(self, at: int) -> None:
        """The contract takes a request of 0 as any other."""
        self._chain.transact(at, self._pool.burn_certs(self._drawn_staker().address, 0))

    def _staking(self, number: int, amount_ftm: float) -> Callable[[int], None]:
        return lambda at: self._stake(at, self.accounts[number], amount_ftm)

    def _burning(self, number: int, amount_ftm: float) -> Callable[[int], None]:
        return lambda at: self._chain.transact(at, self._burn(self.accounts[number], amount_ftm))
