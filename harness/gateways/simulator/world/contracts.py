"""Finds the contracts that a request means, among all that there are at a moment; makes no others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

from harness.gateways.simulator.truth import Catalogue, Values, fits, right_of
from harness.gateways.simulator.world.chains import RIGHTS, Chain
from harness.gateways.simulator.world.listing import Listing
from harness.wire.message import Message, Value

if TYPE_CHECKING:
    from harness.gateways.simulator.world.world import World

_CONTINUOUS = "CONTFUT"
_FUTURES = {"FUT", _CONTINUOUS}
_OPTIONS = {"OPT", "FOP"}
_FIRST: Sequence[Value] = ("STK", "CASH", "CRYPTO", "FUT", "IND", "BOND", "CFD")
"""What a symbol alone means, rather than what comes after it."""
_OCC = re.compile(r"(.{6})\d{6}[CP]\d{8}")
_ON_FUTURE = re.compile(r"(.+)[FGHJKMNQUVXZ]\d [CP][\d.]+")
_NAMES = ("con_id", "symbol", "local_symbol", "trading_class", "sec_id", "issuer_id")


class Contracts(Catalogue):
    """The contracts of a world at a moment.

    A request that names nothing (no con id, symbol, local symbol, trading class, security id or issuer) means no
    contract, and options are meant only if the request says so by its security type, con id or local symbol. Both are
    inferred. A bond may be named by its CUSIP in place of a symbol (IBKR's documentation).
    """

    def __init__(self, world: World, now: float) -> None:
        self._world = world
        self._now = now

    def __iter__(self) -> Iterator[Values]:
        """Yield all contracts; there are many."""
        for listing in self._world.lasting.values():
            yield listing.told(self._now)
        for future in self._world.futures:
            for month in future.listed(self._now):
                yield future.listing(month).told(self._now)
        for chain in self._world.chains:
            for ends in chain.listed(self._now):
                for strike, right in product(chain.strikes, RIGHTS):
                    yield chain.listing(ends, strike, right).told(self._now)

    def meant(self, request: Message) -> Iterator[Values]:
        """Yield the contracts that match a request."""
        if not any(request.values.get(name) for name in _NAMES):
            return
        for kind in str(request.values.get("sec_type", "")).split("+"):
            asked = replace(request, values={**request.values, "sec_type": kind, **self._bond(request)})
            for listing in self._candidates(asked, kind):
                told = _continuous(listing.details) if kind == _CONTINUOUS else listing.details
                if fits(asked, told) and _is_of_issuer(asked, told):
                    yield {**listing.told(self._now), **told}

    def _bond(self, request: Message) -> Values:
        """Return what to look for in place of a symbol that is a bond's CUSIP."""
        for con_id, listing in self._world.lasting.items():
            if listing.details.get("cusip") == request["symbol"] and request["con_id"] in {0, con_id}:
                return {"symbol": "", "con_id": con_id}
        return {}

    def _candidates(self, request: Message, kind: str) -> Iterator[Listing]:
        """Yield the contracts that a request may mean, and few others."""
        if request["con_id"]:
            yield from self._numbered(request)
            return
        yield from self._world.lasting.values()
        if kind in {*_FUTURES, ""}:
            yield from self._futures(request, kind)
        if kind in _OPTIONS or (kind == "" and request["local_symbol"]):
            for chain in self._world.chains:
                if self._may_be_of(chain, request):
                    yield from self._of_chain(chain, request)

    def _numbered(self, request: Message) -> Iterator[Listing]:
        con_id = request.number("con_id")
        expired = bool(request.values.get("include_expired"))
        if self._world.is_listed(con_id, self._now, expired=expired):
            listing = self._world.listings[con_id]
            if request["sec_type"] != _CONTINUOUS or self._is_front(listing):
                yield listing

    def _is_front(self, listing: Listing) -> bool:
        fronts = (future.con_id(future.listed(self._now)[0]) for future in self._world.futures)
        return listing.con_id in fronts

    def _futures(self, request: Message, kind: str) -> Iterator[Listing]:
        expired = bool(request.values.get("include_expired")) and kind == "FUT"
        for future in self._world.futures:
            if request["symbol"] and request["symbol"] != future.table.symbol:
                continue
            listed = future.listed(self._now, expired=expired)
            yield from (future.listing(month) for month in (listed[:1] if kind == _CONTINUOUS else listed))

    def _may_be_of(self, chain: Chain, request: Message) -> bool:
        names = {"symbol": chain.symbol, "trading_class": chain.table.trading_class, "sec_type": chain.sec_type}
        if any(request[name] not in {"", names[name]} for name in names):
            return False
        local_symbol = request.text("local_symbol")
        found = _OCC.fullmatch(local_symbol) or _ON_FUTURE.fullmatch(local_symbol)
        return not local_symbol or (found is not None and found[1].strip() == chain.table.trading_class)

    def _of_chain(self, chain: Chain, request: Message) -> Iterator[Listing]:
        """Yield the options of a chain that have the date, strike, right and local symbol of a request."""
        date, local_symbol, right = request.text("last_trade_date"), request.text("local_symbol"), right_of(request)
        strikes = [known for known in chain.strikes if not request["strike"] or request["strike"] == known]
        rights = [side for side in RIGHTS if right in {"", side}]
        for ends in chain.listed(self._now):
            if not f"{chain.last_day(ends):%Y%m%d}".startswith(date):
                continue
            for strike, side in product(strikes, rights):
                if local_symbol in {"", chain.local_symbol(ends, strike, side)}:
                    yield chain.listing(ends, strike, side)


def _is_of_issuer(request: Message, contract: Values) -> bool:
    """Return whether a bond is of the issuer that a request names."""
    return not request.values.get("issuer_id") or request["issuer_id"] == contract.get("issuer_id")


def _continuous(told: Values) -> Values:
    """Return a month as continuous future, whose front month it is: it has the same number and date (users' logs)."""
    return {**told, "sec_type": _CONTINUOUS} if told["sec_type"] == "FUT" else told


class Options(Iterable[Values]):
    """The option chains of a world at a moment, as ``sec_def_opt_params`` without its request."""

    def __init__(self, world: World, now: float) -> None:
        self._world = world
        self._now = now

    def __iter__(self) -> Iterator[Values]:
        """Yield a row for each underlying, exchange and trading class."""
        for chain in self._world.chains:
            yield from chain.parameters(self._now)


class Named(Mapping[str, Values]):
    """Contracts by symbol or con id, without what else is told of them.

    A symbol means a stock, else a pair, and so on; of a future its front month.
    """

    def __init__(self, world: World, now: float) -> None:
        self._world = world
        self._now = now

    @cached_property
    def _by_symbol(self) -> Mapping[str, Values]:
        fronts = (future.listing(future.listed(self._now)[0]) for future in self._world.futures)
        every = [listing.contract for listing in (*self._world.lasting.values(), *fronts)]
        every.sort(key=lambda contract: _FIRST.index(contract["sec_type"]))
        return {str(contract["symbol"]): contract for contract in reversed(every)}

    def __getitem__(self, name: str) -> Values:
        """Return a contract.

        Raises:
            KeyError: there is none at this moment.
        """
        if name.isdecimal() and self._world.is_listed(int(name), self._now):
            return self._world.listings[int(name)].contract
        return self._by_symbol[name]

    def __iter__(self) -> Iterator[str]:
        """Yield the symbols, and the numbers of all contracts; there are many."""
        yield from self._by_symbol
        for told in Contracts(self._world, self._now):
            yield str(told["con_id"])

    def __len__(self) -> int:
        """Count them, which takes a while."""
        return sum(1 for _ in self)
