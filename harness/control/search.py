"""What the control tries more where its plain attempt does not end well; and whether a good end lasts.

What is tried depends on how far the plain attempt came, because the rest cannot matter: a client id is not on the wire
before the version reply, and a port where nothing listens speaks no other protocol. What may have to be waited out is
tried side by side, so that the whole search stays within the patience of a person.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

from harness.control import foreign
from harness.control.address import other_loopback
from harness.control.attempt import attempt, attempted
from harness.control.heard import WIDEST, Try
from harness.control.highest import STEPS, highest_answered
from harness.evidence import Ended, ProbeRecord, Search
from harness.protocol.hello import Hello

PLAIN = "plainly"
AGAIN = "again, after a pause"
TOGETHER = "a second client beside the first"
ALONE = "once more, alone"
OTHER_ADDRESS = "at the other loopback address"
OPTIONS = "with +PACEAPI"
TEXT = "announcing text only"
UP_TO = "announcing up to a version"
OTHER_IDS = ("with another client id", "with a third client id")

LAST_TEXT = Hello(min_version=100, max_version=200)
"""No protobuf: every gateway so far speaks it."""

_PACE_API = "+PACEAPI"
"""The one option that is publicly documented, for the hello and as a capability."""

CLIENT_IDS = 12
"""Client ids that a search may use, from its own downwards: attempts side by side must not get in each other's way."""

API = "api"

_PAUSE = 1.0
_AT_THE_HELLO = frozenset({Ended.SILENT, Ended.CLOSED, Ended.RESET, Ended.FOREIGN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How many seconds to wait.

    Args:
        plain: the first time; as long as ib_async waits by default.
        again: the second time, in which a person may answer a dialog.
        more: with everything else.
        step: for each announced version while looking for the highest that is answered.
    """

    plain: float = 4.0
    again: float = 4.0
    more: float = 3.0
    step: float = 1.2


async def search(host: str, port: int, *, client_id: int, patience: Patience | None = None) -> Search:
    """Try a gateway in every way that may tell why it does not answer, with nothing but connect-phase messages.

    Where the plain attempt passes, a second client connects beside it, and alone where that fails: a gateway that
    answers once only is not healthy. A port that does not speak the API is greeted as TLS and HTTP are, too.

    Args:
        host: the gateway's address or name.
        port: the gateway's port.
        client_id: the highest of ``CLIENT_IDS`` that must be nobody else's.
        patience: how long to wait.

    Returns:
        All attempts; a gateway that fails is a record too, never an exception.
    """
    waits = patience or Patience()
    began = time.monotonic()
    found = await _Search(Try(when=PLAIN, host=host, port=port, client_id=client_id, timeout=waits.plain), waits).run()
    return replace(found, seconds=time.monotonic() - began)


class _Search:
    def __init__(self, plain: Try, patience: Patience) -> None:
        self._plain = plain
        self._patience = patience
        self._client_ids = itertools.count(plain.client_id - 1, -1)
        self._answers: list[bytes] = []
        self._highest: int | None = None
        self._answered = False

    async def run(self) -> Search:
        async with AsyncExitStack() as stack:
            plain = await stack.enter_async_context(attempted(self._plain))
            self._answered = "version" in plain.seconds
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._try(each)) for each in self._more(plain)]
                if _is_at_the_hello(plain):
                    group.create_task(self._greet_as_others(plain))
        attempts = [plain, *(task.result() for task in tasks)]
        if plain.passed and not attempts[-1].passed:
            attempts.append(await attempt(self._varied(ALONE, pause=_PAUSE, timeout=self._patience.plain)))
        return Search(attempts=tuple(attempts), speaks=self._speaks(attempts), highest_answered=self._highest)

    def _more(self, plain: ProbeRecord) -> Iterator[Try]:
        """Yield what is tried beside the plain attempt where it passed, else after it."""
        if plain.passed:
            other = other_loopback(plain.address[0]) if plain.address is not None else None
            if self._plain.host == "localhost" and other is not None and other not in plain.passed_over:
                yield self._varied(OTHER_ADDRESS, host=other)
            yield self._varied(TOGETHER, announced=LAST_TEXT, timeout=self._patience.plain)
            return
        if (address := other_loopback(self._plain.host)) is not None:
            yield self._varied(OTHER_ADDRESS, host=address)
        if plain.stage == "tcp" or plain.ended is Ended.REDIRECTED:
            return
        yield replace(self._plain, when=AGAIN, timeout=self._patience.again, pause=_PAUSE)
        yield self._varied(TEXT, announced=LAST_TEXT)
        yield self._varied(OPTIONS, announced=replace(WIDEST, options=_PACE_API), capabilities=_PACE_API)
        if plain.stage == "ready":
            yield from map(self._varied, OTHER_IDS)

    def _varied(self, when: str, **different: Any) -> Try:
        """Return the plain attempt with something different, and a client id of its own."""
        own: dict[str, Any] = {"client_id": next(self._client_ids), "timeout": self._patience.more}
        return replace(self._plain, when=when, **{**own, **different})

    async def _try(self, tried: Try) -> ProbeRecord:
        """Make an attempt; where text is answered and the widest range was not, look for what lies between."""
        record = await attempt(tried)
        if tried.when == TEXT and "version" in record.seconds and not self._answered:
            between = [self._varied(UP_TO, timeout=self._patience.step) for _ in range(STEPS)]
            self._highest = await highest_answered(between, above=LAST_TEXT.max_version)
        return record

    async def _greet_as_others(self, plain: ProbeRecord) -> None:
        if plain.address is None or foreign.recognise(plain.first_bytes) != foreign.UNKNOWN:
            return
        greetings = (foreign.tls_hello(), foreign.HTTP_REQUEST)
        answers = (foreign.first_answer(plain.address, each, self._patience.more) for each in greetings)
        self._answers += await asyncio.gather(*answers)

    def _speaks(self, attempts: Sequence[ProbeRecord]) -> str | None:
        here = [each for each in attempts if each.when != OTHER_ADDRESS]
        if any("version" in each.seconds for each in here):
            return API
        heard = [data for data in (*(each.first_bytes for each in here), *self._answers) if data]
        names = [foreign.recognise(data) for data in heard]
        known = [name for name in names if name != foreign.UNKNOWN]
        return next(iter(known or names), None)


def _is_at_the_hello(plain: ProbeRecord) -> bool:
    return plain.stage == "version" and plain.ended in _AT_THE_HELLO
