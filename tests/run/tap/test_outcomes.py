"""With or without the tap a cell ends the same: recording does not change what is recorded."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.matrix.environments import RowEnvironment
from harness.plan.matrix.load import load_matrix
from harness.results.transcript_file import FILE, read_transcript
from harness.run.column import Column
from harness.shared.evidence import CellOutcome
from harness.shared.status import Status
from harness.wire.transcript_words import in_words
from tests.diagnose.control.listeners import close_after_hello, close_at_once, listening_in_a_thread, silence
from tests.run.fakes import run_plan
from tests.run.real import ROWS, folder_of, matrix, told
from tests.worker.scripted_gateway import Script, ScriptedGateway

HEALTHY = ("10.19", "10.37", "10.45")
"""Text, protobuf in part, protobuf throughout."""


async def reset_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


SICK: dict[str, Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]] = {
    "silent": silence,
    "closes-at-once": close_at_once,
    "closes-after-hello": close_after_hello,
    "resets-after-hello": reset_after_hello,
}
SCRIPTED = {
    "closes-after-version": Script(on_start="close"),
    "silent-after-version": Script(on_start="silence"),
    "client-id-in-use": Script(on_start="326"),
    "splits-the-version": Script(version_reply="split"),
    "has-no-position-end": Script(left_out=frozenset({62})),
    "hangs-up-on-a-request": Script(hangs_up_on=frozenset({49})),
}
UNTAPPED = "is-not-there"
UNASKED = "silent"
"""No library is let near a real gateway that leaves the control unanswered."""
UNDECIDED = "closes-at-once"
"""Its end and the client's hello cross: the system makes a reset of it or not, with a tap or without."""

ALL = (*(f"gateway-{version}-paper" for version in HEALTHY), *SICK, *SCRIPTED, UNTAPPED)

ADDRESS = """
[[gateway]]
product = "gateway"
version = "10.45"
name = "{name}"
kind = "address"
mode = "live"
port = {port}
concurrency = 3
"""
"""Live is asked though no account is shown, with the user's consent, which these are asked with."""

PATIENCE = 3.0
"""Seconds: enough for a library on a machine that is busy with other tests, so that both runs tell the same."""

_DURATIONS = re.compile(r"\d+\.\d+ s\b")
_OF_A_RUN = re.compile(r"\b\d{5,10}\b")
"""Ports, and seconds since 1970."""
_COMPARED = {"differences", "parts", "against"}
"""What the host makes of an answer: with a transcript it knows more."""


@contextmanager
def gateways() -> Iterator[str]:
    """Run all sick gateways; give the tables of a matrix file that name them and the healthy ones."""
    with ExitStack() as stack:
        ports = {name: stack.enter_context(listening_in_a_thread(behaviour)) for name, behaviour in SICK.items()}
        ports |= {name: stack.enter_context(ScriptedGateway(script)).port for name, script in SCRIPTED.items()}
        nobody = stack.enter_context(socket.socket())
        nobody.bind(("127.0.0.1", 0))
        ports[UNTAPPED] = nobody.getsockname()[1]
        simulated = [f'[[gateway]]\nproduct = "gateway"\nversion = "{each}"\nkind = "simulator"' for each in HEALTHY]
        yield "\n".join([*simulated, *(ADDRESS.format(name=name, port=port) for name, port in ports.items())])


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[bool, Path]:
    return {record: tmp_path_factory.mktemp("recorded" if record else "straight") for record in (True, False)}


@pytest.fixture(scope="module")
def runs(folders: dict[bool, Path], environments: dict[str, RowEnvironment]) -> dict[bool, dict[str, CellOutcome]]:
    """Every row at every gateway, with a tap and without."""
    seen: dict[bool, dict[str, CellOutcome]] = {}
    for record, folder in folders.items():
        with gateways() as tables, pytest.MonkeyPatch.context() as patch:
            file = matrix(
                folder,
                tables,
                f"connect_timeout = {PATIENCE}\nrequest_timeout = {PATIENCE}\nrecord = {str(record).lower()}",
            )
            plan = build_plan(load_matrix(file), allow_live=True)
            if not record:  # a gateway that somebody else runs has a tap before it all the same
                patch.setattr(Column, "tapped", None)
            seen[record] = run_plan(plan, folder_of(environments), folder).cells
    return seen


def at(gateway: str, cells: dict[str, CellOutcome]) -> list[CellOutcome]:
    found = [cell for name, cell in cells.items() if name.endswith(f"/{gateway}")]
    assert len(found) == len(ROWS)
    return sorted(found, key=lambda cell: cell.cell)


def lasting(cell: CellOutcome) -> dict[str, Any]:
    """What is the same from run to run: how long something took is not."""
    tale = told(cell)
    tale["checks"] = [
        (name, status, _without_what_differs(reason), {key: detail[key] for key in detail if key not in _COMPARED})
        for name, status, reason, detail in tale["checks"]
    ]
    return {key: value for key, value in tale.items() if key != "artifacts"}


def _without_what_differs(reason: str | None) -> str | None:
    return reason and _OF_A_RUN.sub("…", _DURATIONS.sub("… s", reason))


def statuses(cell: CellOutcome) -> dict[str, Any]:
    return {check.name: check.status for check in cell.checks}


@pytest.mark.slow
@pytest.mark.parametrize("gateway", ALL)
def test_a_cell_tells_the_same_with_a_tap_and_without(runs: dict[bool, dict[str, CellOutcome]], gateway: str) -> None:
    recorded, straight = (at(gateway, runs[record]) for record in (True, False))
    tale = statuses if gateway == UNDECIDED else lasting
    assert [tale(cell) for cell in recorded] == [tale(cell) for cell in straight]
    passes = {check.status for cell in straight for check in cell.checks} == {Status.PASS}
    assert passes == gateway.startswith("gateway-")


@pytest.mark.slow
@pytest.mark.parametrize("gateway", ALL)
def test_every_cell_whose_gateway_is_there_has_a_transcript(
    runs: dict[bool, dict[str, CellOutcome]], folders: dict[bool, Path], gateway: str
) -> None:
    for cell in at(gateway, runs[True]):
        file = f"cells/{cell.cell}/{FILE}"
        assert (file in cell.artifacts) == (gateway not in {UNTAPPED, UNASKED})
        if gateway not in {UNTAPPED, UNASKED}:
            said = [line.text for line in in_words(read_transcript(folders[True] / "results" / file))]
            assert said[0] == "opened"
            assert any(text.startswith("hello v") for text in said) or gateway == UNDECIDED
    assert not any(FILE in artifact for cell in at(gateway, runs[False]) for artifact in cell.artifacts)
