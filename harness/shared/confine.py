"""Keeps a process, and all that it starts, from reading the environment and memory of processes outside.

A library under test, or a package that runs code while it is built, is somebody else's program with this user's rights:
``/proc/PID/environ`` of the shell or the run may hold a login. Linux's Landlock (from 5.19 on) denies a process access
to every process that it did not start itself, without root and permanently. Elsewhere this does nothing and says why.

As a program, ``python -I confine.py COMMAND …`` becomes the command, confined. Standard library only.
"""

from __future__ import annotations

import importlib
import os
import struct
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def _load() -> Any:
    """Return ctypes; ``None`` if this Python was built without it, for example without libffi."""
    try:
        return importlib.import_module("ctypes")
    except ImportError:
        return None


ctypes: Any = _load()

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
"""System calls, the same on every processor that Python runs on but Alpha (the kernel's syscall tables)."""

_VERSION = 1
_LEAST_VERSION = 2
"""The first that lets files be moved from folder to folder inside of it, as installers do."""

_MAKE_BLOCK, _REFER = 1 << 11, 1 << 13
"""What is taken from it, and given back below ``/``: a domain has to handle something (linux/landlock.h)."""

_BENEATH = 1
_DUMPABLE, _NO_NEW_PRIVILEGES, _DROP_FOR_GOOD = 4, 38, 24

_PTRACE, _ADMIN, _PERFMON = 19, 21, 38
"""What root needs to read a process that Landlock keeps from it (linux/capability.h); no library needs it."""

_ENVIRONMENT = slice(47, 49)
"""Fields after the program's name with the begin and end of the first environment in memory (proc_pid_stat(5))."""

_CAPABILITIES_VERSION = 0x20080522


def lacking() -> str | None:
    """Return what this system lacks to confine a process, or ``None``; confines nothing."""
    if not sys.platform.startswith("linux"):
        return f"{sys.platform} has nothing of the kind that needs no rights"
    if ctypes is None:
        return "this Python was built without ctypes"
    if ctypes.CDLL(None).syscall(_CREATE_RULESET, None, 0, _VERSION) < _LEAST_VERSION:
        return f"this kernel has no Landlock of version {_LEAST_VERSION}, or it is turned off"
    return None


def confine() -> str | None:
    """Confine this process; returns why not, or ``None``.

    Call it while there is one thread: others stay as they are.
    """
    lack = lacking()
    if lack:
        return lack
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if os.geteuid() == 0:
            _give_up_rights(libc)
        _restrict(libc)
    except OSError as problem:
        return f"the kernel refused: {problem}"
    return None


def _give_up_rights(libc: Any) -> None:
    """Drop what lets root read every process, here and for what is started."""
    for capability in (_PTRACE, _ADMIN, _PERFMON):
        libc.prctl(_DROP_FOR_GOOD, capability, 0, 0, 0)  # refused if it was dropped before
    kept = ~(1 << _PTRACE | 1 << _ADMIN | 1 << _PERFMON)
    header = struct.pack("=Ii", _CAPABILITIES_VERSION, 0)
    held = ctypes.create_string_buffer(24)
    _called(libc.capget(header, held))
    words = struct.unpack("=6I", held.raw)  # effective, permitted, inheritable: the low halves, then the high ones
    less = [word & (kept >> 32 * (place // 3)) & 0xFFFF_FFFF for place, word in enumerate(words)]
    _called(libc.capset(header, struct.pack("=6I", *less)))


def _restrict(libc: Any) -> None:
    handled = struct.pack("=Q", _MAKE_BLOCK | _REFER)
    ruleset = _called(libc.syscall(_CREATE_RULESET, handled, len(handled), 0))
    root = os.open("/", os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("=Qi", _MAKE_BLOCK | _REFER, root)
        _called(libc.syscall(_ADD_RULE, ruleset, _BENEATH, rule, 0))
        _called(libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _called(libc.syscall(_RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(root)
        os.close(ruleset)


def _called(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def close_up() -> None:
    """Keep other processes of this user from reading this one, on Linux; root is not kept from it."""
    if sys.platform.startswith("linux") and ctypes is not None:
        ctypes.CDLL(None).prctl(_DUMPABLE, 0, 0, 0, 0)


def wipe(variables: Mapping[str, str]) -> None:
    """Take variables out of the memory that Linux shows as the environment which this process was started with.

    Call it once they are unset: till then the C library still reads them there.
    """
    if not sys.platform.startswith("linux") or ctypes is None:
        return
    try:
        with open("/proc/self/stat", encoding="utf-8", errors="replace") as stat:  # noqa: PTH123 - importing pathlib takes longer than all of this
            fields = stat.read().rpartition(")")[2].split()
        start, end = (int(each) for each in fields[_ENVIRONMENT])
        shown = ctypes.string_at(start, end - start)
    except (OSError, ValueError):  # a sandbox that hides it from everybody
        return
    at = start
    for entry in shown.split(b"\0"):
        name, equals, value = entry.partition(b"=")
        if equals and variables.get(os.fsdecode(name)) == os.fsdecode(value):
            ctypes.memset(at, ord("x"), len(entry))
        at += len(entry) + 1


if __name__ == "__main__":
    confine()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - becomes what it was asked to start
