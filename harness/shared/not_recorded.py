"""Defines the error by which a replayed gateway says that its recording has no answer. Both halves use it."""

from __future__ import annotations

CODE = 99_001
"""A code of ours: IBKR's end at 10,999 (API documentation, message codes)."""

_BEGINNING = "not in this recording: "


def text_of(what: str) -> str:
    """Return the error's text.

    Args:
        what: the request, and perhaps why there is no answer.
    """
    return f"{_BEGINNING}{what}"


def text_in(words: str) -> str:
    """Return the error's text in what a library logged of it; empty if it is not there."""
    _, beginning, rest = words.partition(_BEGINNING)
    return beginning + rest
