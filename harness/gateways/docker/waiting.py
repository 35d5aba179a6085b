"""From a container's start to its first answer, or to what ends the wait."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.diagnose.control import probe
from harness.gateways.docker.log_following import Following
from harness.known.images import BootFailure, ImageProfile

HELLO = 60.0
"""Seconds from the login until the API has to answer; a Gateway takes some to open its port and to set its settings."""

_ATTEMPT = 30.0
"""Seconds that one attempt gets. A Gateway may keep one that hangs up unanswered, so there are two at most."""

_REUSED = 5.0
"""Seconds for one that was up before."""

_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
"""Seconds between attempts: a forwarder accepts at once and drops, so an attempt may take no time."""

_LATELY = 200
"""Lines before a failure that are looked through for what it really was."""


class Ended(Exception):  # noqa: N818 - not all that ends a wait is an error
    """The gateway will not come up.

    Args:
        code: why.
        line: of the log that told, as it came; ``None`` where none did.
    """

    def __init__(self, code: BootFailure, line: str | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.line = line


class Exited(Exception):  # noqa: N818 - as above
    """The log is over: the container has ended, or the engine has. ``line`` is the last that it said."""

    def __init__(self, line: str | None) -> None:
        super().__init__("the log is over")
        self.line = line


@dataclass(slots=True, kw_only=True)
class Watch:
    """Reads the lines of a log for what they mean.

    Args:
        profile: says what they mean.
        following: gives them.
        waits: told that it waits for a person.
    """

    profile: ImageProfile
    following: Following
    waits: Callable[[], None]
    build: str | None = None
    """The exact version, as the log has it."""
    ibc: str | None = None
    asked: bool = False
    """Whether it waits for a person."""
    _last: str | None = None
    _seen: list[tuple[int, str]] = field(default_factory=list)
    """Number of the marker in the profile, and the line that has it."""

    async def until_logged_in(self, *, start_timeout: float, two_factor_timeout: float) -> None:
        """Wait for the login.

        Args:
            start_timeout: seconds from now, for as long as it does not wait for a person.
            two_factor_timeout: seconds that a person has.

        Raises:
            Ended: it will not log in.
            Exited: the log is over.
        """
        try:
            async with asyncio.timeout(start_timeout) as limit:
                while not self._logged_in(line := await self._next()):
                    if not self.asked and _has(self.profile.waiting, line):
                        self.asked = True
                        limit.reschedule(asyncio.get_running_loop().time() + two_factor_timeout)
                        self.waits()
        except TimeoutError:
            late = BootFailure.TWO_FACTOR_TIMEOUT if self.asked else BootFailure.NOT_READY_IN_TIME
            raise Ended(late, self._last) from None

    def _logged_in(self, line: str) -> bool:
        return _has(self.profile.logged_in, line)

    async def _watch(self) -> None:
        """Read on until a line ends the wait."""
        while True:
            await self._next()

    async def _next(self) -> str:
        line = await self.following.lines.get()
        if line is None:
            raise Exited(self._last)
        self._take(line)
        if self._seen:
            raise self._ended(*self._seen[0])
        return line

    def _ended(self, number: int, line: str) -> Ended:
        return Ended(self.profile.failures[number].code, line)

    def _take(self, line: str) -> None:
        """Read versions and failures out of a line."""
        self._last = line if line.strip() else self._last
        self.build = self.build or _found(self.profile.build_line, line)
        self.ibc = self.ibc or _found(self.profile.ibc_line, line)
        number = next((number for number, marker in enumerate(self.profile.failures) if marker.means(line)), None)
        if number is not None:
            self._seen.append((number, line))

    def settled(self, first: Ended) -> Ended:
        """Return what it really was, once the container has stopped and all its lines are there.

        IBC says first that a login failed, and then why; the profile's order says which of both tells more.
        """
        while not self.following.lines.empty() and len(self._seen) < _LATELY:
            line = self.following.lines.get_nowait()
            if line is not None:
                self._take(line)
        return self._ended(*min(self._seen)) if self._seen else first

    async def until_hello(self, host: str, port: int, client_id: int) -> None:
        """Wait until the API answers, or the log says that it will not.

        Raises:
            Ended: it will not answer, or did not in time.
            Exited: the log is over.
        """
        hello = asyncio.ensure_future(_hello(host, port, client_id))
        watch = asyncio.ensure_future(self._watch())
        try:
            async with asyncio.timeout(HELLO):
                await asyncio.wait({hello, watch}, return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise Ended(BootFailure.NO_HELLO, self._last) from None
        finally:
            for task in (hello, watch):
                task.cancel()
            await asyncio.wait({hello, watch})
        if not watch.cancelled():
            watch.result()
        hello.result()


async def _hello(host: str, port: int, client_id: int) -> None:
    """Greet as a client does until that is answered with versions, accounts and the next valid id."""
    pause = _PAUSE
    while not (await probe(host, port, client_id=client_id, timeout=_ATTEMPT)).passed:
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def answers(host: str, port: int, client_id: int) -> bool:
    """Tell whether the API answers within one attempt."""
    return (await probe(host, port, client_id=client_id, timeout=_REUSED)).passed


def _has(texts: tuple[str, ...], line: str) -> bool:
    return any(text in line for text in texts)


def _found(pattern: str | None, line: str) -> str | None:
    match = re.search(pattern, line) if pattern else None
    return match[1] if match else None
