"""Examines this machine once, and returns its view as plain JSON data."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace

from harness.diagnose.host.gateway_files import Files, encrypted_logs, read_logs, read_settings, settings_folders
from harness.diagnose.host.hiding import Hiding
from harness.diagnose.host.linux_sockets import CLOSE_WAIT, TABLES, Key, Queue, read_sockets, received
from harness.diagnose.host.our_connections import is_ours
from harness.diagnose.host.processes import Application, Processes
from harness.diagnose.host.sockets import Socket, addresses_here, is_own, own_addresses, tcp_sockets
from harness.diagnose.host.unanswered import can_remember
from harness.known.local_gateways import known
from harness.shared.evidence.machine_view import Connection, HostView, Listener, LogLine, Settings, Side

_FORGETS = "Neither the user's cache nor a folder for temporary files can be written: looks forget what they left."

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}


def look(
    host: str,
    port: int | None,
    *,
    around: tuple[float, float] | None = None,
    ports: Iterable[int] | None = None,
    mask: Callable[[str], str] = str,
) -> HostView:
    """Look at the listeners, connections, processes, settings and logs that have to do with a gateway.

    It connects to nothing and changes nothing. What this user may not see is a sentence in ``unseen``, never an error.

    Args:
        host: name or address of the gateway. If it is another machine, the view is not ``local`` and otherwise empty.
        port: the gateway's port; with ``None``, the view has the listeners on the usual ports and no connections.
        around: first and last moment of the log lines, in seconds since the epoch [default: the newest lines]
        ports: further ports on which to look for listeners [default: the usual ones]
        mask: masks account numbers and the like in all texts that come from files.
    """
    unseen = [] if can_remember() else [_FORGETS]
    own = own_addresses(unseen)
    addresses = addresses_here(host, own)
    if not addresses:
        return HostView(system=_system(), local=False, port=port)
    wanted = {each.number for each in known().ports} if ports is None else set(ports)
    wanted.update(() if port is None else (port,))
    view = _local_view(port, wanted, own, unseen, around=around, mask=mask)
    return replace(view, addresses=addresses, unseen=tuple(dict.fromkeys(unseen)))


def _local_view(
    port: int | None,
    wanted: set[int],
    own: frozenset[str],
    unseen: list[str],
    *,
    around: tuple[float, float] | None,
    mask: Callable[[str], str],
) -> HostView:
    """Examine the ``wanted`` ports of this machine, and add a sentence to ``unseen`` for whatever may not be seen."""
    processes = Processes(unseen)
    table = _Table(*_sockets(unseen, wanted), processes)
    applications = processes.applications()
    unseen.extend(_contained(applications))
    settings, logs = _read(applications, around, mask, unseen)
    listeners = table.listeners(wanted)
    unseen.extend(_unowned(listeners))
    return HostView(
        system=_system(),
        local=True,
        port=port,
        listeners=listeners,
        connections=() if port is None else table.connections(port, own),
        processes=tuple(application.owner for application in applications),
        settings=settings,
        logs=logs,
    )


def _read(
    applications: Sequence[Application],
    around: tuple[float, float] | None,
    mask: Callable[[str], str],
    unseen: list[str],
) -> tuple[tuple[Settings, ...], tuple[LogLine, ...]]:
    """Return the settings and log lines from the files of Gateway and TWS."""
    hiding = Hiding(mask)
    files = Files(unseen, hiding)
    folders = settings_folders(applications, _system(), files)
    unseen.extend(encrypted_logs(folders, files, hiding, around))
    return read_settings(folders, files, hiding), read_logs(folders, _system(), files, hiding, around)


class _Table:
    """The system's sockets, with their queues and processes."""

    def __init__(self, sockets: Iterable[Socket], waiting: Mapping[Key, Queue], processes: Processes) -> None:
        self._sockets = tuple(sockets)
        self._waiting = waiting
        self._received: Mapping[Key, int] = {}
        self._processes = processes

    def listeners(self, wanted: Collection[int]) -> tuple[Listener, ...]:
        """Return the listeners on these ports, sorted by port and address."""
        found = [each for each in self._sockets if each.state == "LISTEN" and each.local[1] in wanted]
        once = dict.fromkeys(sorted(found, key=lambda each: (each.local[1], each.local[0], each.pid or 0)))
        return tuple(self._listener(each) for each in once)

    def connections(self, port: int, own: Iterable[str]) -> tuple[Connection, ...]:
        """Return the gateway's ends of connections to a port, then the clients' ends that are on this machine.

        A Gateway is itself a client of IBKR's servers on port 4000 or 4001: an end whose other end is on another
        machine is a client of that machine, not of a gateway on this one.
        """
        self._received = received(port)
        found = [(each.local, each.peer, each) for each in self._sockets if each.peer is not None]
        there = [self._connection(Side.GATEWAY, local, peer, each) for local, peer, each in found if local[1] == port]
        here = [
            self._connection(Side.CLIENT, local, peer, each)
            for local, peer, each in found
            if peer[1] == port and local[1] != port and is_own(peer[0], own)
        ]
        return tuple(sorted((*there, *here), key=lambda each: (each.side is Side.CLIENT, each.local, each.peer)))

    def _listener(self, socket: Socket) -> Listener:
        queue = self._waiting.get((socket.local, None))
        return Listener(
            host=socket.local[0],
            port=socket.local[1],
            owner=self._processes.owner(socket.pid),
            accept_queue=None if queue is None else queue.received,
        )

    def _connection(self, side: Side, local: tuple[str, int], peer: tuple[str, int], socket: Socket) -> Connection:
        queue = self._waiting.get((local, peer))
        return Connection(
            side=side,
            state=socket.state,
            local=local,
            peer=peer,
            unread=None if queue is None else queue.received,
            accepted=queue.accepted if queue is not None and side is Side.GATEWAY else None,
            owner=self._processes.owner(socket.pid),
            received=self._received.get((local, peer)) if side is Side.GATEWAY else None,
            ours=is_ours(peer, local, hangs=_hangs(socket)) if side is Side.GATEWAY else is_ours(local, peer),
        )


def _hangs(socket: Socket) -> bool:
    return socket.state == CLOSE_WAIT


def _system() -> str:
    return _SYSTEMS.get(sys.platform, sys.platform)


def _sockets(unseen: list[str], ports: Collection[int]) -> tuple[tuple[Socket, ...], Mapping[Key, Queue]]:
    if _system() == "linux" and TABLES[0].exists():
        return read_sockets(unseen, ports)
    unseen.append("Which connections were not accepted, and what was not read, only Linux tells.")
    return tcp_sockets(unseen, ports), {}


def _contained(applications: Iterable[Application]) -> list[str]:
    return [
        f"Process {each.owner.pid} ({each.owner.kind}) has a network of its own, as in a container: "
        "its sockets and files are not in this view."
        for each in applications
        if each.contained
    ]


def _unowned(listeners: Iterable[Listener]) -> list[str]:
    return [
        f"Who listens on {each.host} port {each.port} may not be seen by this user; the administrator may."
        for each in listeners
        if each.owner.pid is None
    ]


def document(view: HostView) -> dict[str, object]:
    """Return the view as objects, lists, texts, numbers, true, false and null, under the names of its fields."""
    return {field.name: _plain(getattr(view, field.name)) for field in fields(view)}


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
