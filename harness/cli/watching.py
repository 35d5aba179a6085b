"""``ib-compat doctor --watch``."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import click

from harness.diagnose.words import duration
from harness.doctor.subjects import Asked, subjects
from harness.doctor.watch import changes
from harness.errors import ExitCode
from harness.report.doctor import document, headline

if TYPE_CHECKING:
    from harness.doctor.examine import Examination
    from harness.doctor.subject import Subject


async def watching(asked: Asked, *, interval: float, timeout: float | None, as_json: bool) -> ExitCode:
    """Tell of each change, until the time is over."""
    async with subjects(asked) as found:
        tasks = [asyncio.create_task(_tell(each, interval=interval, as_json=as_json)) for each in found]
        try:
            await asyncio.wait(tasks, timeout=timeout, return_when=asyncio.FIRST_EXCEPTION)
        finally:
            for task in tasks:
                task.cancel()
            done = await asyncio.gather(*tasks, return_exceptions=True)
    for problem in done:
        if isinstance(problem, Exception):
            raise problem
    return ExitCode.AS_EXPECTED


async def _tell(subject: Subject, *, interval: float, as_json: bool) -> None:
    async for change in changes(subject, interval=interval):
        if as_json:
            click.echo(json.dumps({"at": change.at, "lasted": change.lasted, **document(change.seen)}))
            continue
        clock = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(change.at))
        lasted = "" if change.lasted is None else f" (after {duration(change.lasted)})"
        click.echo(f"{clock} {line(change.seen)}{lasted}")


def line(seen: Examination) -> str:
    """One gateway in a line; account numbers are masked."""
    return seen.masker.text(f"{seen.subject.name}: {headline(seen)}")
