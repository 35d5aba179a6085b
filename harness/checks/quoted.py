"""Reads a quote tick by tick as the gateway sent it, and whether the account may see market data at all.

Without a market data subscription the gateway sends none, so there is nothing to compare with.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import fields
from typing import TYPE_CHECKING

from adapters.base import GaveUpError, RequestRejectedError, RequestTimeoutError
from adapters.records import NO_SUCH_CONTRACT, NOT_SUBSCRIBED
from adapters.records_market import FIELD_OF_TICK, LIVE, Quote
from harness.checks.check import NotAskedError, NothingCameError
from harness.checks.expected import AnyOf, decimal, number, whole
from harness.checks.heard import NotHeardError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.checks.check import Client
    from harness.checks.expected import Expected
    from harness.checks.heard import Heard
    from harness.checks.truth import Values

    Tick = tuple[str, Expected]
    """A field of a quote, and its value."""

FIELDS = tuple(field.name for field in fields(Quote) if field.name != "market_data_type")
SIZE_OF = {"bid": "bid_size", "ask": "ask_size", "last": "last_size"}
"""A price comes with its size, which libraries may or may not hand on as one."""

NO_PRICE = -1.0
"""What a gateway writes for an absent price."""


def quote_told(said: Heard) -> Mapping[str, Expected]:
    """Return the values that came for each field of the one quote that was asked; see `quotes_told`."""
    (quote,) = quotes_told(said, 1)
    return quote


def quotes_told(said: Heard, count: int) -> list[Mapping[str, Expected]]:
    """Return the values that came for each field of some quotes; the library may have read any of them.

    Nothing may be read of what did not come, or came too late to count on. Then a field may also be as an earlier
    request left it: libraries keep what they know of a contract.
    """
    answers = said.answers("req_market_data")
    if len(answers) != count:
        raise NotHeardError(f"{len(answers)} requests for market data were sent, not {count}")
    earlier = list(_ticks({name: said.session(name) for name in ("tick_price", "tick_size")}, sizes=True))
    types = [whole(row, "market_data_type") for row in said.session("market_data_type")]
    return [_told(list(_ticks(answer.rows)), earlier, AnyOf((*types, LIVE))) for answer in answers]


def _told(own: Sequence[Tick], earlier: Sequence[Tick], market_data_type: Expected) -> Mapping[str, Expected]:
    return {"market_data_type": market_data_type, **{name: _field(name, own, earlier) for name in FIELDS}}


def _field(name: str, own: Sequence[Tick], any_other: Sequence[Tick]) -> Expected:
    came = [value for field, value in own if field == name]
    nothing = () if any(value not in (None, NO_PRICE, 0) for value in came) else (None,)
    return AnyOf((*came, *(value for field, value in any_other if field == name), *nothing))


def _ticks(messages: Mapping[str, Sequence[Values]], *, sizes: bool = False) -> Iterator[Tick]:
    """Yield fields and their values, with the sizes that come with prices if they are wanted."""
    for row in messages.get("tick_price", ()):
        field = FIELD_OF_TICK.get(whole(row, "tick_type"))
        if field is not None:
            yield field, number(row, "price")
        if sizes and field in SIZE_OF:
            yield SIZE_OF[field], decimal(row, "size")
    for row in messages.get("tick_size", ()):
        field = FIELD_OF_TICK.get(whole(row, "tick_type"))
        if field is not None:
            yield field, decimal(row, "size")


NO_PERMISSION = "market data permissions"
"""What the text of a refusal says whose code, 162 or 10187, is that of other refusals, too (captured)."""


_NO_DATA = frozenset({162, 10187})
"""Codes of requests for history and scans that brought nothing, in words that depend on language and reason."""
_OF_THE_REQUEST = ("pacing", "cancel")
"""What a text says where it was the request that was wrong: 162, and 420 too, are codes of both."""


@contextmanager
def where_subscribed(client: Client, *, dated: bool = False) -> Iterator[None]:
    """Turn the gateway's refusal for want of data into `NotAskedError`, with its words.

    Args:
        client: of the check. What a simulated gateway refuses is wrong unless it is for want of a subscription.
        dated: whether the contract ends one day; a real gateway does not know it from then on.
    """
    try:
        yield
    except RequestRejectedError as error:
        why_not = _why_not(error, simulated=client.simulated, dated=dated)
        if why_not is None:
            raise
        raise NotAskedError(f"{why_not}: {error}") from error


def _why_not(error: RequestRejectedError, *, simulated: bool, dated: bool) -> str | None:
    words = str(error).casefold()
    if any(word in words for word in _OF_THE_REQUEST):
        return None
    if error.code in NOT_SUBSCRIBED or NO_PERMISSION in words:
        return "the account has no such market data"
    if simulated:
        return None
    if dated and error.code == NO_SUCH_CONTRACT:
        return "the gateway does not know the contract, which may have ended"
    if error.code in _NO_DATA:
        return "the gateway has no such data"
    return None


@contextmanager
def where_traded(client: Client) -> Iterator[None]:
    """Do the same for a feed, and turn a real gateway's silence into `NothingCameError`: its market may be closed."""
    try:
        with where_subscribed(client):
            yield
    except RequestTimeoutError as error:
        if client.simulated:
            raise
        raise NothingCameError("nothing came, as while the market is closed", error) from error


@contextmanager
def where_patient(client: Client) -> Iterator[None]:
    """Turn a library's giving up before our request timeout into `NothingCameError`, unless the gateway is simulated.

    A real gateway may take longer than the second that some libraries wait; then the answer is nobody's fault.
    """
    try:
        yield
    except GaveUpError as error:
        if client.simulated:
            raise
        raise NothingCameError("a real gateway may take longer", error) from error
