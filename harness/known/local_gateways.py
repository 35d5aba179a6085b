"""Reads ``local_gateways.toml``: how to recognise IB Gateway and TWS by their ports, processes and files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import tomllib


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """How a kind of process is recognised: by the name of its executable, or by an argument of Java.

    Args:
        kind: a value of ``Kind``.
    """

    kind: str
    names: frozenset[str]
    arguments: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualPort:
    """The default port of a product; ``forwarded``: the port of a container's forwarder for it."""

    number: int
    product: str
    mode: str
    forwarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsFile:
    """The places of ``jts.ini``, and the keys that are read from it; the keys of ``[settings]``."""

    file: str
    section: str
    api_only: str
    trusted_ips: str
    ports: tuple[str, ...]
    options: tuple[str, ...]
    folders: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFiles:
    """Which files are logs; the keys of ``[logs]`` and ``[ibc]``."""

    names: tuple[str, ...]
    encrypted: tuple[str, ...]
    ibc_names: tuple[str, ...]
    ibc_folders: Mapping[str, tuple[str, ...]]
    stamps: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything that the file says."""

    ports: tuple[UsualPort, ...]
    java: frozenset[str]
    programs: tuple[Program, ...]
    settings: SettingsFile
    logs: LogFiles
    hidden: tuple[re.Pattern[str], ...]
    nobody: frozenset[str]
    linux_states: Mapping[str, str]


@cache
def known() -> Known:
    """Return the file's contents."""
    table = tomllib.loads((resources.files("harness.known") / "local_gateways.toml").read_text("utf-8"))
    return Known(
        ports=tuple(UsualPort(**each) for each in table["ports"]),
        java=frozenset(table["java"]["names"]),
        programs=tuple(_program(each) for each in table["program"]),
        settings=SettingsFile(**{**_tuples(table["settings"]), "folders": _tuples(table["settings"]["folders"])}),
        logs=LogFiles(
            **_tuples(table["logs"]),
            ibc_names=tuple(table["ibc"]["names"]),
            ibc_folders=_tuples(table["ibc"]["folders"]),
            stamps=tuple(re.compile(each["pattern"]) for each in table["stamp"]),
        ),
        hidden=tuple(re.compile(each) for each in table["hidden"]["values"]),
        nobody=frozenset(table["hidden"]["nobody"]),
        linux_states=table["linux"]["states"],
    )


def _program(table: Mapping[str, Any]) -> Program:
    return Program(
        kind=table["kind"],
        names=frozenset(table["names"]),
        arguments=tuple(re.compile(each) for each in table.get("arguments", ())),
    )


def _tuples(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
