"""Who speaks something else is known by its first bytes, and the API never is taken for it."""

from __future__ import annotations

import asyncio
import contextlib
import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.diagnose.control import other_protocols
from harness.diagnose.control import search as tries
from harness.diagnose.control.search import Manner, Patience, search
from harness.wire.framing import MAX_FRAME, encode_frame
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message
from harness.wire.side import GatewaySide
from tests.diagnose.control.listeners import close_at_once, listening, silence
from tests.gateways.simulator.talk import run

LONG, SHORT = 10.0, 0.2
PATIENCE = Patience(plain=SHORT, again=SHORT, more=2.0, step=SHORT)

FIRST_BYTES = {
    "tls": [b"\x16\x03\x03\x00\x7a\x02\x00", b"\x15\x03\x01\x00\x02\x02\x28", b"\x15\x03\x03\x00\x02\x02\x46"],
    "http": [b"HTTP/1.1 400 Bad Request\r\n", b"HTTP/1.0 404 Not Found\r\n", b"<!DOCTYPE HTML>\n", b"\n<html>"],
    "ssh": [b"SSH-2.0-OpenSSH_9.6\r\n", b"SSH-1.99-Cisco\r\n"],
    "vnc": [b"RFB 003.008\n"],
    "rdp": [
        b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x0f\x08\x00\x02\x00\x00\x00",
        b"\x03\x00\x00\x0b\x06\xd0\x00",
    ],
    "socks": [b"\x05\x00", b"\x05\xff", b"\x05\x02"],
    "ibc": [b"OK IBC 3.19.0\n", b"OK IBController\n"],
    "fix": [b"8=FIX.4.2\x019=65\x0135=5\x01"],
    "mail": [b"220 mail.example ESMTP\r\n", b"220-ftp.example\r\n", b"* OK IMAP4 ready\r\n", b"+OK POP3 ready\r\n"],
    "redis": [b"-ERR unknown command 'API'\r\n", b"-NOAUTH Authentication required.\r\n", b"-DENIED Redis is\r\n"],
}


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "_PAUSE", 0.0)


@pytest.mark.parametrize(("name", "data"), [(name, data) for name, all_of in FIRST_BYTES.items() for data in all_of])
def test_a_protocol_is_known_by_its_first_bytes(name: str, data: bytes) -> None:
    assert other_protocols.recognise(data) == name
    assert other_protocols.recognise(data[:64]) == name


@pytest.mark.parametrize("name", FIRST_BYTES)
def test_a_protocol_is_not_known_by_what_comes_later(name: str) -> None:
    assert {other_protocols.recognise(b"x" + data) for data in FIRST_BYTES[name]} == {other_protocols.UNKNOWN}


def test_the_first_bytes_of_every_protocol_are_tried() -> None:
    assert set(FIRST_BYTES) == {banner.name for banner in other_protocols.banners()}


@pytest.mark.parametrize("banner", other_protocols.banners(), ids=lambda banner: banner.name)
def test_every_protocol_is_said_for_a_person(banner: other_protocols.Banner) -> None:
    assert other_protocols.describe(banner.name) == banner.says
    assert isinstance(banner.begins, re.Pattern)


@pytest.mark.parametrize("data", [b"", b"\x42" * 8, b"S", b"API\0", b"GET / HTTP/1.0\r\n", b"hello SSH-2.0"])
def test_what_fits_nothing_is_unknown(data: bytes) -> None:
    assert other_protocols.recognise(data) == other_protocols.UNKNOWN
    assert other_protocols.describe(other_protocols.recognise(data)) == "a protocol that ib-compat does not know"


@given(st.integers(-1, 999_999_999), st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=60))
def test_a_version_reply_is_never_taken_for_anything_foreign(version: int, time: str) -> None:
    reply = VersionReply(server_version=version, connection_time=time).encode()
    assert all(other_protocols.recognise(reply[:count]) == other_protocols.UNKNOWN for count in range(1, 65))


@given(st.binary(max_size=300))
def test_a_frame_is_never_taken_for_anything_foreign_whatever_it_holds(payload: bytes) -> None:
    assert other_protocols.recognise(encode_frame(payload)[:64]) == other_protocols.UNKNOWN


