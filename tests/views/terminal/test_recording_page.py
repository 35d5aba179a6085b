"""What ``ib-compat record`` says of a recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.recordings.archive import RecordingFile
from harness.recordings.recording import Entry, Framed
from harness.views.terminal.recording_page import manifest_lines
from harness.wire.message import Sender
from tests.recordings.made import SESSION, packed


def messages_of(folder: Path, entries: tuple[Entry, ...]) -> str:
    with RecordingFile(packed(folder, entries)) as opened:
        return list(manifest_lines(opened.file, opened.manifest))[-1]


def test_messages_that_are_not_whole_are_counted(tmp_path: Path) -> None:
    assert messages_of(tmp_path, SESSION).endswith("1 from clients, 2 from the gateway; omitted: 1 from the gateway")
    lost = tuple(
        replace(each, shortened=True) if isinstance(each, Framed) and each.sender is Sender.CLIENT else each
        for each in SESSION
    )
    assert messages_of(tmp_path, lost).endswith("; without fields that nobody knows: 1 from clients")
