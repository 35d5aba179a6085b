"""The ways in which a login does not go well.

Inferred, because no log of it was seen: the words of the desupported dialog; that a Gateway which gives way to another
session exits with 0; that IBC goes on waiting after the dialogs that it does not close.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import NoReturn

from tests.docker.played.console import ibc, ibc_error
from tests.docker.played.contract import Login
from tests.docker.played.script import Outcome, Script

NO_CONTROL = 1101
LOGIN_NOT_COMPLETED = 1111
NO_DIALOG = 1112

_DIALOG_TIMEOUT = 55.0
"""Seconds that remain of the 60 that IBC waits for the login dialog."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of the Gateway ended: its exit code, and whether IBC wants to start it anew."""

    code: int
    cold_restart: bool = False


class EndedError(Exception):
    """The run of the Gateway is over."""

    def __init__(self, ended: Ended) -> None:
        super().__init__(ended)
        self.ended = ended


def exits(code: int, message: str, script: Script) -> NoReturn:
    """End with one of IBC's own codes and its reason."""
    ibc_error(message, hidden=script.hides_errors)
    ibc(f"Exiting with exit code={code}")
    raise EndedError(Ended(code))


async def at_dialog(script: Script) -> None:
    """Play what goes wrong before anything is entered."""
    if script.outcome is Outcome.NO_DIALOG:
        await script.pause(_DIALOG_TIMEOUT)
        exits(NO_DIALOG, "IBC closing after TWS/Gateway failed to display login dialog", script)
    if script.outcome is Outcome.NO_CONTROL:
        exits(NO_CONTROL, "could not login: could not find control: User Name", script)


async def after_click(login: Login, script: Script) -> None:
    """Play what IBKR answers; returns where it lets the user in."""
    if script.accounts.get(login.userid) != login.password:
        _cold_restart(script.refusal)
    match script.outcome:
        case Outcome.TOO_MANY_ATTEMPTS:
            await _stay(
                "Too many failed login attempts. "
                "Please wait 4 minutes & 47 seconds before attempting to re-login again."
            )
        case Outcome.SERVER_UNREACHABLE:
            _cold_restart("Connection to server failed: server error, will retry in seconds...")
        case Outcome.DESUPPORTED:
            await _stay(
                f"The version of the application you are running, {login.version}, is desupported and can no longer "
                "be used. Please upgrade."
            )
        case Outcome.NOT_AVAILABLE:
            ibc_error("The system is not currently available.", hidden=script.hides_errors)
            await asyncio.Event().wait()
        case Outcome.NO_DEVICE:
            ibc("detected dialog entitled: Second Factor Authentication; event=Opened")
            ibc_error(
                "You should specify the required second factor device using the SecondFactorDevice setting in "
                "config.ini",
                hidden=script.hides_errors,
            )
            await asyncio.Event().wait()
        case _:
            return


async def existing_session(login: Login, script: Script) -> None:
    """Play the dialog that the user is logged in elsewhere; returns where this session goes on."""
    if not script.existing_session:
        return
    ibc("detected dialog entitled: Existing session detected; event=Opened")
    match login.existing_session:
        case "primary" | "primaryoverride":
            ibc("End the other session and continue this one")
        case "secondary":
            ibc("End this session and let the other session proceed")
            raise EndedError(Ended(0))
        case _:
            await _stay("User must choose whether to continue with this session")


def _cold_restart(says: str) -> NoReturn:
    """Play a dialog after which IBC starts all over, user name and password included."""
    ibc(says)
    ibc("Cold restart in progress")
    ibc("Login has not completed: exiting immediately")
    raise EndedError(Ended(0, cold_restart=True))


async def _stay(says: str) -> None:
    """Play a dialog that stays on the screen: a line, and then nothing more."""
    ibc(says)
    await asyncio.Event().wait()
