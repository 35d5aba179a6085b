"""Manages the folder that a run leaves, ``results/<run>/``, and the link ``results/latest``."""

from __future__ import annotations

import errno
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from harness.shared import private
from harness.shared.bounded_reading import is_inside, read_text
from harness.shared.errors import ResultsError, UnwritableError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PLAN = "plan.json"
RESULTS = "results.json"
JOURNAL = "journal.jsonl"
LOCK = ".journal.lock"
"""The lock file that the process that writes the journal holds for as long as it lives."""

GRID = "grid.md"
PAGE = "index.html"
LATEST = "latest"

_LONGEST_NAME = 4096
_RUN_ID = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{4}")
_NO_SUCH_PLACE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EINVAL})


def new_run_id(now: datetime) -> str:
    """Return a new name that sorts by time and is unique even within a second; ``now`` is in UTC."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


def is_run_id(name: str) -> bool:
    """Return whether `new_run_id` made a name, so that it says when the run began; people may rename copies."""
    return _RUN_ID.fullmatch(name) is not None


def create_run_folder(results: Path, run_id: str, *, may_exist: bool = False) -> Path:
    """Create ``results/<run_id>`` and return it.

    Raises:
        ResultsError: it cannot be written, or exists although ``may_exist`` is false.
    """
    folder = results / run_id
    try:
        folder.mkdir(parents=True, exist_ok=may_exist)
    except OSError as error:
        raise unwritable(folder, error) from None
    return folder


def write_atomically(file: Path, text: str | Iterable[str]) -> None:
    """Write a file from its text, or its pieces; if that fails, nothing of it is left.

    Raises:
        ResultsError: it cannot be written.
    """
    partial = file.with_name(f".{file.name}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as opened:
            opened.writelines([text] if isinstance(text, str) else text)
        partial.replace(file)
    except OSError as error:
        raise unwritable(file, error) from None
    finally:  # even if a piece cannot be made
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_bytes(file: Path, data: bytes, *, for_all: bool = True) -> None:
    """Write a file that the user named, readable ``for_all`` or for its owner alone.

    Raises:
        ResultsError: it cannot be written.
    """
    try:
        if for_all:
            file.write_bytes(data)
        else:
            private.write(file, data)
    except OSError as error:
        raise unwritable(file, error, "Name a file in a folder that exists and that you may write to.") from None


def point_latest(results: Path, run_id: str, name: str = LATEST) -> None:
    """Point ``results/<name>`` to a run.

    If the system allows no symbolic links (Windows without developer mode), ``<name>.txt`` contains the run's name.
    """
    link, text, new = results / name, results / f"{name}.txt", results / f".{name}.{run_id}"
    try:
        new.symlink_to(run_id, target_is_directory=True)
        new.replace(link)
        text.unlink(missing_ok=True)
    except OSError:  # no links allowed, or Windows, which replaces no link to a folder
        try:
            new.unlink(missing_ok=True)
            if link.is_symlink():
                link.unlink()
        except OSError as error:
            raise unwritable(link, error) from None
        write_atomically(text, f"{run_id}\n")


def pointed(results: Path, name: str = LATEST) -> Path | None:
    """The folder of the run that ``results/<name>`` points to; ``None`` if that run does not exist."""
    if (results / name).is_symlink() and (results / name).is_dir():
        return (results / name).resolve()
    text = results / f"{name}.txt"
    named = read_text(text, _LONGEST_NAME).strip() if text.is_file() else ""
    return results / named if is_inside(named) and (results / named).is_dir() else None


def find_run(results: Path, name: str | None = None) -> Path:
    """Return the folder of a run, by its name or by a path to it; without a name, the latest.

    Raises:
        ResultsError: there is no such run; the hint has the nearest names.
    """
    if name is None or name == LATEST:
        return _latest(results)
    if name.startswith(f"{LATEST}-") and (found := pointed(results, name)):
        return found
    for folder in (results / name, Path(name)):
        if folder.is_dir():
            return folder
    near = nearest(name, _runs(results))
    hint = f"Nearest: {', '.join(near)}." if near else "ib-compat run makes one."
    raise ResultsError(f"{results}: no run {name!r}", hint=hint)


def run_folders(results: Path) -> list[Path]:
    """The folders of all runs, newest first; a run that died has a plan and no results."""
    return [results / name for name in sorted(_runs(results), reverse=True)]


def _latest(results: Path) -> Path:
    found = pointed(results)
    if found is not None:
        return found
    runs = _runs(results)
    if runs:
        return results / max(runs, key=lambda run: ((results / run / RESULTS).is_file(), run))
    raise ResultsError(f"{results}: contains no run", hint="ib-compat run makes one.")


def _runs(results: Path) -> list[str]:
    return [plan.parent.name for plan in results.glob(f"*/{PLAN}") if not plan.parent.is_symlink()]


def unwritable(
    place: Path, error: OSError, hint: str = "Name a folder that you may write to with --results DIR."
) -> ResultsError:
    """Return the error for a file or folder that cannot be written: wrong use if the name is impossible, else ours."""
    message = f"{place}: cannot be written: {error.strerror or error}"
    kind = ResultsError if error.errno in _NO_SUCH_PLACE else UnwritableError
    return kind(message, hint=hint)


def relative(folder: Path) -> str:
    """A folder as a person would type it from the working folder, with forward slashes."""
    here = Path.cwd()
    whole = folder.absolute()
    return whole.relative_to(here).as_posix() if whole.is_relative_to(here) else whole.as_posix()


def is_running(folder: Path) -> bool:
    """Return whether the process that writes the journal in a run's folder is alive."""
    if (folder / LOCK).is_symlink() or not (folder / LOCK).is_file():
        return False  # a lock that is a link would empty the file that it points to
    try:
        with FileLock(folder / LOCK, timeout=0, mode=0o600):
            return False
    except Timeout:
        return True
    except (OSError, NotImplementedError):  # as in a folder that we may not write to
        return False
