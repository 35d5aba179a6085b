"""Packs what was recorded, line by line, into ``NAME.ibrec``, which `archive` opens."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from filelock import Timeout

from harness.recordings.archive import (
    INDEX_FILE,
    MANIFEST,
    MOST_INDEX,
    MOST_LINES,
    SEGMENT_BYTES,
    described,
    name_of_segment,
)
from harness.recordings.entry_lines import from_line
from harness.recordings.index import to_lines
from harness.recordings.indexing import Indexing
from harness.recordings.part_file import PART_SUFFIX, PartReader, let_go, lock_of
from harness.recordings.recording import SUFFIX, Manifest, Segment
from harness.recordings.summary import Summary
from harness.shared import private
from harness.shared.errors import ResultsError, UnwritableError

_WHEN = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o600 << 16


def pack(part: Path, target: Path) -> Manifest:
    """Pack a part file into an archive, and remove it; if that fails, it stays as it was.

    Raises:
        ResultsError: there is no part file, a newer ib-compat wrote it, or one still writes it.
        InputError: a line of it cannot be read, or cannot follow those before it.
        UnwritableError: the archive cannot be written.
    """
    lock = lock_of(part)
    try:
        lock.acquire()
    except Timeout:
        hint = "End the recording first; it packs the file by itself."
        raise ResultsError(f"{part}: is still written", hint=hint) from None
    except OSError:  # nobody may write there, which packing says
        return _packed(part, target)
    try:
        return _packed(part, target)
    finally:
        let_go(lock)


def _packed(part: Path, target: Path) -> Manifest:
    partial = target.with_name(f".{target.name}.partial")
    try:
        with PartReader(part) as reader, open(partial, "wb", opener=private.opener) as opened:
            manifest = _write(opened, reader)
            opened.flush()
            os.fsync(opened.fileno())  # else a loss of power might leave neither file
        partial.replace(target)
    except OSError as error:
        hint = f"{part} is kept: `ib-compat record --finish {part}` packs it once there is room."
        raise UnwritableError(f"{target}: cannot be written: {error.strerror or error}", hint=hint) from None
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
    part.unlink(missing_ok=True)
    return manifest


def target_of(part: Path) -> Path:
    """Return the archive that a part file becomes.

    Raises:
        ResultsError: it is none by its name.
    """
    if not part.name.endswith(PART_SUFFIX):
        raise ResultsError(f"{part}: is not called NAME{PART_SUFFIX}", hint="Only what was not finished is packed.")
    return part.with_name(part.name.removesuffix(PART_SUFFIX) + SUFFIX)


def _write(opened: BinaryIO, reader: PartReader) -> Manifest:
    summary, indexing, segments = Summary(), Indexing(), list[Segment]()
    with zipfile.ZipFile(opened, "w") as archive:
        for lines in _cut(_checked(reader, summary, indexing)):
            segment, data = _segment(len(segments) + 1, lines)
            archive.writestr(_member(segment.name), data)
            segments.append(segment)
        index = b"".join(to_lines(indexing.finish()))
        if has_index := 0 < len(index) <= MOST_INDEX:
            archive.writestr(_member(INDEX_FILE), index)
        manifest = summary.manifest(reader.head, tuple(segments), described(index) if has_index else None)
        archive.writestr(_member(MANIFEST), manifest.model_dump_json(indent=2) + "\n")
    return manifest


def _checked(reader: PartReader, summary: Summary, indexing: Indexing) -> Iterator[bytes]:
    for number, line in enumerate(reader.lines(), start=2):
        try:
            entry = from_line(line)
            summary.take(entry)
        except ValueError as problem:
            reader.refuse(number, str(problem))
        indexing.take(entry)
        yield line


def _cut(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    part, size = list[bytes](), 0
    for line in lines:
        part.append(line)
        size += len(line)
        if len(part) == MOST_LINES or size >= SEGMENT_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _segment(number: int, lines: list[bytes]) -> tuple[Segment, bytes]:
    data = b"".join(lines)
    digest = hashlib.sha256(data).hexdigest()
    return Segment(name=name_of_segment(number), lines=len(lines), size=len(data), sha256=digest), data


def _member(name: str) -> zipfile.ZipInfo:
    """Describe a member in the same way everywhere and always."""
    member = zipfile.ZipInfo(name, _WHEN)
    member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, _UNIX, _MODE
    return member
