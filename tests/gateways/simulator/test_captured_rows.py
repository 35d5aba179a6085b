"""Each fact that was captured at real Gateways has a test that shows it, or a reason why the simulator does not."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import tomllib

HERE = Path(__file__).parent / "captured"
TESTS = Path(__file__).parents[2]
KEYS = {"says", "source", "shown_by", "not_shown"}
SOURCES = {"gw1040", "ibkr-go", "probes-193", "logs", "libraries"}
LONGEST = 120


def tables() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for file in sorted(HERE.glob("*.toml")):
        for number, row in tomllib.loads(file.read_text("utf-8")).items():
            yield file.name, number, row


@cache
def names_in(file: str) -> frozenset[str]:
    """Names of the tests in a file below tests/."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


@pytest.mark.parametrize(("number", "row"), [pytest.param(number, row, id=number) for _, number, row in tables()])
def test_a_captured_fact_is_shown_or_says_why_it_is_not(number: str, row: Mapping[str, Any]) -> None:
    assert set(row) <= KEYS, number
    assert 0 < len(row["says"]) <= LONGEST
    assert row["source"]
    assert set(row["source"]) <= SOURCES
    assert row.get("shown_by") or row.get("not_shown")
    for shown_by in row.get("shown_by", ()):
        file, _, name = shown_by.partition("::")
        assert name in names_in(file), shown_by


def test_every_fact_stands_once() -> None:
    numbers = [number for _, number, _ in tables()]
    assert len(numbers) == len(set(numbers))
    assert len(numbers) > 200
