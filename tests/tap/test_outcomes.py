"""With or without the tap, a cell ends the same: what is recorded is not changed by the recording."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.matrix.environments import RowEnvironment
from harness.matrix.load import load_matrix
from harness.plan.build import build_plan
from harness.tap import FILE, read_transcript
from tests.control.listeners import close_after_hello, close_at_once, listening_in_a_thread, silence
from tests.run.fakes import run_plan
from tests.run.real import ROWS, folder_of, matrix

ADDRESS = '[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "address"\nport = {port}\nconcurrency = 3\n'
SIMULATED = '[[gateway]]\nproduct = "gateway"\nversion = "10.45"\nkind = "simulator"\n'


async def reset_after_hello(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(1000)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@contextmanager
def nobody(_behaviour: Any) -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


BEHAVIOURS: dict[str, Any] = {
    "silent": (listening_in_a_thread, silence),
    "closes at once": (listening_in_a_thread, close_at_once),
    "closes after the hello": (listening_in_a_thread, close_after_hello),
    "resets after the hello": (listening_in_a_thread, reset_after_hello),
    "is not there": (nobody, None),
}


def outcomes(folder: Path, environments: Path, gateways: str, *, record: bool) -> dict[str, list[tuple[str, str]]]:
    """Run the real rows; gives how each check of each cell ended."""
    folder.mkdir()
    file = matrix(folder, gateways, f"connect_timeout = 0.5\nrecord = {str(record).lower()}")
    seen = run_plan(build_plan(load_matrix(file)), environments, folder)
    assert len(seen.cells) == len(ROWS)
    return {name: [(check.name, check.status) for check in cell.checks] for name, cell in seen.cells.items()}


@pytest.mark.parametrize("behaviour", BEHAVIOURS)
def test_a_sick_gateway_is_as_sick_through_the_tap(
    behaviour: str, tmp_path: Path, environments: dict[str, RowEnvironment]
) -> None:
    listening, does = BEHAVIOURS[behaviour]
    with listening(does) as port:
        gateways = ADDRESS.format(port=port)
        with_tap = outcomes(tmp_path / "with", folder_of(environments), gateways, record=True)
        without = outcomes(tmp_path / "without", folder_of(environments), gateways, record=False)
    assert with_tap == without
    assert {status for checks in without.values() for _, status in checks} != {"pass"}


def test_a_healthy_gateway_is_as_healthy_and_every_cell_has_its_transcript(
    tmp_path: Path, environments: dict[str, RowEnvironment]
) -> None:
    with_tap = outcomes(tmp_path / "with", folder_of(environments), SIMULATED, record=True)
    without = outcomes(tmp_path / "without", folder_of(environments), SIMULATED, record=False)
    assert with_tap == without
    files = list((tmp_path / "with").rglob(FILE))
    assert len(files) == len(ROWS)
    assert all(len(read_transcript(file)) > 10 for file in files)
    assert list((tmp_path / "without").rglob(FILE)) == []
