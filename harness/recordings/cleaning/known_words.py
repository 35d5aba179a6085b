"""Finds in a text what is known to be personal, among any number of such words, which come one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

SHORTEST = 4
"""Shorter words are not looked for: they are parts of others, and tell nobody who somebody is."""
SHORTEST_NUMBER = 6
"""Shorter numbers are years, sizes and codes as well."""
_ANYWHERE = 6
"""So long a word is found inside others; a shorter one only by itself."""


class Span(NamedTuple):
    """A part of a text, and what comes into its place."""

    start: int
    end: int
    replacement: str


class KnownWords:
    """Words and their replacements."""

    def __init__(self) -> None:
        self._by_beginning: dict[str, dict[int, dict[str, str]]] = {}

    def add(self, word: str, replacement: str) -> None:
        """Look for a word from now on, in upper and lower case."""
        word = _lower(word.strip())
        if len(word) >= (SHORTEST_NUMBER if word.isdecimal() else SHORTEST):
            by_length = self._by_beginning.setdefault(word[:SHORTEST], {})
            by_length.setdefault(len(word), {}).setdefault(word, replacement)

    def find(self, text: str) -> Iterator[Span]:
        """Yield the places of the words; the longest that begins at each place."""
        beginnings = self._by_beginning
        if not beginnings:
            return
        lowered = _lower(text)
        for start in range(len(lowered) - SHORTEST + 1):
            by_length = beginnings.get(lowered[start : start + SHORTEST])
            if by_length is not None:
                yield from _longest(lowered, start, by_length)


def _longest(text: str, start: int, by_length: Mapping[int, Mapping[str, str]]) -> Iterator[Span]:
    for length in sorted(by_length, reverse=True):
        end = start + length
        replacement = by_length[length].get(text[start:end])
        if replacement is not None and _is_whole(text, start, end):
            yield Span(start, end, replacement)
            return


def _is_whole(text: str, start: int, end: int) -> bool:
    """Return whether this is the word and no accident: a number in a longer one, or ``test`` in ``latest``."""
    around = text[max(start - 1, 0) : start] + text[end : end + 1]
    if text[start:end].isdecimal():
        return not any(map(str.isdecimal, around))
    return end - start >= _ANYWHERE or not any(map(str.isalnum, around))


def _lower(text: str) -> str:
    """Return the text in lower case, each character at its place: some have two in lower case."""
    if text.isascii():
        return text.lower()
    return "".join(low if len(low := character.lower()) == 1 else character for character in text)


def replaced(text: str, spans: list[Span]) -> str:
    """Return the text with the spans replaced, the first and longest where they overlap."""
    parts: list[str] = []
    done = 0
    for start, end, replacement in sorted(spans, key=lambda span: (span.start, -span.end)):
        if start >= done:
            parts += (text[done:start], replacement)
            done = end
    return "".join([*parts, text[done:]])
