"""Waits from a container's start until its first answer, or explains what ended the wait."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.diagnose.control import probe
from harness.diagnose.gateway_met import diagnose_boot
from harness.gateways.docker.container import Following
from harness.gateways.docker.engine_calls import EngineError
from harness.gateways.opened import BootError
from harness.known.images import BootFailure, ImageProfile
from harness.shared.evidence import BootRecord

if TYPE_CHECKING:
    from harness.gateways.docker.engine import Image
    from harness.gateways.opened import Opening
    from harness.plan.matrix.gateway_spec import ContainerSpec, GatewaySpec

HELLO = 60.0
"""Seconds from the login within which the API must answer; a Gateway first opens its port and applies its settings."""

_ATTEMPT = 30.0
"""Seconds for one attempt. A Gateway may keep an unanswered connection, so there are at most two attempts."""

_REUSED = 5.0
"""Seconds within which a container that was already up must answer."""

_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
"""Seconds between attempts, at first and at most. A forwarder accepts and drops at once, so attempts may be short."""

_LATELY = 200
"""How many lines before a failure are searched for its real cause."""


class Ended(Exception):  # noqa: N818 - not all that ends a wait is an error
    """The gateway will not come up.

    Args:
        code: the reason.
        line: the line of the log that shows it, unchanged; ``None`` if no line does.
    """

    def __init__(self, code: BootFailure, line: str | None = None) -> None:
        super().__init__(code.value)
        self.code = code
        self.line = line


class Exited(Exception):  # noqa: N818 - as above
    """The log is over: the container or the engine has ended. ``line`` is its last line."""

    def __init__(self, line: str | None) -> None:
        super().__init__("the log is over")
        self.line = line


@dataclass(slots=True, kw_only=True)
class Watch:
    """Reads the lines of a log, and recognises what they mean.

    Args:
        profile: the image's profile, which knows what lines mean.
        following: yields the lines.
        waits: called when the gateway waits for a person.
    """

    profile: ImageProfile
    following: Following
    waits: Callable[[], None]
    build: str | None = None
    """The exact version of the gateway, from the log."""
    ibc: str | None = None
    asked: bool = False
    """Whether it waits for a person."""
    _last: str | None = None
    _seen: list[tuple[int, str]] = field(default_factory=list)
    """The failure markers that were seen, each by its number in the profile, with the line."""

    async def until_logged_in(self, *, start_timeout: float, two_factor_timeout: float) -> None:
        """Wait for the login.

        Args:
            start_timeout: seconds from now within which it must log in, if it waits for nobody.
            two_factor_timeout: seconds that a person has for the second factor.

        Raises:
            Ended: it will not log in.
            Exited: the log has ended.
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
        """Take versions and failures from a line."""
        self._last = line if line.strip() else self._last
        self.build = self.build or _found(self.profile.build_line, line)
        self.ibc = self.ibc or _found(self.profile.ibc_line, line)
        number = next((number for number, marker in enumerate(self.profile.failures) if marker.means(line)), None)
        if number is not None:
            self._seen.append((number, line))

    def settled(self, first: Ended) -> Ended:
        """Return the real cause, once the container has stopped and all its lines are there.

        IBC first logs that a login failed, and then why. The order of the profile decides which line says more.
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
    """Connect as a client, again and again, until version, accounts and next valid id come."""
    pause = _PAUSE
    while not (await probe(host, port, client_id=client_id, timeout=_ATTEMPT)).passed:
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


async def answers(host: str, port: int, client_id: int) -> bool:
    """Return whether the API answers within one attempt."""
    return (await probe(host, port, client_id=client_id, timeout=_REUSED)).passed


def _has(texts: tuple[str, ...], line: str) -> bool:
    return any(text in line for text in texts)


def _found(pattern: str | None, line: str) -> str | None:
    match = re.search(pattern, line) if pattern else None
    return match[1] if match else None


_LOG = "container.log"
_SHOWN = 500
"""Characters of a log line that are kept in the results."""


class Boot:
    """A gateway from its image to its first answer.

    Args:
        spec: its table in the matrix file.
        container: the part of the table that is about its container.
        opening: is notified of progress.
    """

    def __init__(self, spec: GatewaySpec, container: ContainerSpec, opening: Opening) -> None:
        self.spec = spec
        self.container = container
        self.opening = opening
        self.image: Image | None = None
        self.watch: Watch | None = None
        self.reused = False
        self._began = time.monotonic()
        self._seconds: dict[str, float] = {}

    def reached(self, stage: str) -> None:
        """Record that a stage was reached now: ``image``, ``container``, ``login`` or ``hello``."""
        self._seconds[stage] = time.monotonic() - self._began

    def note(self, text: str) -> None:
        """Report something about it to a person."""
        self.opening.note(f"{self.spec.name}: {text}")

    def progress(self, words: str, part: float | None = None) -> None:
        """Report progress of something that takes long; empty words mean that it is over."""
        self.opening.progress(words, part)

    @property
    def log(self) -> Path | None:
        """The file of its log."""
        folder = self.opening.folder
        return None if folder is None else folder / "gateways" / self.spec.name / _LOG

    @property
    def artifacts(self) -> tuple[str, ...]:
        """The files that it has left so far, relative to the run's folder."""
        kept = self.log is not None and self.log.exists()
        return (f"gateways/{self.spec.name}/{_LOG}",) if kept else ()

    def record(
        self, failure: BootFailure | None = None, *, line: str | None = None, exit_code: int | None = None
    ) -> BootRecord:
        """Return the record of how far it came; ``line`` is shown to people, so it must contain no secret."""
        image = self.image
        variable = self.container.profile.build_variable
        said = image.environment.get(variable) if image and variable else None
        return BootRecord(
            image=self.container.image,
            digest=image.digest if image else None,
            build=said or (self.watch.build if self.watch else None),
            ibc=self.watch.ibc if self.watch else None,
            reused=self.reused,
            seconds=dict(self._seconds),
            failure=None if failure is None else failure.value,
            line=None if line is None else line[:_SHOWN],
            exit_code=exit_code,
        )

    def ended_by_itself(self, exit_code: int | None) -> BootRecord:
        """Return the record of a container that came up and ended, with its last log line (without secrets)."""
        kept = self.log.read_text("utf-8", "replace").split("\n") if self.log is not None and self.log.exists() else []
        last = next((line for line in reversed(kept) if line.strip()), None)
        return replace(self.record(), line=None if last is None else last[:_SHOWN], exit_code=exit_code)

    def stopped_by(self, error: EngineError) -> BootError:
        """Return the error for a gateway whose engine could not be used, or did not do what it was asked."""
        return BootError(str(error), hint=error.hint, record=self.record(error.code), artifacts=self.artifacts)

    def failed(
        self, failure: BootFailure, *, line: str | None, exit_code: int | None = None, says: str = ""
    ) -> BootError:
        """Return the error for a container that did not become a gateway; ``says`` is what its exit code means."""
        record = self.record(failure, line=line, exit_code=exit_code)
        verdict = diagnose_boot(self.spec, record)
        told = f": {record.line.strip()}" if record.line else ""
        ended = "" if exit_code is None else f" (exit code {exit_code}{': ' if says else ''}{says})"
        message = f"{self.container.image} did not start: {verdict.title}{ended}{told}"
        return BootError(message, hint=next(iter(verdict.next), ""), record=record, artifacts=self.artifacts)
