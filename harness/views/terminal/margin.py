"""Answers as a page: a label in the margin, and what belongs to it beside it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MARGIN = 11
"""Characters for a label and the space behind it."""

_LEAST = 40
"""Characters beside the margin, on however narrow a terminal."""


def beside(label: str, lines: Iterable[str]) -> Iterator[str]:
    """The lines, as they are, with the label before the first; nothing where there are none."""
    for number, line in enumerate(lines):
        yield f"{'' if number else label:{MARGIN}}{line}".rstrip()


def room(width: int) -> int:
    """Characters beside the margin on a terminal of ``width``."""
    return max(width - MARGIN, _LEAST)


def wrapped(text: str, width: int) -> list[str]:
    """A paragraph for beside the margin; names and addresses are not broken, so that they can be copied."""
    return [
        line
        for part in text.splitlines()
        for line in textwrap.wrap(part, room(width), break_long_words=False, break_on_hyphens=False)
    ]
