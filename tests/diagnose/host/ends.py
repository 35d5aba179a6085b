"""Connections whose both ends a test holds, and a look that waits until it sees what it should."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Self

import pytest

from harness.diagnose.host import HostView, look

HELLO = b"API\0\0\0\0\tv100..176"
SECONDS = 20
"""After which a test that waits has failed."""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what waits in a socket")
not_on_macos = pytest.mark.skipif(sys.platform == "darwin", reason="macOS shows what no process has to root only")
not_on_windows = pytest.mark.skipif(sys.platform == "win32", reason="a program is renamed by a link to it")


class Gateway:
    """A listening socket that accepts when it is told to."""

    def __init__(self, bound: str = "127.0.0.1", *, dual: bool = False) -> None:
        self._open = ExitStack()
        self._listener = self._open.enter_context(_listening(bound, dual=dual))
        self.port: int = self._listener.getsockname()[1]

    def client(self, host: str = "127.0.0.1") -> socket.socket:
        return self._open.enter_context(socket.create_connection((host, self.port), timeout=SECONDS))

    def accept(self) -> socket.socket:
        connection, _ = self._listener.accept()
        return self._open.enter_context(connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()


def _listening(bound: str, *, dual: bool) -> socket.socket:
    """Listen on a port of which no connection of an earlier test is left."""
    family = socket.AF_INET6 if ":" in bound else socket.AF_INET
    while True:
        listener = socket.create_server((bound, 0), family=family, backlog=16, dualstack_ipv6=dual)
        if not look("127.0.0.1", listener.getsockname()[1]).connections:
            return listener
        listener.close()


def seen(port: int, condition: Callable[[HostView], bool], host: str = "127.0.0.1") -> HostView:
    """Look until the view is as it should be: the other end hears of a change a little later."""
    deadline = time.monotonic() + SECONDS
    while not condition(view := look(host, port)):
        assert time.monotonic() < deadline, view
    return view


@contextmanager
def program(name: str, folder: Path, *arguments: str, listens: bool = False) -> Iterator[tuple[int, int]]:
    """Run a program of this name that does nothing, or listens, until the test is over; gives pid and port."""
    link = folder / name
    link.symlink_to(Path(sys.executable).resolve())
    code = "import socket, sys; s = socket.create_server(('127.0.0.1', 0)) if sys.argv[1] == 'True' else None\n"
    code += "print(s.getsockname()[1] if s else 0, flush=True); sys.stdin.read()"
    command: Sequence[str] = [str(link), "-I", "-S", "-c", code, str(listens), *arguments]
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        process.communicate()
