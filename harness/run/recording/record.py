"""Records what passes between a gateway and its clients, until the user or a command ends it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.recordings.recording import Head
from harness.run.interruption import Interruption
from harness.run.programs.beside import end_beside, started
from harness.run.recording.feed import Counts, Feed
from harness.run.recording.guard import Permits
from harness.run.recording.proxy import Proxy
from harness.run.recording.writing import Task
from harness.run.recording.writing_process import WritingProcess
from harness.shared.errors import GatewayError, UnwritableError, UsageError
from harness.shared.hosts import Address, addresses_of

TOLD_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be recorded.

    Args:
        gateway: its address.
        port: where to listen for its clients; 0 takes a free one.
        part: the part file.
        raw: the part file of what is not cleaned; ``None`` for none.
        head: what is known before it begins.
        began: the moment from which times count, on the monotonic clock; the head has it as time of day.
        permits: what may pass.
        command: a command with whose end it ends; empty if there is none.
    """

    gateway: tuple[str, int]
    port: int
    part: Path
    raw: Path | None
    head: Head
    began: float
    permits: Permits
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How a recording goes.

    Args:
        port: where it listens.
        seconds: since when.
        counts: what passed.
        omitted: messages that passed and are not in the recording.
        failed: why nothing is written any more; ``None`` if all is well.
    """

    port: int
    seconds: float
    counts: Counts
    omitted: int
    failed: UnwritableError | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What came of it; the part file has the rest.

    Args:
        counts: what passed.
        why: how many messages are not in the recording, by reason.
        failed: why not all of it was written; ``None`` if it was.
        exit_code: that of the command; ``None`` if there was none.
    """

    counts: Counts
    why: Mapping[str, int] = field(default_factory=dict)
    failed: UnwritableError | None = None
    exit_code: int | None = None


async def record(wanted: Wanted, interruption: Interruption, tell: Callable[[Progress], None]) -> Recorded:
    """Record until the interruption, or the end of the command.

    Args:
        wanted: what to record.
        interruption: ends it; it is in use.
        tell: is told how it goes: when it listens, and then twice a second.

    Raises:
        UnwritableError: the part file cannot be written.
        GatewayError: the port is in use.
        UsageError: the command cannot be started.
    """
    task = Task(part=wanted.part, raw=wanted.raw, head=wanted.head)
    try:
        async with WritingProcess(task) as process:
            return await _passing(wanted, interruption, process, tell)
    except (GatewayError, UsageError):  # it never began
        for part in filter(None, (wanted.part, wanted.raw)):
            part.unlink(missing_ok=True)
        raise


async def _passing(
    wanted: Wanted, interruption: Interruption, process: WritingProcess, tell: Callable[[Progress], None]
) -> Recorded:
    """Stand between gateway and clients until it is over, and let the process write the rest."""
    feed = Feed(process.write, process.waiting, wanted.began)

    def tell_now() -> None:
        seconds, omitted = time.monotonic() - wanted.began, process.report.get("omitted", 0)
        tell(Progress(port=proxy.port, seconds=seconds, counts=feed.counts, omitted=omitted, failed=process.failed))

    async with Proxy(wanted.gateway, wanted.port, feed, wanted.permits) as proxy:
        tell_now()
        exit_code = await _until_over(wanted.command, interruption, tell_now)
    await process.finished()
    tell_now()
    return Recorded(counts=feed.counts, why=process.report.get("why", {}), failed=process.failed, exit_code=exit_code)


async def _until_over(command: tuple[str, ...], interruption: Interruption, tell_now: Callable[[], None]) -> int | None:
    process = await started(command) if command else None
    telling = asyncio.create_task(every(TOLD_SECONDS, tell_now))
    try:
        async with interruption.ending():
            if process is None:
                await telling
                return None
            await process.wait()
    except asyncio.CancelledError:
        if not interruption.happened:
            raise
        if process is not None:
            await end_beside(process)
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    return None if process is None else process.returncode


async def every(seconds: float, call: Callable[[], None]) -> None:
    """Call something again and again."""
    while True:
        await asyncio.sleep(seconds)
        call()


async def resolved(host: str, port: int) -> Address:
    """Return the address of a host; IPv4 if it has both, since that is what a Gateway trusts.

    Raises:
        UsageError: it has none.
    """
    try:
        found = await addresses_of(host, port)
    except (OSError, UnicodeError) as problem:
        raise UsageError(f"{host}: has no address: {getattr(problem, 'strerror', None) or problem}") from None
    return min(found, key=lambda each: ":" in each[0])
