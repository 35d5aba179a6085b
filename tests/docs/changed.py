"""Writes what ``ib-compat changes`` says into the pages that hold it, between two markers.

``python -m tests.docs.changed`` makes them anew. That is needed when situations are added, or the simulator answers
otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from harness.changes.playing import Played
from harness.views.terminal.changes_page import markdown_of
from tests.changes.sides import changes, play_all

ROOT = Path(__file__).parents[2]
PAGES = (
    ROOT / "docs" / "reference" / "changes.md",
    ROOT / "docs" / "how-to" / "moving-from-ib_insync-to-ib_async.md",
)
_PART = re.compile(r"<!-- ib-compat changes (?P<before>\S+) (?P<after>\S+) -->\n(?P<held>.*?)<!-- end -->\n", re.DOTALL)
_DEEPER = re.compile("^(#+) ", re.MULTILINE)


def parts(page: Path) -> Iterator[tuple[str, str, str]]:
    """Give both versions of each marked part, and what it holds."""
    for part in _PART.finditer(page.read_text("utf-8")):
        yield part["before"], part["after"], part["held"]


@cache
def played(library: str) -> list[Played]:
    """Let a version meet all situations, once for all pages."""
    return play_all(library)


def said(before: str, after: str) -> str:
    """Give what belongs into such a part: headings are those of a part of a page."""
    found = changes(before, played(before), after, played(after))
    whole = markdown_of(found).partition("\n")[2].strip()
    deeper = _DEEPER.sub(r"\1# ", whole)
    return f"\n{deeper}\n\n"


def anew(page: Path) -> str:
    """Give a page with its parts as they should be."""

    def part(found: re.Match[str]) -> str:
        before, after = found["before"], found["after"]
        return f"<!-- ib-compat changes {before} {after} -->\n{said(before, after)}<!-- end -->\n"

    return _PART.sub(part, page.read_text("utf-8"))


if __name__ == "__main__":
    for each in PAGES:
        each.write_text(anew(each), "utf-8")
