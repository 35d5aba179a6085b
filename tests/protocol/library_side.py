"""Runs inside a library's own environment: feeds it frames, calls its requests, and says what came of both.

Standard input holds jobs as JSON, ``{"version": 176, "payloads": [hex, …], "requests": [[method, argument, …], …]}``
each; standard output gets, for each, ``{"heard": [[callback, {parameter: value}], …], "sent": {method: hex}}``. An
argument ``{"client_id": 7, …}`` stands for an execution filter.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
import struct
import sys
from collections.abc import Callable
from enum import Enum
from types import SimpleNamespace
from typing import Any


class Recorder:
    """Stands in for a wrapper: takes any callback, with its arguments under the names that the library gives them."""

    def __init__(self, described_by: type) -> None:
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.ib = SimpleNamespace(TimezoneTWS=None)
        self.defaultTimezone = None
        self._described_by = described_by

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        method = getattr(self._described_by, name, None)
        names = list(inspect.signature(method).parameters)[1:] if method else []

        def record(*arguments: Any) -> None:
            if not name.endswith("ProtoBuf"):
                self.heard.append((name, {key: plain(value) for key, value in zip(names, arguments, strict=False)}))

        return record


class Wire:
    """Stands in for a connection: keeps what is sent."""

    def __init__(self) -> None:
        self.open = True
        self.sent: list[bytes] = []

    def isConnected(self) -> bool:  # noqa: N802 - the library calls it so
        return self.open

    def sendMsg(self, data: bytes) -> None:  # noqa: N802
        self.sent.append(data)

    def disconnect(self) -> None:
        self.open = False


def plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return str(value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, (list, tuple)) and not hasattr(value, "_fields"):
        return [plain(item) for item in value]
    attributes = value._asdict() if hasattr(value, "_asdict") else getattr(value, "__dict__", None)
    return {key: plain(item) for key, item in attributes.items()} if attributes else str(value)


def official(job: dict[str, Any]) -> dict[str, Any]:
    client_module = importlib.import_module("ibapi.client")
    execution = importlib.import_module("ibapi.execution")
    recorder = Recorder(importlib.import_module("ibapi.wrapper").EWrapper)
    wire = Wire()
    client = client_module.EClient(recorder)
    client.conn = wire
    client.serverVersion_ = job["version"]
    client.decoder = client_module.decoder.Decoder(recorder, job["version"])
    client.clientId = 7
    client.optCapab = "caps"
    client.setConnState(client.CONNECTED)

    def make_filter(given: dict[str, Any]) -> Any:
        made = execution.ExecutionFilter()
        made.clientId, made.acctCode, made.time = given["client_id"], given["account"], given["time"]
        made.symbol, made.secType = given["symbol"], given["sec_type"]
        made.exchange, made.side = given["exchange"], given["side"]
        return made

    sent = requests(client, wire, job, make_filter)
    wire.open = False
    for payload in job["payloads"]:
        client.msg_queue.put(bytes.fromhex(payload))
    client.run()
    return {"heard": recorder.heard, "sent": sent}


def third_party(package: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    client_module = importlib.import_module(f"{package}.client")
    wrapper_module = importlib.import_module(f"{package}.wrapper")
    objects = importlib.import_module(f"{package}.objects")

    def make_filter(given: dict[str, Any]) -> Any:
        return objects.ExecutionFilter(
            given["client_id"],
            given["account"],
            given["time"],
            given["symbol"],
            given["sec_type"],
            given["exchange"],
            given["side"],
        )

    def run(job: dict[str, Any]) -> dict[str, Any]:
        recorder = Recorder(wrapper_module.Wrapper)
        wire = Wire()
        client = client_module.Client(recorder)
        client.MaxRequests = 0
        client.conn = wire
        client.clientId = 7
        client.optCapab = "caps"
        client.connState = client_module.Client.CONNECTED
        client._apiReady = True
        client._serverVersion = client.decoder.serverVersion = job["version"]
        for payload in map(bytes.fromhex, job["payloads"]):
            client._onSocketHasData(struct.pack(">I", len(payload)) + payload)
        recorder.heard = [call for call in recorder.heard if call[0] not in {"tcpDataArrived", "tcpDataProcessed"}]
        return {"heard": recorder.heard, "sent": requests(client, wire, job, make_filter)}

    return run


def requests(client: Any, wire: Wire, job: dict[str, Any], make_filter: Callable[[dict[str, Any]], Any]) -> Any:
    sent = {}
    for method, *arguments in job["requests"]:
        if hasattr(client, method):
            getattr(client, method)(*[make_filter(a) if isinstance(a, dict) else a for a in arguments])
            sent[method] = b"".join(wire.sent).hex()
            wire.sent.clear()
    return sent


def main() -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())
    package = sys.argv[1]
    run = official if package == "ibapi" else third_party(package)
    json.dump([run(job) for job in json.load(sys.stdin)], sys.stdout)


if __name__ == "__main__":
    main()
