"""Measures the replay of a day of a million messages: how soon a client is greeted, and the memory of its streams."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.processes import ROOT
from harness.recordings.packing import pack
from harness.recordings.part_file import PartFile
from harness.recordings.recording import Entry, Framed, Greeted, Head, Opened
from harness.wire.codec import Codec
from harness.wire.framing import FrameReader
from harness.wire.hello import Hello, VersionReply
from harness.wire.message import Message, Sender, UnknownMessage, Value
from harness.wire.side import ClientSide

MESSAGES = 1_000_000
VERSIONS = (178, 223)
"""Of the clients that watch quotes: one with each encoding."""

QUOTES, POLLS = 50, 20_000
_TICKS = 50_000
"""Messages that are read from the streams while they play."""

_HOURS = 8 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What the replay of a day takes.

    Args:
        seconds: from the start of its process until a client has its accounts and the next valid id.
        peak: bytes of its process, at most.
    """

    seconds: float
    peak: int


def replay_day() -> Replayed:
    """Record a day, replay it in a process of its own, and watch its streams."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "day.ibrec"
        record_day(file)
        return measured(file)


def measured(file: Path) -> Replayed:
    """Replay a recording of a day, and watch its streams."""
    command = [sys.executable, "-m", "benchmarks.replayed_gateway", str(file)]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the replay's process has no pipes")
        try:
            port = json.loads(process.stdout.readline())
            greeted = asyncio.run(_watch(port, VERSIONS[0]))
            asyncio.run(_watch(port, VERSIONS[1]))
            return Replayed(seconds=greeted - began, peak=peak_of(process.pid))
        finally:
            process.stdin.close()
            process.wait()


def peak_of(pid: int) -> int:
    """Return the most memory that a process has held, or what it holds if the system does not keep that."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return psutil.Process(pid).memory_info().rss
    line = next(each for each in status.read_text("ascii").splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


async def _watch(port: int, version: int) -> float:
    """Start, ask what was polled, and read the streams of all quotes; return when the start was whole."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    side = ClientSide(Hello(min_version=100, max_version=version))
    writer.write(side.greet())
    heard, greeted = 0, 0.0
    while heard < _TICKS:
        for said in side.receive(await asyncio.wait_for(reader.read(65536), 60)):
            if isinstance(said, Message | UnknownMessage):
                heard += 1
            else:
                writer.write(side.send(Message("start_api", {"client_id": 50})))
            if isinstance(said, Message) and said.name == "next_valid_id":
                greeted = time.perf_counter()
                writer.writelines(side.send(each) for each in _asked())
    writer.close()
    return greeted


def _asked() -> Iterator[Message]:
    yield from (Message("req_contract_data", {"req_id": 5_000 + each, **_stock(each)}) for each in range(20))
    yield from (Message("req_market_data", {"req_id": 9_000 + each, **_stock(each)}) for each in range(QUOTES))
    yield Message("req_account_updates", {"subscribe": True, "account": "DU9000001"})


def _stock(number: int) -> dict[str, Value]:
    return {"symbol": f"A{number}", "sec_type": "STK", "exchange": "SMART", "currency": "USD"}


def record_day(file: Path) -> None:
    """Write the recording of a day: two clients that watch quotes and an account, and one that polls contracts."""
    part = file.with_suffix(".ibrec.part")
    with PartFile(
        part, Head(made_by="benchmark", began=datetime(2026, 11, 27, 14, 30, tzinfo=UTC), cleaned=True)
    ) as to:
        for number, entry in enumerate(_day()):
            to.write(entry)
            if number % 10_000 == 0:
                to.flush()
    pack(part, file)


def _day() -> Iterator[Entry]:
    for number, (payload, connection, sender) in enumerate(_said()):
        at = round(number * _HOURS / MESSAGES, 6)
        if sender is None:
            yield Opened(at=at, connection=connection)
            yield Greeted(at=at, connection=connection, data=payload)
        else:
            yield Framed(at=at, connection=connection, sender=sender, payload=payload)


_Said = tuple[bytes, int, Sender | None]


def _said() -> Iterator[_Said]:
    watchers = {number: Codec(version) for number, version in enumerate(VERSIONS, start=1)}
    poller, polls = Codec(VERSIONS[0]), len(watchers) + 1
    for number, codec in (*watchers.items(), (polls, poller)):
        yield from _start(number, codec)
    for number, codec in watchers.items():
        for each in range(QUOTES):
            asks = Message("req_market_data", {"req_id": 100 + each, **_stock(each)})
            yield codec.encode(asks), number, Sender.CLIENT
        asks = Message("req_account_updates", {"subscribe": True, "account": "DU9000001"})
        yield codec.encode(asks), number, Sender.CLIENT
    streams = cycle([(number, ticks) for number, codec in watchers.items() for ticks in _ticks(codec)])
    each_poll = MESSAGES // POLLS
    for place in range(POLLS):
        req: dict[str, Value] = {"req_id": 10_000 + place}
        asks = Message("req_contract_data", {**req, **_stock(place % 500)})
        answers = Message("contract_data", {**req, **_stock(place % 500)}), Message("contract_data_end", req)
        yield poller.encode(asks), polls, Sender.CLIENT
        yield from ((poller.encode(each), polls, Sender.GATEWAY) for each in answers)
        for _ in range(each_poll - 3):
            number, payload = next(streams)
            yield payload, number, Sender.GATEWAY


def _start(number: int, codec: Codec) -> Iterator[_Said]:
    yield Hello(min_version=100, max_version=codec.server_version).encode(), number, None
    reply = VersionReply(server_version=codec.server_version, connection_time="20261127 14:30:00 UTC").encode()
    yield next(iter(FrameReader().feed(reply))), number, Sender.GATEWAY
    yield codec.encode(Message("start_api", {"client_id": number})), number, Sender.CLIENT
    for message in (Message("managed_accounts", {"accounts": "DU9000001"}), Message("next_valid_id", {"order_id": 1})):
        yield codec.encode(message), number, Sender.GATEWAY


def _ticks(codec: Codec) -> Iterator[bytes]:
    for each in range(QUOTES):
        price: dict[str, Value] = {
            "req_id": 100 + each,
            "tick_type": 1,
            "price": 10.25 + each,
            "size": "300",
            "attributes": 1,
        }
        yield codec.encode(Message("tick_price", {"req_id": 100 + each, **price}))
        yield codec.encode(Message("tick_size", {"req_id": 100 + each, "tick_type": 0, "size": "300"}))
    value = {"key": "NetLiquidation", "value": "1000000.00", "currency": "USD", "account": "DU9000001"}
    yield codec.encode(Message("account_value", value))
