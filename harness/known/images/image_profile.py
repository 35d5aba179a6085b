"""Describes a container image with a Gateway or TWS: the keys of ``images/*.toml`` and of ``[[image]]``.

The reasons why its container may not come up have codes, from which verdicts are made.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from importlib import resources
from string import Formatter
from typing import Annotated, Any, Literal

import tomllib
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator


class BootFailure(StrEnum):
    """What ended the wait for a gateway that we bring up; each has a rule in ``harness/diagnose/gateway.toml``."""

    ENGINE_UNREACHABLE = "engine-unreachable"
    ENGINE_FORBIDDEN = "engine-forbidden"
    ENGINE_FAILED = "engine-failed"
    """The engine answered, and would not do it."""
    PORT_OUT_OF_REACH = "port-out-of-reach"
    """The engine is on another machine, and the port would be published there for that machine alone."""
    IMAGE_MISSING = "image-missing"
    IMAGE_UNAVAILABLE = "image-unavailable"
    """The registry could not be asked."""
    NO_CREDENTIAL = "no-credential"
    WRONG_PASSWORD = "wrong-password"  # noqa: S105
    TOO_MANY_ATTEMPTS = "too-many-attempts"
    TWO_FACTOR_TIMEOUT = "two-factor-timeout"
    TWO_FACTOR_DEVICE = "two-factor-device"
    EXISTING_SESSION = "existing-session"
    DESUPPORTED = "desupported"
    IBC_TOO_OLD = "ibc-too-old"
    NO_LOGIN_DIALOG = "no-login-dialog"
    LOGIN_LOST = "login-lost"
    """The login dialog went away by itself, and IBC begins anew."""
    IBKR_OUT_OF_REACH = "ibkr-out-of-reach"
    IBKR_UNAVAILABLE = "ibkr-unavailable"
    IMAGE_REFUSES_SETTINGS = "image-refuses-settings"
    IMAGE_BROKEN = "image-broken"
    CONTAINER_EXITED = "container-exited"
    NOT_READY_IN_TIME = "not-ready-in-time"
    NO_HELLO = "no-hello"
    """Logged in, and the API does not answer."""


SecretForm = Literal["userid", "password", "userid-file", "password-file"]
"""What an environment variable holds: a part of the login, or the path of the file with it."""

Product = Literal["gateway", "tws"]
PLACEHOLDERS = ("mode", "product", "read_only")


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _failure(value: object) -> object:
    codes = [code.value for code in BootFailure]
    if isinstance(value, str) and value in codes:
        return BootFailure(value)
    raise ValueError(f"expected one of {', '.join(codes)}")


def _pattern(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"expected a regular expression: {error}") from None
    if groups != 1:
        raise ValueError("expected a regular expression with one group, which is what is looked for")
    return value


def _exit_codes(value: Mapping[str, object]) -> Mapping[str, object]:
    if not all(code.isdecimal() for code in value):
        raise ValueError("expected exit codes as keys, as in 1 or 87")
    return value


def _filled(value: Mapping[str, str]) -> Mapping[str, str]:
    for name, text in value.items():
        for _, field, _, _ in _fields(text):
            if field is not None and field not in PLACEHOLDERS:
                raise ValueError(f"expected {name} to have no words in braces but {', '.join(PLACEHOLDERS)}")
    return value


def _fields(text: str) -> list[tuple[str, str | None, str | None, str | None]]:
    try:
        return list(Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"expected braces in pairs: {error}") from None


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_tuple)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
Port = Annotated[int, Field(ge=1, le=65_535)]
Pattern = Annotated[str, AfterValidator(_pattern)]
Code = Annotated[BootFailure, BeforeValidator(_failure)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)


class Ports(_Table):
    """The port inside the container on which the API listens for other machines."""

    paper: Port
    live: Port


def _followed(own: Sequence[object], more: Sequence[object]) -> list[object]:
    """Return a list with another one appended, unless it has it already, as after being written and read again."""
    there = list(own[-len(more) :]) == list(more)
    return list(own) if there else [*own, *more]


@cache
def _ibc() -> Mapping[str, Any]:
    return tomllib.loads((resources.files("harness.known.images") / "ibc.toml").read_text("utf-8"))


class Marker(_Table):
    """A text in a line of the log that means that the gateway will not come up.

    Args:
        text: what the line has in it.
        unless: what it must not contain.
        code: its meaning.
    """

    text: Text
    unless: Text | None = None
    code: Code

    def means(self, line: str) -> bool:
        """Return whether a line of the log says it."""
        return self.text in line and (self.unless is None or self.unless not in line)


class Exit(_Table):
    """What an exit code of the container means."""

    code: Code
    says: Text


class ImageProfile(_Table):
    """One image, whatever its version.

    Args:
        name: what matrix files call it.
        repositories: those that publish it, without tags; the first is used unless the matrix file names an image.
        products: the products that it can run.
        ports: the ports of its API inside the container.
        uid: user that reads the files with the login, if the image does not name its own by number.
        gid: that user's group.
        nofile: how many files it may open [default: the engine's own limit]
        environment: the variables that are set, with ``{mode}``, ``{product}`` and ``{read_only}`` (``yes`` or ``no``)
            filled in.
        fixed: variables that a matrix file may not set, because they keep live accounts, sessions and logins safe;
            those of ``environment`` with a placeholder are, too.
        secrets: environment variable to what of the login it holds.
        logged_in: texts of which one in the log means that the login is done.
        waiting: texts that mean that it waits for a person, as for a second factor.
        failures: what ends the wait; from the special to the general, because the first that fits counts where several
            are read until the container has stopped.
        exits: maps an exit code of the container to its meaning; the shell passes on 8 bits of it.
        ends_sessions: it ends another session of the same user if there is one, and cannot be configured otherwise.
        ibc: it contains IBC, so the known lines of IBC's log count too, after those here.
        build_variable: environment variable of the image that holds the exact version of Gateway or TWS.
        build_line: regular expression that finds that version in the log, if the image does not state it.
        ibc_line: regular expression that finds IBC's version in the log.
    """

    name: Name
    repositories: Texts
    products: Annotated[tuple[Product, ...], BeforeValidator(_as_tuple), Field(min_length=1)]
    ports: Ports
    uid: Annotated[int, Field(ge=0)] = 1000
    gid: Annotated[int, Field(ge=0)] = 1000
    nofile: Annotated[int, Field(ge=1)] | None = None
    environment: Annotated[Mapping[Text, str], AfterValidator(_filled)] = {}
    fixed: Texts = ()
    secrets: Annotated[Mapping[Text, SecretForm], Field(min_length=1)]
    logged_in: Annotated[Texts, Field(min_length=1)]
    waiting: Texts = ()
    failures: Annotated[tuple[Marker, ...], BeforeValidator(_as_tuple)] = ()
    exits: Annotated[Mapping[str, Exit], AfterValidator(_exit_codes)] = {}
    ends_sessions: bool = False
    ibc: bool = False
    build_variable: Text | None = None
    build_line: Pattern | None = None
    ibc_line: Pattern | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_ibc(cls, data: Any) -> Any:
        """Add what IBC writes to what a profile with ``ibc = true`` says itself, unless it is there already."""
        if not isinstance(data, Mapping) or data.get("ibc") is not True:
            return data
        known = _ibc()
        lists = {key: _followed(data.get(key, ()), known[key]) for key in ("logged_in", "waiting", "failures")}
        return {"ibc_line": known["ibc_line"], **data, **lists}

    def is_fixed(self, variable: str) -> bool:
        """Return whether a matrix file may not set a variable."""
        return variable in self.fixed or any(field for _, field, _, _ in _fields(self.environment.get(variable, "")))

    @property
    def can_be_read_only(self) -> bool:
        """Whether it is known how to make the API read-only."""
        return any("{read_only}" in value for value in self.environment.values())

    def port(self, mode: str) -> int:
        """Return the port inside the container."""
        return self.ports.live if mode == "live" else self.ports.paper
