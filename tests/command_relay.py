"""Stands for a command that `tests/command_server.py` forks: starts in a hundredth of a second, and ends as it ends.

It is called with the server's address and the words of the command. It hands signals on. If the server does not
fork the command, it becomes the command itself.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import struct
import sys
from contextlib import suppress

PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)


def main(address: str, *words: str) -> None:
    """Let the server run the command, and end like it."""
    if None in {sys.stdin, sys.stdout, sys.stderr}:  # a file that is closed cannot be handed on
        start_as_usual(words)
    signal.pthread_sigmask(signal.SIG_BLOCK, PASSED_ON)
    with socket.socket(socket.AF_UNIX) as line, line.makefile("r") as answers:
        pid = begun(line, answers, address, words)
        if pid is None:
            start_as_usual(words)
        else:
            pass_signals_on(pid)
            end_like(json.loads(answers.readline()))


def begun(line: socket.socket, answers: io.TextIOWrapper, address: str, words: tuple[str, ...]) -> int | None:
    """Ask for the command; give its number, or nothing if the server is gone."""
    asked = {"words": words, "folder": os.getcwd(), "environment": dict(os.environ)}  # noqa: PTH109 - pathlib would be half of our time
    request = json.dumps(asked).encode()
    try:
        line.connect(address)
        socket.send_fds(line, [struct.pack(">I", len(request))], [0, 1, 2])
        line.sendall(request)
        pid: int | None = json.loads(answers.readline() or "null")
    except OSError:
        return None
    return pid


def start_as_usual(words: tuple[str, ...]) -> None:
    """Become the command, with a Python of its own."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)
    os.execv(sys.executable, [sys.executable, "-m", "harness", *words])  # noqa: S606


def pass_signals_on(pid: int) -> None:
    """Let signals for us, also those that came meanwhile, reach the command."""

    def pass_on(number: int, _: object) -> None:
        with suppress(ProcessLookupError):  # it has ended, and we are about to
            os.kill(pid, number)

    for each in PASSED_ON:
        signal.signal(each, pass_on)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, PASSED_ON)


def end_like(code: int) -> None:
    """End with the exit code of the command, or by the signal that ended it."""
    if code < 0:
        signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
