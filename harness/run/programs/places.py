"""Makes the place in which a program runs: a copy of its folder, an empty home, and the gateway's address."""

from __future__ import annotations

import contextlib
import os
import shutil
import site
import stat
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import tomllib

from harness.programs.program import Program
from harness.run.programs.clock import moved_clock
from harness.shared.errors import UsageError

MOST_FILES, MOST_BYTES = 20_000, 500 * 2**20
"""How much of a folder is copied; more is data, not a program."""


@cache
def _data() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("harness.run.programs") / "places.toml").read_text("utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a program finds its gateway.

    Args:
        host: the host.
        port: the port.
        client_id: the client id that it may use.
        account: the account that it finds; empty if that is not known beforehand.
    """

    host: str
    port: int
    client_id: int = 1
    account: str = ""

    def filled(self, text: str) -> str:
        """Return a text with ``{host}``, ``{port}``, ``{client_id}`` and ``{account}`` filled in; other braces stay."""
        words = {"host": self.host, "port": self.port, "client_id": self.client_id, "account": self.account}
        for word, value in words.items():
            text = text.replace(f"{{{word}}}", str(value)) if value else text
        return text


def address_variables(address: Address) -> dict[str, str]:
    """Return the variables in which many programs look for the address of their gateway."""
    found: dict[str, str] = {}
    for names in _data()["address"]:
        found |= {names["host"]: address.host, names["port"]: str(address.port)}
        found |= {names["client_id"]: str(address.client_id)} if "client_id" in names else {}
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a program runs.

    Args:
        folder: its folder.
        home: its home; ``None`` for the user's own.
        tools: the folder of an environment in which commands are looked for first; ``None`` if there is none.
    """

    folder: Path
    home: Path | None
    tools: Path | None = None

    def plain(self, text: str) -> str:
        """Return what a program wrote, without where it ran, and from where: that is another folder each time."""
        environment = self.tools.parent if self.tools is not None else None
        for path, word in ((self.folder, "."), (self.home, "~"), (environment, "$VIRTUAL_ENV")):
            text = text.replace(str(path), word) if path is not None else text
        return text

    def moved(self, word: str, folder: Path) -> str:
        """Return a word of a command; if it is a path in the program's folder that is copied, that of the copy."""
        path = Path(word)
        if not path.is_relative_to(folder):
            return word
        copied = self.folder / path.relative_to(folder)
        return str(copied) if copied.exists() or not path.exists() else word

    def write(self, files: Mapping[str, str], address: Address) -> None:
        """Write files, with the address of the gateway filled in, below the folder of the program.

        Raises:
            UsageError: one would be elsewhere.
        """
        for path, text in files.items():
            file = self.folder / path
            if not Path(os.path.realpath(file)).is_relative_to(os.path.realpath(self.folder)):
                raise UsageError(f"{path}: is not in the program's folder", hint="Only files of its copy are written.")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(address.filled(text), "utf-8")

    def environment(
        self,
        program: Program,
        address: Address,
        mark: Mapping[str, str],
        ahead: float | None = None,
    ) -> dict[str, str]:
        """Return the environment of the program.

        Args:
            program: what runs.
            address: of its gateway.
            mark: by which its processes are known.
            ahead: how many seconds its clock is ahead of this machine's; ``None`` if it sees this machine's.

        Raises:
            UsageError: its clock cannot be moved.
        """
        data = _data()
        found = {**data["default"], **os.environ, **(self._of_home() if self.home is not None else {})}
        if self.home is not None:
            found = {name: value for name, value in found.items() if name not in data["unset"]}
        if self.tools is not None:
            path = os.pathsep.join(filter(None, (str(self.tools), found.get("PATH"))))
            found |= {"PATH": path, "VIRTUAL_ENV": str(self.tools.parent)}
        own = {name: address.filled(value) for name, value in program.environment.items()}
        preloaded = own.get("LD_PRELOAD", found.get("LD_PRELOAD", ""))
        clock = {} if ahead is None else moved_clock(ahead, preloaded)
        return {**found, "PWD": str(self.folder), **address_variables(address), **own, **clock, **mark}

    def _of_home(self) -> dict[str, str]:
        """Return what names the home; what tools keep below the real one, and only read, is still found."""
        data, real = _data(), Path.home()
        kept = {name: str(real / below) for name, below in data["kept"].items() if (real / below).exists()}
        kept = {name: os.environ.get(name, path) for name, path in kept.items()}
        if Path(base := site.getuserbase()).exists():
            kept["PYTHONUSERBASE"] = base
        return {**dict.fromkeys(data["homes"], str(self.home)), **kept}


@contextmanager
def place_for(program: Program, tools: Path | None = None) -> Iterator[Place]:
    """Make the place of a program, and remove it afterwards.

    Args:
        program: the program.
        tools: the folder of an environment in which commands are looked for first.

    Raises:
        UsageError: the folder has too much to be copied.
    """
    with TemporaryDirectory(prefix="ib-compat-program-", ignore_cleanup_errors=True) as name:
        folder, home = Path(name) / "folder", Path(name) / "home"
        home.mkdir()
        if program.copied:
            deque(copied_files(program.folder), maxlen=0)  # refuses what is too large
            _copy(program.folder, folder)
            for path, data in program.edits.items():
                _edit(folder, path, data)
        place = folder if program.copied else program.folder
        yield Place(folder=place, home=home if program.own_home else None, tools=tools)


def _copy(folder: Path, to: Path) -> None:
    """Copy a folder; what its program needs and does not change is linked.

    Raises:
        UsageError: something in it cannot be read.
    """
    linked: list[Path] = []
    links: list[Path] = []

    def left_out(where: str, names: list[str]) -> set[str]:
        found, ignored = _linked(where, names), _ignored(where, names)
        linked.extend(Path(where, name) for name in found)
        others = {name for name in names if name not in found | ignored and Path(where, name).is_symlink()}
        links.extend(Path(where, name) for name in others)
        return found | ignored | others

    try:
        shutil.copytree(folder, to, symlinks=True, ignore=left_out, copy_function=_copy_file)
    except shutil.Error as problem:
        first = next(iter(problem.args[0]), ("", "", "it cannot be read"))
        hint = "Start from the program's own folder, or use --in-place: then it runs in it, and may change it."
        raise UsageError(f"{folder}: cannot be copied: {first[-1]}", hint=hint) from None
    for path in linked:
        with contextlib.suppress(OSError):  # Windows lets few users make links
            (to / path.relative_to(folder)).symlink_to(path.absolute(), target_is_directory=True)
    for path in links:
        with contextlib.suppress(OSError):
            (to / path.relative_to(folder)).symlink_to(_target(path, folder, to), target_is_directory=path.is_dir())


def _copy_file(file: str, to: str) -> None:
    with contextlib.suppress(FileNotFoundError):  # it is gone by now, as what another program keeps for a moment
        shutil.copy2(file, to)


def _target(link: Path, folder: Path, to: Path) -> Path:
    """Return where a link leads that was copied: into the copy if it led into the folder, else to where it did."""
    target, whole = os.path.realpath(link), os.path.realpath(folder)
    inside = Path(target).is_relative_to(whole)
    return to / Path(target).relative_to(whole) if inside else Path(target)


def _edit(folder: Path, path: Path, data: bytes) -> None:
    """Change a file of the copy. If it is a link, it becomes a file: what it leads to is not the copy's.

    Raises:
        UsageError: it is in a folder that is only linked.
    """
    file = folder / path
    if not Path(os.path.realpath(file.parent)).is_relative_to(os.path.realpath(folder)):
        raise UsageError(f"{path}: is in a folder that leads elsewhere, so no copy of it can be changed")
    mode = file.stat().st_mode
    file.unlink()
    file.write_bytes(data)
    file.chmod(stat.S_IMODE(mode))


def _ignored(where: str, names: list[str]) -> set[str]:
    """Return what is not copied: what is made again, and what is neither file nor folder, such as a pipe."""
    special = {name for name in names if not _is_ordinary(Path(where, name))}
    return special | set(shutil.ignore_patterns(*_data()["not_copied"])(where, names))


def _is_ordinary(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:  # it is gone, or nobody may look at it
        return False
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)


def _size_of(path: Path) -> int:
    """Return the size of a file; 0 if it is gone by now."""
    with contextlib.suppress(OSError):
        return path.lstat().st_size
    return 0


def _linked(where: str, names: Iterable[str]) -> set[str]:
    """Return the folders of other people's code: those with such a name, and virtual environments (PEP 405)."""
    return {
        name
        for name in names
        if name in _data()["linked"] or os.path.isfile(os.path.join(where, name, "pyvenv.cfg"))  # noqa: PTH113, PTH118 - these never raise
    }


def copied_files(folder: Path) -> Iterator[Path]:
    """Yield what is copied of a folder, but for folders, in the order of names; folders that are linked count as one.

    Raises:
        UsageError: it is too large to be copied.
    """
    files = size = 0
    for where, folders, names in os.walk(folder):
        ignored, linked = _ignored(where, [*folders, *names]), _linked(where, folders)
        yield from (Path(where, each) for each in sorted(linked - ignored))
        folders[:] = sorted(each for each in folders if each not in ignored | linked)
        for file in (Path(where, each) for each in sorted(set(names) - ignored)):
            files, size = files + 1, size + _size_of(file)
            _check_size(folder, files, size)
            yield file


def _check_size(folder: Path, files: int, size: int) -> None:
    """Refuse a folder that is too large, as soon as that is known."""
    if files > MOST_FILES or size > MOST_BYTES:
        raise UsageError(
            f"{folder}: is too large to be copied: more than {MOST_FILES:,} files or {MOST_BYTES // 2**20} MiB",
            hint="Start from the program's own folder, or use --in-place: then it runs in it, and may change it.",
        )
