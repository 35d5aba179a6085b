"""Writes what ``ib-compat changes`` says into the pages that hold it, between two markers.

``python -m tests.docs.changed`` makes them anew. That is needed when situations are added, or the simulator answers
otherwise.
"""

from __future__ import annotations

import datetime as dt
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
    ROOT / "docs" / "reference" / "changes-of-ibapi.md",
    ROOT / "docs" / "how-to" / "moving-from-ib_insync-to-ib_async.md",
)
_PART = re.compile(r"<!-- ib-compat changes (?P<before>\S+) (?P<after>\S+) -->\n(?P<held>.*?)<!-- end -->\n", re.DOTALL)
_DAY = re.compile(r"Made on (\d{4}-\d\d-\d\d)\.")
_PACKAGES = re.compile(r"^Not installed with both: .*", re.MULTILINE)
_DEEPER = re.compile("^(#+) ", re.MULTILINE)


def parts(page: Path) -> Iterator[tuple[str, str, str]]:
    """Give both versions of each marked part, and what it holds."""
    for part in _PART.finditer(page.read_text("utf-8")):
        yield part["before"], part["after"], part["held"]


@cache
def played(library: str) -> list[Played]:
    """Let a version meet all situations, once for all pages."""
    return play_all(library)


def day_of(held: str) -> str:
    """Give the day on which a part was made."""
    found = _DAY.search(held)
    return found[1] if found else ""


def packages_in(held: str) -> set[str]:
    """Give the line of the packages that only one of both has; they are the newest of their day."""
    return set(_PACKAGES.findall(held))


def said(before: str, after: str, day: str) -> str:
    """Give what belongs into such a part that is of a day: headings are those of a part of a page."""
    found = changes(before, played(before), after, played(after))
    whole = markdown_of(found).partition("\n")[2].strip()
    deeper = _DEEPER.sub(r"\1# ", whole)
    return f"\nMade on {day}.\n\n{deeper}\n\n"


def anew(page: Path) -> str:
    """Give a page with its parts as they should be; those that are so keep their day."""

    def part(found: re.Match[str]) -> str:
        before, after, held = found["before"], found["after"], found["held"]
        if held != said(before, after, day_of(held)):
            held = said(before, after, dt.datetime.now(tz=dt.UTC).date().isoformat())
        return f"<!-- ib-compat changes {before} {after} -->\n{held}<!-- end -->\n"

    return _PART.sub(part, page.read_text("utf-8"))


if __name__ == "__main__":
    for each in PAGES:
        each.write_text(anew(each), "utf-8")
