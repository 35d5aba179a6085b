"""Answers as a page: a label in the margin, and what belongs to it beside it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from harness.views.terminal.style import printable

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
    """The lines of a text for beside the margin, those that are too long on several."""
    return [line for part in text.splitlines() for line in _wrap(part, room(width))]


def paragraph(text: str, width: int, *, indent: int = 0, hanging: int = 2) -> list[str]:
    """A text as one paragraph, made printable: it quotes what libraries and gateways said.

    Args:
        text: any; its own lines are joined.
        width: of the terminal, in characters.
        indent: spaces before the first line.
        hanging: spaces more before the others.
    """
    return _wrap(" ".join(printable(text).split()), width, " " * indent, " " * (indent + hanging))


def cut(text: str, width: int) -> str:
    """A text on one line, cut where the terminal ends; East Asian characters take two columns there."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def _wrap(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    """Names and addresses are not broken, so that they can be copied."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
