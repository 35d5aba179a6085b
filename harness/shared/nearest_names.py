"""The names nearest to one that does not exist; the standard library only."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def nearest(word: str, words: Iterable[str], *, count: int = 3) -> list[str]:
    """The names most like ``word``, best first; without regard to case, since users type ids by hand."""
    by_folded = {known.casefold(): known for known in words}
    matches = difflib.get_close_matches(word.casefold(), by_folded, n=count, cutoff=0.4)
    return [by_folded[match] for match in matches]


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """``"; did you mean 'versions'?"``, or nothing where no name is like it."""
    names = nearest(word, words, count=1)
    return f"; did you mean {names[0]!r}?" if names else ""
