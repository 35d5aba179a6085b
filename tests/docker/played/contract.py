"""The environment that gnzsnz/ib-gateway reads, and what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from tests.docker.played.console import complain, say

PORTS = {"live": (4001, 4003), "paper": (4002, 4004)}
"""By trading mode: where the Gateway listens on the loopback address, and where the forwarder listens for all."""


class RefusedError(Exception):
    """The settings are not such that the image starts; it has said why, and exits with 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """What one Gateway is started with.

    ``read_only`` is ``None`` where the image leaves the Gateway's own setting alone.
    """

    mode: str
    userid: str
    password: str
    version: str
    read_only: bool | None
    existing_session: str
    twofa_restarts: bool
    relogins: bool
    twofa_exit_interval: int

    @property
    def profile(self) -> str:
        """The simulated gateway's profile: the version without its build."""
        return "gateway-" + ".".join(self.version.split(".")[:2])


def value_or_file(environment: MutableMapping[str, str], name: str) -> str:
    """Return a value that is given as it is or in a file.

    Raises:
        RefusedError: both are given.
    """
    given, file = environment.get(name, ""), environment.get(f"{name}_FILE", "")
    if given and file:
        complain(f"error: both {name} and {name}_FILE are set (but are exclusive)")
        raise RefusedError
    return Path(file).read_text("utf-8").rstrip("\n") if file else given


def login(environment: MutableMapping[str, str]) -> Login:
    """Read the settings of the Gateway that ``TRADING_MODE`` names, saying what the image says.

    Raises:
        RefusedError: the trading mode is unknown, or a password is given in two ways.
    """
    mode = environment.get("TRADING_MODE", "")
    if mode not in PORTS:
        say(f".> Invalid TRADING_MODE: {mode}")
        raise RefusedError
    api, forwarded = PORTS[mode]
    say(f".> API_PORT set to: {api}")
    say(f".> SOCAT_PORT set to: {forwarded}")
    say(".> Appling settings to IBC's config.ini")
    return Login(
        mode=mode,
        userid=environment.get("TWS_USERID", ""),
        password=value_or_file(environment, "TWS_PASSWORD"),
        version=environment["IB_GATEWAY_VERSION"],
        read_only=_yes_no(environment, "READ_ONLY_API"),
        existing_session=environment.get("EXISTING_SESSION_DETECTED_ACTION") or "primary",
        twofa_restarts=environment.get("TWOFA_TIMEOUT_ACTION", "exit").lower() == "restart",
        relogins=_yes_no(environment, "RELOGIN_AFTER_TWOFA_TIMEOUT") or False,
        twofa_exit_interval=int(environment.get("TWOFA_EXIT_INTERVAL") or 60),
    )


def for_live(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the first Gateway of ``TRADING_MODE=both``."""
    return {**environment, "TRADING_MODE": "live"}


def for_paper(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of the second: the paper names in place of the others, where run.sh puts them.

    A password in one form for live and in the other for paper gives two that are exclusive; so it does in run.sh.
    """
    paper = {**environment, "TRADING_MODE": "paper", "TWS_USERID": environment.get("TWS_USERID_PAPER", "")}
    form = "TWS_PASSWORD_FILE" if environment.get("TWS_PASSWORD_PAPER_FILE") else "TWS_PASSWORD"
    paper[form] = environment.get(form.replace("PASSWORD", "PASSWORD_PAPER"), "")
    return paper


def _yes_no(environment: Mapping[str, str], name: str) -> bool | None:
    """Return a setting that may be left open."""
    given = environment.get(name, "").lower()
    return None if not given else given in {"yes", "true"}
