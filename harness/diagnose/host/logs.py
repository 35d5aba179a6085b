"""The newest lines of the logs of Gateway, TWS and IBC around a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.diagnose.host.hiding import Hiding
from harness.diagnose.host.log_stamps import written_at
from harness.diagnose.host.readable_files import Files
from harness.known.local_gateways import known
from harness.shared.evidence.machine_view import LogLine

LINES = 40
FILES = 8
"""Files that are read, the newest first: each user and each client has some."""

_LONGEST = 500
"""Characters of a line that are shown."""


@dataclass(frozen=True, slots=True)
class _Dated:
    """A line with the time by which it is chosen: its own, or that of the line that it goes on from."""

    line: LogLine
    of: float


def read_logs(
    folders: Sequence[Path], system: str, files: Files, hiding: Hiding, around: tuple[float, float] | None
) -> tuple[LogLine, ...]:
    """Return at most 40 lines between two moments (seconds since the epoch), the newest ones, oldest first.

    Without moments, simply the newest ones. Only text is read.
    """
    ibc = files.folders(known().logs.ibc_folders.get(system, ()))
    found = [file for folder in folders for file in files.matching(folder, known().logs.names)]
    found += [file for folder in ibc for file in files.matching(folder, known().logs.ibc_names)]
    lines = [line for file, time in _newest(found, files, around) for line in _lines(file, time, files, hiding)]
    chosen = [line for line in lines if around is None or around[0] <= line.of <= around[1]]
    return tuple(each.line for each in sorted(chosen, key=lambda each: each.of)[-LINES:])


def encrypted_logs(
    folders: Sequence[Path], files: Files, hiding: Hiding, around: tuple[float, float] | None
) -> tuple[str, ...]:
    """A sentence for each log of that time that only the Gateway can open."""
    found = [file for folder in folders for file in files.matching(folder, known().logs.encrypted)]
    return tuple(
        f"{hiding.path(file)} is encrypted: only the Gateway or TWS can show it."
        for file, _ in _newest(found, files, around)
    )


def _newest(found: Iterable[Path], files: Files, around: tuple[float, float] | None) -> Iterator[tuple[Path, float]]:
    """The files that were written last and not before the first moment, each with its time."""
    dated = [(file, status.st_mtime) for file in dict.fromkeys(found) if (status := files.status(file)) is not None]
    recent = [(file, time) for file, time in dated if around is None or time >= around[0]]
    yield from sorted(recent, key=lambda pair: pair[1], reverse=True)[:FILES]


def _lines(file: Path, file_time: float, files: Files, hiding: Hiding) -> Iterator[_Dated]:
    data = files.end(file)
    if data is None or b"\0" in data:
        return
    shown, latest = hiding.path(file), 0.0
    for text in data.decode("utf-8", errors="replace").splitlines():
        if not text.strip():
            continue
        at = written_at(text, file_time)
        latest = latest if at is None else at
        yield _Dated(LogLine(file=shown, at=at, text=_cut(hiding.text(text.rstrip()))), latest)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
