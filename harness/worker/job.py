"""Parses a job: which gateway a cell asks, and what. It is validated here, because it comes from another process."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from harness.checks.all import NAMES

LAST_PORT = 65535


class JobError(ValueError):
    """A job is not understood: says which key, what it is and what was expected."""


@dataclass(frozen=True)
class Job:
    """One cell to run; timeouts are in seconds, ``folder`` receives its evidence.

    ``second_client_id`` is for checks that make a second connection; ``turn`` is the cell's number among those that ask
    a real gateway, 0 if it is ours; ``simulated`` says that nothing real is behind the gateway, ``orders`` that the
    user asked for orders and the gateway's mode is paper, ``paper_only`` that nothing may be asked of an account that
    is not a paper account.
    """

    cell: str
    host: str
    port: int
    client_id: int
    second_client_id: int
    turn: int
    simulated: bool
    orders: bool
    paper_only: bool
    checks: tuple[str, ...]
    connect_timeout: float
    request_timeout: float
    folder: Path


def read_job(raw: Any) -> Job:
    """Make a `Job` of decoded JSON; `JobError` if it is not one."""
    if not isinstance(raw, dict):
        raise JobError(f"a job is an object, not {raw!r}")
    expected = {each.name for each in fields(Job)}
    if raw.keys() != expected:
        missing, unknown = sorted(expected - raw.keys()), sorted(raw.keys() - expected)
        raise JobError(f"job: missing keys {missing}, unknown keys {unknown}")
    return Job(
        cell=_text(raw, "cell"),
        host=_text(raw, "host"),
        port=_whole(raw, "port", 1, LAST_PORT),
        client_id=_whole(raw, "client_id", 0, 2**31 - 1),
        second_client_id=_whole(raw, "second_client_id", 0, 2**31 - 1),
        turn=_whole(raw, "turn", 0, 2**31 - 1),
        simulated=_flag(raw, "simulated"),
        orders=_flag(raw, "orders"),
        paper_only=_flag(raw, "paper_only"),
        checks=_checks(raw["checks"]),
        connect_timeout=_seconds(raw, "connect_timeout"),
        request_timeout=_seconds(raw, "request_timeout"),
        folder=_folder(raw),
    )


def _text(raw: dict[str, Any], key: str) -> str:
    value = raw[key]
    if not isinstance(value, str) or not value:
        raise JobError(f"job: {key} is {value!r}, expected text")
    return value


def _whole(raw: dict[str, Any], key: str, least: int, most: int) -> int:
    value = raw[key]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise JobError(f"job: {key} is {value!r}, expected a whole number from {least} to {most}")
    return value


def _flag(raw: dict[str, Any], key: str) -> bool:
    value = raw[key]
    if not isinstance(value, bool):
        raise JobError(f"job: {key} is {value!r}, expected true or false")
    return value


def _seconds(raw: dict[str, Any], key: str) -> float:
    value = raw[key]
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not value > 0:
        raise JobError(f"job: {key} is {value!r}, expected seconds above 0")
    return float(value)


def _checks(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise JobError(f"job: checks is {value!r}, expected a list of check names")
    unknown = [name for name in value if name not in NAMES]
    if unknown:
        raise JobError(f"job: checks names {unknown}; there are: {', '.join(NAMES)}")
    return tuple(name for name in NAMES if name in value)


def _folder(raw: dict[str, Any]) -> Path:
    folder = Path(_text(raw, "folder"))
    if not folder.is_absolute():
        raise JobError(f"job: folder is {str(folder)!r}, expected an absolute path")
    return folder
