"""Names the kinds of changes of a cell from one run to another."""

from enum import StrEnum


class Kind(StrEnum):
    """The kinds of changes of a cell."""

    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"
    UNCHANGED = "unchanged"

    @property
    def letter(self) -> str:
        """``A``, ``D``, ``C`` or ``U``: added, deleted, changed, unchanged."""
        return _LETTERS[self]


_LETTERS = {Kind.ADDED: "A", Kind.GONE: "D", Kind.CHANGED: "C", Kind.UNCHANGED: "U"}
