"""The documents can be read in an editor: no line of their text is longer than others can show."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.test_paths import LINK, PAGES, name

LONGEST = 150
FENCE = "```"


def text_lines(page: Path) -> list[tuple[int, str]]:
    """Give the lines of a page with their numbers, without tables, examples, and where links lead."""
    lines, fenced = [], False
    for number, line in enumerate(page.read_text("utf-8").splitlines(), start=1):
        fenced ^= line.lstrip().startswith(FENCE)
        if not fenced and not line.startswith("|"):
            lines.append((number, LINK.sub("]()", line)))
    return lines


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_no_line_of_text_is_too_long(page: Path) -> None:
    assert [number for number, line in text_lines(page) if len(line) > LONGEST] == []
