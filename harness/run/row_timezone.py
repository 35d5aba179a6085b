"""The time zone of a row's process."""

from __future__ import annotations

from importlib import resources


def posix(name: str) -> str:
    """Return what the variable ``TZ`` takes for a zone: ``JST-9`` for ``Asia/Tokyo``.

    The rule itself, not the name: a machine without data of time zones takes every name for UTC, without a word. It is
    the last line of the zone's file (RFC 8536) in the package tzdata, which ib-compat requires.
    """
    file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    return file.read_bytes().rstrip(b"\n").rpartition(b"\n")[2].decode("ascii")
