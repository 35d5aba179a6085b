"""An engine that is played: its HTTP API on a TCP port, which the real docker SDK speaks to.

It has images and containers, and a container "runs" by telling the lines of a script; what listens behind its published
port is the test's. It keeps every request, so that a test can look for what must be in none.
"""

from __future__ import annotations

import io
import json
import re
import struct
import tarfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PATIENCE = 20.0
VERSION = "1.41"
REPOSITORY = "ghcr.io/gnzsnz/ib-gateway"
IMAGE = f"{REPOSITORY}:10.45.1j"
DIGEST = f"sha256:{'d' * 64}"

BOOTING = (
    ".> Starting IBC in paper mode, with params: .> Version: 10.45.1j",
    "Starting IBC version 3.24.1 on 2026-11-21",
    "2026-11-21 10:00:00:000 IBC: Login attempt: 1",
)
LOGGED_IN = "2026-11-21 10:00:09:000 IBC: Login has completed"
ASKS = "2026-11-21 10:00:05:000 IBC: Second Factor Authentication initiated"


@dataclass(slots=True)
class Script:
    """What a container says once it is started: ``lines``, and ``exits`` if it does not go on running.

    ``last_words`` come when it is stopped.
    """

    lines: tuple[str, ...] = (*BOOTING, LOGGED_IN)
    exits: int | None = None
    last_words: tuple[str, ...] = ()


@dataclass(slots=True)
class Played:
    """A container."""

    name: str
    body: Mapping[str, Any]
    started: bool = False
    exit_code: int | None = None
    said: list[bytes] = field(default_factory=list)
    archives: list[bytes] = field(default_factory=list)
    stopped: bool = False

    @property
    def running(self) -> bool:
        return self.started and self.exit_code is None

    def files(self) -> dict[str, tarfile.TarInfo]:
        found: dict[str, tarfile.TarInfo] = {}
        for archive in self.archives:
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                found |= {entry.name: entry for entry in tar.getmembers()}
        return found

    def content(self, name: str) -> bytes:
        for archive in reversed(self.archives):
            with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
                if name in tar.getnames() and (file := tar.extractfile(name)):
                    return file.read()
        raise KeyError(name)


