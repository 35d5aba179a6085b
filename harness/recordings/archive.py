"""Packs a part file into ``NAME.ibrec``, and opens one, which may come from anybody.

The archive is a zip: ``frames/000001.jsonl`` and so on, then ``manifest.json``. The same lines make the same bytes.
"""

from __future__ import annotations

import hashlib
import os
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from filelock import Timeout
from pydantic import ValidationError

from harness.recordings.entry_lines import LONGEST_LINE, from_line
from harness.recordings.part_file import MOST_BYTES, PART_SUFFIX, PartReader, first_of, let_go, lock_of, refuse_newer
from harness.recordings.recording import SUFFIX, Entry, Manifest, Recording, Segment
from harness.recordings.summary import Summary
from harness.shared import private
from harness.shared.bounded_reading import open_file, parse_json
from harness.shared.errors import InputError, ResultsError, UnwritableError

MANIFEST = "manifest.json"
MOST_LINES = 10_000
"""Lines of a segment."""

SEGMENT_BYTES = 8 * 2**20
"""A segment takes no more lines once it has that many bytes."""

MOST_SEGMENTS = 10_000
MOST_MANIFEST = 32 * 2**20
MOST_PACKED = MOST_BYTES
"""Bytes of an archive: what is packed is never larger than the lines, but for what is around them."""

_LARGEST_SEGMENT = SEGMENT_BYTES + LONGEST_LINE
_NAME = re.compile(r"frames/[0-9]{6}\.jsonl")
_WHEN = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
_MODE = 0o600 << 16
_ENCRYPTED = 0x1
_END = struct.Struct("<4s4H2LH")
"""The end of a zip file without a comment (APPNOTE 4.3.16)."""

_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
)
"""Errors of `zipfile` for what is not as it should be."""

_WHAT = "If it was sent to you, ask for it again."


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
        hint = f"{part} has all of it: `ib-compat record --finish {part}` packs it once there is room."
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
    summary, segments = Summary(), list[Segment]()
    with zipfile.ZipFile(opened, "w") as archive:
        for lines in _cut(_checked(reader, summary)):
            segment, data = _segment(len(segments) + 1, lines)
            archive.writestr(_member(segment.name), data)
            segments.append(segment)
        manifest = summary.manifest(reader.head, tuple(segments))
        archive.writestr(_member(MANIFEST), manifest.model_dump_json(indent=2) + "\n")
    return manifest


def _checked(reader: PartReader, summary: Summary) -> Iterator[bytes]:
    for number, line in enumerate(reader.lines(), start=2):
        try:
            summary.take(from_line(line))
        except ValueError as problem:
            reader.refuse(number, str(problem))
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
    return Segment(name=_name(number), lines=len(lines), size=len(data), sha256=digest), data


def _name(number: int) -> str:
    return f"frames/{number:06}.jsonl"


def _member(name: str) -> zipfile.ZipInfo:
    """Describe a member in the same way everywhere and always."""
    member = zipfile.ZipInfo(name, _WHEN)
    member.compress_type, member.create_system, member.external_attr = zipfile.ZIP_DEFLATED, _UNIX, _MODE
    return member


