"""A gateway in a thread that says what a script tells it to, in the text protocol up to server version 200."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

ACCOUNT = "DU9000001"
NOW = 1787360769


def frame(*fields: object) -> bytes:
    body = "".join(f"{value}\0" for value in fields).encode()
    return struct.pack(">I", len(body)) + body


@dataclass(frozen=True)
class Script:
    """Where a gateway stops: after accept, hello, version or start; and which messages it leaves out."""

    server_max: int = 200
    on_accept: str = "go on"  # or "close", "silence"
    on_hello: str = "go on"  # or "close", "silence"
    on_start: str = "go on"  # or "close", "326", "silence"
    left_out: frozenset[int] = frozenset()
    """Message ids that are never sent: 9, 15, and end markers."""
    rejected: frozenset[int] = frozenset()
    """Requests by message id that are answered with error 322."""
    cut: frozenset[int] = frozenset()
    """Message ids whose last two fields are not sent, so that no client can decode them."""
    hangs_up_on: frozenset[int] = frozenset()
    """Requests by message id that end the connection."""
    version_reply: str = "whole"  # or "split": in two segments, or "late": after another frame


class ScriptedGateway:
    """Listens while it is entered; every connection follows the script."""

    def __init__(self, script: Script | None = None) -> None:
        self._script = script or Script()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._peers: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.requests: list[int] = []

    def __enter__(self) -> Self:
        self._run(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for each in (self._listener, *self._peers):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)

    def _run(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self._peers.append(peer)
            self._run(self._serve, peer)

    def _serve(self, peer: socket.socket) -> None:
        with contextlib.suppress(OSError, EOFError):
            Conversation(peer, self._script, self.requests).hold()
        if not self._silent():
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()

    def _silent(self) -> bool:
        return "silence" in {self._script.on_accept, self._script.on_hello, self._script.on_start}


class Conversation:
    """One client's connection."""

    def __init__(self, peer: socket.socket, script: Script, requests: list[int]) -> None:
        self._peer = peer
        self._script = script
        self._requests = requests
        self._version = 0

    def hold(self) -> None:
        if self._script.on_accept != "go on":
            return
        assert self._take(4) == b"API\0"
        wanted = self._take_frame().decode().split(" ")[0]
        if self._script.on_hello != "go on":
            return
        self._peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._version = min(int(wanted.rpartition("..")[2]), self._script.server_max)
        self._reply_version()
        self._take_frame()
        if self._start():
            while True:
                self._answer(self._take_frame().decode().split("\0"))

    def _reply_version(self) -> None:
        reply = frame(self._version, "20260824 10:00:00 EST")
        if self._script.version_reply == "late":  # in one segment: whether a client reads two at once would be chance
            reply = frame(*self._error(-1, 2104, "farm connection is OK:usfarm")) + reply
        if self._script.version_reply == "split":
            self._peer.sendall(reply[:6])
            threading.Event().wait(0.2)  # or the two parts would arrive as one
            reply = reply[6:]
        self._peer.sendall(reply)

    def _start(self) -> bool:
        if self._script.on_start == "326":
            self._send(*self._error(-1, 326, "Unable to connect as the client id is already in use."))
        if self._script.on_start != "go on":
            return False
        self._send(15, 1, ACCOUNT)
        self._send(9, 1, 1)
        for code, text in ((2104, "usfarm"), (2106, "ushmds"), (2158, "secdefnj")):
            self._send(*self._error(-1, code, f"farm connection is OK:{text}"))
        return True

    def _error(self, request_id: int, code: int, text: str) -> tuple[object, ...]:
        if self._version >= 194:
            return (4, request_id, code, text, "", 1787360769000)
        return (4, 2, request_id, code, text, *([""] if self._version >= 166 else []))

    def _answer(self, fields: list[str]) -> None:
        kind = int(fields[0])
        self._requests.append(kind)
        if kind in self._script.hangs_up_on:
            raise EOFError
        if kind in self._script.rejected:
            request_id = int(fields[2]) if kind in {7, 62} else -1
            self._send(*self._error(request_id, 322, "Error processing request."))
            return
        answers: dict[int, list[tuple[object, ...]]] = {
            5: [(53, 1)],
            6: [(54, 1, ACCOUNT)],
            7: [(55, 1, fields[2] if len(fields) > 2 else "")],
            16: [(53, 1)],
            49: [(49, 1, NOW)],
            61: [
                (61, 3, ACCOUNT, 265598, "AAPL", "STK", "", "0.0", "", "", "NASDAQ", "USD", "AAPL", "NMS", 100, 172.5),
                (62, 1),
            ],
            62: [
                (63, 1, fields[2] if len(fields) > 2 else "", ACCOUNT, "NetLiquidation", "1000000.00", "USD"),
                (64, 1, fields[2] if len(fields) > 2 else ""),
            ],
            76: [(74, 1, fields[2] if len(fields) > 2 else "")],
            99: [(102,)],
        }
        for answer in answers.get(kind, []):
            self._send(*answer)

    def _send(self, *fields: object) -> None:
        if fields[0] in self._script.cut:
            fields = fields[:-2]
        if fields[0] not in self._script.left_out:
            self._peer.sendall(frame(*fields))

    def _take(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            chunk = self._peer.recv(size - len(data))
            if not chunk:
                raise EOFError
            data += chunk
        return data

    def _take_frame(self) -> bytes:
        return self._take(struct.unpack(">I", self._take(4))[0])
