"""What may stand where a file of a run should be: each attack puts it there."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from harness.doctor.examine import Examination

DEEP = 100_000


def empty(file: Path) -> None:
    file.write_bytes(b"")


def cut(file: Path) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: len(data) * 2 // 3])


def garbage(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 8)


def deep_lists(file: Path) -> None:
    file.write_text("[" * DEEP, "utf-8")


def deep_objects(file: Path) -> None:
    file.write_text('{"a":' * DEEP + "1" + "}" * DEEP, "utf-8")


def less_deep(file: Path) -> None:
    """Less deep than what Python's reader of JSON refuses by itself."""
    file.write_text("[" * 500 + "]" * 500, "utf-8")


def a_list(file: Path) -> None:
    file.write_text("[1, 2]\n", "utf-8")


def a_number(file: Path) -> None:
    file.write_text("7\n", "utf-8")


def long_number(file: Path) -> None:
    file.write_text("9" * 100_000, "utf-8")


def folder(file: Path) -> None:
    file.unlink(missing_ok=True)
    file.mkdir()


def fifo(file: Path) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no FIFOs in folders")
    file.unlink(missing_ok=True)
    os.mkfifo(file)


def endless(file: Path) -> None:
    _link(file, "/dev/zero")


def ring(file: Path) -> None:
    _link(file, file.name)


def _link(file: Path, to: str) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows lets not everybody make links, and has no /dev/zero")
    file.unlink(missing_ok=True)
    file.symlink_to(to)


def huge(file: Path) -> None:
    """Larger than any run; sparse, so that it takes no room."""
    with file.open("r+b") as opened:
        opened.truncate(2**40)


ATTACKS: tuple[Callable[[Path], None], ...] = (
    *(empty, cut, garbage, deep_lists, deep_objects, less_deep, a_list, a_number, long_number),
    *(folder, fifo, endless, ring, huge),
)


def _changed(text: str) -> Callable[[Path], None]:
    """Put something into a document that is all right otherwise, where any JSON may stand."""

    def change(file: Path) -> None:
        document = json.loads(file.read_text("utf-8"))
        (cell,) = document["cells"].values()
        cell["checks"][0]["detail"] = {"here": "MARK"}
        file.write_text(json.dumps(document).replace('"MARK"', text), "utf-8")

    return change


def _named(name: str, text: str) -> Callable[[Path], None]:
    change = _changed(text)
    change.__name__ = name
    return change


def _places(name: str, **changes: object) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        document = json.loads(file.read_text("utf-8"))
        (cell,) = document["cells"].values()
        cell.update(changes)
        file.write_text(json.dumps(document), "utf-8")

    change.__name__ = name
    return change


INSIDE: tuple[Callable[[Path], None], ...] = (
    *(empty, cut, garbage, deep_lists, deep_objects, less_deep, long_number, endless, ring, huge),
    _named("not_a_number", "NaN"),
    _named("infinite", "-Infinity"),
    _named("too_large", "1e999"),
    _named("deep_inside", "[" * 300 + "]" * 300),
    _places("artifact_above", artifacts=["../../canary"]),
    _places("artifact_of_the_system", artifacts=["/etc/hostname"]),
    _places("artifact_of_windows", artifacts=["C:\\canary"]),
    _places("artifact_with_a_nul", artifacts=["cells/\0"]),
)
"""What makes results none of ours."""


@contextmanager
def in_time(what: str) -> Iterator[None]:
    """End the process, with all stacks, where something waits for ever: nothing else ends what waits in the system."""
    sys.stderr.write(f"{what}\n")
    faulthandler.dump_traceback_later(60, exit=True, file=2)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


async def nothing(_asked: object) -> list[Examination]:
    """Look at no gateway: that takes longer than all that is tested here."""
    return []
