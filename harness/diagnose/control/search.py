"""Makes further attempts if the plain attempt of the reference client failed, and tests whether a success lasts.

What is tried depends on how far the plain attempt came, because the rest cannot matter: a client id is not on the wire
before the version reply, and a port where nothing listens speaks no other protocol. If the gateway does not answer
the widest range of versions, the highest version that it answers is searched for.

Looking must do no harm. A Gateway was seen to keep each connection whose client left unanswered, and to answer nobody
after a few. So at most ``UNANSWERED`` of our connections are left like that, and those stay open until the look is
over; a caller that wants more says so (`Manner`).
"""

from __future__ import annotations

import asyncio
import itertools
import math
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from harness.diagnose.control import other_protocols
from harness.diagnose.control.attempt import Standing, attempt
from harness.diagnose.control.attempt_state import WIDEST, Asks, Try
from harness.diagnose.control.earlier_looks import KEPT, kept_at, not_asked, turn, why_not_again
from harness.shared.evidence import Ended, ProbeRecord, Search
from harness.shared.hosts import other_loopback
from harness.wire.hello import Hello

PLAIN = "plainly"
LONGER = "the same connection, for longer"
AGAIN = "again, after a pause"
TOGETHER = "a second client beside the first"
ALONE = "once more, alone"
OTHER_ADDRESS = "at the other loopback address"
TEXT = "announcing text only"
UP_TO = "announcing up to"
OTHER_IDS = ("with another client id", "with a third client id")

LAST_TEXT = Hello(min_version=100, max_version=200)
"""No protobuf: every gateway so far speaks it."""

CLIENT_IDS = 12
"""How many client ids a search may use, from its own downwards. Simultaneous attempts need different ones."""

UNANSWERED = KEPT
"""The most connections of one search that may be left without an answer."""

API = "api"

_PAUSE = 1.0
_TOLD_ENOUGH = frozenset({Ended.REDIRECTED, Ended.ENDLESS})
"""Ends of an attempt that no further attempt would explain better."""