def test_no_length_of_a_frame_is_taken_for_anything_foreign() -> None:
    lengths = (length.to_bytes(4, "big") for length in range(0, MAX_FRAME + 1, 0x80))
    assert {other_protocols.recognise(length) for length in lengths} == {other_protocols.UNKNOWN}


@given(st.integers(0, MAX_FRAME), st.binary(max_size=60))
def test_no_beginning_of_a_frame_is_taken_for_anything_foreign(length: int, begins: bytes) -> None:
    assert other_protocols.recognise(length.to_bytes(4, "big") + begins) == other_protocols.UNKNOWN


@pytest.mark.parametrize("version", [142, 178, 200, 201, 207, 213, 226])
def test_what_a_gateway_says_at_its_start_is_never_taken_for_anything_foreign(version: int) -> None:
    gateway = GatewaySide()
    list(gateway.receive(Hello(min_version=100, max_version=version).encode()))
    said = [gateway.accept(VersionReply(server_version=version, connection_time="20261121 10:00:00 EST"))]
    said += [
        gateway.send(Message("managed_accounts", {"accounts": "DU9000001"})),
        gateway.send(Message("next_valid_id", {"order_id": 1})),
        gateway.send(Message("error", {"req_id": -1, "code": 2104, "text": "220 OK HTTP/1.1"})),
    ]
    assert {other_protocols.recognise(each) for each in (*said, b"".join(said))} == {other_protocols.UNKNOWN}


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing on the terminal."""


@contextmanager
def served(server: socketserver.TCPServer) -> Iterator[int]:
    """Run a server of the standard library beside the test; gives its port."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_real_web_server_is_known_by_its_answer() -> None:
    with served(ThreadingHTTPServer(("127.0.0.1", 0), _Page)) as port:
        answer = run(other_protocols.greet(("127.0.0.1", port), "greeted", other_protocols.HTTP_REQUEST, LONG))
        assert other_protocols.recognise(answer.first_bytes) == "http"
        found = run(search("127.0.0.1", port, client_id=7399, patience=PATIENCE))
    assert (found.plain.passed, found.speaks) == (False, "http")


class _Handshake(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with contextlib.suppress(OSError):  # there is no certificate, so each handshake fails, in TLS
            context.wrap_socket(self.request, server_side=True).close()


def test_a_real_tls_server_is_known_by_its_answer() -> None:
    with served(socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Handshake)) as port:
        answer = run(other_protocols.greet(("127.0.0.1", port), "greeted", other_protocols.tls_hello(), LONG))
        found = run(search("127.0.0.1", port, client_id=7399, patience=PATIENCE, manner=Manner(greetings=True)))
        careful = run(search("127.0.0.1", port, client_id=7399, patience=PATIENCE))
    assert careful.speaks is None, "what may be a Gateway is not greeted as another"
    assert (other_protocols.recognise(answer.first_bytes), found.plain.passed, found.speaks) == ("tls", False, "tls")


def test_who_greets_is_not_greeted_as_another() -> None:
    heard: list[bytes] = []

    async def ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
        while data := await reader.read(65536):
            heard.append(data)

    async def scenario() -> str | None:
        async with listening(ssh) as listener:
            found = await search("127.0.0.1", listener.port, client_id=7399, patience=PATIENCE)
            await listener.idle.wait()
            return found.speaks

    assert run(scenario()) == "ssh"
    assert heard
    assert all(data.startswith(b"API\0") for data in heard)


def test_a_tls_hello_is_one_and_another_each_time() -> None:
    """It is not recognised: whoever sends it back is an echo."""
    first, second = other_protocols.tls_hello(), other_protocols.tls_hello()
    assert first[:2] == b"\x16\x03", "a handshake's record: RFC 8446 section 5.1"
    assert other_protocols.recognise(first) == other_protocols.UNKNOWN
    assert first != second
    assert first[5] == 1, "a client's hello: RFC 8446 section 4"


@pytest.mark.parametrize(("behaviour", "timeout"), [(silence, SHORT), (close_at_once, LONG)], ids=["silent", "closed"])
def test_who_says_nothing_has_no_answer(behaviour: object, timeout: float) -> None:
    async def scenario() -> bytes:
        async with listening(behaviour) as listener:  # type: ignore[arg-type]
            record = await other_protocols.greet(("127.0.0.1", listener.port), "greeted", b"hello", timeout)
            answer = record.first_bytes
            await listener.idle.wait()
            return answer

    assert run(scenario()) == b""
