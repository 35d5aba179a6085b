"""One cell by what a person types of its id."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.shared.errors import NoSuchCellError, SelectionError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

_LISTED = 20
"""Cells that are named where a word means several."""


def find_cell(word: str, ids: Iterable[str]) -> str:
    """The id that the word is, else the one that it matches as a glob, else the one that it is a part of.

    Case does not matter. Raises SelectionError where there are several, which the hint lists, and NoSuchCellError where
    there is none: then the hint names the nearest.
    """
    known = list(ids)
    if word in known:
        return word
    for pattern in (word, f"*{word}*"):
        found = [each for each in known if fnmatchcase(each.casefold(), pattern.casefold())]
        if len(found) == 1:
            return found[0]
        if found:
            raise SelectionError(f"{word!r} matches {len(found)} cells", hint=_list(found))
    raise NoSuchCellError(f"{word!r} matches no cell", hint=_nearest(word, known))


def _list(found: list[str]) -> str:
    more = [f"  … and {len(found) - _LISTED} more"] if len(found) > _LISTED else []
    return "\n".join(["Name one of:", *(f"  {each}" for each in found[:_LISTED]), *more])


def _nearest(word: str, ids: list[str]) -> str:
    """Rows and gateways are named too: a word may be near to one of them and far from a whole id."""
    bare = word.replace("*", "").strip("/")
    parts = {part for each in ids for part in (each, each.rpartition("/")[0], each.rpartition("/")[2])}
    near = nearest(bare, sorted(parts))
    return f"Nearest: {', '.join(near)}." if near else "ib-compat plan lists them."
