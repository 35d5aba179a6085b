"""Servers of other kinds, as somebody may run them on the port of a Gateway."""

from __future__ import annotations

import random
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CHUNK = 4096


class Quiet(SimpleHTTPRequestHandler):
    """The standard library's web server, without its log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def web_server() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def serving(keep: Callable[[socket.socket], object]) -> Iterator[int]:
    """Accept connections, and have ``keep`` deal with each in a thread of its own; gives the port."""
    threads: list[threading.Thread] = []
    connections: list[socket.socket] = []

    def served(connection: socket.socket) -> None:
        with connection:
            try:
                keep(connection)
            except OSError:
                return  # the client is gone, or spoke what this server does not

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # the test is over
            connections.append(connection)
            threads.append(threading.Thread(target=served, args=(connection,)))
            threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for connection in connections:
                connection.close()
            for thread in threads:
                thread.join()


def greets(banner: bytes) -> Callable[[socket.socket], None]:
    """Say a banner at once, then take what comes."""

    def keep(connection: socket.socket) -> None:
        connection.sendall(banner)
        while connection.recv(CHUNK):
            pass

    return keep


def echo(connection: socket.socket) -> None:
    """Send back whatever comes."""
    while data := connection.recv(CHUNK):
        connection.sendall(data)


def noise(seed: int, count: int = 512) -> Callable[[socket.socket], None]:
    """Send the same random bytes to everybody, then take what comes."""
    return greets(random.Random(seed).randbytes(count))  # noqa: S311  # not a secret


def tls(context: ssl.SSLContext) -> Callable[[socket.socket], None]:
    """Shake hands as a TLS server, then take what comes."""

    def keep(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as safe:
            while safe.recv(CHUNK):
                pass

    return keep


def without_certificate(_folder: Path) -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


def with_certificate(folder: Path) -> ssl.SSLContext:
    """Make a certificate by ``openssl``, which the standard library cannot."""
    if (program := shutil.which("openssl")) is None:
        pytest.skip("makes a certificate with openssl, which is not here")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    words = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout {key} -out {certificate}"
    subprocess.run([program, *words.split()], check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@contextmanager
def never_accepts() -> Iterator[int]:
    """Listen, and leave every connection to the system."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        yield listener.getsockname()[1]


@contextmanager
def held() -> Iterator[int]:
    """Hold a port at which nobody listens."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]
