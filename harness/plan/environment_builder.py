"""Builds the environments of rows, several at once, with uv if it is installed, otherwise with venv and pip.

``ib-compat run`` calls it for the rows that it asks, ``ib-compat build`` for those that a nox session wants, and a
bisection for each step. A failed installation is a result and no error: it is recorded in the environment's marker,
and the grid shows it.
"""

from __future__ import annotations

import asyncio
import errno
import shutil
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import psutil
from filelock import FileLock, Timeout

from harness.plan.matrix.environments import environment_in, find_environments, is_as_asked, leave_marker
from harness.plan.matrix.origins import installable
from harness.plan.matrix.rows import LATEST, running_python
from harness.shared import untrusted
from harness.shared.errors import UnwritableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.plan.matrix.rows import Row

_UNPACKED = "unpacked"
"""Name of the folder in an environment for the contents of zips."""

_WINDOWS = sys.platform == "win32"
_INSTALLERS = 4
"""The most installations at once; they wait for the network more than for the processor."""

_OF_THE_MACHINE = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN})
"""No more files, memory or processes."""

_LOOK_SECONDS = 0.1
"""Seconds between looks whether another run has finished an environment that this run also needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """Builds the environments of rows in a folder.

    Args:
        folder: the folder that contains them, such as ``.nox``.
        not_reached: takes an installer's output, and returns whether it did not reach the package index. Then packages
            are installed from the installer's cache.
        index: the address of the package index [default: that of uv or pip]
    """

    folder: Path
    not_reached: Callable[[str], bool]
    index: str | None = None

    def missing(self, rows: Sequence[Row]) -> list[Row]:
        """Return the rows whose environment is missing or does not match; ``latest`` is always built anew."""
        there = find_environments(self.folder, rows)
        return [row for row in rows if not is_as_asked(there.get(row.id), row)]

    async def build(self, rows: Sequence[Row], told: Callable[[int, int, Row | None], None]) -> None:
        """Build what is missing.

        Args:
            rows: the rows that will be asked.
            told: called before the first and after each, with how many are built, of how many, and the row.

        Raises:
            UnwritableError: an environment cannot be made, for example because the disk is full.
        """
        missing, done = self.missing(rows), 0
        if not missing:
            return
        told(0, len(missing), None)
        room = asyncio.Semaphore(_INSTALLERS)

        async def one(row: Row) -> None:
            nonlocal done
            async with room:
                await self._build(row)
            done += 1
            told(done, len(missing), row)

        tasks = [asyncio.create_task(one(row)) for row in missing]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _build(self, row: Row) -> None:
        """Build an environment. If another run is building it, wait until that is done."""
        self._make_folder()
        asked = time.time()
        lock = FileLock(self.folder / f"{row.environment}.lock", thread_local=False)
        while True:
            with suppress(Timeout):
                lock.acquire(blocking=False)
                break
            await asyncio.sleep(_LOOK_SECONDS)
        try:
            known = find_environments(self.folder, [row]).get(row.id)
            if known is None or known.built_at < asked or not is_as_asked(known, row, newest=True):
                await self._build_alone(row)
        except OSError as error:
            raise self._problem(error) from None
        finally:
            lock.release()

    def _make_folder(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._problem(error) from None

    def _problem(self, error: OSError) -> OSError | UnwritableError:
        """Return the error to raise: one of the machine stays as it is, since another folder would not help."""
        if error.errno in _OF_THE_MACHINE:
            return error
        hint = "Name a folder that has room, and that you may write to, with --environments DIR."
        return UnwritableError(f"{self.folder}: cannot be written: {error.strerror or error}", hint=hint)

    async def _build_alone(self, row: Row) -> None:
        place, began = self._place(row), time.monotonic()
        python = await self._create(place, row.python)
        if python is None:
            leave_marker(
                self.folder / f"missing-{row.environment}", row, python=None, installed=False, seconds=0, log=""
            )
            return
        code, said, cached = await self._install(row, place, python)
        took = time.monotonic() - began
        leave_marker(place, row, python=str(python), installed=code == 0, seconds=took, log=said, cached=cached)

    def _place(self, row: Row) -> Path:
        """Return the folder of a row's environment. Other requirements for the row have another folder."""
        usual = self.folder.absolute() / row.environment
        there = environment_in(usual)
        if there is None or there.requirements == row.requirements:
            return usual
        return usual.with_name(f"{row.environment}-{sha256(repr(row.requirements).encode()).hexdigest()[:8]}")

    async def _create(self, place: Path, version: str) -> Path | None:
        """Create a virtual environment and return its interpreter; ``None`` if this machine has no such Python."""
        uv = untrusted.uv()
        if uv:
            asked = ("--quiet", "--clear", "--no-python-downloads", "--python", version)
            code, said = await _run((uv, "venv", *asked, str(place)))
            is_missing = code != 0 and (await _run((uv, "python", "find", "--no-python-downloads", version)))[0] != 0
        else:
            is_ours = version == running_python()
            found = sys.executable if is_ours else shutil.which(f"python{version}")
            is_missing = found is None
            no_pip = ("--without-pip",) if is_ours and untrusted.has_pip() else ()  # one of its own takes seconds
            code, said = (1, "") if found is None else await _run((found, "-m", "venv", "--clear", *no_pip, str(place)))
        if is_missing:
            return None
        if code:
            last = " ".join(said.strip().splitlines()[-1:])
            raise UnwritableError(f"{place}: no environment on Python {version} could be made there: {last}")
        return place / ("Scripts/python.exe" if _WINDOWS else "bin/python")

    async def _install(self, row: Row, place: Path, python: Path) -> tuple[int, str, bool]:
        """Install a row's requirements; return the installer's exit code, its output, and whether it used its cache.

        The cache is never used for ``latest``, because it does not know which version that is.
        """
        words = (
            *(*untrusted.installer(python), "--quiet"),
            *(("--index-url", self.index) if self.index else ()),
            *await asyncio.to_thread(installable, row.requirements, place / _UNPACKED),
        )
        code, said = await _run(words)
        if code and untrusted.uv() and row.version != LATEST and self.not_reached(said):
            again, more = await _run((*words, "--offline"))
            return (0, more, True) if again == 0 else (code, said, False)
        return code, said, False


async def _run(words: Sequence[str]) -> tuple[int, str]:
    """Run a command of an installer, and return its exit code and output. It ends when this process ends."""
    with TemporaryDirectory(prefix="ib-compat-", ignore_cleanup_errors=True) as temporary:
        given = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), temporary)  # uv leaves locks there, pip all if killed
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**untrusted.environment(untrusted.Purpose.INSTALL), **given},
        )
        try:
            said, _ = await process.communicate()
        except asyncio.CancelledError:
            _kill(process.pid)
            await process.wait()
            raise
    return process.returncode or 0, said.decode("utf-8", "replace")


def _kill(number: int) -> None:
    """End a process and its children, because an installer builds packages in child processes."""
    with suppress(psutil.Error):
        whole = psutil.Process(number)
        for each in (*whole.children(recursive=True), whole):
            with suppress(psutil.Error):
                each.kill()
