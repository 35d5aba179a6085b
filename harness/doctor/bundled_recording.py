"""Reads a recording that goes into an archive for support: whole, cleaned, and no larger than anybody would read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.recordings.archive import RecordingFile
from harness.shared.bounded_reading import read_bytes
from harness.shared.errors import InputError

MOST = 16 * 2**20
"""Bytes of the largest recording that is packed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRecording:
    """A recording, and what it is as data: its manifest."""

    data: bytes
    manifest: str


def recording_held(file: Path) -> HeldRecording:
    """Read a recording for the archive.

    Raises:
        ResultsError: there is none.
        InputError: it is not as it was written, not cleaned, or too large.
    """
    with RecordingFile(file) as opened:
        if not opened.manifest.cleaned:
            hint = "What --keep-raw keeps is for you alone: name the recording that was cleaned."
            raise InputError(f"{file}: is not cleaned: real accounts and names are in it", hint=hint)
        if file.stat().st_size > MOST:
            hint = "Send it by itself, or record less."
            raise InputError(f"{file}: has more than {MOST // 2**20} MiB, and is not packed", hint=hint)
        for _ in opened.entries():  # each is checked
            pass
        return HeldRecording(data=read_bytes(file, MOST), manifest=opened.manifest.model_dump_json(indent=2))
