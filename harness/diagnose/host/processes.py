"""Lists running processes, what each is, and where it keeps its files."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from harness.known.local_gateways import known
from harness.shared.evidence.machine_view import NOBODY, Kind, Owner

APPLICATIONS = (Kind.GATEWAY, Kind.TWS)

_OWN = re.compile(r"(?:^|/)ib-compat(?:\.exe)?$|^harness(?:\.|$)")
"""Arguments of a Python that runs ib-compat: its script, or its package after -m."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An IB Gateway or TWS that runs.

    Args:
        folder: its working directory, ``None`` if it may not be seen.
        arguments: its command line; may contain user name and password, so it is never shown.
        contained: whether it has a network of its own, as in a container, so that its sockets and files are not seen.
    """

    owner: Owner
    folder: Path | None
    arguments: tuple[str, ...]
    contained: bool


def kind_of(name: str, arguments: Sequence[str] | None) -> Kind:
    """Return the kind of a process, from its program's name and its arguments (``None`` if they may not be seen)."""
    plain = name.lower().removesuffix(".exe")
    for program in known().programs:
        if plain in program.names:
            return Kind(program.kind)
    if _is_python(plain):
        own = any(_OWN.search(argument.replace("\\", "/")) for argument in arguments or ())
        return Kind.OURS if own else Kind.OTHER
    if plain not in known().java:
        return Kind.OTHER
    if arguments is None:
        return Kind.UNKNOWN
    slashed = [argument.replace("\\", "/") for argument in arguments]
    for program in known().programs:
        if any(pattern.search(argument) for pattern in program.arguments for argument in slashed):
            return Kind(program.kind)
    return Kind.OTHER


class Processes:
    """The processes of this machine, each examined once.

    Args:
        unseen: receives a sentence for whatever may not be seen.
    """

    def __init__(self, unseen: list[str]) -> None:
        self._unseen = unseen
        self._owners: dict[int, Owner] = {}

    def owner(self, pid: int | None) -> Owner:
        """Return the process with this id; for ``None``, or one that has ended, an owner without any details."""
        if pid is None:
            return NOBODY
        if pid not in self._owners:
            self._owners[pid] = self._asked(pid)
        return self._owners[pid]

    def applications(self) -> tuple[Application, ...]:
        """Return every IB Gateway and TWS that may be seen, in the order in which they started."""
        owners = [self.owner(pid) for pid in _pids(self._unseen) if _may_be_one(pid)]
        owners = [owner for owner in owners if owner.kind in APPLICATIONS]
        found = [self._application(owner) for owner in sorted(owners, key=lambda owner: owner.started or 0.0)]
        return tuple(each for each in found if each is not None)

    def _asked(self, pid: int) -> Owner:
        try:
            process = psutil.Process(pid)
            name, started = process.name(), process.create_time()
        except (psutil.NoSuchProcess, ProcessLookupError):
            return Owner(kind=Kind.UNKNOWN, name=None, pid=pid, started=None)
        except (psutil.Error, OSError):
            self._unseen.append("What some processes are may not be seen by this user.")
            return Owner(kind=Kind.UNKNOWN, name=None, pid=pid, started=None)
        if pid == os.getpid():
            return Owner(kind=Kind.OURS, name=name, pid=pid, started=started)
        kind = kind_of(name, _arguments(process) if _is_java(name) or _is_python(name) else ())
        if kind is Kind.UNKNOWN:
            self._unseen.append(f"Whether process {pid} ({name}) is a Gateway or TWS may not be seen by this user.")
        return Owner(kind=kind, name=name, pid=pid, started=started)

    def _application(self, owner: Owner) -> Application | None:
        try:
            process = psutil.Process(owner.pid)
            folder = _folder(process)
            arguments = _arguments(process)
        except psutil.NoSuchProcess:  # it ended just now
            return None
        if folder is None or arguments is None:
            self._unseen.append(
                f"Where process {owner.pid} ({owner.kind}) keeps its files may not be seen by this user."
            )
        return Application(owner=owner, folder=folder, arguments=arguments or (), contained=_contained(process.pid))


def _pids(unseen: list[str]) -> list[int]:
    try:
        return [pid for pid in psutil.pids() if pid]  # 0 is the system itself
    except (psutil.Error, OSError) as error:
        unseen.append(f"Which processes run may not be seen ({error}).")
        return []


def _may_be_one(pid: int) -> bool:
    """Whether a process may be an IB Gateway or TWS by its name alone; to ask each for more takes much longer."""
    try:
        name = psutil.Process(pid).name()
    except psutil.NoSuchProcess:
        return False
    except (psutil.Error, OSError):
        return True
    return _is_java(name) or kind_of(name, ()) in APPLICATIONS


def _arguments(process: psutil.Process) -> tuple[str, ...] | None:
    """A process's command line; ``None`` if it may not be seen, empty if the process has ended."""
    try:
        return tuple(process.cmdline())
    except psutil.NoSuchProcess:
        return ()
    except (psutil.Error, OSError):
        return None


def _folder(process: psutil.Process) -> Path | None:
    """The working directory of a process, ``None`` if it may not be seen.

    Raises:
        psutil.NoSuchProcess: it has ended.
    """
    try:
        return Path(process.cwd())
    except psutil.NoSuchProcess:
        raise
    except (psutil.Error, OSError):
        return None


def _is_java(name: str) -> bool:
    return name.lower().removesuffix(".exe") in known().java


def _is_python(name: str) -> bool:
    return name.lower().startswith(("python", "pypy"))


def _contained(pid: int, proc: Path = Path("/proc")) -> bool:
    """Whether a process has a network namespace of its own; other systems than Linux know none."""
    try:
        return (proc / str(pid) / "ns" / "net").readlink() != (proc / "self" / "ns" / "net").readlink()
    except OSError:
        return False
