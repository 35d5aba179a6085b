"""A replay reads its recording while it answers, and refuses what is not as it was written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from harness.gateways.replay import kept_answers
from harness.gateways.replay.server import ReplayedGateway
from harness.recordings import index, packing
from harness.recordings.archive import INDEX_FILE, MANIFEST, RecordingFile
from harness.recordings.indexed import indexed_file
from harness.wire.message import Message, Value
from tests.gateways.replay.asking import Asker, is_not_recorded, joined, names
from tests.gateways.simulator.talk import run
from tests.recordings.made import members_of, packed, zipped
from tests.recordings.making import Script

T = TypeVar("T")
QUOTES = 9


@pytest.fixture(name="file")
def in_small_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a recording of quotes, and of the time, with three lines in each of its files."""
    monkeypatch.setattr(packing, "MOST_LINES", 3)
    script = Script()
    one = script.connect()
    script.asks(one, "req_market_data", req_id=5, symbol="AAPL")
    for place in range(QUOTES):
        script.says(one, "tick_price", req_id=5, price=float(place))
    script.asks(one, "req_current_time")
    script.says(one, "current_time", time=1)
    return packed(tmp_path, script.recording().entries)


def replayed(file: Path, talk: Callable[[int], Awaitable[T]]) -> T:
    async def inside() -> T:
        with RecordingFile(file) as opened:
            async with ReplayedGateway(indexed_file(opened)) as gateway:
                return await talk(gateway.port)

    return run(inside())


def changed(file: Path, members: Mapping[str, bytes]) -> Path:
    file.write_bytes(zipped({**members_of(file.read_bytes()), **members}.items()))
    return file


async def both(port: int, number: int = 8) -> tuple[list[Message], list[Message]]:
    async with joined(port) as asker:
        quotes = await asker.asked("req_market_data", req_id=number, symbol="AAPL")
        return quotes, await asker.asked("req_current_time")


@pytest.mark.parametrize("most", [2_000, 2], ids=["kept", "read while it is told"])
def test_answers_come_from_the_file(file: Path, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_answers, "MOST_MESSAGES", most)
    monkeypatch.setattr(kept_answers, "ROOM", 1)

    async def talk(port: int) -> list[list[Value]]:
        return [[each["price"] for each in (await both(port))[0]] for _ in range(2)]

    prices: list[Value] = [float(place) for place in range(QUOTES)]
    assert replayed(file, talk) == [prices, prices]


@pytest.mark.parametrize(("segment", "number"), [(3, 8), (4, 8), (5, 8), (5, 5)])
def test_an_answer_in_a_file_that_was_edited_is_refused_where_it_is_reached_and_the_rest_is_told(
    file: Path, segment: int, number: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(kept_answers, "MOST_MESSAGES", 2)
    name = f"frames/{segment:06}.jsonl"
    lines = members_of(file.read_bytes())[name]
    edited = changed(file, {name: lines.replace(b"frame", b"FRAME")})
    quotes, time = replayed(edited, partial(both, number=number))
    assert [is_not_recorded(each) for each in quotes] == [False] * (len(quotes) - 1) + [True]
    assert len(quotes) - 1 == 3 * (segment - 3) - (segment > 3)
    assert quotes[-1]["req_id"] == number
    assert names(time) == ["current_time"]
    assert f"{name} is not as it was written" in caplog.text


def test_an_index_that_lies_of_lines_is_refused_with_the_request(file: Path) -> None:
    members = members_of(file.read_bytes())
    records = [json.loads(line) for line in members[INDEX_FILE].splitlines()]
    time = records[-1]["line"]
    records[1]["answers"] = [time]
    data = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    listed = {"version": index.VERSION, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    manifest = json.dumps(json.loads(members[MANIFEST]) | {"index": listed}).encode()
    quotes, told = replayed(changed(file, {INDEX_FILE: data, MANIFEST: manifest}), both)
    assert [is_not_recorded(each) for each in quotes] == [True]
    assert names(told) == ["current_time"]


def test_a_client_whose_start_cannot_be_read_is_let_go(file: Path) -> None:
    async def talk(port: int) -> bool:
        asker = await Asker.connect(port, 178)
        await asker.greet()
        asker.say(Message("start_api", {"client_id": 50}))
        try:
            return await asker.ended()
        finally:
            await asker.leave()

    lines = members_of(file.read_bytes())["frames/000002.jsonl"]
    assert replayed(changed(file, {"frames/000002.jsonl": lines.replace(b"frame", b"FRAME")}), talk)
