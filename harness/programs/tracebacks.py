"""Finds the exceptions in what a Python program wrote: what was raised, where, and whose call led there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_BEGIN = "Traceback (most recent call last):"
_FRAME = re.compile(r'\s+File "(?P<file>[^"]+)", line (?P<line>\d+)')
_LIBRARY = re.compile(r"[/\\](?:site|dist)-packages[/\\](?P<name>[^/\\]+)")
_PYTHONS_OWN = re.compile(r"[/\\]lib(?:64)?[/\\]python[^/\\]*[/\\]|^<frozen |[/\\]Lib[/\\]")
_AROUND = re.compile(
    r"(?:During handling of the above exception, another exception occurred"
    r"|The above exception was the direct cause of the following exception|Exception in thread .*):"
)
"""Matches what Python writes beside tracebacks."""

_RAISED = re.compile(r"(?P<type>[A-Za-z_][\w.]*)(?:: (?P<text>.*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An exception whose traceback was written.

    Args:
        type: its class.
        text: its words; empty if it has none.
        file: the file of the program that made the call; empty if no frame is the program's.
        line: the line of that call.
        library: the package that was called there, and in which it was raised; empty if the program raised it.
    """

    type: str
    text: str
    file: str
    line: int
    library: str

    @property
    def words(self) -> str:
        """What was raised, and where, for a person."""
        what = f"{self.type}: {self.text}" if self.text else self.type
        called = f"{self.file}:{self.line}" if self.file else ""
        if self.library:
            return f"{what} (raised in {self.library}{f', called at {called}' if called else ''})"
        return f"{what} (raised at {called})" if called else what


def raised_in(output: str) -> tuple[tuple[Raised, ...], str]:
    """Return the exceptions in what a program wrote, and the rest of it."""
    found: list[Raised] = []
    rest: list[str] = []
    lines = iter(output.splitlines(keepends=True))
    for line in lines:
        if not line.rstrip().endswith(_BEGIN):
            rest.extend([] if _AROUND.fullmatch(line.strip()) else [line])
            continue
        frames, last = _frames(lines)
        raised = _raised(frames, last.strip())
        if raised is None:
            rest.append(last)
        else:
            found.append(raised)
    return tuple(found), "".join(rest)


def _frames(lines: Iterator[str]) -> tuple[Sequence[tuple[str, int]], str]:
    """Return file and line of each frame, the innermost last, and the line that follows the frames."""
    frames: list[tuple[str, int]] = []
    for line in lines:
        frame = _FRAME.match(line)
        if frame is not None:
            frames.append((frame["file"], int(frame["line"])))
        elif not line[:1].isspace():
            return frames, line
    return frames, ""


def _raised(frames: Sequence[tuple[str, int]], last: str) -> Raised | None:
    found = _RAISED.fullmatch(last)
    if found is None:
        return None
    own = max((number for number, (file, _) in enumerate(frames) if _is_own(file)), default=-1)
    file, line = frames[own] if own >= 0 else ("", 0)
    called = next((name for each, _ in frames[own + 1 :] if (name := _package(each))), "")
    return Raised(type=found["type"], text=found["text"] or "", file=file, line=line, library=called)


def _is_own(file: str) -> bool:
    """Return whether a file is the program's: neither of a package that is installed, nor of Python itself."""
    return not _package(file) and not _PYTHONS_OWN.search(file)


def _package(file: str) -> str:
    found = _LIBRARY.search(file)
    return found["name"] if found else ""
