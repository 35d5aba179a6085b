"""Measures a simulated gateway whose market moves: many lines, connects, and a day that passes fast."""

from __future__ import annotations

import asyncio
import datetime as dt
import statistics
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import psutil

from benchmarks.gateways import process_of
from harness.wire.hello import Hello
from harness.wire.message import Message, UnknownMessage, Value
from harness.wire.side import ClientSide

CLIENTS, LINES = 200, 20
_SECONDS, _SETTLES = 15.0, 10.0
_CONNECTS = 300
_PERIOD, _PHASES, _PHASE = 0.25, 16, 1 / 64
"""When a client is told its quotes: see ``harness/gateways/simulator/streams.py``."""

_OPENS = dt.datetime(2026, 12, 2, 14, 30, tzinfo=dt.UTC).timestamp()
"""A Wednesday, when the exchanges of New York open."""

_STOCKS = ("AAPL", "MSFT", "AMD", "TSLA", "NVDA", "INTC", "GOOG", "AMZN", "IBM", "SPY", "QQQ", "TLT")
_SPEED, _MORNING, _FIVE, _BARS_OF_A_DAY = 3600.0, 9.5 * 3600, 5, 16 * 720
"""A stock is traded for sixteen hours of a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """What moving lines cost: the share of a core, and how late ticks came, in seconds: half, and 99 of 100."""

    share: float
    median: float
    late: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """What a day took: seconds, growth of memory in its second half in per cent, and what else was seen."""

    seconds: float
    growth: float
    parts: dict[str, float]


def lines() -> Lines:
    """Watch moving lines for a while, after they have settled."""
    ahead = _OPENS - time.time()
    with process_of("moving", str(ahead), "1") as (ports, number):
        return asyncio.run(_lines(ports[0], psutil.Process(number), ahead))


async def _lines(port: int, process: psutil.Process, ahead: float) -> Lines:
    came: list[tuple[int, float]] = []

    async def read(client_id: int, reader: asyncio.StreamReader) -> None:
        while await reader.read(65536):
            came.append((client_id, time.time()))

    async with AsyncExitStack() as stack:
        tasks = []
        for client_id in range(CLIENTS):
            reader, writer, side = await stack.enter_async_context(_started(port, client_id))
            for req_id in range(LINES):
                writer.write(side.send(Message("req_market_data", _stock(req_id))))
            tasks.append(asyncio.create_task(read(client_id, reader)))
        await asyncio.sleep(_SETTLES)
        came.clear()
        before, began = process.cpu_times(), time.monotonic()
        await asyncio.sleep(_SECONDS)
        spent, seconds = process.cpu_times(), time.monotonic() - began
        for task in tasks:
            task.cancel()
    share = (spent.user + spent.system - before.user - before.system) / seconds
    late = sorted(_late(came, ahead))
    return Lines(share=share, median=late[len(late) // 2], late=late[len(late) * 99 // 100])


def _late(came: Sequence[tuple[int, float]], ahead: float) -> list[float]:
    """Return how long after the moment of its client each batch came; more than a period is not told from less."""
    return [(when + ahead - client_id % _PHASES * _PHASE) % _PERIOD for client_id, when in came]


def connect_seconds(*server: str) -> float:
    """Return the median of a connect, with a request and an answer each for hello and start, in seconds."""
    with process_of(*server) as (ports, _):
        return asyncio.run(_connects(ports[0]))


async def _connects(port: int) -> float:
    return statistics.median([await _connect(port, number) for number in range(_CONNECTS)])


async def _connect(port: int, client_id: int) -> float:
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    side = ClientSide(Hello(min_version=100, max_version=200))
    writer.write(side.greet())
    await reader.read(65536)
    writer.write(_START % client_id)
    await reader.read(65536)
    seconds = time.perf_counter() - began
    writer.close()
    await writer.wait_closed()
    return seconds


_START = b"\x00\x00\x00\x0c71\x002\x00%05d\x00\x00"
"""START_API of version 2, as text, with a client id of five digits."""


def day() -> Day:
    """Let a day pass for five clients that watch lines, bars and ticks; it is over when each has all its bars."""
    ahead = _OPENS - _MORNING - time.time()
    with process_of("moving", str(ahead), str(_SPEED)) as (ports, number):
        return asyncio.run(_day(ports[0], psutil.Process(number)))


async def _day(port: int, process: psutil.Process) -> Day:
    began, half = time.monotonic(), asyncio.Event()
    async with AsyncExitStack() as stack:
        tasks = []
        for client_id in range(_FIVE):
            reader, writer, side = await stack.enter_async_context(_started(port, client_id))
            wanted = [("req_market_data", {}), ("req_real_time_bars", {"what_to_show": "TRADES"})]
            for req_id, (name, values) in enumerate([*wanted, ("req_tick_by_tick", {"tick_type": "Last"})]):
                writer.write(side.send(Message(name, {**_stock(client_id), "req_id": req_id, **values})))
            tasks.append(asyncio.create_task(_bars(reader, side, half)))
        await half.wait()
        memory = process.memory_info().rss
        counts = await asyncio.gather(*tasks)
    growth = (process.memory_info().rss / memory - 1) * 100
    parts = {"clients": _FIVE, "bars": sum(counts), "MiB": process.memory_info().rss / 2**20}
    return Day(seconds=time.monotonic() - began, growth=growth, parts=parts)


async def _bars(reader: asyncio.StreamReader, side: ClientSide, half: asyncio.Event) -> int:
    """Read until a day's bars have come; say when half of them have."""
    count = 0
    while count < _BARS_OF_A_DAY - 1:
        data = await reader.read(65536)
        if not data:
            raise RuntimeError("the gateway ended the connection")
        count += sum(_is_bar(heard) for heard in side.receive(data))
        if count >= _BARS_OF_A_DAY // 2:
            half.set()
    return count


def _is_bar(heard: object) -> bool:
    return isinstance(heard, Message | UnknownMessage) and getattr(heard, "name", "") == "real_time_bar"


@asynccontextmanager
async def _started(
    port: int, client_id: int
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, ClientSide]]:
    """Connect a client that has started the API."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    side = ClientSide(Hello(min_version=100, max_version=226))
    try:
        writer.write(side.greet())
        while side.server_version is None:
            list(side.receive(await reader.read(65536)))
        writer.write(side.send(Message("start_api", {"client_id": client_id})))
        yield reader, writer, side
    finally:
        writer.close()


def _stock(number: int) -> dict[str, Value]:
    contract = {"sec_type": "STK", "exchange": "SMART", "currency": "USD"}
    return {"req_id": number, "symbol": _STOCKS[number % len(_STOCKS)], **contract}
