"""The second factor: a person confirms on a telephone, or nobody does."""

from __future__ import annotations

import asyncio

from tests.docker.played.console import ibc
from tests.docker.played.contract import Login
from tests.docker.played.outcomes import LOGIN_NOT_COMPLETED, exits
from tests.docker.played.script import Script, SecondFactor

_IBKR_WAITS = 180
"""Seconds until IBKR closes the dialog by itself."""

_BEFORE_RELOGIN = 5


async def second_factor(login: Login, script: Script) -> bool:
    """Play the dialog; tell whether the login goes on, or has to be tried again."""
    if script.second_factor is SecondFactor.NO:
        return True
    ignored = script.second_factor is SecondFactor.IGNORED
    waited = _IBKR_WAITS if ignored else script.confirmed_after
    ibc("detected dialog entitled: Second Factor Authentication; event=Opened")
    ibc("Second Factor Authentication initiated")
    await script.pause(waited)
    ibc("detected dialog entitled: Second Factor Authentication; event=Closed")
    ibc(f"Duration since login: {waited:.0f} seconds")
    if ignored:
        await _relogin(login, script)
        return False
    if login.relogins:
        ibc(f"If login has not completed, IBC will exit in {login.twofa_exit_interval} seconds")
    if script.second_factor is SecondFactor.LOST:
        await _never_completes(login, script)
    return True


async def _relogin(login: Login, script: Script) -> None:
    """Wait until IBC tries again; where it may not, it waits for ever."""
    if not login.relogins:
        ibc("Re-login after second factor authentication timeout not required")
        await asyncio.Event().wait()
    ibc(f"Re-login after second factor authentication timeout in {_BEFORE_RELOGIN} second")
    await script.pause(_BEFORE_RELOGIN)


async def _never_completes(login: Login, script: Script) -> None:
    """Confirmed, and yet nothing comes: IBC exits where it may try again, and waits for ever where not."""
    if not login.relogins:
        await asyncio.Event().wait()
    await script.pause(login.twofa_exit_interval)
    exits(LOGIN_NOT_COMPLETED, "IBC closing because login has not completed after Second Factor Authentication", script)
