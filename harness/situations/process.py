"""Plays situations in a row's environment, and writes what it sees as JSON lines.

The library is imported once. Then each line of standard input asks for one situation, which is played in a forked child
while this process waits: so event loops, threads and what a library keeps are new each time. One after another, because
children share what the import has opened, such as the selector of an event loop. Where processes cannot be forked, this
process plays one situation itself, and ends.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import logging
import os
import re
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.situations import all as found
from harness.situations.client_stage import ClientStage
from harness.situations.played_gateway import HarnessError, PlayedGateway
from harness.situations.shown import masked
from harness.situations.situation import IBAPI
from harness.situations.stage import Stage
from harness.worker.channel import Channel, flush_output
from harness.worker.process import can_fork

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import NoReturn


class Records(logging.Handler):
    """Keeps what the library, its event library and asyncio log from WARNING on, in order."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.kept: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a record's level and text; one that cannot be formatted is kept as it was written."""
        try:
            text = record.getMessage()
        except Exception:  # noqa: BLE001 - the arguments are the library's
            text = str(record.msg)
        text = _without_records(masked(text))
        if record.exc_info and record.exc_info[0]:
            text += f" ({record.exc_info[0].__name__}: {_without_records(masked(str(record.exc_info[1])))})"
        self.kept.append((record.levelname, text))


_RECORD = re.compile(r"\b([A-Z]\w+)\(\w+=.*", re.DOTALL)
_EVENT = re.compile(r"(Event<\w+), .*", re.DOTALL)
_MEASURED = re.compile(r"\b(\d+\.\d+|\d{9,})\b")
_NUMBER = re.compile(r"\b(reqId|orderId|clientId|order id) -?\d+")


def _without_records(text: str) -> str:
    """Return a log record's text without ids, prices and times, fields of records, and handlers of events."""
    text = _MEASURED.sub("NUMBER", _NUMBER.sub(r"\1 NUMBER", text))
    return _EVENT.sub(r"\1, …>", _RECORD.sub(r"\1(…)", text))


def main(arguments: Sequence[str]) -> NoReturn:
    """Play what standard input asks for, until it ends; then end the process."""
    options = _read_options(arguments)
    channel = Channel()
    library = _import(options.adapter)
    gc.freeze()  # a collection in a child would otherwise copy every page of the library
    while line := sys.stdin.readline():
        child = os.fork() if can_fork() else 0
        if child == 0:
            _end_after(options.seconds)
            _perform(json.loads(line), library, channel)
            _end()
        os.waitpid(child, 0)
        channel.say("left")
    _end()


def _import(adapter: str) -> Any:
    """Return the library, or the error that its import raises, which every situation then ends with."""
    try:
        if adapter == IBAPI:  # its package is empty; programs import these two
            importlib.import_module("ibapi.wrapper")
            importlib.import_module("ibapi.client")
        return importlib.import_module(adapter)
    except Exception as error:  # noqa: BLE001 - a library may raise anything at import
        return error


def _perform(part: Mapping[str, Any], library: Any, channel: Channel) -> None:
    records = Records()
    logging.getLogger().addHandler(records)
    try:
        if isinstance(library, Exception):
            raise library  # noqa: TRY301 - it is told as any other
        _play(part, library, channel)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the situation did not come to its end
        reason = "".join(traceback.format_exception_only(type(error), error)).strip()
        channel.say("failed", reason=f"{reason}{_place(error)}")
    else:
        for level, text in records.kept:
            channel.say("observed", what=level, kind="log", value=text, type="")
        channel.say("end")


def _end() -> NoReturn:
    flush_output()
    os._exit(0)  # a thread or loop that the library left would keep the process


def _play(part: Mapping[str, Any], library: Any, channel: Channel) -> None:
    def observed(what: str, kind: str, **facts: Any) -> None:
        channel.say("observed", what=what, kind=kind, **facts)

    gateway = PlayedGateway(part["host"], part["port"], channel.say)
    situation = found.named(part["situation"])
    if library.__name__ == IBAPI and situation.ibapi is not None:
        situation.ibapi(ClientStage(library, gateway, observed))
    elif library.__name__ != IBAPI and situation.play is not None:
        stage = Stage(library, gateway, observed)
        situation.play(stage)
        stage.end()
    else:
        raise HarnessError(f"{situation.name} has no script for {library.__name__}")


def _read_options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--adapter", required=True, help="ib_async, ib_insync or ibapi")
    parser.add_argument("--seconds", required=True, type=float, help="a situation ends itself after these")
    return parser.parse_args(arguments)


def _end_after(seconds: float) -> None:
    timer = threading.Timer(seconds, os._exit, (1,))
    timer.daemon = True
    timer.start()


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({frames[-1].name} in {Path(frames[-1].filename).name})" if frames else ""
