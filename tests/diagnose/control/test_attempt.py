"""One attempt tells how it ended, what came first, in how many pieces, and what was said after all was ready."""

from __future__ import annotations

import asyncio
import errno
import importlib
import itertools
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest

from harness.diagnose.control.attempt import attempt, attempted
from harness.diagnose.control.attempt_state import WIDEST, Try
from harness.known.scenarios import Behaviour
from harness.shared.evidence import Ended, Notice, ProbeRecord, VersionRange
from harness.wire.hello import Hello
from tests.diagnose.control.listeners import (
    ACCOUNTS,
    NEXT_ID,
    TIME,
    Listener,
    close_after_hello,
    frame,
    listening,
    saying,
    silence,
)
from tests.gateways.simulator.talk import run, simulated

LONG, SHORT = 10.0, 0.3
MODULE = importlib.import_module("harness.diagnose.control.attempt")  # the package has a function of that name
VERSION = frame(176, TIME)
LOST_TEXT = "Connectivity between IBKR and Trader Workstation has been lost."
LOST = frame(4, 2, -1, 1100, LOST_TEXT, "")
NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def tried(port: int, **changes: Any) -> Try:
    return Try(**{"host": "127.0.0.1", "port": port, "client_id": 7399, "timeout": LONG, **changes})


def met(behaviour: Any, **changes: Any) -> ProbeRecord:
    """What an attempt sees of a listener; it must have left no connection."""

    async def scenario() -> ProbeRecord:
        async with listening(behaviour) as listener:
            record = await attempt(tried(listener.port, **changes))
            await listener.idle.wait()
            return record

    return run(scenario())


def simulated_met(**behaviour: Any) -> ProbeRecord:
    async def scenario() -> ProbeRecord:
        async with simulated("10.45", behaviour=Behaviour(**behaviour)) as gateway:
            return await attempt(tried(gateway.port))

    return run(scenario())


class Pieces(asyncio.StreamReader):
    """Gives one piece a read, whatever TCP would have made of them, and then nothing more or the end."""

    def __init__(self, *pieces: bytes, stay: bool = True) -> None:
        super().__init__()
        self._pieces = iter(pieces)
        self._stay = stay

    async def read(self, _most: int = -1) -> bytes:
        await asyncio.sleep(0)
        piece = next(self._pieces, None)
        if piece is None and self._stay:
            await asyncio.Event().wait()
        return piece or b""


@contextmanager
def connects(opened: Callable[..., Any]) -> Iterator[None]:
    with mock.patch("asyncio.open_connection", new=opened):
        yield


def read(*pieces: bytes, stay: bool = True, timeout: float = LONG) -> ProbeRecord:
    """What an attempt sees where each read gives one of these pieces."""

    async def scenario() -> ProbeRecord:
        writer = mock.Mock(spec=asyncio.StreamWriter)
        writer.get_extra_info.return_value = ("127.0.0.1", 50001)

        async def opened(*_: object) -> Any:
            return Pieces(*pieces, stay=stay), writer

        with connects(opened):
            record = await attempt(tried(4002, timeout=timeout))
        writer.close.assert_called_once_with()
        return record

    return run(scenario())


