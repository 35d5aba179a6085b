"""Becomes a program, in a network of its own whose usual gateway ports belong to whoever started it.

As a program: ``python -I launcher.py CHANNEL PORTS COMMAND …``. CHANNEL is the number of a Unix socket; the listening
sockets are sent over it, and the command begins once a byte comes back. Without ports it stays in the network that it
is in. Linux only; standard library only.

In a network namespace of its own (network_namespaces(7)) a program reaches nothing but its own loopback device, so an
address that is written in its code leads to the gateway of ours, or nowhere. Root needs no user namespace for it;
others get one in which they are who they were (user_namespaces(7)).
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct
import sys
from pathlib import Path

NEW_USER, NEW_NET = 0x10000000, 0x40000000
"""Flags of unshare(2)."""

_GET_FLAGS, _SET_FLAGS = 0x8913, 0x8914
_UP = 0x1
"""Requests and flag of a network device (netdevice(7))."""

_DIE_WITH_PARENT = 1
"""Option of prctl(2)."""

READY, GO = b"ready", b"go"


def main() -> None:
    """Enter the network, hand over its listening sockets, and become the command."""
    number, ports, *command = sys.argv[1:]
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    with socket.socket(fileno=int(number)) as channel:
        try:
            if ports:
                _own_network(libc)
            listeners = [each for port in filter(None, ports.split(",")) for each in _listening(int(port))]
        except OSError as problem:
            channel.send(str(problem.strerror or problem).encode())
            return
        socket.send_fds(channel, [READY], [each.fileno() for each in listeners])
        if channel.recv(len(GO)) != GO:
            return
    for each in listeners:
        each.close()
    _as_from_a_terminal()
    try:
        os.execvp(command[0], command)  # noqa: S606 - the words are what the user typed
    except OSError as problem:
        sys.exit(f"{command[0]}: cannot be started: {problem.strerror}")


def _as_from_a_terminal() -> None:
    """Let signals do what they do to a program in a terminal: Python ignores some, and a program inherits that."""
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)


def _own_network(libc: ctypes.CDLL) -> None:
    user, group = os.getuid(), os.getgid()
    if user or libc.unshare(NEW_NET):
        if libc.unshare(NEW_USER | NEW_NET):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        asked = fcntl.ioctl(device, _GET_FLAGS, struct.pack("16sH14x", b"lo", 0))
        flags: int = struct.unpack("16sH14x", asked)[1]
        fcntl.ioctl(device, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))


def _listening(port: int) -> list[socket.socket]:
    """Listen at a port of the loopback device, of both kinds of address if there are both."""
    found = [socket.create_server(("127.0.0.1", port))]
    with contextlib.suppress(OSError):  # this system has no IPv6
        found.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    return found


if __name__ == "__main__":
    main()
