"""A recording that is not as it was written makes no gateway: it is refused before anybody asks."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from harness.gateways.kinds import open_gateway
from harness.plan.matrix.load import load_matrix
from harness.shared.errors import GatewayError, InputError
from tests.recordings.made import SESSION, members_of, packed, with_manifest, zipped

MATRIX = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[gateway]]
product = "gateway"
version = "10.45"
mode = "paper"
kind = "replay"
recording = "made.ibrec"
"""


async def opened(folder: Path) -> None:
    (folder / "mine.toml").write_text(MATRIX, encoding="utf-8")
    (spec,) = load_matrix(folder / "mine.toml").gateways
    async with open_gateway(spec):
        pass


def lie(file: Path, change: dict[str, Any]) -> None:
    file.write_bytes(with_manifest(file.read_bytes(), change))


@pytest.mark.parametrize(
    "change",
    [
        {"frames": {"client": 7, "gateway": 2}},
        {"gateway": {"server_version": 202, "mode": "paper"}},
        {"clients": []},
        {"seconds": 0.0},
    ],
)
def test_a_manifest_that_lies_makes_no_gateway(change: dict[str, Any], tmp_path: Path) -> None:
    lie(packed(tmp_path, SESSION), change)
    with pytest.raises(InputError, match=r"made\.ibrec: is not a recording as ib-compat writes it: the manifest says"):
        asyncio.run(opened(tmp_path))


def test_lines_that_were_edited_make_no_gateway(tmp_path: Path) -> None:
    file = packed(tmp_path, SESSION)
    members = members_of(file.read_bytes())
    file.write_bytes(zipped((name, data.replace(b"opened", b"closed")) for name, data in members.items()))
    with pytest.raises(InputError, match="is not as it was written"):
        asyncio.run(opened(tmp_path))


def test_one_that_is_as_it_was_written_is_no_lie(tmp_path: Path) -> None:
    packed(tmp_path, SESSION)
    with pytest.raises(GatewayError, match="start"):  # of no client: it is all that this one lacks
        asyncio.run(opened(tmp_path))
