"""How a recording goes is told in one line on a terminal, and in few lines elsewhere; what matters is told once."""

from __future__ import annotations

import io
from typing import Any

import pytest

from harness.cli.record_progress import RecordProgress
from harness.run.recording.feed import Counts
from harness.run.recording.record import Progress
from harness.shared.errors import UnwritableError
from harness.wire.message import Sender


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def progress(seconds: float, *, failed: UnwritableError | None = None, **counts: Any) -> Progress:
    return Progress(port=4102, seconds=seconds, counts=Counts(**counts), omitted=2, failed=failed)


def told(*given: Progress, terminal: bool) -> str:
    stream = Stream(terminal=terminal)
    telling = RecordProgress(stream, ("127.0.0.1", 4002), 80, "Ctrl-C ends it")
    for each in given:
        telling.tell(each)
    telling.end()
    return stream.getvalue()


@pytest.mark.parametrize("terminal", [True, False])
def test_where_to_connect_is_told_first_and_once(terminal: bool) -> None:  # noqa: FBT001 - a case
    said = told(progress(0), progress(1), terminal=terminal)
    assert "127.0.0.1:4102" in said.splitlines()[0]
    assert "127.0.0.1:4002" in said.splitlines()[0]
    assert said.count("4102") == 1


def test_a_terminal_has_one_line_that_changes() -> None:
    frames = {Sender.CLIENT: 1_000, Sender.GATEWAY: 234}
    said = told(progress(1), progress(60, clients=3, now=1, frames=frames), terminal=True)
    assert said.count("\n") == 2
    last = said.rsplit("\r", 1)[1]
    for words in ("1 client ", "(3 so far)", "1,234 messages", "2 omitted"):
        assert words in last


def test_a_log_has_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 0.0, 30.0, 61.0, 61.0, 62.0])
    monkeypatch.setattr("harness.cli.record_progress.time.monotonic", lambda: next(clock))
    said = told(progress(0), progress(30), progress(61), progress(62), terminal=False)
    assert len(said.splitlines()) == 2
    assert "\r" not in said


@pytest.mark.parametrize("terminal", [True, False])
def test_what_matters_is_told_once(terminal: bool) -> None:  # noqa: FBT001 - a case
    full = UnwritableError("a.ibrec.part: cannot be written: No space left on device")
    news = progress(1, failed=full, refused=2, ended=["it is live"])
    said = told(progress(0), news, news, terminal=terminal)
    for words in ("No space left on device", "cannot be reached", "it is live"):
        assert said.count(words) == 1
