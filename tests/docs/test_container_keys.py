"""The keys of containers and of images that the reference lists are those that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from harness.known.images import BootFailure, ImageProfile, load
from harness.plan.matrix.tables import AddressTable, DockerTable, ReplayTable, SimulatorTable

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "matrix.md").read_text("utf-8")
VERDICTS = (Path(__file__).parents[2] / "docs" / "reference" / "verdicts.md").read_text("utf-8")


def listed(after: str) -> set[str]:
    """Give the keys of the first table after a text."""
    table = PAGE.partition(after)[2].partition("|---|")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    return {key for cell in cells for key in re.findall(r"`(\w+)`", cell)}


@pytest.mark.parametrize(
    ("after", "model"),
    [
        ('`kind = "docker"`, for', DockerTable),
        ('`kind = "address"`, for', AddressTable),
        ('`kind = "replay"`, for', ReplayTable),
    ],
)
def test_the_reference_lists_every_key_of_a_kind(after: str, model: type[BaseModel]) -> None:
    common = listed("## `[[gateway]]`")
    assert common <= set(SimulatorTable.model_fields)
    assert listed(after) == set(model.model_fields) - common


def test_the_reference_lists_every_key_of_an_image() -> None:
    assert listed("## `[[image]]`") == set(ImageProfile.model_fields)


def test_the_reference_names_every_image_that_is_known() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| `image_profile`"))
    assert set(load()) <= set(re.findall(r"`([\w-]+)`", row))


def test_every_code_of_a_boot_that_failed_has_a_verdict_of_its_name() -> None:
    assert set(re.findall(r"^\| `([\w-]+)` \|", VERDICTS, re.MULTILINE)) >= {code.value for code in BootFailure}
