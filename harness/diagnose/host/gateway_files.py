"""Reads the files of Gateway, TWS and IBC: settings in ``jts.ini``, and the log lines around a moment.

Only ordinary files are read, each up to a limit, and a sentence says why a file could not be read.
"""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from harness.diagnose.host.hiding import Hiding
from harness.diagnose.host.processes import Application
from harness.known.local_gateways import known
from harness.shared.evidence.machine_view import LogLine, Settings

MOST = 64 * 1024
"""The most bytes that are read, from the end of a file."""


class Files:
    """The files of this machine.

    Args:
        unseen: receives a sentence for each file that exists and may not be read.
        hiding: redacts the paths in those sentences.
    """

    def __init__(self, unseen: list[str], hiding: Hiding) -> None:
        self._unseen = unseen
        self._hiding = hiding

    def folders(self, places: Iterable[str]) -> list[Path]:
        """Expand places such as ``~/Jts/ibgateway/*`` or ``$TWS_SETTINGS_PATH`` to the folders that exist.

        Relative paths are left out: they come from variables that are not set, or that only the Gateway's start script
        understands.
        """
        named = [os.path.expandvars(os.path.expanduser(place)) for place in places]  # noqa: PTH111 - never raises
        absolute = [name for name in named if Path(name).is_absolute()]
        return [Path(found) for name in absolute for found in sorted(glob.glob(name))]  # noqa: PTH207 - many at once

    def matching(self, folder: Path, names: Iterable[str]) -> list[Path]:
        """The files of a folder whose names fit, such as ``api.*.log`` or ``*/api.*.log``."""
        patterns = (os.path.join(glob.escape(str(folder)), name) for name in names)  # noqa: PTH118 - the folder is escaped
        return [Path(found) for pattern in patterns for found in sorted(glob.glob(pattern))]  # noqa: PTH207 - many at once

    def status(self, file: Path) -> os.stat_result | None:
        """The system's entry for an ordinary file; ``None`` if it is not one, does not exist, or may not be seen."""
        try:
            found = file.stat()
        except PermissionError:
            self._refused(file)
        except OSError:  # gone, or never there
            return None
        else:
            return found if stat.S_ISREG(found.st_mode) else None
        return None

    def end(self, file: Path) -> bytes | None:
        """The last 64 KiB of an ordinary file, from the beginning of a line; ``None`` as ``status``."""
        found = self.status(file)
        if found is None:
            return None
        try:
            with file.open("rb") as opened:
                opened.seek(max(0, found.st_size - MOST))
                data = opened.read(MOST)
        except PermissionError:
            self._refused(file)
            return None
        except OSError:  # gone just now
            return None
        return data if found.st_size <= MOST else data.partition(b"\n")[2]

    def _refused(self, file: Path) -> None:
        self._unseen.append(f"{self._hiding.path(file)} may not be read by this user.")


_TRUTHS = {"true": True, "false": False}


def settings_folders(applications: Iterable[Application], system: str, files: Files) -> tuple[Path, ...]:
    """Folders where a ``jts.ini`` may be: those of the processes first, then the usual ones; each once."""
    own = [folder for each in applications if not each.contained for folder in _folders_of(each, files)]
    usual = files.folders(known().settings.folders.get(system, ()))
    return tuple(dict.fromkeys(Path(os.path.realpath(folder)) for folder in (*own, *usual)))


def read_settings(folders: Iterable[Path], files: Files, hiding: Hiding) -> tuple[Settings, ...]:
    """Read each ``jts.ini`` of these folders."""
    places = [folder / known().settings.file for folder in folders]
    texts = [(place, files.end(place)) for place in places]
    return tuple(_settings(hiding.path(place), text, hiding) for place, text in texts if text is not None)


def _folders_of(application: Application, files: Files) -> list[Path]:
    """Its working directory and the folders among its arguments, each only if there is a ``jts.ini`` in it."""
    options = known().settings.options
    values = [argument.removeprefix(option) for argument in application.arguments for option in options]
    named = [*([application.folder] if application.folder else []), *map(Path, dict.fromkeys(values))]
    return [path for path in named if path.is_absolute() and files.status(path / known().settings.file)]


def _settings(path: str, text: bytes, hiding: Hiding) -> Settings:
    said, keys = _section(text.decode("utf-8", errors="replace")), known().settings
    trusted = said.get(keys.trusted_ips.lower())
    return Settings(
        path=path,
        api_only=_TRUTHS.get(said.get(keys.api_only.lower(), "").lower()),
        trusted_ips=None
        if trusted is None
        else tuple(hiding.text(each.strip()) for each in trusted.split(",") if each.strip()),
        ports={key: int(said[key.lower()]) for key in keys.ports if said.get(key.lower(), "").isdecimal()},
    )


def _section(text: str) -> Mapping[str, str]:
    """The keys, in lower case, and values of the one section that is read; other lines are ignored."""
    inside, said = False, {}
    for line in map(str.strip, text.lstrip("\ufeff").splitlines()):
        if line.startswith("["):
            inside = line.strip("[]").strip().lower() == known().settings.section
        elif inside and "=" in line:
            key, _, value = line.partition("=")
            said[key.strip().lower()] = value.strip()
    return said


LINES = 40
FILES = 8
"""The most log files that are read, the newest first; each user and each client has some."""

_LONGEST = 500
"""Characters of a line that are shown."""


@dataclass(frozen=True, slots=True)
class _Dated:
    """A line with the time by which it is chosen: its own, or the time of the line that it continues."""

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


_AHEAD = 60.0
"""Seconds by which a line may be later than its file, because clocks of file systems are coarse."""


def written_at(line: str, file_time: float) -> float | None:
    """Return a line's own time in seconds since the epoch, ``None`` if it has none.

    The logs have the program's local time without an offset; this machine's zone is assumed. If a line has no date, it
    is of the day on which its file was last written (``file_time``, in seconds since the epoch), or of the day before.
    """
    for pattern in known().logs.stamps:
        if match := pattern.match(line):
            said = match.groupdict()
            return _moment(said.get("date"), f"{said['time']}.{said['fraction'] or '000'}", file_time)
    return None


def _moment(date: str | None, time: str, file_time: float) -> float | None:
    day = date or datetime.fromtimestamp(file_time).astimezone().date().isoformat()
    try:
        moment = datetime.fromisoformat(f"{day} {time}")
    except ValueError:
        return None
    late = date is None and moment.timestamp() > file_time + _AHEAD
    return (moment - timedelta(days=1) if late else moment).timestamp()
