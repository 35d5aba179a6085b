"""Opens ``NAME.ibrec``, which may come from anybody; `packing` writes it.

The archive is a zip: ``frames/000001.jsonl`` and so on, ``index.jsonl``, and ``manifest.json``. The same lines make the
same bytes.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zipfile
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Self

from pydantic import ValidationError

from harness.recordings.entry_lines import LONGEST_LINE, Frame, frame_of, from_line, usual_frame_in
from harness.recordings.index import VERSION as INDEX_VERSION
from harness.recordings.index import Record, to_lines
from harness.recordings.index import from_line as index_from_line
from harness.recordings.indexing import Indexing
from harness.recordings.part_file import MOST_BYTES, first_of, refuse_newer
from harness.recordings.recording import Entry, IndexFile, Manifest, Recording, Segment
from harness.recordings.summary import Summary
from harness.shared.bounded_reading import open_file, parse_json
from harness.shared.errors import InputError, ResultsError

MANIFEST = "manifest.json"
INDEX_FILE = "index.jsonl"
MOST_LINES = 10_000
"""Lines of a segment."""

SEGMENT_BYTES = 8 * 2**20
"""A segment takes no more lines once it has that many bytes."""

MOST_SEGMENTS = 10_000
MOST_MANIFEST = 32 * 2**20
MOST_INDEX = 128 * 2**20
"""A day of a million messages has a twentieth of it; without an index a recording is read as a whole."""

MOST_PACKED = MOST_BYTES
"""Bytes of an archive: what is packed is never larger than the lines, but for what is around them."""

KEPT_BYTES = 12 * 2**20
"""Bytes of segments that are kept in memory for reading single lines: nine of usual ones, or one of large frames."""

_LARGEST_SEGMENT = SEGMENT_BYTES + LONGEST_LINE
_NAME = re.compile(r"frames/[0-9]{6}\.jsonl")
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


def name_of_segment(number: int) -> str:
    """Return the path of a segment in the archive; the first is 1."""
    return f"frames/{number:06}.jsonl"


def described(index: bytes) -> IndexFile:
    """Return what the manifest says of an index."""
    return IndexFile(version=INDEX_VERSION, size=len(index), sha256=hashlib.sha256(index).hexdigest())


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
            self._starts = [0, *accumulate(segment.lines for segment in self.manifest.segments)][:-1]
            self._kept: OrderedDict[int, tuple[int, list[bytes]]] = OrderedDict()
            self._room = KEPT_BYTES
            self._begin, self._last = 0, list[bytes]()
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
        indexing = Indexing()
        for entry in self._entries():
            indexing.take(entry)
            yield entry
        index = self.manifest.index
        if index is not None and self.has_index and described(b"".join(to_lines(indexing.finish()))) != index:
            raise self.wrong(f"{INDEX_FILE} says something else than the frames")

    def _entries(self) -> Iterator[Entry]:
        summary = Summary()
        for segment in self.manifest.segments:
            for number, line in enumerate(self._lines(segment), start=1):
                try:
                    entry = from_line(line)
                    summary.take(entry)
                except ValueError as problem:
                    raise self.wrong(f"line {number} of {segment.name}: {problem}") from None
                yield entry
        lie = summary.differs(self.manifest)
        if lie is not None:
            raise self.wrong(f"the manifest says something else of the {lie} than the frames")

    @property
    def has_index(self) -> bool:
        """Whether it has an index that can be read."""
        return self.manifest.index is not None and self.manifest.index.version == INDEX_VERSION

    def index(self) -> Iterator[Record]:
        """Yield what the index says, if there is one; only reading all entries tells whether that is so.

        Raises:
            InputError: it is not as the manifest says, or is none.
        """
        if self.manifest.index is None:
            return
        data = self._read(INDEX_FILE, self.manifest.index.size)
        if described(data) != self.manifest.index.model_copy(update={"version": INDEX_VERSION}):
            raise self.wrong(f"{INDEX_FILE} is not as it was written")
        try:
            yield from map(index_from_line, data.splitlines())
        except ValidationError as problem:
            raise self.wrong(f"{INDEX_FILE}: {first_of(problem)}") from None

    def make_index(self) -> Iterator[Record]:
        """Yield an index of all entries; raises as they do."""
        indexing = Indexing()
        for entry in self._entries():
            indexing.take(entry)
        return indexing.finish()

    def frame(self, line: int) -> Frame | None:
        """Return the frame in a line, counted through all segments from 0; ``None`` if that has something else.

        The last segments that were read are kept.

        Raises:
            InputError: its segment is not as the manifest says, or the line cannot be in a recording.
        """
        place = line - self._begin
        if not 0 <= place < len(self._last):
            self._turn_to(line)
            place = line - self._begin
        try:
            data = self._last[place]
            usual = usual_frame_in(data)
            return usual if usual is not None else frame_of(from_line(data))
        except ValueError as problem:
            name = self.manifest.segments[bisect_right(self._starts, line) - 1].name
            raise self.wrong(f"line {place + 1} of {name}: {problem}") from None

    def _turn_to(self, line: int) -> None:
        """Read the segment of a line, if it is not kept."""
        number = bisect_right(self._starts, line) - 1
        segment = self.manifest.segments[number]
        self._begin, self._last = 0, []
        if number not in self._kept:
            while self._kept and self._room < segment.size:
                _, (size, _) = self._kept.popitem(last=False)
                self._room += size
            self._kept[number] = segment.size, self._lines(segment)
            self._room -= segment.size
        self._kept.move_to_end(number)
        self._begin, self._last = self._starts[number], self._kept[number][1]

    def _open(self) -> zipfile.ZipFile:
        """Open the archive, whose table of contents is small and at its end, with nothing around."""
        try:
            size = self._opened.seek(0, 2)
            self._opened.seek(max(0, size - _END.size))
            mark, _, _, _, count, length, start, comment = _END.unpack(self._opened.read(_END.size))
            if mark != b"PK\5\6" or comment or start + length + _END.size != size:
                raise self.wrong("it is no archive, or was cut off")
            if count > MOST_SEGMENTS + 2 or size > MOST_PACKED:
                raise self.wrong("it has more in it than any")
            return zipfile.ZipFile(self._opened)
        except _BROKEN as problem:
            raise self.wrong(f"it is no archive, or was cut off: {problem}") from None

    def _manifest(self) -> Manifest:
        members = self._archive.infolist()
        for member in members:
            if member.filename not in {MANIFEST, INDEX_FILE} and not _NAME.fullmatch(member.filename):
                raise self.wrong(f"it has {member.filename[:80]!r} in it, which is no part of one")
        if not members or members[-1].filename != MANIFEST:
            raise self.wrong(f"it has no {MANIFEST} at its end")
        text = self._read(MANIFEST, MOST_MANIFEST)
        place = f"{self.file}: {MANIFEST}"
        refuse_newer(parse_json(text, place), self.file)
        try:
            manifest = Manifest.model_validate_json(text)
        except ValidationError as problem:
            raise self.wrong(f"{MANIFEST}: {first_of(problem)}") from None
        self._refuse_other_members(manifest, [each.filename for each in members[:-1]])
        return manifest

    def _refuse_other_members(self, manifest: Manifest, found: list[str]) -> None:
        wanted = [name_of_segment(number) for number in range(1, len(manifest.segments) + 1)]
        index = [] if manifest.index is None else [INDEX_FILE]
        if wanted != [each.name for each in manifest.segments] or [*wanted, *index] != found:
            raise self.wrong(f"the files in it are not those that {MANIFEST} lists")
        too_large = manifest.index is not None and manifest.index.size > MOST_INDEX
        too_large |= any(each.size > _LARGEST_SEGMENT or each.lines > MOST_LINES for each in manifest.segments)
        if too_large or sum(each.size for each in manifest.segments) > MOST_BYTES:
            raise self.wrong("unpacked, it has more in it than any")

    def _lines(self, segment: Segment) -> list[bytes]:
        data = self._read(segment.name, segment.size)
        if len(data) != segment.size or hashlib.sha256(data).hexdigest() != segment.sha256:
            raise self.wrong(f"{segment.name} is not as it was written")
        lines = data.split(b"\n")
        if lines.pop() or len(lines) != segment.lines:
            raise self.wrong(f"{segment.name} has other lines than {MANIFEST} says")
        return lines

    def _read(self, name: str, most: int) -> bytes:
        """Unpack a member, of which no more than ``most`` bytes are ever in memory."""
        try:
            member = self._archive.getinfo(name)
            packed = member.compress_type in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
            if not packed or member.flag_bits & _ENCRYPTED or member.file_size > most:
                raise self.wrong(f"{name} is packed in another way, or larger than it may be")
            with self._archive.open(member) as opened:
                data = opened.read(most + 1)
        except _BROKEN as problem:
            raise self.wrong(f"{name}: {problem}") from None
        if len(data) > most:
            raise self.wrong(f"{name} is larger than it may be")
        return data

    def wrong(self, why: str) -> InputError:
        """Return the error that says what is wrong with the file."""
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
