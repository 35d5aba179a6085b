"""``ib-compat doctor --watch``."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import click

from harness.diagnose.rule_words import duration
from harness.doctor.subjects import Asked, subjects
from harness.doctor.watch import changes
from harness.shared.errors import ExitCode
from harness.views.terminal.doctor_page import document
from harness.views.terminal.doctor_sentences import headline

if TYPE_CHECKING:
    from harness.doctor.examine import Examination
    from harness.doctor.subject import Subject


async def watching(asked: Asked, *, interval: float, timeout: float | None, as_json: bool) -> ExitCode:
    """Tell of each change, until the time is over; how each is at first, however long that takes."""
    async with subjects(asked) as found:
        told = [asyncio.Event() for _ in found]
        tasks = [
            asyncio.create_task(_tell(each, first, interval=interval, as_json=as_json))
            for each, first in zip(found, told, strict=True)
        ]
        waiting = [asyncio.create_task(first.wait()) for first in told]
        try:
            await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_EXCEPTION)
            for first in waiting:
                await asyncio.wait({*tasks, first}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for first in waiting:
                first.cancel()
            for task in tasks:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
    for problem in done:
        if isinstance(problem, Exception):
            raise problem
    return ExitCode.AS_EXPECTED


async def _tell(subject: Subject, told: asyncio.Event, *, interval: float, as_json: bool) -> None:
    async for change in changes(subject, interval=interval):
        told.set()
        if as_json:
            click.echo(json.dumps({"at": change.at, "lasted": change.lasted, **document(change.seen)}))
            continue
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(change.at))
        lasted = "" if change.lasted is None else f" (after {duration(change.lasted)})"
        click.echo(f"{clock} {line(change.seen)}{lasted}")


def line(seen: Examination) -> str:
    """One gateway in a line; account numbers are masked."""
    return seen.masker.text(f"{seen.subject.name}: {headline(seen)}")
