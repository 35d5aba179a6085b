"""Runs a command of the user beside a gateway or a recording: in the user's own terminal, folder and environment."""

from __future__ import annotations

import asyncio
import contextlib
import os
from asyncio.subprocess import Process
from collections.abc import Sequence

from harness.run.programs.places import Address, address_variables
from harness.shared.errors import UsageError

PATIENCE_SECONDS = 5.0
"""How long a command may take to end by itself once the user ended what it runs beside, and again once it was asked."""


async def run_beside(command: Sequence[str], address: Address) -> int:
    """Run a command until it ends; return its exit code as a shell has it. It is ended if this is cancelled.

    Args:
        command: its words, in which ``{host}``, ``{port}`` and ``{client_id}`` stand for the gateway's address.
        address: that of the gateway.

    Raises:
        UsageError: it cannot be started.
    """
    process = await started([address.filled(word) for word in command], address)
    try:
        await process.wait()
    finally:
        await end_beside(process)
    return exit_code_of(process)


def exit_code_of(process: Process) -> int:
    """Return the exit code of a command that is over, as a shell has it."""
    code = process.returncode or 0
    return code if code >= 0 else 128 - code


async def started(command: Sequence[str], address: Address | None = None, output: int | None = None) -> Process:
    """Start a command.

    Args:
        command: its words.
        address: that of a gateway, which it finds in its environment.
        output: where its standard output goes [default: where ours goes]

    Raises:
        UsageError: it cannot be started.
    """
    variables = {} if address is None else address_variables(address)
    try:
        return await asyncio.create_subprocess_exec(*command, env={**os.environ, **variables}, stdout=output)
    except (OSError, ValueError) as problem:
        why = getattr(problem, "strerror", None) or problem
        raise UsageError(f"{command[0]}: cannot be started: {why}") from None


async def end_beside(process: Process) -> None:
    """Let a command end, which heard of Ctrl-C, too, but of no other signal; ask it to; then end it."""
    for end in (process.terminate, process.kill):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), PATIENCE_SECONDS)
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                end()
    await process.wait()
