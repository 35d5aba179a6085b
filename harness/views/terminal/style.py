"""Defines the look of a terminal page: glyphs, colours, margins, and lines that fit."""

from __future__ import annotations

import os
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

import click
from rich.cells import cell_len, set_cell_size

from harness.plan.matrix.expect import Verdict
from harness.shared.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_GLYPHS = {
    Status.PASS: ("✓", "+"),
    Status.DEGRADED: ("≈", "~"),
    Status.FAIL: ("✗", "x"),
    Status.TIMEOUT: ("⧗", "t"),
    Status.ERROR: ("!", "!"),
    Status.UNSUPPORTED: ("∅", "/"),
    Status.SKIPPED: ("·", "-"),
    Status.NOT_RUN: ("?", "?"),
}

_COLOURS: Mapping[Status, Mapping[str, Any]] = {
    Status.PASS: {"fg": "green"},
    Status.DEGRADED: {"fg": "yellow"},
    Status.FAIL: {"fg": "red"},
    Status.TIMEOUT: {"fg": "red"},
    Status.ERROR: {"fg": "magenta"},
    Status.UNSUPPORTED: {"fg": "cyan"},
    Status.SKIPPED: {"dim": True},
    Status.NOT_RUN: {"fg": "magenta"},
}

MEANINGS = {
    Status.PASS: "every check passed",
    Status.DEGRADED: "connected, and something was lost or wrong",
    Status.FAIL: "failed",
    Status.TIMEOUT: "no answer in time",
    Status.ERROR: "the harness failed; this says nothing about the library",
    Status.UNSUPPORTED: "not possible, as predicted",
    Status.SKIPPED: "not asked",
    Status.NOT_RUN: "planned, but has no result",
}

MARGIN = 11
"""Characters for a label and the space behind it."""

_LEAST = 40
"""The least characters beside the margin, even if the terminal is narrower."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """What the stream can show."""

    unicode: bool = True
    colour: bool = False

    def glyph(self, status: Status) -> str:
        """One character for a status."""
        fancy, plain = _GLYPHS[status]
        return fancy if self.unicode else plain

    def mark(self, status: Status, verdict: Verdict) -> str:
        """The glyph, in brackets if a red is expected, with a star if a pass is unexpected."""
        glyph = self.glyph(status)
        if verdict is Verdict.UNEXPECTED_PASS:
            return f"{glyph}*"
        expected_red = verdict is Verdict.AS_EXPECTED and is_red(status)
        return f"({glyph})" if expected_red else glyph

    def paint(self, text: str, status: Status) -> str:
        """The text in the status's colour, if the stream has colours."""
        return click.style(text, **_COLOURS[status]) if self.colour else text

    def plain(self, text: str) -> str:
        """The text with our typographic characters replaced, if the stream cannot encode them."""
        if self.unicode:
            return text
        return text.replace("≤", "<=").replace("…", "...").encode("ascii", "replace").decode()


def style_of(stream: TextIO, environ: Mapping[str, str] | None = None) -> Style:
    """Return what a stream can show: glyphs if its encoding has them, and colour if it is a terminal.

    A value of ``NO_COLOR`` that is not empty turns colour off (https://no-color.org).
    """
    settings = os.environ if environ is None else environ
    wanted = not settings.get("NO_COLOR") and settings.get("TERM") != "dumb"
    return Style(unicode=_encodes_glyphs(stream), colour=wanted and stream.isatty())


def is_red(status: Status) -> bool:
    """Whether a square needs an explanation: it was asked, or should have been, and did not pass."""
    return status not in {Status.PASS, Status.SKIPPED, Status.UNSUPPORTED}


def printable(text: str) -> str:
    """Return the text without control characters, so that what a library or gateway says cannot move the cursor."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() or character == "\n" else "\ufffd" for character in text)


def _encodes_glyphs(stream: TextIO) -> bool:
    try:
        "".join(fancy for fancy, _ in _GLYPHS.values()).encode(stream.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def beside(label: str, lines: Iterable[str]) -> Iterator[str]:
    """The lines, as they are, with the label before the first; nothing if there are none."""
    for number, line in enumerate(lines):
        yield f"{'' if number else label:{MARGIN}}{line}".rstrip()


def room(width: int) -> int:
    """Characters beside the margin on a terminal of ``width``."""
    return max(width - MARGIN, _LEAST)


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text, wrapped to fit beside the margin."""
    return [line for part in text.splitlines() for line in _wrap(part, room(width))]


def paragraph(text: str, width: int, *, indent: int = 0, hanging: int = 2) -> list[str]:
    """Return a text as one paragraph, made printable, because it quotes libraries and gateways.

    Args:
        text: any text; its lines are joined.
        width: the width of the terminal in characters.
        indent: spaces before each line.
        hanging: additional spaces before every line but the first.
    """
    return _wrap(" ".join(printable(text).split()), width, " " * indent, " " * (indent + hanging))


def cut(text: str, width: int) -> str:
    """A text on one line, cut at the terminal's width; East Asian characters take two columns."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def _wrap(text: str, width: int, first: str = "", others: str = "") -> list[str]:
    """Wrap a text, and keep names and addresses whole, so that they can be copied."""
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )
