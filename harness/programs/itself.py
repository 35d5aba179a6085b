"""Says whether a program is still the one that it was, by digests of what it is made of."""

from __future__ import annotations

from dataclasses import dataclass

_WORDS = {"files": "its files", "table": "how its table runs it", "requirements": "its requirements"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramItself:
    """Digests of what a program is made of; an empty one is not known, and decides nothing."""

    files: str = ""
    """names and contents of the files that are copied"""
    table: str = ""
    """its command, and all that its table says of how it runs and what is expected of it"""
    requirements: str = ""
    """what its environment is made of, but for the library that is varied"""

    @property
    def known(self) -> bool:
        """Whether all of it is known."""
        return all(getattr(self, name) for name in _WORDS)

    def changed_from(self, before: ProgramItself) -> tuple[str, ...]:
        """Return what is known to be other than before, in words."""
        pairs = {name: (getattr(before, name), getattr(self, name)) for name in _WORDS}
        return tuple(_WORDS[name] for name, (was, now) in pairs.items() if was and now and was != now)
