"""The page on testing a program names every key of the marker, and everything that a test can do."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from harness.pytest_plugin import plugin
from harness.pytest_plugin.ib_gateway import IBGateway
from harness.pytest_plugin.orders import Order
from harness.pytest_plugin.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "testing-your-program.md").read_text("utf-8")
KEYS = {field.name for field in fields(Settings)}


def cells(heading: str) -> list[str]:
    """Give the first cells of the table below a heading."""
    below = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (`.*?) \|", below, re.MULTILINE)


def test_every_key_is_told() -> None:
    assert {cell.strip("`") for cell in cells("What a test can choose")} == KEYS
    assert set(re.findall(r"(\w+)=", plugin._MARKER)) == KEYS


def test_everything_that_a_test_can_do_is_told() -> None:
    told = {name for cell in cells("What a test can do") for name in re.findall(r"`(?:with )?(\w+)[`(:]", cell)}
    assert told == {name for name in vars(IBGateway) if not name.startswith("_")}


def test_what_an_order_shows_exists() -> None:
    (row,) = (line for line in PAGE.splitlines() if line.startswith("| `orders` |"))
    named = set(re.findall(r"`(\w+)`", row)) - {"orders"}
    assert named <= {field.name for field in fields(Order)}
    assert {"id", "client", "contract", "action", "quantity", "type", "limit", "status", "filled"} <= named
