"""One run of the Gateway under IBC: from the login dialog to the end."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import NoReturn

from tests.docker.played.console import ibc
from tests.docker.played.contract import Login
from tests.docker.played.outcomes import Ended, EndedError, after_click, at_dialog, existing_session
from tests.docker.played.script import Script
from tests.docker.played.second_factor import second_factor


@dataclass(frozen=True, slots=True)
class Session:
    """A Gateway that is started, logged in and listens, as far as the script lets it."""

    login: Login
    script: Script

    async def run(self) -> Ended:
        """Play until it ends by itself."""
        try:
            await self._play()
        except EndedError as problem:
            return problem.ended

    async def _play(self) -> NoReturn:
        ibc("Starting session: will exit if login dialog is not displayed within 60 seconds")
        ibc("Starting Gateway")
        await self.script.pause(self.script.dialog_after)
        await at_dialog(self.script)
        ibc("Login dialog WINDOW_OPENED: LoginState is LOGGED_OUT")
        attempt = 1
        await self._attempt(attempt)
        while not await second_factor(self.login, self.script):
            attempt += 1
            await self._attempt(attempt)
        await self._load()

    async def _attempt(self, number: int) -> None:
        """Enter user name and password and click; raises where IBKR refuses them."""
        ibc(f"Setting Trading mode = {self.login.mode}")
        ibc("Setting user name")
        ibc("Setting password")
        ibc(f"Login attempt: {number}")
        ibc(f"Click button: {'Paper Log In' if self.login.mode == 'paper' else 'Log In'}")
        await self.script.pause(self.script.login_takes)
        await after_click(self.login, self.script)
        await existing_session(self.login, self.script)

    async def _load(self) -> NoReturn:
        """Finish the login, and listen for as long as it is left alone."""
        ibc("Found Gateway main window")
        from tests.docker.played.gateway import gateway  # noqa: PLC0415  # takes its time; the forwarder is there first

        await self.script.pause(self.script.loading_takes)
        async with gateway(self.login, self.script.scenario):
            ibc("Login has completed")
            self._configure()
            if self.script.exit_code is not None and self.script.exit_after is None:
                raise EndedError(Ended(self.script.exit_code))
            await asyncio.Event().wait()
        raise AssertionError("nothing sets the event")

    def _configure(self) -> None:
        """Say what IBC says of its configuration tasks; without any it says nothing."""
        if self.login.read_only is not None:
            ibc("Setting ReadOnlyApi")
            ibc(f"Read-Only API checkbox is now set to: {str(self.login.read_only).lower()}")
            ibc("Configuration tasks completed")
