"""Reads what a cell left in a separate process: its transcript, and its answers, which it compares with the truth.

Decoding a large transcript takes much processor time. The loop of a run carries the taps of all cells: a delay in it
looks like a slow gateway to each of them, and a thread would cause one too, because threads share one interpreter
lock. So the run has one more process, which starts with the first large transcript and reads one after the other. If it
cannot be started, or is lost, a thread reads: late is better than not at all. A thread also reads a short transcript,
which takes milliseconds, whatever its bytes are, and a tenth of the time that starting the process takes. In a run
of a single cell it reads longer ones, too: there is no other cell that a delay could disturb.

`read` does all the work and does not depend on how it is called.
"""

from __future__ import annotations

import asyncio
import pickle
import signal
import struct
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import BinaryIO, cast

from harness.diagnose.transcript_facts import facts_of
from harness.gateways.opened import GroundTruth
from harness.results.answers.held import Known, held
from harness.results.answers.same import Asked
from harness.results.answers.truth_sent import heard
from harness.run.own_process import environment
from harness.shared.evidence import CheckRecord, WireFacts
from harness.shared.status import Status
from harness.wire.transcript import Chunk, Passed, Transcript
from harness.wire.transcript_words import in_words

_SHORT_BYTES, _SHORT_ENTRIES = 4096, 100
"""The most that a short transcript holds."""

_ALONE = 16
"""How many times as much that is for a single cell: twice what an ordinary one leaves, and a tenth of a second."""

_LENGTH = struct.Struct(">Q")
_LOST = (OSError, EOFError, asyncio.IncompleteReadError, pickle.UnpicklingError)
"""The errors when the process, or its answer, is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """What a cell left behind.

    Args:
        checks: as its process wrote them.
        transcript: what crossed its tap; ``None`` if that was not recorded.
        truth: the right answers of its gateway; ``None`` if unknown.
        asked: when the cell was asked, and the server version that it negotiated.
    """

    checks: tuple[CheckRecord, ...]
    transcript: Transcript | None
    truth: GroundTruth | None
    asked: Asked


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What the evidence of a cell says.

    Args:
        checks: compared with everything that is known about their answers.
        wire: what the transcript shows of library and gateway; ``None`` if all passed, or there is none.
        heard: names of the checks for which the transcript shows what was sent.
    """

    checks: tuple[CheckRecord, ...]
    wire: WireFacts | None = None
    heard: frozenset[str] = field(default_factory=frozenset)


def read(unread: Unread) -> Read:
    """Read what a cell left behind. This needs up to a second of processor time."""
    transcript = unread.transcript
    if transcript is None:
        return Read(checks=tuple(held(unread.checks, Known(truth=unread.truth, heard={}), unread.asked)))
    lines = in_words(transcript)
    sent = heard(transcript, lines, unread.checks)
    checks = tuple(held(unread.checks, Known(truth=unread.truth, heard=sent), unread.asked))
    well = all(check.status is Status.PASS for check in checks)
    return Read(checks=checks, wire=None if well else facts_of(transcript, lines), heard=frozenset(sent))


def _is_short(transcript: Transcript, times: int) -> bool:
    entries = transcript.entries
    sizes = (len(each.data) for each in entries if isinstance(each, Chunk))
    kept = (len(each.payload) for each in entries if isinstance(each, Passed))
    return len(entries) <= times * _SHORT_ENTRIES and sum(sizes) + sum(kept) <= times * _SHORT_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A request to the process, with the number of the truth: the truth itself is included the first time only."""

    unread: Unread
    truth: int | None = None


class Reader:
    """The process; closed with :meth:`close`, whatever it is doing.

    Args:
        alone: whether it reads what one cell leaves, while no other is asked.
    """

    def __init__(self, *, alone: bool = False) -> None:
        self._short = _ALONE if alone else 1
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._told: dict[int, GroundTruth] = {}

    @property
    def pid(self) -> int | None:
        """The process's number; ``None`` while there is none."""
        return self._process.pid if self._process else None

    async def read(self, unread: Unread) -> Read:
        """Read what a cell left behind; nothing of that holds up the loop."""
        if unread.transcript is None or _is_short(unread.transcript, self._short):
            return await asyncio.to_thread(read, unread)
        try:
            async with self._turn:
                return _sharing(unread.checks, await self._exchange(unread))
        except _LOST:
            return await asyncio.to_thread(read, unread)

    async def _exchange(self, unread: Unread) -> Read:
        process = self._process or await self._started()
        try:
            stdin, stdout = cast("asyncio.StreamWriter", process.stdin), cast("asyncio.StreamReader", process.stdout)
            stdin.write(_framed(self._with_truth_once(unread)))
            await stdin.drain()
            (length,) = _LENGTH.unpack(await stdout.readexactly(_LENGTH.size))
            answer: Read = pickle.loads(await stdout.readexactly(length))  # noqa: S301 - our own process says it
        except BaseException:
            await self.close()  # its next answer would belong to something else
            raise
        return answer

    def _with_truth_once(self, unread: Unread) -> _Asked:
        """Leave out a truth that the process has already. It may be long, and all cells of a gateway share it."""
        if unread.truth is None:
            return _Asked(unread=unread)
        number = id(unread.truth)
        known = number in self._told
        self._told[number] = unread.truth  # kept, so that no other truth gets its number
        return _Asked(unread=replace(unread, truth=None) if known else unread, truth=number)

    async def _started(self) -> asyncio.subprocess.Process:
        self._told.clear()
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", f"from {__name__} import serve; serve()"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
        )
        return self._process

    async def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001  # the pipes


def _sharing(given: Iterable[CheckRecord], answer: Read) -> Read:
    """Return an answer with the original details if they are unchanged, because cells share those."""
    details = {check.name: check.detail for check in given}
    checks = (
        replace(check, detail=details[check.name]) if details.get(check.name) == check.detail else check
        for check in answer.checks
    )
    return replace(answer, checks=tuple(checks))


def _framed(content: object) -> bytes:
    data = pickle.dumps(content)
    return _LENGTH.pack(len(data)) + data


def serve() -> None:
    """Run as the reader process: answer requests from standard input, one after the other, until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends this
    _serve(sys.stdin.buffer, sys.stdout.buffer)


def _serve(asked: BinaryIO, answers: BinaryIO) -> None:
    truths: dict[int | None, GroundTruth | None] = {}
    while head := asked.read(_LENGTH.size):
        (length,) = _LENGTH.unpack(head)
        told: _Asked = pickle.loads(asked.read(length))  # noqa: S301 - the run says it
        truth = truths.setdefault(told.truth, told.unread.truth)
        answers.write(_framed(read(replace(told.unread, truth=truth))))
        answers.flush()
