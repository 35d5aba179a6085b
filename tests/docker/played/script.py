"""What is played: the ``PLAY_…`` variables, read once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What becomes of a login with the right password."""

    SUCCEEDS = "succeeds"
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    NO_DIALOG = "no-dialog"
    NO_CONTROL = "no-control"
    NOT_AVAILABLE = "not-available"
    DESUPPORTED = "desupported"
    SERVER_UNREACHABLE = "server-unreachable"
    NO_DEVICE = "no-device"


class SecondFactor(StrEnum):
    """Whether a second factor is asked for, and what becomes of it."""

    NO = "no"
    CONFIRMED = "confirmed"
    IGNORED = "ignored"
    LOST = "lost"


LOGGED_IN = "logged-in"
"""The end that comes once the login is complete, however long that takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What is played; see the package's own words for each."""

    scale: float
    dialog_after: float
    login_takes: float
    loading_takes: float
    accounts: Mapping[str, str]
    outcome: Outcome
    refusal: str
    second_factor: SecondFactor
    confirmed_after: float
    existing_session: bool
    scenario: str | None
    exit_code: int | None
    exit_after: float | None
    ignores_sigterm: bool
    hides_errors: bool

    async def pause(self, seconds: float) -> None:
        """Wait as long as that is in this play."""
        await asyncio.sleep(seconds * self.scale)


def read(environment: Mapping[str, str]) -> Script:
    """Read what is to be played.

    Raises:
        ValueError: a value is none of those that are known.
    """
    given = {name.removeprefix("PLAY_"): value for name, value in environment.items() if name.startswith("PLAY_")}
    return Script(
        scale=float(given.get("SCALE", "1")),
        dialog_after=float(given.get("DIALOG_AFTER", "5")),
        login_takes=float(given.get("LOGIN_TAKES", "5")),
        loading_takes=float(given.get("LOADING_TAKES", "10")),
        accounts={
            given.get("USERID", "edemo"): given.get("PASSWORD", "demouser"),
            given.get("USERID_PAPER", "edemopaper"): given.get("PASSWORD_PAPER", "demopaper"),
            **{name: given.get("PASSWORD", "demouser") for name in given.get("OTHERS", "").split(",") if name},
        },
        outcome=Outcome(given.get("LOGIN", "succeeds")),
        refusal=given.get("REFUSAL", "Login failed"),
        second_factor=SecondFactor(given.get("2FA", "no")),
        confirmed_after=float(given.get("2FA_AFTER", "20")),
        existing_session=given.get("EXISTING_SESSION") == "yes",
        scenario=given.get("SCENARIO"),
        exit_code=int(given["EXIT_CODE"]) if "EXIT_CODE" in given else None,
        exit_after=None if (after := given.get("EXIT_AFTER", "0")) == LOGGED_IN else float(after),
        ignores_sigterm=given.get("IGNORES_SIGTERM") == "yes",
        hides_errors=given.get("ERRORS") == "hidden",
    )
