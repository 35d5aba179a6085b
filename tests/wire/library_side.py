"""Runs inside a library's own environment: feeds it frames, calls its requests, and says what came of both.

Each line of standard input holds a list of jobs as JSON, ``{"version": 176, "payloads": [hex, …], "requests": [[method,
argument, …], …]}``, where a method may have a second word that tells two of its calls apart. Standard output gets a
line with a list of, for each, ``{"heard": [[callback, {parameter: value}], …], "sent": {method: hex}}``. An argument
``{"class": "Contract", "symbol": "AAPL", …}`` stands for an object of the library with those attributes.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import inspect
import json
import struct
import sys
from collections.abc import Callable
from enum import Enum
from types import SimpleNamespace
from typing import Any

PROTOBUF_ONLY = {"configResponseProtoBuf", "updateConfigResponseProtoBuf"}
"""Callbacks that are the only ones of their message; others come beside one with plain arguments."""


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
        known = list(inspect.signature(method).parameters)[1:] if method else []

        def record(*arguments: Any) -> None:
            if not name.endswith("ProtoBuf") or name in PROTOBUF_ONLY:
                names = known or map(str, range(len(arguments)))  # not every wrapper has every callback
                self.heard.append((name, {key: plain(value) for key, value in zip(names, arguments, strict=False)}))

        setattr(self, name, record)  # to look at a signature takes longer than all the rest
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
        return value.value[0] if isinstance(value.value, tuple) else str(value)
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if isinstance(value, (set, frozenset, list, tuple)) and not hasattr(value, "_fields"):
        return [plain(item) for item in (value if isinstance(value, (list, tuple)) else sorted(value))]
    if isinstance(value, dict):
        return by_number(value)
    if hasattr(value, "DESCRIPTOR"):  # a protobuf record: absent fields have their defaults
        held = {field.name: getattr(value, field.name) for field in value.DESCRIPTOR.fields}
        return {name: plain(item) if hasattr(item, "DESCRIPTOR") else bare(item) for name, item in held.items()}
    attributes = attributes_of(value)
    return {key: plain(item) for key, item in attributes.items()} if attributes else str(value)


def by_number(value: dict[int, tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return what IBKR's client has by number, as it has smart components where they come as protobuf."""
    return [{"key": key, **{str(at): plain(part) for at, part in enumerate(item)}} for key, item in value.items()]


def attributes_of(value: Any) -> dict[str, Any]:
    if hasattr(value, "_asdict"):
        return dict(value._asdict())
    slots = getattr(value, "__dataclass_fields__", ())
    return getattr(value, "__dict__", None) or {name: getattr(value, name) for name in slots}


def bare(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool)) else [plain(item) for item in value]


def official(job: dict[str, Any]) -> dict[str, Any]:
    client_module = importlib.import_module("ibapi.client")
    recorder = Recorder(importlib.import_module("ibapi.wrapper").EWrapper)
    wire = Wire()
    client = client_module.EClient(recorder)
    client.conn = wire
    client.serverVersion_ = job["version"]
    client.decoder = client_module.decoder.Decoder(recorder, job["version"])
    client.clientId = 7
    client.optCapab = "caps"
    client.extraAuth = True  # else it sends no verification
    client.setConnState(client.CONNECTED)

    sent = requests(client, wire, job, "ibapi")
    wire.open = False
    for payload in job["payloads"]:
        client.msg_queue.put(bytes.fromhex(payload))
    client.run()
    return {"heard": recorder.heard, "sent": sent}


def third_party(package: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    client_module = importlib.import_module(f"{package}.client")
    wrapper_module = importlib.import_module(f"{package}.wrapper")

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
        return {"heard": recorder.heard, "sent": requests(client, wire, job, package)}

    return run


def requests(client: Any, wire: Wire, job: dict[str, Any], package: str) -> dict[str, str]:
    sent = {}
    for called, *arguments in job["requests"]:
        method = called.split()[0]
        if hasattr(client, method):
            call = getattr(client, method)
            taken = len(inspect.signature(call).parameters)  # some grew by an argument
            call(*[argument(package, given) for given in arguments[:taken]])
            sent[called] = b"".join(wire.sent).hex()
            wire.sent.clear()
    return sent


MODULES = {
    "ComboLeg": ("contract",),
    "ConfigRequest": ("protobuf.ConfigRequest_pb2",),
    "Contract": ("contract",),
    "DeltaNeutralContract": ("contract",),
    "ExecutionCondition": ("order_condition", "order"),
    "ExecutionFilter": ("execution", "objects"),
    "MarginCondition": ("order_condition", "order"),
    "Order": ("order",),
    "OrderCancel": ("order_cancel",),
    "OrderComboLeg": ("order",),
    "PercentChangeCondition": ("order_condition", "order"),
    "PriceCondition": ("order_condition", "order"),
    "ScannerSubscription": ("scanner", "objects"),
    "SoftDollarTier": ("softdollartier", "objects"),
    "TagValue": ("tag_value", "contract"),
    "TimeCondition": ("order_condition", "order"),
    "UpdateConfigRequest": ("protobuf.UpdateConfigRequest_pb2",),
    "VolumeCondition": ("order_condition", "order"),
    "WshEventData": ("common", "objects"),
}
"""Where the libraries keep their classes."""


def argument(package: str, given: Any) -> Any:
    if isinstance(given, list):
        return [argument(package, item) for item in given]
    if not isinstance(given, dict):
        return given
    of_library = class_of(package, given["class"])
    if of_library is not None and hasattr(of_library, "DESCRIPTOR"):  # takes the messages inside it as they are given
        return of_library(**{name: value for name, value in given.items() if name != "class"})
    attributes = {name: argument(package, value) for name, value in given.items() if name != "class"}
    if of_library is None:  # before there was an OrderCancel, its only attribute was in its place
        return next(iter(attributes.values()), "")
    if issubclass(of_library, tuple):
        return of_library(**attributes)
    made = of_library()
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def class_of(package: str, name: str) -> type | None:
    for module in MODULES[name]:
        if importlib.util.find_spec(f"{package}.{module}"):
            found: type | None = getattr(importlib.import_module(f"{package}.{module}"), name, None)
            if found is not None:
                return found
    return None


def main() -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())
    package = sys.argv[1]
    run = official if package == "ibapi" else third_party(package)
    for line in sys.stdin:
        sys.stdout.write(json.dumps([run(job) for job in json.loads(line)]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