@dataclass(slots=True)
class Held:
    """A request that is kept waiting."""

    reached: threading.Event = field(default_factory=threading.Event)
    release: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came."""

    call: str
    line: str
    headers: str
    body: bytes


class PlayedEngine:
    """What the engine has, and how it shall behave; ``call`` names are those of ``_CALLS``."""

    def __init__(self) -> None:
        self.script = Script()
        self.port = 1
        """The port at which the gateway of every container is reached."""
        self.images: dict[str, dict[str, Any]] = {IMAGE: image(REPOSITORY)}
        self.registry: dict[str, dict[str, Any]] = {}
        self.pulling: list[dict[str, Any]] = []
        """What a pull tells before it is done."""
        self.containers: dict[str, Played] = {}
        self.gone: list[Played] = []
        self.refuses: dict[str, tuple[int, str]] = {}
        self.held: dict[str, Held] = {}
        self.requests: list[Request] = []
        self.changed = threading.Condition()
        self.publishes = True
        self.cut = False
        """Whether logs end though the container runs."""
        self.url = ""

    def hold(self, call: str) -> Held:
        self.held[call] = Held()
        return self.held[call]

    def calls(self) -> list[str]:
        return [request.call for request in self.requests]

    def only(self) -> Played:
        (container,) = [*self.containers.values(), *self.gone]
        return container

    def says(self, container: Played, *lines: str) -> None:
        with self.changed:
            container.said += [f"{line}\n".encode() for line in lines]
            self.changed.notify_all()

    def starts(self, container: Played) -> None:
        container.started = True
        self.says(container, *self.script.lines)
        if self.script.exits is not None:
            self.ends(container, self.script.exits)

    def ends(self, container: Played, code: int) -> None:
        with self.changed:
            container.exit_code = code if container.exit_code is None else container.exit_code
            self.changed.notify_all()

    @contextmanager
    def serving(self) -> Iterator[PlayedEngine]:
        handler = type("Handler", (_Handler,), {"engine": self})
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        self.url = f"tcp://127.0.0.1:{server.server_address[1]}"
        try:
            yield self
        finally:
            for held in self.held.values():
                held.release.set()
            for container in [*self.containers.values()]:
                self.ends(container, 137)
            server.shutdown()
            server.server_close()
            thread.join()


def image(repository: str, **config: Any) -> dict[str, Any]:
    ordinary = {
        "Env": ["PATH=/bin", "IB_GATEWAY_VERSION=10.45.1j"],
        "User": "1000:1000",
        "Entrypoint": ["/home/ibgateway/scripts/run.sh"],
        "Cmd": None,
    }
    return {"Id": f"sha256:{'a' * 64}", "RepoDigests": [f"{repository}@{DIGEST}"], "Config": {**ordinary, **config}}


_CALLS = (
    ("version", "GET", r"/version"),
    ("image", "GET", r"/images/(?P<name>.+)/json"),
    ("pull", "POST", r"/images/create"),
    ("create", "POST", r"/containers/create"),
    ("list", "GET", r"/containers/json"),
    ("put", "PUT", r"/containers/(?P<name>[^/]+)/archive"),
    ("take", "GET", r"/containers/(?P<name>[^/]+)/archive"),
    ("start", "POST", r"/containers/(?P<name>[^/]+)/start"),
    ("state", "GET", r"/containers/(?P<name>[^/]+)/json"),
    ("log", "GET", r"/containers/(?P<name>[^/]+)/logs"),
    ("stop", "POST", r"/containers/(?P<name>[^/]+)/stop"),
    ("remove", "DELETE", r"/containers/(?P<name>[^/]+)"),
)


class _Handler(BaseHTTPRequestHandler):
    """One connection of the SDK's."""

    protocol_version = "HTTP/1.1"
    engine: PlayedEngine

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            self.close_connection = True

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        path = re.sub(r"^/v[0-9.]+", "", unquote(parts.path))
        matches = ((call, re.fullmatch(pattern, path)) for call, method, pattern in _CALLS if method == self.command)
        call, match = next((call, match) for call, match in matches if match)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.engine.requests.append(Request(call, f"{self.command} {unquote(self.path)}", str(self.headers), body))
        self._hold(call)
        if call in self.engine.refuses:
            self._refuse(*self.engine.refuses[call])
            return
        answers: Callable[..., None] = getattr(self, f"_{call}")
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        answers(**match.groupdict(), query=query, body=body)

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - the names are the standard library's

    def _hold(self, call: str) -> None:
        held = self.engine.held.get(call)
        if held is not None:
            held.reached.set()
            held.release.wait(PATIENCE)

    def _refuse(self, status: int, message: str) -> None:
        self._say({"message": message}, status)

    def _say(self, document: object, status: int = 200) -> None:
        self._send(json.dumps(document).encode(), status)

    def _send(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _container(self, name: str) -> Played | None:
        container = self.engine.containers.get(name)
        if container is None:
            self._refuse(404, f"No such container: {name}")
        return container

    def _version(self, **_: Any) -> None:
        self._say({"ApiVersion": VERSION, "Version": "20.10"})

    def _image(self, *, name: str, **_: Any) -> None:
        found = self.engine.images.get(name)
        self._say(found) if found else self._refuse(404, f"No such image: {name}")

    def _pull(self, *, query: Mapping[str, str], **_: Any) -> None:
        reference = f"{query['fromImage']}:{query['tag']}"
        self._stream()
        for line in self.engine.pulling:
            self._chunk(json.dumps(line).encode() + b"\r\n")
        self._hold("pull line")
        if reference in self.engine.registry:
            self.engine.images[reference] = self.engine.registry[reference]
        elif not any("error" in line for line in self.engine.pulling):
            self._chunk(json.dumps({"error": f"manifest for {reference} not found: manifest unknown"}).encode())
        self._chunk(b"")

    def _create(self, *, query: Mapping[str, str], body: bytes, **_: Any) -> None:
        self.engine.containers[query["name"]] = Played(query["name"], json.loads(body))
        self._say({"Id": query["name"], "Warnings": []}, 201)

    def _put(self, *, name: str, body: bytes, **_: Any) -> None:
        if container := self._container(name):
            container.archives.append(body)
            self._send(b"")

    def _take(self, *, name: str, query: Mapping[str, str], **_: Any) -> None:
        container = self._container(name)
        if container is None:
            return
        wanted = query["path"].lstrip("/")
        if wanted not in container.files():
            self._refuse(404, f"Could not find the file {wanted}")
            return
        packed, content = io.BytesIO(), container.content(wanted)
        with tarfile.open(fileobj=packed, mode="w") as tar:
            entry = tarfile.TarInfo(wanted.rpartition("/")[2])
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        self._send(packed.getvalue(), X_Docker_Container_Path_Stat="e30=")

    def _start(self, *, name: str, **_: Any) -> None:
        if container := self._container(name):
            self.engine.starts(container)
            self._send(b"", 204)

    def _state(self, *, name: str, **_: Any) -> None:
        if container := self._container(name):
            bound = [{"HostIp": "127.0.0.1", "HostPort": str(self.engine.port)}]
            published = container.body["HostConfig"]["PortBindings"] if self.engine.publishes else {}
            ports = dict.fromkeys(published, bound) if container.running else {}
            state = {"Running": container.running, "ExitCode": container.exit_code or 0, "OOMKilled": False}
            self._say({"State": state, "Config": {"Tty": False}, "NetworkSettings": {"Ports": ports}})

    def _log(self, *, name: str, **_: Any) -> None:
        container = self._container(name)
        if container is None:
            return
        self._stream()
        for line in self._lines(container):
            self._chunk(struct.pack(">BxxxL", 1, len(line)) + line)
        self._chunk(b"")

    def _lines(self, container: Played) -> Iterator[bytes]:
        """What it says until it ends, or the log is cut off."""
        told: list[bytes] = []

        def changed() -> bool:
            return len(container.said) > len(told) or not container.running or self.engine.cut

        over = False
        while not over:
            with self.engine.changed:
                self.engine.changed.wait_for(changed, PATIENCE)
                new = container.said[len(told) :]
                over = not container.running or self.engine.cut
            told += new
            yield from new

    def _stop(self, *, name: str, **_: Any) -> None:
        if container := self._container(name):
            container.stopped = True
            self.engine.says(container, *self.engine.script.last_words)
            self.engine.ends(container, 143)
            self._send(b"", 204)

    def _remove(self, *, name: str, **_: Any) -> None:
        if container := self._container(name):
            self.engine.ends(container, 137)
            self.engine.gone.append(self.engine.containers.pop(name))
            self._send(b"", 204)

    def _list(self, *, query: Mapping[str, str], **_: Any) -> None:
        (wanted,) = json.loads(query["filters"])["label"]
        key, _, value = wanted.partition("=")
        self._say(
            [
                {
                    "Names": [f"/{each.name}"],
                    "State": "running" if each.running else "exited",
                    "Labels": each.body["Labels"],
                }
                for each in self.engine.containers.values()
                if key in each.body["Labels"] and value in {"", each.body["Labels"][key]}
            ]
        )
