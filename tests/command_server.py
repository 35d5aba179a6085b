"""The process that commands of tests are forked from; `tests/commands.py` starts it and says what for.

It imports all commands once, and reads the data that comes with them. For each request of `tests/command_relay.py` it
forks a child that has the folder, the environment and the standard files of the caller, and goes on as
``python -m harness``. It answers with the child's number, and with how it ended. A relay that is gone first was killed,
so its child is, too.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import runpy
import selectors
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TextIO

from harness.cli import app
from harness.gateways.simulator import truth
from harness.known import images, scenarios
from harness.views.page import write
from harness.wire.catalogue import catalogue

LENGTH = struct.Struct(">I")
SHAPING = ("PYTHON", "LC_", "LANG")
"""How variables begin that Python reads when it starts. A command that has others than ours is started as usual."""


READ_ONCE = (catalogue, truth.document, images.load, scenarios.load, write._template)
"""What comes with ib-compat and is the same for each command, and takes a good part of a short one's time to read."""


@dataclass(frozen=True)
class Command:
    """What a caller asked for: the words after ``ib-compat``, where, and with which environment and files."""

    words: list[str]
    folder: str
    environment: dict[str, str]
    files: list[int]


@dataclass(frozen=True)
class Running:
    """A child, the descriptor that tells that it ended, and the relay that waits for that."""

    pid: int
    ended: int
    relay: socket.socket


class Server:
    """Forks children for the requests that come to a listener, until standard input ends."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._running: list[Running] = []
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(sys.stdin, selectors.EVENT_READ)

    def serve(self) -> Command | None:
        """Return ``None`` at the end of standard input, and in each child what it has to do."""
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is sys.stdin:
                    return None
                if key.fileobj is not self._listener:
                    self._end(key.data)
                elif command := self._begin():
                    self._close()
                    return command

    def _begin(self) -> Command | None:
        relay, _ = self._listener.accept()
        command = _asked(relay)
        if command is None:
            relay.close()
            return None
        like_ours = shaping(command.environment) == shaping(os.environ)
        pid = os.fork() if like_ours else None
        if pid == 0:
            relay.close()
            return command
        for file in command.files:
            os.close(file)
        with suppress(OSError):  # a relay that is gone has its child ended
            _answer(relay, pid)
        if pid is None:
            relay.close()
            return None
        child = Running(pid, os.pidfd_open(pid), relay)
        self._running.append(child)
        for each in (child.ended, child.relay):
            self._selector.register(each, selectors.EVENT_READ, child)
        return None

    def _end(self, child: Running) -> None:
        """Tell the relay how its child ended; if the relay is gone, end the child."""
        if child not in self._running:
            return
        ended, status = os.waitpid(child.pid, os.WNOHANG)
        if not ended:
            os.kill(child.pid, signal.SIGKILL)
            _, status = os.waitpid(child.pid, 0)
        with suppress(OSError):
            _answer(child.relay, os.waitstatus_to_exitcode(status))
        for each in (child.ended, child.relay):
            self._selector.unregister(each)
        self._running.remove(child)
        self._leave(child)

    def _close(self) -> None:
        """Close what belongs to the server, and not to its child."""
        self._selector.close()
        self._listener.close()
        for child in self._running:
            self._leave(child)

    @staticmethod
    def _leave(child: Running) -> None:
        os.close(child.ended)
        child.relay.close()


def shaping(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the variables that only a new interpreter heeds."""
    return {name: value for name, value in environment.items() if name.startswith(SHAPING) and name != "PYTHON"}


def _asked(relay: socket.socket) -> Command | None:
    """Read what a relay wants; ``None`` if it was killed before it had said so."""
    files: list[int] = []
    try:
        data, files, *_ = socket.recv_fds(relay, LENGTH.size, 3)
        (length,) = LENGTH.unpack(data)
        with relay.makefile("rb") as rest:
            asked: dict[str, Any] = json.loads(rest.read(length))
    except (OSError, struct.error, ValueError):
        for file in files:
            os.close(file)
        return None
    return Command(files=files, **asked)


def _answer(relay: socket.socket, number: int | None) -> None:
    relay.sendall(json.dumps(number).encode() + b"\n")


def become(command: Command) -> None:
    """Go on as the program that was called, in its folder and with its files."""
    for number, file in enumerate(command.files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)), sys.stdin.encoding, sys.stdin.errors)
    sys.stdout = _written(1, like=sys.stdout, by_lines=os.isatty(1))
    sys.stderr = _written(2, like=sys.stderr, by_lines=True)
    os.chdir(command.folder)
    os.environ.clear()
    os.environ.update(command.environment)
    time.tzset()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["harness", *command.words]
    sys.path[0] = command.folder
    try:
        runpy.run_module("harness", run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, int):
            _end(ended.code)
        raise


def _end(code: int) -> None:
    """End as Python does, but free no memory: all that the server imported would be copied first, page by page."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # nobody reads it
            stream.flush()
    os._exit(code)


def _written(number: int, *, like: TextIO, by_lines: bool) -> io.TextIOWrapper:
    raw = io.FileIO(number, "w", closefd=False)
    at_once = isinstance(like, io.TextIOWrapper) and like.write_through  # as PYTHONUNBUFFERED wants it
    kept = raw if at_once else io.BufferedWriter(raw)
    return io.TextIOWrapper(kept, like.encoding, like.errors, line_buffering=by_lines, write_through=at_once)


def main() -> None:
    """Serve the listener that the caller handed on; its descriptor is the last word."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the tests, which end this
    for name in app._COMMANDS:
        with suppress(ImportError):  # the command will say so
            importlib.import_module(f"harness.cli.{name}")
    for read in READ_ONCE:
        read()
    gc.freeze()  # a child that looked for garbage would copy every page
    if command := Server(socket.socket(fileno=int(sys.argv[-1]))).serve():
        become(command)


if __name__ == "__main__":
    main()
