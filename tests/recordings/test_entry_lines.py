"""The lines of a recording: each is read as it was written, and frames also the quick way."""

from __future__ import annotations

import pytest
from hypothesis import given

from harness.recordings.entry_lines import frame_of, from_line, to_line, usual_frame_in
from harness.recordings.recording import Entry, Framed
from harness.wire.message import Sender
from tests.recordings.made import recorded


@given(entries=recorded())
def test_each_line_is_read_as_it_was_written(entries: tuple[Entry, ...]) -> None:
    assert tuple(from_line(to_line(entry)) for entry in entries) == entries


@pytest.mark.parametrize("at", [0.0, 0.000001, 0.000012, 0.000099, 0.0001, 0.5, 86_400.000001])
def test_a_frame_of_any_moment_is_read_the_quick_way(at: float) -> None:
    frame = Framed(at=at, connection=1, sender=Sender.CLIENT, payload=b"\0")
    (line,) = to_line(frame).splitlines()
    assert usual_frame_in(line) == (at, 1, Sender.CLIENT, b"\0")


@given(entries=recorded())
def test_of_a_line_its_frame_can_be_read_alone(entries: tuple[Entry, ...]) -> None:
    for each in entries:
        (line,) = to_line(each).splitlines()
        frame = (each.at, each.connection, each.sender, each.payload) if isinstance(each, Framed) else None
        usual = isinstance(each, Framed) and each.pieces == 1 and not each.shortened
        assert usual_frame_in(line) == (frame if usual else None)
        assert frame_of(from_line(line)) == frame
