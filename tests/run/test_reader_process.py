"""What a cell leaves behind is read in a process of its own: the loop that carries the taps does not wait for it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.results.answers.same import Asked
from harness.run import reader_process as reader
from harness.run import scheduler
from harness.run.own_process import environment
from harness.run.reader_process import Read, Reader, Unread, read
from harness.shared.evidence import CheckRecord
from harness.shared.status import Status
from harness.wire.message import Sender
from harness.wire.transcript import Chunk, Transcript
from harness.wire.transcript_words import in_words
from tests.run.fakes import NEGOTIATES, FakeRuns, gone
from tests.wire.transcripts import chunk, conversation, spoken

SAID = spoken(178)[-1]
LONG = conversation(178, *(chunk(0.6, Sender.GATEWAY, SAID) for _ in range(100)))
UNREAD = Unread(
    checks=(CheckRecord(name="positions", status=Status.TIMEOUT, reason="no answer", began=0.0),),
    transcript=LONG,
    truth=None,
    asked=Asked(began=0.0, ended=1.0, server_version=178),
)


def with_a_reader(use: Callable[[Reader], Awaitable[Any]], *, alone: bool = False) -> Any:
    async def used() -> Any:
        reader = Reader(alone=alone)
        try:
            return await use(reader)
        finally:
            await reader.close()

    return asyncio.run(used())


def test_it_reads_the_same_as_in_this_process() -> None:
    assert read(UNREAD).wire is not None
    assert with_a_reader(lambda reader: reader.read(UNREAD)) == read(UNREAD)


def test_it_starts_without_what_only_a_run_needs() -> None:
    """pydantic, which validates matrix files, would make it start a third later."""
    said = "import sys, harness.run.reader_process; print('pydantic' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", said], env=environment(), text=True) == "False\n"


def test_a_truth_is_told_once_and_held_against_every_cell_of_its_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    framed, sizes = reader._framed, list[int]()

    def measured(content: object) -> bytes:
        sizes.append(len(framed(content)))
        return framed(content)

    monkeypatch.setattr(reader, "_framed", measured)
    read_well = CheckRecord(name="current_time", status=Status.PASS, detail={"epoch_seconds": 1})
    right, wrong = ({"current_time": {"epoch_seconds": each}, "x" * 100_000: {}} for each in (1, 2))
    cells = [replace(UNREAD, checks=(read_well,), truth=truth) for truth in (right, wrong, None, right, wrong, None)]

    async def one_after_another(reading: Reader) -> list[Read]:
        return [await reading.read(each) for each in cells]

    told: list[Read] = with_a_reader(one_after_another)
    assert [each.checks[0].status for each in told] == [Status.PASS, Status.DEGRADED, Status.PASS] * 2
    assert [size > 100_000 for size in sizes] == [True, True, False, False, False, False]


def test_answers_stay_the_objects_that_other_cells_have_too() -> None:
    """A copy for each check of each cell made the run twice as heavy."""
    well = CheckRecord(name="current_time", status=Status.PASS, detail={"epoch_seconds": 1})
    told: Read = with_a_reader(lambda reader: reader.read(replace(UNREAD, checks=(*UNREAD.checks, well))))
    assert told.checks[-1].detail is well.detail


def test_the_loop_decodes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither does any thread beside it, which would hold the interpreter's lock."""
    here: list[str] = []
    monkeypatch.setattr(reader, "in_words", lambda *_: here.append(threading.current_thread().name))
    with_a_reader(lambda reader: asyncio.gather(*(reader.read(UNREAD) for _ in range(3))))
    assert here == []


@pytest.mark.parametrize("times", [1, 16], ids=["many cells", "one cell"])
@pytest.mark.parametrize(
    ("short", "longer"),
    [
        ([chunk(0.6, Sender.GATEWAY, b"\0" * 4000)], chunk(0.6, Sender.GATEWAY, b"\0" * 100)),
        ([chunk(0.6, Sender.GATEWAY, b"\0")] * 95, chunk(0.6, Sender.GATEWAY, b"\0")),
    ],
    ids=["bytes", "entries"],
)
def test_for_a_short_transcript_no_process_is_started(
    short: list[Chunk], longer: Chunk, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread reads it: the loop that carries the taps goes on meanwhile. More is short where no cell waits for it."""
    threads: list[str] = []

    def noted(transcript: Transcript) -> Any:
        threads.append(threading.current_thread().name)
        return in_words(transcript)

    monkeypatch.setattr(reader, "in_words", noted)

    async def pids(reading: Reader) -> list[bool]:
        started = []
        for more in (short * times, [*short * times, *[longer] * (6 * times)]):
            await reading.read(replace(UNREAD, transcript=conversation(178, *more)))
            started.append(reading.pid is not None)
        return started

    assert with_a_reader(pids, alone=times > 1) == [False, True]
    assert len(threads) == 1
    assert threading.current_thread().name not in threads


def test_answers_belong_to_what_was_asked() -> None:
    def named(name: str) -> Unread:
        return Unread(
            checks=(CheckRecord(name=name, status=Status.FAIL),),
            transcript=UNREAD.transcript,
            truth=None,
            asked=UNREAD.asked,
        )

    names = [f"check {number}" for number in range(20)]
    told: list[Read] = with_a_reader(lambda reader: asyncio.gather(*(reader.read(named(name)) for name in names)))
    assert [each.checks[0].name for each in told] == names


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
def test_where_the_process_is_lost_it_is_read_all_the_same() -> None:
    async def lost(reader: Reader) -> Read:
        await reader.read(UNREAD)
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGKILL)
        first = await reader.read(UNREAD)
        assert await reader.read(UNREAD) == first
        return first

    assert with_a_reader(lost) == read(UNREAD)


def test_where_no_process_can_be_had_a_thread_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    assert with_a_reader(lambda reader: reader.read(UNREAD)) == read(UNREAD)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="asks after a process by signal")
def test_closing_ends_it_and_so_does_a_cancelled_reading() -> None:
    async def cancelled(reader: Reader) -> list[int | None]:
        await reader.read(UNREAD)
        pids = [reader.pid]
        reading = asyncio.create_task(reader.read(UNREAD))
        await asyncio.sleep(0)  # it has the turn now
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await reader.read(UNREAD)
        return [*pids, reader.pid]

    pids = with_a_reader(cancelled)
    assert all(pid is not None and gone(pid) for pid in pids)


@pytest.mark.skipif(sys.platform == "win32", reason="sends a signal")
def test_ctrl_c_is_for_the_run() -> None:
    async def interrupted(reader: Reader) -> Read:
        await reader.read(UNREAD)
        assert reader.pid is not None
        os.kill(reader.pid, signal.SIGINT)
        pid = reader.pid
        done = await reader.read(UNREAD)
        assert reader.pid == pid
        return done

    assert with_a_reader(interrupted) == read(UNREAD)


def test_a_run_of_one_cell_is_alone(runs: FakeRuns, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[bool] = []

    def noted(*, alone: bool) -> Reader:
        told.append(alone)
        return Reader(alone=alone)

    monkeypatch.setattr(scheduler, "Reader", noted)
    runs.build("1")
    runs.build("2")
    for versions in (("1",), ("1", "2")):
        runs.run(NEGOTIATES, versions=versions)
    assert told == [True, False]
