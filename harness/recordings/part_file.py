"""Writes a recording while it happens, and reads what is left of one that was never finished.

``NAME.ibrec.part`` has a head and then a line for each entry, in the order of time. Whatever ends the recording, a
crash or a full disk, what was written is there, and it ends with a whole line.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from filelock import FileLock
from pydantic import ValidationError

from harness.recordings.entry_lines import LONGEST_LINE, to_line
from harness.recordings.recording import FORMAT, SUFFIX, Entry, Head
from harness.shared import private
from harness.shared.bounded_reading import open_file, parse_json
from harness.shared.errors import InputError, ResultsError, UnwritableError

PART_SUFFIX = f"{SUFFIX}.part"

MOST_BYTES = 4 * 2**30
"""Bytes of all lines: a day of a million messages has a twentieth of it."""

_LONGEST_HEAD = 2**20


class PartFile:
    """A part file that is written; a context manager that closes it.

    Args:
        file: where; nothing may be there.
        head: what is known of the recording.
        most: how many bytes of lines it takes.

    Raises:
        ResultsError: something is there.
        UnwritableError: it cannot be written.
    """

    def __init__(self, file: Path, head: Head, *, most: int = MOST_BYTES) -> None:
        self._file = file
        self._room = most
        self._lines = bytearray()
        self._written = 0
        try:
            self._opened = open(file, "xb", buffering=0, opener=private.opener)  # noqa: SIM115 - until it is closed
        except FileExistsError:
            hint = f"If a recording left it, `ib-compat record --finish {file}` packs what it has. Or use another name."
            raise ResultsError(f"{file}: is there already", hint=hint) from None
        except OSError as error:
            raise UnwritableError(f"{file}: cannot be written: {error.strerror or error}") from None
        self._lock = lock_of(file)
        self._lines += head.model_dump_json().encode() + b"\n"
        try:
            self._lock.acquire()
            self.flush()
        except BaseException:
            self.close()
            file.unlink(missing_ok=True)
            raise

    def write(self, entry: Entry) -> None:
        """Add an entry; it is in the file after :meth:`flush`.

        Raises:
            UnwritableError: no recording may have that much.
        """
        line = to_line(entry)
        if len(line) > self._room:
            raise UnwritableError(f"{self._file}: is full: more than {MOST_BYTES // 2**30} GiB are not recorded")
        self._room -= len(line)
        self._lines += line

    def flush(self) -> None:
        """Write what was added; as many whole lines as there is room for.

        Raises:
            UnwritableError: it cannot be written; nothing more can be added.
        """
        lines, written = bytes(self._lines), 0
        self._lines.clear()
        try:
            while written < len(lines):
                written += os.write(self._opened.fileno(), memoryview(lines)[written:])
        except OSError as error:
            whole = lines.rfind(b"\n", 0, written) + 1
            os.ftruncate(self._opened.fileno(), self._written + whole)
            self._room = 0
            raise UnwritableError(f"{self._file}: cannot be written: {error.strerror or error}") from None
        self._written += written

    def close(self) -> None:
        """Close the file; what was added and not flushed is lost."""
        self._opened.close()
        let_go(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.flush()
        finally:
            self.close()


def lock_of(part: Path) -> FileLock:
    """Return the lock of who writes a part file, or packs it; it is beside it while it is held."""
    return FileLock(part.with_name(f".{part.name}.lock"), timeout=0, mode=private.FILE_MODE)


def let_go(lock: FileLock) -> None:
    """Release a lock, and leave nothing of it behind."""
    if lock.is_locked:
        with suppress(OSError):  # Windows removes no file that is open
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


class PartReader:
    """What a part file has: its head, and its whole lines; a line that was cut off at its end is left out.

    A context manager that closes the file.

    Args:
        file: the part file.

    Raises:
        ResultsError: there is none, or a newer ib-compat wrote it.
        InputError: it cannot be read, or is none.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._opened = open_file(file)
        except FileNotFoundError:
            raise ResultsError(f"{file}: is not there") from None
        try:
            self.head = self._read_head()
        except BaseException:
            self._opened.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def _read_head(self) -> Head:
        line = self._read_line(_LONGEST_HEAD)
        if not line.endswith(b"\n"):
            raise InputError(f"{self._file}: is not the beginning of a recording", hint=_WHAT)
        document = parse_json(line, f"{self._file}: line 1")
        refuse_newer(document, self._file)
        try:
            return Head.model_validate_json(line)
        except ValidationError as problem:
            raise InputError(f"{self._file}: line 1 is not the head of a recording: {first_of(problem)}") from None

    def lines(self) -> Iterator[bytes]:
        """Yield the whole lines, each with its end.

        Raises:
            InputError: a line is longer than any, or there are more than any recording has.
        """
        room, number = MOST_BYTES, 1
        while (line := self._read_line(LONGEST_LINE)).endswith(b"\n"):
            number, room = number + 1, room - len(line)
            if room < 0:
                raise InputError(f"{self._file}: has more than {MOST_BYTES // 2**30} GiB")
            yield line
        if len(line) > LONGEST_LINE:
            self.refuse(number + 1, "it is longer than any")

    def refuse(self, number: int, why: str) -> NoReturn:
        """Refuse a line, by the number that it has among the lines of the file."""
        raise InputError(f"{self._file}: line {number} is not of a recording: {why}")

    def _read_line(self, longest: int) -> bytes:
        try:
            return self._opened.readline(longest + 1)
        except OSError as error:
            raise InputError(f"{self._file}: cannot be read: {error.strerror or error}") from None


_WHAT = f"A recording that was not finished is a file NAME{PART_SUFFIX}."


def refuse_newer(document: object, file: Path) -> None:
    """Refuse a head or manifest of a newer format.

    Raises:
        ResultsError: it is of one.
    """
    written = document.get("format") if isinstance(document, dict) else None
    if isinstance(written, int) and written > FORMAT:
        message = f"{file}: is a recording of format {written}, and this program reads up to {FORMAT}"
        raise ResultsError(message, hint="Update ib-compat.")


def first_of(problem: ValidationError) -> str:
    """Say which value is wrong first, and why."""
    error = problem.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, error['loc'])) or 'it'}: {error['msg']}"
