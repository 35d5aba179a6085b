"""The page of verdicts says what the rules say: every code, and who is at fault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.diagnose.verdict_rules import load

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "verdicts.md").read_text("utf-8")
HEADINGS = {"gateway": "## On a gateway", "cell": "## On a cell"}
ROW = re.compile(r"^\| `([a-z0-9-]+)` \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)


def told(table: str) -> dict[str, tuple[set[str], set[str]]]:
    """Give what the page says: code to who is at fault and how sure."""
    part = PAGE.split(HEADINGS[table])[1].split("\n## ")[0]
    return {row[0]: (set(row[1].split(" or ")), set(row[2].split("/"))) for row in ROW.findall(part)}


@pytest.mark.parametrize("table", sorted(HEADINGS))
def test_the_page_has_every_verdict_with_who_is_at_fault_and_how_sure(table: str) -> None:
    wanted: dict[str, tuple[set[str], set[str]]] = {}
    for rule in load(table):
        faults, sure = wanted.setdefault(rule.code, (set(), set()))
        faults.add(rule.fault.value if rule.fault else "nobody")
        sure.add(rule.sure.value)
    assert told(table) == wanted