async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Break the connection off once the hello has come."""
    await _reader.read(1)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    writer.transport.abort()


@pytest.mark.parametrize(
    ("behaviour", "ended", "stage"),
    [
        (saying(VERSION, ACCOUNTS + NEXT_ID), Ended.READY, None),
        (close_after_hello, Ended.CLOSED, "version"),
        (reset, Ended.RESET, "version"),
        (saying(VERSION, stay=False), Ended.CLOSED, "ready"),
        (saying(b"SSH-2.0-OpenSSH_9.6\r\n", start=False), Ended.FOREIGN, "version"),
        (saying(VERSION, b"\0\0\0\0"), Ended.FOREIGN, "ready"),
        (saying(frame(-1, "203.0.113.9:4002"), start=False), Ended.REDIRECTED, "version"),
    ],
    ids=["ready", "closed", "reset", "closed after the version", "foreign", "unreadable", "redirected"],
)
def test_how_it_ended(behaviour: Any, ended: Ended, stage: str | None) -> None:
    record = met(behaviour)
    assert (record.ended, record.stage, record.passed) == (ended, stage, stage is None)


@pytest.mark.parametrize(("behaviour", "stage"), [(silence, "version"), (saying(VERSION), "ready")])
def test_silence_is_told_from_an_end(behaviour: Any, stage: str) -> None:
    record = met(behaviour, timeout=SHORT)
    assert (record.ended, record.stage, record.timeout) == (Ended.SILENT, stage, SHORT)


def test_a_port_where_nobody_listens_refuses() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        record = run(attempt(tried(held.getsockname()[1])))
    assert (record.ended, record.stage) == (Ended.REFUSED, "tcp")
    assert record.address == ("127.0.0.1", record.address[1] if record.address else 0)
    assert record.passed_over == ("127.0.0.1",)


@pytest.mark.parametrize("problem", [errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES])
def test_a_host_to_which_there_is_no_way_is_unreachable(problem: int) -> None:
    async def opened(*_: object) -> Any:
        raise OSError(problem, "no way")

    with connects(opened):
        record = run(attempt(tried(4002)))
    assert (record.ended, record.stage) == (Ended.UNREACHABLE, "tcp")


def test_tcp_that_nobody_answers_is_told_from_silence() -> None:
    async def opened(*_: object) -> Any:
        await asyncio.Event().wait()

    with connects(opened):
        record = run(attempt(tried(4002, timeout=0.05)))
    assert (record.ended, record.stage, dict(record.seconds)) == (Ended.NO_ANSWER, "tcp", {})


@pytest.mark.parametrize("problem", [socket.gaierror(socket.EAI_NONAME, "unknown"), UnicodeError("no label")])
def test_a_name_without_an_address(problem: Exception) -> None:
    with mock.patch("socket.getaddrinfo", side_effect=problem):
        record = run(attempt(tried(4002, host="nobody.invalid")))
    assert (record.ended, record.stage, record.address) == (Ended.NO_NAME, "tcp", None)


def test_an_attempt_says_how_it_was_made() -> None:
    announced = Hello(min_version=100, max_version=9998)
    record = met(saying(VERSION, ACCOUNTS + NEXT_ID), when="plainly", announced=announced, client_id=7390)
    assert (record.when, record.client_id, record.timeout) == ("plainly", 7390, LONG)
    assert record.announced == VersionRange(min=100, max=9998)
    assert record.address is not None
    assert record.address[0] == "127.0.0.1"


def test_the_first_address_that_takes_the_connection_counts_and_the_others_are_named() -> None:
    async def scenario() -> tuple[ProbeRecord, Listener]:
        async with listening(saying(VERSION, ACCOUNTS + NEXT_ID)) as listener:
            both = mock.AsyncMock(return_value=(("::1", listener.port), ("127.0.0.1", listener.port)))
            with mock.patch.object(MODULE, "addresses_of", both):
                return await attempt(tried(listener.port, host="localhost")), listener

    record, listener = run(scenario())
    assert record.passed
    assert (record.address, record.passed_over) == (("127.0.0.1", listener.port), ("::1",))


def test_what_came_is_counted_and_its_first_bytes_are_kept() -> None:
    record = read(b"SSH-", stay=False)
    assert (record.first_bytes, record.received, record.reads) == (b"SSH-", 4, 1)
    notices = LOST * 3
    record = read(VERSION[:5], VERSION[5:], ACCOUNTS + NEXT_ID, notices)
    everything = VERSION + ACCOUNTS + NEXT_ID + notices
    assert record.first_bytes == everything[:64]
    assert (record.received, record.reads) == (len(everything), 4)
    assert record.last_byte is not None
    assert record.last_byte >= record.seconds["ready"] >= record.seconds["version"] >= record.seconds["first byte"]


def test_where_nothing_came_there_is_nothing_of_it() -> None:
    record = met(close_after_hello)
    assert (record.first_bytes, record.received, record.reads, record.last_byte) == (b"", 0, 0, None)
    assert (record.reply_pieces, record.early_frames) == (0, 0)
    assert list(record.seconds) == ["tcp"]


@pytest.mark.parametrize("cuts", [(), (1,), (4, 9), (1, 2, 3, 4)])
def test_the_pieces_of_the_version_reply_are_counted(cuts: tuple[int, ...]) -> None:
    edges = (0, *cuts, len(VERSION))
    pieces = [VERSION[start:end] for start, end in itertools.pairwise(edges)]
    record = read(*pieces, ACCOUNTS + NEXT_ID)
    assert (record.reply_pieces, record.passed) == (len(cuts) + 1, True)


def test_what_comes_after_the_version_reply_is_no_piece_of_it() -> None:
    assert read(VERSION, ACCOUNTS, NEXT_ID, LOST).reply_pieces == 1
    assert read(VERSION + ACCOUNTS, NEXT_ID).reply_pieces == 1


def test_frames_before_the_version_reply_are_counted_and_are_no_piece_of_it() -> None:
    record = read(LOST, LOST, VERSION, ACCOUNTS + NEXT_ID)
    assert (record.early_frames, record.reply_pieces, record.passed) == (2, 1, True)
    assert record.notices == ()
    assert read(LOST + VERSION, ACCOUNTS + NEXT_ID).reply_pieces == 1
    assert read(LOST, VERSION[:9], VERSION[9:], ACCOUNTS + NEXT_ID).reply_pieces == 2
    assert read(LOST[:9], LOST[9:] + VERSION, ACCOUNTS + NEXT_ID).reply_pieces == 1


def test_a_simulated_gateway_that_splits_its_reply_or_speaks_early_is_seen_to() -> None:
    ordinary, split, early = simulated_met(), simulated_met(split_version_reply=True), simulated_met(early_notice=True)
    assert (ordinary.reply_pieces, split.reply_pieces, early.reply_pieces) == (1, 2, 1)
    assert (ordinary.early_frames, split.early_frames, early.early_frames) == (0, 0, 1)
    assert ordinary.passed and split.passed and early.passed  # noqa: PT018


@pytest.mark.parametrize(
    ("parts", "came", "accounts", "next_order_id"),
    [
        ((), False, (), None),
        ((NEXT_ID,), False, (), 101),
        ((frame(15, 1, ""), NEXT_ID), True, (), 101),
        ((frame(15, 1, ","),), True, (), None),
        ((ACCOUNTS,), True, ("DU9000001", "DU9000002"), None),
    ],
    ids=["neither", "id only", "empty list", "list of nothing", "accounts only"],
)
def test_a_list_without_an_account_is_told_from_no_list(
    parts: tuple[bytes, ...],
    came: bool,  # noqa: FBT001
    accounts: tuple[str, ...],
    next_order_id: int | None,
) -> None:
    record = read(VERSION, *parts, timeout=SHORT)
    assert (record.account_list, record.accounts, record.next_order_id) == (came, accounts, next_order_id)
    assert (record.ended, record.stage) == (Ended.SILENT, "ready")


def test_what_the_gateway_says_after_it_is_ready_is_heard() -> None:
    record = read(VERSION, ACCOUNTS + NEXT_ID, LOST)
    assert record.passed
    assert record.notices == (Notice(code=1100, message=LOST_TEXT, req_id=-1),)


def test_a_simulated_gateway_without_ibkr_is_heard_to_say_so() -> None:
    async def scenario() -> ProbeRecord:
        async with simulated("10.45", scenario="disconnected") as gateway:
            return await attempt(tried(gateway.port))

    record = run(scenario())
    assert record.passed
    assert {notice.code for notice in record.notices} >= {1100, 2110}


@pytest.mark.parametrize("last", [b"", b"\0\0\0\0"], ids=["closed", "garbage"])
def test_who_breaks_off_right_after_it_is_ready_did_not_pass(last: bytes) -> None:
    record = read(VERSION, ACCOUNTS + NEXT_ID, last)
    assert (record.passed, record.stage) == (False, "ready")
    assert record.ended is (Ended.FOREIGN if last else Ended.CLOSED)
    assert (record.accounts, record.next_order_id) == (("DU9000001", "DU9000002"), 101)


def test_a_close_right_after_ready_is_seen_on_a_socket_too() -> None:
    record = met(saying(VERSION, ACCOUNTS + NEXT_ID, stay=False))
    assert (record.passed, record.stage, record.ended) == (False, "ready", Ended.CLOSED)


def test_who_was_ready_in_time_passed_however_long_one_listens_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "_QUIET", 1.2)
    assert read(VERSION, ACCOUNTS + NEXT_ID, timeout=1.0).passed


def test_who_never_stops_speaking_is_listened_to_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "_LINGER", 0.05)

    async def chatter(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(VERSION + ACCOUNTS + NEXT_ID)
        while not reader.at_eof():
            writer.write(LOST)
            await writer.drain()
            await asyncio.sleep(0.001)  # nobody could listen to more

    assert met(chatter).passed


def test_an_attempt_may_stay_connected_and_leaves_in_the_end() -> None:
    async def scenario() -> None:
        async with listening(saying(VERSION, ACCOUNTS + NEXT_ID)) as listener:
            async with attempted(tried(listener.port)) as record:
                assert record.passed
                assert listener.open == 1
            await listener.idle.wait()

    run(scenario())


def test_an_attempt_that_failed_has_left_at_once() -> None:
    async def scenario() -> None:
        async with listening(silence) as listener, attempted(tried(listener.port, timeout=0.05)) as record:
            assert not record.passed
            await listener.idle.wait()

    run(scenario())


def test_the_widest_range_is_what_is_announced_by_default() -> None:
    assert met(close_after_hello).announced == VersionRange(min=WIDEST.min_version, max=WIDEST.max_version)
