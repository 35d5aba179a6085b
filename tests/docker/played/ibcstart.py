"""ibcstart.sh: starts IBC, and starts it again for as long as that is IBC's rule."""

from __future__ import annotations

import asyncio
from datetime import datetime

from tests.docker.played.console import say
from tests.docker.played.contract import Login
from tests.docker.played.outcomes import LOGIN_NOT_COMPLETED, NO_DIALOG, Ended
from tests.docker.played.script import Script
from tests.docker.played.session import Session

IBC_VERSION = "3.24.1"
TERMINATED = 143
_SHELL = 256
"""The shell knows exit codes below this only."""

_RESTART_TAKES = 2.0
"""Seconds between two starts, so that a play without delays does not turn as fast as it can."""


async def ibcstart(login: Login, script: Script) -> int:
    """Run IBC until it is not to be started again; return the exit code as the shell knows it.

    Cancelling is what SIGTERM is to the real one: it says how IBC ended, and is over.
    """
    _introduce(login)
    try:
        return await _run_again_and_again(login, script)
    except asyncio.CancelledError:
        say(f"IBC returned exit status {TERMINATED}")
        _no_autorestart()
        say("Gateway finished")
        raise


async def _run_again_and_again(login: Login, script: Script) -> int:
    while True:
        say("Starting Gateway with this command:")
        say('"java" ibcalpha.ibc.IbcGateway "/home/ibgateway/ibc/config.ini" ')
        say()
        ended = await _one_run(login, script)
        code = ended.code % _SHELL
        say(f"IBC returned exit status {code}")
        if not _starts_again(ended, login):
            say("Gateway finished")
            return code
        say("IBC will restart shortly")
        say("sleep 2")
        await script.pause(_RESTART_TAKES)


async def _one_run(login: Login, script: Script) -> Ended:
    session = Session(login, script)
    if script.exit_code is None:
        return await session.run()
    try:
        async with asyncio.timeout(None if script.exit_after is None else script.exit_after * script.scale):
            return await session.run()
    except TimeoutError:
        return Ended(script.exit_code)


def _starts_again(ended: Ended, login: Login) -> bool:
    """Tell whether IBC is started again: always where no dialog came, and when IBC asked for it."""
    if ended.code == NO_DIALOG:
        return True
    if ended.cold_restart:
        say("IBC will cold-restart shortly")
        return True
    _no_autorestart()
    return ended.code == LOGIN_NOT_COMPLETED and login.twofa_restarts


def _no_autorestart() -> None:
    say("Finding autorestart file")
    say("autorestart file not found: full authentication will be required")
    say()


def _introduce(login: Login) -> None:
    now = datetime.now().astimezone()
    say("=" * 80)
    say()
    say(f"Starting IBC version {IBC_VERSION} on {now:%Y-%m-%d} at {now:%H:%M:%S}")
    say()
    say("Arguments:")
    say()
    say(f"TWS version = {login.version}")
    say("Program = Gateway")
    say()
