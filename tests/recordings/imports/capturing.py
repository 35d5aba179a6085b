"""Makes captures for tests: packets of every link type and of both internet protocols, in files of every format."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.recordings.imports.capture import Capture
from harness.recordings.recording import Entry, Framed, Greeted
from harness.wire.codec import Codec
from harness.wire.framing import encode_frame
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender
from harness.wire.pcap import Flag

BEGAN = 1_795_255_200.25

V4 = {Sender.CLIENT: bytes((192, 0, 2, 1)), Sender.GATEWAY: bytes((192, 0, 2, 2))}
V6 = {Sender.CLIENT: bytes(15) + b"\1", Sender.GATEWAY: bytes(15) + b"\2"}


@dataclass(frozen=True, kw_only=True)
class Packet:
    """A TCP packet; ``cut`` is how many of its bytes were captured, all if `None`."""

    at: float
    sender: Sender
    sequence: int
    acknowledged: int
    flags: int = Flag.ACK
    data: bytes = b""
    ports: tuple[int, int] = (50_000, 4002)
    cut: int | None = None


class Wire:
    """Both sides of a TCP connection, as somebody between them saw it.

    Args:
        start: the sequence numbers of both SYNs.
        ports: the client's and the gateway's.
    """

    def __init__(self, start: tuple[int, int] = (1000, 2**32 - 20), ports: tuple[int, int] = (50_000, 4002)) -> None:
        self.packets: list[Packet] = []
        self._ports = ports
        self._next = {Sender.CLIENT: start[0], Sender.GATEWAY: start[1]}
        self._now = 0.0

    def opens(self) -> Wire:
        self._add(Sender.CLIENT, Flag.SYN, acknowledges=False)
        self._add(Sender.GATEWAY, Flag.SYN | Flag.ACK)
        return self._add(Sender.CLIENT, Flag.ACK)

    def says(self, sender: Sender, data: bytes, most: int = 1460, *, acknowledged: bool = True) -> Wire:
        for start in range(0, len(data), most):
            self._add(sender, Flag.ACK | Flag.PSH, data[start : start + most])
        if acknowledged:
            self._add(Sender.GATEWAY if sender is Sender.CLIENT else Sender.CLIENT, Flag.ACK)
        return self

    def ends(self, sender: Sender, flag: Flag = Flag.FIN) -> Wire:
        return self._add(sender, flag | Flag.ACK)

    def _add(self, sender: Sender, flags: int, data: bytes = b"", *, acknowledges: bool = True) -> Wire:
        other = Sender.GATEWAY if sender is Sender.CLIENT else Sender.CLIENT
        self._now += 0.0001
        self.packets.append(
            Packet(
                at=self._now,
                sender=sender,
                sequence=self._next[sender] % 2**32,
                acknowledged=self._next[other] % 2**32 if acknowledges else 0,
                flags=flags,
                data=data,
                ports=self._ports,
            )
        )
        self._next[sender] += len(data) + bool(flags & (Flag.SYN | Flag.FIN))
        return self


def tcp(packet: Packet) -> bytes:
    from_port, to_port = packet.ports if packet.sender is Sender.CLIENT else packet.ports[::-1]
    options = bytes((1,)) * 12
    words = 5 + len(options) // 4
    head = struct.pack(
        ">HHIIBBHHH",
        from_port,
        to_port,
        packet.sequence,
        packet.acknowledged,
        words << 4,
        packet.flags,
        65535,
        0,
        0,
    )
    return head + options + packet.data


def ipv4(packet: Packet) -> bytes:
    other = Sender.GATEWAY if packet.sender is Sender.CLIENT else Sender.CLIENT
    content = tcp(packet)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(content), 7, 0x4000, 64, 6, 0)
    return head + V4[packet.sender] + V4[other] + content


def ipv6(packet: Packet, extensions: Sequence[int] = ()) -> bytes:
    other = Sender.GATEWAY if packet.sender is Sender.CLIENT else Sender.CLIENT
    chain = [*extensions, 6]
    heads = b"".join(bytes((following, 0)) + bytes(6) for following in chain[1:])
    content = heads + tcp(packet)
    return struct.pack(">IHBB", 0x60000000, len(content), chain[0], 64) + V6[packet.sender] + V6[other] + content


def ethernet(content: bytes, kind: int = 0x0800, tags: int = 0) -> bytes:
    return bytes(12) + struct.pack(">HH", 0x8100, 5) * tags + struct.pack(">H", kind) + content


def cut(data: bytes, packet: Packet) -> bytes:
    return data if packet.cut is None else data[: len(data) - len(packet.data) + packet.cut]


LINKS: dict[str, tuple[int, Callable[[Packet], bytes]]] = {
    "ethernet": (1, lambda packet: ethernet(ipv4(packet))),
    "ethernet with two VLANs": (1, lambda packet: ethernet(ipv4(packet), tags=2)),
    "ethernet, IPv6": (1, lambda packet: ethernet(ipv6(packet), 0x86DD)),
    "IPv6 with extension heads": (1, lambda packet: ethernet(ipv6(packet, (0, 43, 60)), 0x86DD)),
    "raw IPv4": (101, ipv4),
    "raw IPv6": (101, ipv6),
    "IPv4": (228, ipv4),
    "IPv6": (229, ipv6),
    "cooked": (113, lambda packet: bytes(14) + b"\x08\x00" + ipv4(packet)),
    "cooked 2": (276, lambda packet: b"\x08\x00" + bytes(18) + ipv4(packet)),
    "null, little-endian": (0, lambda packet: b"\2\0\0\0" + ipv4(packet)),
    "null, big-endian": (0, lambda packet: b"\0\0\0\2" + ipv4(packet)),
    "null, IPv6 of macOS": (0, lambda packet: b"\x1e\0\0\0" + ipv6(packet)),
    "loop": (108, lambda packet: b"\0\0\0\2" + ipv4(packet)),
}


def classic(
    packets: Iterable[Packet], *, order: str = "<", nano: bool = False, link: str = "ethernet", began: float = BEGAN
) -> bytes:
    number, put = LINKS[link]
    data = [struct.pack(f"{order}IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, 262144, number)]
    for packet in packets:
        units = round((began + packet.at) * 10**6) * (1000 if nano else 1)
        seconds, rest = divmod(units, 10**9 if nano else 10**6)
        whole = put(packet)
        kept = cut(whole, packet)
        data += [struct.pack(f"{order}IIII", seconds, rest, len(kept), len(whole)), kept]
    return b"".join(data)


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


SECTION_BODY = (0x1A2B3C4D, 1, 0, -1)


def blocks(
    packets: Iterable[Packet],
    *,
    order: str = "<",
    link: str = "ethernet",
    resolution: int | None = None,
    offset: int | None = None,
    kind: int = 6,
) -> bytes:
    """Make a file of blocks, with names and comments such as Wireshark writes."""
    number, put = LINKS[link]
    options = option(order, 2, b"secret-interface")
    unit = 1e-6
    if resolution is not None:
        options += option(order, 9, bytes((resolution,)))
        unit = 2.0 ** -(resolution & 0x7F) if resolution & 0x80 else 10.0**-resolution
    if offset is not None:
        options += option(order, 14, struct.pack(f"{order}q", offset))
    options += option(order, 0, b"")
    section = struct.pack(f"{order}IHHq", *SECTION_BODY) + option(order, 4, b"secret-program")
    data = [
        block(order, 0x0A0D0D0A, section),
        block(order, 1, struct.pack(f"{order}HHI", number, 0, 0) + options),
        block(order, 4, option(order, 1, bytes((192, 0, 2, 2)) + b"secret-host\0")),
    ]
    for packet in packets:
        whole = put(packet)
        kept = cut(whole, packet)
        ticks = round((BEGAN + packet.at - (offset or 0)) / unit)
        times = (ticks >> 32, ticks & 0xFFFFFFFF, len(kept), len(whole))
        if kind == 6:
            body = struct.pack(f"{order}IIIII", 0, *times) + kept + bytes(-len(kept) % 4)
            body += option(order, 1, b"secret-comment")
        elif kind == 2:
            body = struct.pack(f"{order}HHIIII", 0, 0, *times) + kept
        else:
            body = struct.pack(f"{order}I", len(whole)) + kept
        data.append(block(order, kind, body))
    return b"".join(data)


def entries_of(folder: Path, data: bytes, *, port: int | None = None) -> list[Entry]:
    file = folder / "some.pcap"
    file.write_bytes(data)
    return list(Capture(file, port=port).entries())


def timeless(entries: Iterable[Entry]) -> list[Entry]:
    """Give entries without what depends on when packets came, and in which order."""
    return [
        replace(entry, at=0.0, pieces=1) if isinstance(entry, Framed) else replace(entry, at=0.0) for entry in entries
    ]


def said(entries: Iterable[Entry], connection: int = 1) -> list[tuple[Sender, bytes]]:
    """Give what was said on a connection, whoever said it."""
    return [
        (Sender.CLIENT, each.data) if isinstance(each, Greeted) else (each.sender, each.payload)
        for each in entries
        if isinstance(each, Greeted | Framed) and each.connection == connection
    ]


def frame(message: Message) -> bytes:
    return encode_frame(Codec(203).encode(message))


HELLO = Hello(min_version=100, max_version=203).encode()
REPLY = VersionReply(server_version=203, connection_time="20261130 14:30:00 UTC").encode()
START = frame(Message("start_api", {"client_id": 7}))
ACCOUNTS = frame(Message("managed_accounts", {"accounts": "DU9000001"}))
TIME = frame(Message("current_time", {"time": 1_795_255_200}))
ASKS_TIME = frame(Message("req_current_time", {}))

_GATEWAY, _CLIENT = Sender.GATEWAY, Sender.CLIENT


def payload(framed: bytes) -> bytes:
    return framed[4:]


def begun(wire: Wire | None = None) -> Wire:
    """Let a client connect, and start."""
    wire = (wire or Wire()).opens().says(_CLIENT, HELLO, acknowledged=False)
    return wire.says(_GATEWAY, REPLY).says(_CLIENT, START).says(_GATEWAY, ACCOUNTS)


BEGUN = [(_CLIENT, HELLO), (_GATEWAY, payload(REPLY)), (_CLIENT, payload(START)), (_GATEWAY, payload(ACCOUNTS))]
"""What is said then."""
