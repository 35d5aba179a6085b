"""Reads files, JSON and TOML of others, with limits of size, depth and number. Standard library only.

Results, baselines, lock files and evidence come from other machines, in archives, from pull requests. So nothing is
read that is not an ordinary file (a pipe never ends, nor does a device), that is larger than any run, or nested so deep
that Python gives up. There is no other reader.
"""

from __future__ import annotations

import json
import math
import os
import stat
from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn

import tomllib

from harness.shared.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST = 256 * 2**20
"""Bytes of a file: the results of ten thousand cells have less."""

MOST_TYPED = 16 * 2**20
"""Bytes of a file that people write, or their package managers: matrices, requirements, locks."""

DEEPEST = 64
"""Lists and objects within each other: answers of libraries have about ten."""

MOST_VALUES = 5_000_000
"""Lists and objects of one document."""

LONGEST_LINE = 64 * 2**20

_MIB = 2**20
_ASK_ONLY = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Opening a pipe that nobody writes would wait forever."""


def is_inside(name: str) -> bool:
    """Whether a path stays below the folder that it is relative to, on any system, judged by its text alone."""
    windows = PureWindowsPath(name)
    absolute = PurePosixPath(name).is_absolute() or windows.drive or windows.root
    return bool(windows.parts) and not absolute and ".." not in windows.parts and "\0" not in name


def is_one_file(place: Path) -> bool:
    """Whether there is something that is not a folder: also what `open_file` refuses, which then says what it is."""
    return os.path.lexists(place) and not place.is_dir()


def inside(folder: Path, name: str) -> Path:
    """The file of a run that a path means, which is relative to the run's folder.

    Raises:
        InputError: it leads elsewhere, or over a link: who packs a run says nothing of other files of this machine.
    """
    if not is_inside(name):
        raise InputError(f"{name!r}: is not a path inside {folder}")
    place = folder
    for part in PurePosixPath(name).parts:
        place /= part
        try:
            linked = place.is_symlink()
        except OSError as error:  # for example, a name that is too long
            raise InputError(f"{place}: cannot be read: {error.strerror or error}") from None
        if linked:
            raise InputError(f"{place}: is a symbolic link, which is not followed")
    return place


def open_file(file: Path) -> BinaryIO:
    """Open an ordinary file for reading.

    Raises:
        FileNotFoundError: there is nothing.
        InputError: it is something else, or the system lets nobody read it.
    """
    try:
        number = os.open(file, os.O_RDONLY | _ASK_ONLY)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {_why(file, error)}") from None
    except ValueError as error:  # a NUL, or half of a surrogate pair
        raise InputError(f"{str(file)!r}: cannot be read: it is not a file name: {error}") from None
    kind = os.fstat(number).st_mode
    if not stat.S_ISREG(kind):
        os.close(number)
        hint = "Write it to a file first." if stat.S_ISFIFO(kind) else ""
        raise InputError(f"{file}: cannot be read: it is {_kind(kind)}, not a file", hint=hint)
    return os.fdopen(number, "rb")


def read_bytes(file: Path, most: int = MOST) -> bytes:
    """Read a whole file of ``most`` bytes at most; raises as `open_file`, and InputError if there are more."""
    with open_file(file) as opened:
        try:
            data = opened.read(most + 1) if os.fstat(opened.fileno()).st_size <= most else None
        except OSError as error:
            raise InputError(f"{file}: cannot be read: {error.strerror or error}") from None
    if data is None or len(data) > most:
        raise _too_large(file, most)
    return data


def read_text(file: Path, most: int = MOST, *, encoding: str = "utf-8") -> str:
    """Read a whole file as text; raises as `read_bytes`, and InputError if it is not in UTF-8."""
    try:
        return read_bytes(file, most).decode(encoding)
    except UnicodeDecodeError:
        raise InputError(f"{file}: is not text in UTF-8") from None


def read_lines(file: Path) -> Iterator[bytes]:
    """Yield a file's lines; a line that is longer than any of ours comes in pieces.

    Raises as `open_file`, and InputError if the file has more than `MOST` bytes.
    """
    left = MOST
    with open_file(file) as opened:
        if os.fstat(opened.fileno()).st_size > MOST:
            raise _too_large(file, MOST)
        while left > 0 and (line := opened.readline(LONGEST_LINE)):
            left -= len(line)
            yield line


def read_json(file: Path, most: int = MOST) -> Any:
    """Read a document; raises as `read_text`, and InputError if it is not JSON, or too much of it."""
    return parse_json(read_text(file, most), str(file))


def parse_json(text: str | bytes, place: str) -> Any:
    """Read JSON as it is defined (RFC 8259): without ``NaN`` and ``Infinity``, and bounded.

    Args:
        text: the document.
        place: what it is called in errors.

    Raises:
        InputError: it is not JSON, or nested deeper or longer than any of ours.
    """
    try:
        document = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError:
        raise _too_deep(place) from None
    except ValueError as error:
        raise InputError(f"{place}: is not JSON: {error}") from None
    refuse_deep(document, place)
    return document


def parse_toml(text: str, place: str) -> dict[str, Any]:
    """Read TOML, bounded.

    Raises:
        tomllib.TOMLDecodeError: it is none.
        InputError: it is nested deeper, or has more in it, than any of ours.
    """
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise _too_deep(place) from None
    refuse_deep(document, place)
    return document


def refuse_deep(document: object, place: str) -> None:
    """Raise InputError if a document is nested deeper than `DEEPEST`, or has more than `MOST_VALUES` in it."""
    level, count = [document], 0
    for _ in range(DEEPEST):
        level = [child for each in level for child in _children(each) if isinstance(child, (dict, list))]
        count += len(level)
        if count > MOST_VALUES:
            raise InputError(f"{place}: has more than {MOST_VALUES:,} lists and objects in it")
        if not level:
            return
    raise _too_deep(place)


def _children(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _too_large(file: Path, most: int) -> InputError:
    return InputError(f"{file}: cannot be read: it has more than {most // _MIB} MiB")


def _too_deep(place: str) -> InputError:
    return InputError(f"{place}: is nested deeper than {DEEPEST} levels")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large a number")
    return value


def _why(file: Path, error: OSError) -> str:
    if isinstance(error, PermissionError) and file.is_dir():  # Windows opens no folder
        return f"it is {_kind(stat.S_IFDIR)}, not a file"
    return error.strerror or str(error)


def _kind(mode: int) -> str:
    names = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    return names.get(stat.S_IFMT(mode), "a device")
