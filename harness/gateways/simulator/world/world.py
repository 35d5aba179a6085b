"""Holds a closed world of instruments by con id. Futures and options exist by rule, and are made when asked for."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from harness.gateways.simulator import truth as built_in
from harness.gateways.simulator.sessions import Session
from harness.gateways.simulator.truth import Truth
from harness.gateways.simulator.world import checking
from harness.gateways.simulator.world.chains import CON_IDS, Chain
from harness.gateways.simulator.world.contracts import Contracts, Named, Options
from harness.gateways.simulator.world.files import File, Problem, Source, builtin
from harness.gateways.simulator.world.futures import CON_IDS as FUTURES
from harness.gateways.simulator.world.futures import Future
from harness.gateways.simulator.world.holdings import moved
from harness.gateways.simulator.world.listing import Listing
from harness.gateways.simulator.world.lists import reference
from harness.gateways.simulator.world.making import con_id_of, lasting
from harness.gateways.simulator.world.tables import Document
from harness.shared.errors import UsageError

_YEARS = range(2023, 2042)
"""Con ids of contract months and options are there for two years before and after."""
_END_OF_TIME = 253402300800
"""The year 10000 in Unix seconds."""
_KEPT = 8192
"""Instruments that are not made anew each time they are looked up."""


class Listings(Mapping[int, Listing]):
    """All instruments that there ever are, by con id: what has ended, and what is not listed yet, too."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made = lru_cache(_KEPT)(self._make)

    def __getitem__(self, con_id: int) -> Listing:
        """Return an instrument.

        Raises:
            KeyError: there is never one of that number.
        """
        return self._world.lasting.get(con_id) or self._made(con_id)

    def _make(self, con_id: int) -> Listing:
        if con_id in FUTURES:
            for future in self._world.futures:
                if (month := future.find(con_id)) is not None:
                    return future.listing(month)
        if con_id in CON_IDS:
            for chain in self._world.chains:
                if (option := chain.find(con_id)) is not None:
                    return chain.listing(*option)
        raise KeyError(con_id)

    def __iter__(self) -> Iterator[int]:
        """Yield all numbers; there are millions."""
        yield from self._world.lasting
        for future in self._world.futures:
            yield from map(future.con_id, future.ever())
        for chain in self._world.chains:
            yield from chain.con_ids(chain.ever())

    def __len__(self) -> int:
        """Count them."""
        chains = sum(sum(1 for _ in chain.ever()) * len(chain.strikes) * 2 for chain in self._world.chains)
        return len(self._world.lasting) + sum(sum(1 for _ in future.ever()) for future in self._world.futures) + chains


class World:
    """A closed world of instruments.

    Args:
        files: what it is read from; the files of the package if there are none.

    Raises:
        UsageError: a file cannot be read, or something in it is wrong.
    """

    def __init__(self, files: Iterable[File] | None = None) -> None:
        source = Source(builtin() if files is None else files)
        self._document = source.document
        try:
            checking.check(self._document)
            self.lasting = _lasting(self._document)
            self.futures = tuple(self._futures())
            self.chains = tuple(self._chains())
        except Problem as problem:
            raise source.error(problem) from None
        self.listings: Mapping[int, Listing] = Listings(self)

    def is_listed(self, con_id: int, now: float, *, expired: bool = False) -> bool:
        """Return whether there is an instrument of that number at a moment.

        Args:
            con_id: its number.
            now: in Unix seconds.
            expired: whether futures that expired in the last two years count.
        """
        if con_id in self.lasting:
            return True
        for future in self.futures if con_id in FUTURES else ():
            if (month := future.find(con_id)) is not None:
                return future.is_listed(month, now, expired=expired)
        for chain in self.chains if con_id in CON_IDS else ():
            if (option := chain.find(con_id)) is not None:
                return option[0] in chain.listed(now)
        return False

    def price(self, con_id: int, now: float) -> float:
        """Return the price around which an instrument moves, at a moment.

        Raises:
            KeyError: there is never one of that number.
        """
        listing = self.listings[con_id]
        if listing.underlying is None:
            return listing.price
        return listing.worth(self.price(listing.underlying, now), now)

    def truth(self, mode: str, now: float, scenario: str | None = None) -> Truth:
        """Return the built-in truth with this world's contracts, details and chains, as they are at a moment.

        Args:
            mode: ``paper`` or ``live``.
            now: in Unix seconds.
            scenario: the name of one that has a truth of its own.

        Raises:
            UsageError: the moment is of a year that the world has no dates for.
        """
        _check_year(now)
        document = moved(self, _built_in(scenario), now)
        return replace(
            built_in.read(document, mode),
            contracts=Named(self, now),
            contract_details=Contracts(self, now),
            option_chains=Options(self, now),
            reference=reference(self.lasting.values(), self._document, document["reference"]),
        )

    def _futures(self) -> Iterator[Future]:
        for table in self._document.future:
            kind = self._document.kind[table.kind]
            price = self.lasting[table.underlying or table.index].price
            yield Future(table, kind, _session(self._document, kind.session), price)

    def _chains(self) -> Iterator[Chain]:
        futures = {future.table.symbol: future for future in self.futures}
        for table in self._document.chain:
            kind = self._document.kind[table.kind]
            future = futures.get(table.future or "")
            underlying = future.table.underlying or future.table.index if future else table.underlying or 0
            session = _session(self._document, kind.session)
            chain = Chain(table, kind, session, self.lasting[underlying], future)
            checking.check_strikes(chain, self._document)
            yield chain


def _check_year(now: float) -> None:
    year = time.gmtime(now).tm_year if 0 <= now < _END_OF_TIME else 0
    if year not in _YEARS:
        raise UsageError(
            f"the simulated world has contracts from {_YEARS[0]} to {_YEARS[-1]}; the clock has {now:.0f} Unix seconds",
            hint="Set the clock to a year in between.",
        )


@cache
def _built_in(scenario: str | None) -> Mapping[str, Any]:
    return built_in.document(scenario)


def _session(document: Document, name: str) -> Session:
    table = document.session[name]
    return Session(table.zone, table.trading, table.liquid, table.calendar, table.early)


def _lasting(document: Document) -> Mapping[int, Listing]:
    prices = {con_id_of(table): table.price for table in document.listing}
    made = {}
    for table in document.listing:
        kind = document.kind[table.kind]
        price = table.price or prices[table.underlying or 0] or 0.0
        made[con_id_of(table)] = lasting(table, kind, _session(document, kind.session), price)
    return made