class RecordingFile:
    """A recording that is read piece by piece: the manifest at once, the entries when they are asked for.

    A context manager that closes the file.

    Args:
        file: the archive.

    Raises:
        ResultsError: there is none, or it is of a newer format.
        InputError: it is no recording, or not as it was written.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        try:
            self._opened = open_file(file)
        except FileNotFoundError:
            raise ResultsError(f"{file}: is not there") from None
        try:
            self._archive = self._open()
            self.manifest = self._manifest()
        except BaseException:
            self._opened.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def entries(self) -> Iterator[Entry]:
        """Yield all entries, in the order of time; each segment is in memory only while it is read.

        Raises:
            InputError: something in it is not as the manifest says, or cannot be in a recording.
        """
        summary = Summary()
        for segment in self.manifest.segments:
            for number, line in enumerate(self._lines(segment), start=1):
                try:
                    entry = from_line(line)
                    summary.take(entry)
                except ValueError as problem:
                    raise self._wrong(f"line {number} of {segment.name}: {problem}") from None
                yield entry
        lie = summary.differs(self.manifest)
        if lie is not None:
            raise self._wrong(f"the manifest says something else of the {lie} than the frames")

    def _open(self) -> zipfile.ZipFile:
        """Open the archive, whose table of contents is small and at its end, with nothing around."""
        try:
            size = self._opened.seek(0, 2)
            self._opened.seek(max(0, size - _END.size))
            mark, _, _, _, count, length, start, comment = _END.unpack(self._opened.read(_END.size))
            if mark != b"PK\5\6" or comment or start + length + _END.size != size:
                raise self._wrong("it is no archive, or was cut off")
            if count > MOST_SEGMENTS + 1 or size > MOST_PACKED:
                raise self._wrong("it has more in it than any")
            return zipfile.ZipFile(self._opened)
        except _BROKEN as problem:
            raise self._wrong(f"it is no archive, or was cut off: {problem}") from None

    def _manifest(self) -> Manifest:
        members = self._archive.infolist()
        for member in members:
            if member.filename != MANIFEST and not _NAME.fullmatch(member.filename):
                raise self._wrong(f"it has {member.filename[:80]!r} in it, which is no part of one")
        if not members or members[-1].filename != MANIFEST:
            raise self._wrong(f"it has no {MANIFEST} at its end")
        text = self._read(MANIFEST, MOST_MANIFEST)
        place = f"{self.file}: {MANIFEST}"
        refuse_newer(parse_json(text, place), self.file)
        try:
            manifest = Manifest.model_validate_json(text)
        except ValidationError as problem:
            raise self._wrong(f"{MANIFEST}: {first_of(problem)}") from None
        self._refuse_other_members(manifest, [each.filename for each in members[:-1]])
        return manifest

    def _refuse_other_members(self, manifest: Manifest, found: list[str]) -> None:
        wanted = [_name(number) for number in range(1, len(manifest.segments) + 1)]
        if wanted != [each.name for each in manifest.segments] or wanted != found:
            raise self._wrong(f"the files in it are not those that {MANIFEST} lists")
        too_large = any(each.size > _LARGEST_SEGMENT or each.lines > MOST_LINES for each in manifest.segments)
        if too_large or sum(each.size for each in manifest.segments) > MOST_BYTES:
            raise self._wrong("unpacked, it has more in it than any")

    def _lines(self, segment: Segment) -> list[bytes]:
        data = self._read(segment.name, segment.size)
        if len(data) != segment.size or hashlib.sha256(data).hexdigest() != segment.sha256:
            raise self._wrong(f"{segment.name} is not as it was written")
        lines = data.split(b"\n")
        if lines.pop() or len(lines) != segment.lines:
            raise self._wrong(f"{segment.name} has other lines than {MANIFEST} says")
        return lines

    def _read(self, name: str, most: int) -> bytes:
        """Unpack a member, of which no more than ``most`` bytes are ever in memory."""
        try:
            member = self._archive.getinfo(name)
            packed = member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
            if not packed or member.flag_bits & _ENCRYPTED or member.file_size > most:
                raise self._wrong(f"{name} is packed in another way, or larger than it may be")
            with self._archive.open(member) as opened:
                data = opened.read(most + 1)
        except _BROKEN as problem:
            raise self._wrong(f"{name}: {problem}") from None
        if len(data) > most:
            raise self._wrong(f"{name} is larger than it may be")
        return data

    def _wrong(self, why: str) -> InputError:
        return InputError(f"{self.file}: is not a recording as ib-compat writes it: {why}", hint=_WHAT)


def read_recording(file: Path) -> Recording:
    """Read a whole recording into memory; one of a day is large, see :class:`RecordingFile`.

    Raises:
        ResultsError, InputError: as :class:`RecordingFile`.
    """
    with RecordingFile(file) as opened:
        return Recording(manifest=opened.manifest, entries=tuple(opened.entries()))


def manifest_schema() -> dict[str, object]:
    """Return the JSON Schema of the manifest, published as ``docs/reference/recording.schema.json``."""
    schema = Manifest.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "ib-compat recording", **schema}
