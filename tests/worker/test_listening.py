"""What of ours listens to a library does not change what the library does, with real libraries."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from adapters.listening import LogListener, guarded, message_of, take_failures
from tests.rows import LibraryRow, need_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROWS = ("ib_async==2.1.0", "ib_insync==0.9.86", "ibapi==9.81.1.post1", "nautilus-ibapi==10.45.1")

MALFORMED = """
import logging

def in_each_call_of(holder, name, logger):
    method = getattr(holder, name)
    def call(*arguments, **named):
        logging.getLogger(logger).info("%d messages", "no number")
        logging.getLogger(logger).info("%s and %s", "one only")
        return method(*arguments, **named)
    setattr(holder, name, call)

if "ibapi" in sys.argv:
    from ibapi.decoder import Decoder
    in_each_call_of(Decoder, "interpret", "ibapi.decoder")
else:
    import importlib
    name = sys.argv[sys.argv.index("--adapter") + 1]
    in_each_call_of(importlib.import_module(name).client.Client, "_onSocketHasData", name + ".client")
"""
"""Lets a library log, for each message that comes, what cannot be formatted."""

DISK_FULL = """
from harness.worker.cell_evidence import Evidence
write = Evidence.write

def write_no_more(self, event, **facts):
    if event in {events!r}:
        raise OSError(28, "No space left on device")
    write(self, event, **facts)

Evidence.write = write_no_more
"""


@pytest.fixture(params=ROWS)
def library(request: pytest.FixtureRequest) -> LibraryRow:
    return need_row(request.param)


@pytest.fixture(scope="module")
def healthy(gateway: Callable[..., Any]) -> Any:
    return gateway()


def test_records_that_cannot_be_formatted_do_no_harm_and_are_evidence(
    library: LibraryRow, start: Callable[..., Any], healthy: Any
) -> None:
    worker = start(library, before=MALFORMED)
    worker.run("a", healthy.port, connect_timeout=20.0, request_timeout=20.0)
    assert worker.wait_for(1)["a"]["exit"] == 0, worker.checks("a")
    said = [line["message"] for line in worker.evidence("a") if line["event"] == "log"]
    assert any(message.startswith("%d messages (") for message in said)
    assert any(message.startswith("%s and %s (") for message in said)


@pytest.mark.parametrize("events", [("negotiated",), ("log", "callback")])
def test_a_listener_of_ours_that_fails_is_our_error_and_the_library_goes_on(
    library: LibraryRow, start: Callable[..., Any], healthy: Any, events: tuple[str, ...]
) -> None:
    worker = start(library, before=DISK_FULL.format(events=events))
    worker.run("a", healthy.port, connect_timeout=20.0, request_timeout=20.0)
    assert worker.wait_for(1)["a"]["exit"] == 1
    statuses = {name: check["status"] for name, check in worker.checks("a").items()}
    assert set(statuses.values()) == {"pass", "error"}
    assert statuses["ready"] == "error"
    assert "No space left on device" in worker.checks("a")["ready"]["reason"]
    assert "Traceback" in worker.output("a")


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


class Heard(LogListener):
    def __init__(self) -> None:
        super().__init__()
        self.messages: list[str] = []

    def hear(self, record: logging.LogRecord, message: str) -> None:
        self.messages.append(message)
        if record.levelno == logging.CRITICAL:
            raise UnspeakableError


@pytest.fixture
def handler() -> Iterator[Heard]:
    yield Heard()
    take_failures()


def record_of(message: object, *arguments: object, level: int = logging.INFO) -> logging.LogRecord:
    return logging.LogRecord("a_library", level, "", 0, message, arguments, None)


def test_whatever_a_record_holds_its_logger_never_hears_of_it(handler: Heard) -> None:
    for record in (record_of("%s", UnspeakableError()), record_of(UnspeakableError()), record_of("all %s", "well")):
        handler.handle(record)
    assert handler.messages[-1] == "all well"
    assert all("RuntimeError" in message for message in handler.messages[:2])
    assert take_failures() == []


def test_a_listener_that_fails_is_named_once(handler: Heard) -> None:
    handler.handle(record_of("the end", level=logging.CRITICAL))
    (failure,) = take_failures()
    assert "UnspeakableError" in failure
    assert take_failures() == []


def test_a_guarded_callback_takes_arguments_that_it_does_not_know() -> None:
    @guarded
    def callback(code: int) -> int:
        return code

    assert callback(1) is None
    callback(1, "and a field that a later version adds")
    assert len(take_failures()) == 1


def test_a_record_whose_template_is_no_text_is_named_by_its_type() -> None:
    assert message_of(record_of({"a": 1}, "b")).startswith("dict (")
