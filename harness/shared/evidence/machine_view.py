"""Defines the records of what was seen on this machine: listeners, connections, processes, settings, log lines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.shared.hosts import nearness

Address = tuple[str, int]
"""Host and port; a host is written without its zone, and IPv4 within IPv6 as IPv4."""


class Kind(StrEnum):
    """The kinds of processes; ``harness/known/local_gateways.toml`` says how each is recognised."""

    GATEWAY = "gateway"
    TWS = "tws"
    FORWARDER = "forwarder"
    """It passes connections on: socat, ssh, Docker's proxy, WSL's relay, Windows' port proxy.

    Its target may be in a container or another network namespace, whose sockets are not in this view: then the
    forwarder owns the port on this machine, and its accepting a connection says nothing about the Gateway behind it.
    """
    OURS = "ours"
    """ib-compat itself, which simulates a Gateway."""
    OTHER = "other"
    """The process was seen and is of no other kind."""
    UNKNOWN = "unknown"
    """Nobody owns it, or this user may not see the owner."""


class Side(StrEnum):
    """Whose end of a connection a socket is."""

    GATEWAY = "gateway"
    CLIENT = "client"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """The process that a socket belongs to, or that runs.

    Args:
        name: of the program, never its arguments, which may hold a password.
        started: seconds since the epoch.
    """

    kind: Kind
    name: str | None
    pid: int | None
    started: float | None

    def uptime(self, now: float) -> float | None:
        """Seconds that it has run at ``now`` (seconds since the epoch), or ``None`` if its start was not seen."""
        return None if self.started is None else max(0.0, now - self.started)


NOBODY = Owner(kind=Kind.UNKNOWN, name=None, pid=None, started=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """A listening socket.

    Args:
        host: the address it is bound to; ``0.0.0.0`` and ``::`` are every address.
        accept_queue: connections that the system made and the process has not accepted; ``None`` if it cannot be seen.
    """

    host: str
    port: int
    owner: Owner
    accept_queue: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One end of a connection to the asked port.

    Args:
        state: as psutil names it: ``ESTABLISHED``, ``CLOSE_WAIT``, ``FIN_WAIT2``, ….
        unread: bytes that came and that the process has not read. The end of the other side counts as one byte until it
            is read, as Linux counts it; ``None`` if that may not be seen.
        accepted: whether the gateway's process took it from the accept queue; ``None`` on the client's side, in states
            in which no process has it any more, and if that may not be seen.
        received: bytes that ever came, read or not; ``None`` if the system does not count them.
        ours: this process made it, so it says nothing about others.
    """

    side: Side
    state: str
    local: Address
    peer: Address
    unread: int | None
    accepted: bool | None
    owner: Owner
    received: int | None = None
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a ``jts.ini`` for API clients; no other key of it is read.

    Args:
        path: with ``~`` for the home folder.
        ports: its port keys, under their own names. Today's Gateways keep the API port in an encrypted file, and
            ``LocalServerPort`` was seen to be another one (usually 4000), so it does not prove where API clients
            connect.
    """

    path: str
    api_only: bool | None
    trusted_ips: tuple[str, ...] | None
    ports: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a log of the Gateway, TWS or IBC.

    Args:
        file: with ``~`` for the home folder.
        at: seconds since the epoch, taking the line's time for this machine's local time; ``None`` for a line without
            one, which continues the line before.
    """

    file: str
    at: float | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostView:
    """What one look at this machine showed.

    Args:
        system: ``linux``, ``macos`` or ``windows``.
        local: whether the asked host is this machine; if not, nothing else was examined.
        port: the asked one.
        listeners: on the usual ports and the asked one.
        connections: to the asked port, with both ends if both are on this machine.
        processes: every IB Gateway and TWS that runs, whether or not it listens.
        unseen: a sentence for each thing that could not be seen, with the reason.
        addresses: the addresses of the asked host on this machine.
    """

    system: str
    local: bool
    port: int | None
    listeners: tuple[Listener, ...] = ()
    connections: tuple[Connection, ...] = ()
    processes: tuple[Owner, ...] = ()
    settings: tuple[Settings, ...] = ()
    logs: tuple[LogLine, ...] = ()
    unseen: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()

    @property
    def listener(self) -> Listener | None:
        """The listener that answers at the asked host and port: one bound to that address before one bound to all.

        A listener on that port that is bound to another address is in ``listeners`` only.
        """
        there = [listener for listener in self.listeners if listener.port == self.port]
        if not self.addresses:
            return next(iter(there), None)
        ranked = [(nearness(each.host, address), each) for address in self.addresses for each in there]
        answering = [(rank, each) for rank, each in ranked if rank is not None]
        return min(answering, key=lambda pair: pair[0])[1] if answering else None

    @property
    def stuck(self) -> tuple[Connection, ...]:
        """Connections that the client has ended and the gateway has not noticed: not accepted, or with bytes unread.

        A working gateway reads what came and closes. Any of these shows that it no longer serves API clients.
        """
        return tuple(each for each in self.close_wait if each.accepted is False or (each.unread or 0) > 0)

    @property
    def waiting(self) -> int:
        """The number of other people's connections that the gateway has not accepted: nobody reads what they send.

        0 also if the system does not report it; ``accept_queue`` of the listener is ``None`` there.
        """
        if self.listener is not None and self.listener.accept_queue is not None:
            return max(0, self.listener.accept_queue - sum(each.accepted is False for each in self._ours))
        return sum(each.accepted is False for each in self._gateway_side)

    @property
    def reads_us(self) -> bool | None:
        """Whether the gateway's process has read what an open connection of ours has sent it.

        ``None`` if there is none, or if the system does not report it.
        """
        told = [each for each in self._ours if each.state == "ESTABLISHED" and each.unread is not None]
        return all(each.accepted is not False and not each.unread for each in told) if told else None

    @property
    def close_wait(self) -> tuple[Connection, ...]:
        """The gateway's ends of connections that the client has ended and the gateway has not."""
        return tuple(each for each in self._gateway_side if each.state == "CLOSE_WAIT")

    @property
    def kept(self) -> tuple[Connection, ...]:
        """Those that its process accepted: one that was never accepted waits because it is stuck, not the reverse."""
        return tuple(each for each in self.close_wait if each.accepted is not False)

    @property
    def established(self) -> tuple[Connection, ...]:
        """The gateway's ends of connections that nobody has ended, accepted or not."""
        return tuple(each for each in self._gateway_side if each.state == "ESTABLISHED")

    @property
    def _gateway_side(self) -> tuple[Connection, ...]:
        """Others' connections: what we left there ourselves is no evidence."""
        return tuple(each for each in self.connections if each.side is Side.GATEWAY and not each.ours)

    @property
    def _ours(self) -> tuple[Connection, ...]:
        return tuple(each for each in self.connections if each.side is Side.GATEWAY and each.ours)