_AT_THE_HELLO = frozenset({Ended.SILENT, Ended.CLOSED, Ended.RESET, Ended.FOREIGN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many seconds to wait for each kind of attempt.

    Args:
        plain: the first attempt; ib_async waits as long by default.
        again: longer on the same connection, so that a person may answer a dialog; also the second attempt.
        more: every other attempt.
        step: each announced version, in the search for the highest that is answered.
        asks: the answers to what libraries request first; they wait as long for each by default.
    """

    plain: float = 4.0
    again: float = 4.0
    more: float = 3.0
    step: float = 1.2
    asks: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """What a search may do besides connecting as a client does.

    Args:
        greetings: also try the greetings of TLS and HTTP if the port does not speak the API; never with a possible
            Gateway.
        more: leave more than ``UNANSWERED`` connections without an answer, because a person asked for that.
        beside: number of open unanswered connections besides those of the search.
        remembers: whether what earlier looks left at the gateway counts. For a simulated gateway it does not: nothing
            can be harmed, and the result must not depend on how often the reference client came.
    """

    greetings: bool = False
    more: bool = False
    beside: int = 0
    remembers: bool = True

    @property
    def unanswered(self) -> float:
        """How many connections may be left without an answer."""
        return math.inf if self.more else UNANSWERED - self.beside


CAREFUL = Manner()


async def search(
    host: str, port: int, *, client_id: int, patience: Patience | None = None, manner: Manner = CAREFUL
) -> Search:
    """Search as `searching` does, and close the connections."""
    async with searching(host, port, client_id=client_id, patience=patience, manner=manner) as found:
        return found


async def once_more(standing: Standing, record: ProbeRecord, tried: Try) -> ProbeRecord | None:
    """Find out whether a failure was temporary: wait longer on an unanswered connection, else connect again later.

    If the client id is in use, it may be that of our own last look, which the gateway has not released yet. Then the
    next lower one is used.

    Args:
        standing: the connection that failed.
        record: what was seen of it.
        tried: how it was made.

    Returns:
        What was seen this time; ``None`` if nothing was tried, because another attempt would show nothing new.
    """
    patience = Patience().again
    if record.ended in _TOLD_ENOUGH:
        return None
    if record.ended is Ended.SILENT:
        return await standing.look(patience, when=record.when)
    client_id = tried.client_id - 1 if record.id_in_use else tried.client_id
    return await attempt(replace(tried, client_id=client_id, pause=_PAUSE, timeout=patience))


@asynccontextmanager
async def searching(
    host: str,
    port: int,
    *,
    client_id: int,
    patience: Patience | None = None,
    manner: Manner = CAREFUL,
    first: Standing | None = None,
    asks: Asks | None = None,
) -> AsyncIterator[Search]:
    """Try a gateway in ways that may show why it does not answer, each with a hello that a client could send.

    If the plain attempt passes, a second client connects beside it, and alone if that fails: a gateway that
    answers only once is not healthy. Unanswered connections stay open until the context is left.

    Args:
        host: the gateway's address or name.
        port: the gateway's port.
        client_id: the highest of ``CLIENT_IDS`` client ids that nobody else uses.
        patience: how long to wait.
        manner: what else the search may do.
        first: an open connection that has waited already, instead of the plain attempt; the caller closes it.
        asks: what the plain attempt requests when it is ready; the others request nothing.

    Yields:
        All attempts. A gateway that fails gives a record, too, never an exception.
    """
    waits = patience or Patience()
    began = time.monotonic()
    plain = Try(when=PLAIN, host=host, port=port, client_id=client_id, timeout=waits.plain, asks=asks)
    async with AsyncExitStack() as stack:
        why_not = await stack.enter_async_context(turn(host, port)) if manner.remembers else None
        if why_not is None and manner.remembers and first is None and not manner.more:
            why_not = await why_not_again(host, port)
        if why_not is not None:
            yield Search(attempts=(not_asked(plain, why_not),))
            return
        beside = manner.beside + (await kept_at(host, port) if manner.remembers else 0)
        found = await _Search(plain, waits, replace(manner, beside=beside), stack).run(first)
        yield replace(found, seconds=time.monotonic() - began)


class _Search:
    def __init__(self, plain: Try, patience: Patience, manner: Manner, stack: AsyncExitStack) -> None:
        self._plain = plain
        self._patience = patience
        self._manner = manner
        self._stack = stack
        self._client_ids = itertools.count(plain.client_id - 1, -1)
        self._made: list[ProbeRecord] = []
        self._highest: int | None = None

    async def run(self, first: Standing | None) -> Search:
        async with AsyncExitStack() as first_stack:
            standing = Standing(self._plain) if first is None else first
            if first is None:
                await first_stack.enter_async_context(standing)
            waited = self._patience.plain if first is None else 0.0
            plain = await standing.look(waited, when=None if first is None else PLAIN)
            self._made.append(plain)
            if plain.passed:
                await self._beside(plain)
            elif plain.stage == "tcp":
                await self._elsewhere()
            elif plain.ended not in _TOLD_ENOUGH:
                await self._more(plain, standing)
            if plain.ended is Ended.SILENT:
                self._stack.push_async_callback(first_stack.pop_all().aclose)
        if (
            plain.passed
            and not any(each.ended is Ended.ENDLESS for each in self._made)
            and not all(each.passed for each in self._made if each.when == TOGETHER)
        ):
            await self._try(ALONE, pause=_PAUSE, timeout=self._patience.plain)
        return Search(attempts=tuple(self._made), speaks=self._speaks(), highest_answered=self._highest)

    async def _beside(self, plain: ProbeRecord) -> None:
        """Find out whether the gateway accepts a second client, and ``localhost`` at its other address.

        If bytes come drop by drop, a second client would take long and show nothing new.
        """
        if plain.trickles:
            return
        await self._try(TOGETHER, announced=LAST_TEXT, timeout=self._patience.plain)
        other = other_loopback(plain.address[0]) if plain.address is not None else None
        if self._plain.host == "localhost" and other is not None and other not in plain.passed_over:
            await self._try(OTHER_ADDRESS, host=other)

    async def _elsewhere(self) -> None:
        if (address := other_loopback(self._plain.host)) is not None:
            await self._try(OTHER_ADDRESS, host=address)

    async def _more(self, plain: ProbeRecord, standing: Standing) -> None:
        """Make the attempts that may show why the gateway stopped at the hello, or at the version."""
        waiting = standing.look(self._patience.again, when=LONGER) if plain.ended is Ended.SILENT else None
        async with asyncio.TaskGroup() as group:
            longer = None if waiting is None else group.create_task(waiting)
            group.create_task(self._in_turn(plain))
            if self._may_greet(plain):
                group.create_task(self._greet_as_others(plain))
        if longer is not None:
            self._made.append(longer.result())

    async def _in_turn(self, plain: ProbeRecord) -> None:
        """Make attempts one after another, because each may be the last that may be left unanswered."""
        if plain.ended is not Ended.SILENT or self._manner.more:
            again = {"client_id": self._plain.client_id} if plain.ended is not Ended.SILENT else {}
            await self._try(AGAIN, timeout=self._patience.again, pause=_PAUSE, **again)
        if plain.stage == "version":
            unanswered = not any("version" in each.seconds for each in self._made)
            text = await self._try(TEXT, announced=LAST_TEXT)
            if unanswered and text is not None and "version" in text.seconds:
                await self._climb()
        else:
            for when in OTHER_IDS:
                await self._try(when)
        if self._manner.more:
            await self._elsewhere()

    async def _climb(self) -> None:
        """Announce higher and higher versions, until one is not answered or the plain attempt's is reached."""
        if self._manner.more:
            between = [self._varied(UP_TO, timeout=self._patience.step) for _ in range(STEPS)]
            self._highest = await highest_answered(between, above=LAST_TEXT.max_version)
            return
        self._highest = LAST_TEXT.max_version
        for version in LADDER:
            hello = replace(WIDEST, max_version=version)
            record = await self._try(f"{UP_TO} {version}", announced=hello)
            if record is None or "version" not in record.seconds:
                return
            self._highest = version
        record = await self._try(AGAIN)
        if record is not None and "version" in record.seconds:
            self._highest = None  # it was the moment, not the version

    def _varied(self, when: str, **different: Any) -> Try:
        """Return the plain attempt with another client id, and whatever else is different."""
        client_id = different.get("client_id") or next(self._client_ids)
        own: dict[str, Any] = {"timeout": self._patience.more, **different, "client_id": client_id, "asks": None}
        return replace(self._plain, when=when, **own)

    async def _try(self, when: str, **different: Any) -> ProbeRecord | None:
        """Make an attempt, unless too many were left unanswered. An unanswered one stays open until the end."""
        if sum(each.ended is Ended.SILENT and each.when != LONGER for each in self._made) >= self._manner.unanswered:
            return None
        async with AsyncExitStack() as stack:
            standing = await stack.enter_async_context(Standing(self._varied(when, **different)))
            record = await standing.look()
            self._made.append(record)
            if record.ended is Ended.SILENT:
                self._stack.push_async_callback(stack.pop_all().aclose)
        return record

    def _may_greet(self, plain: ProbeRecord) -> bool:
        unknown = other_protocols.recognise(plain.first_bytes) == other_protocols.UNKNOWN
        at_the_hello = plain.stage == "version" and plain.ended in _AT_THE_HELLO
        return at_the_hello and unknown and (self._manner.greetings or self._manner.more)

    async def _greet_as_others(self, plain: ProbeRecord) -> None:
        if plain.address is not None:
            greeted = (
                other_protocols.greet(plain.address, name, greeting, self._patience.more)
                for name, greeting in other_protocols.greetings().items()
            )
            self._made += await asyncio.gather(*greeted)

    def _speaks(self) -> str | None:
        here = [each for each in self._made if each.when != OTHER_ADDRESS]
        if any("version" in each.seconds for each in here):
            return API
        names = list(_names(each.first_bytes for each in here))
        known = [name for name in names if name != other_protocols.UNKNOWN]
        return next(iter(known or names), None)


def _names(heard: Iterable[bytes]) -> Iterable[str]:
    return (other_protocols.recognise(data) for data in heard if data)


LADDER = (203, 207, 213, 217, 220, 223, 226)
"""Highest versions to announce, one after another, if only one may stay unanswered: those of published libraries, and
those from which a Gateway sends more in protobuf."""

STEPS = 4
"""How many versions are tried at the same time, because each silence takes a whole timeout."""

_BEYOND = 400
"""Far above what any gateway speaks; versions grow by about ten a year."""


async def highest_answered(tries: Sequence[Try], *, above: int) -> int:
    """Find the highest announced maximum that gets a version reply.

    Args:
        tries: the attempts that may run at the same time, each with its own client id.
        above: a maximum that is known to be answered.

    Returns:
        The highest maximum that was answered, at least ``above``.
    """
    low, high = above, _BEYOND
    while high - low > 1:
        versions = _between(low, high, len(tries))
        announced = [
            replace(each.announced, max_version=version) for each, version in zip(tries, versions, strict=False)
        ]
        made = (attempt(replace(each, announced=hello)) for each, hello in zip(tries, announced, strict=False))
        answered = ["version" in record.seconds for record in await asyncio.gather(*made)]
        first_silent = answered.index(False) if False in answered else len(answered)
        low = versions[first_silent - 1] if first_silent else low
        high = versions[first_silent] if first_silent < len(versions) else high
    return low


def _between(low: int, high: int, parts: int) -> list[int]:
    """Return up to ``parts`` whole numbers between ``low`` and ``high``, evenly spaced."""
    return sorted({low + (high - low) * part // (parts + 1) for part in range(1, parts + 1)} - {low, high})
