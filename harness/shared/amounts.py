"""Numbers as people read them: so many of a thing, how long something took, and how large it is."""

from __future__ import annotations

_SECOND = 1.0
_TEN, _THOUSAND = 10, 1_000
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def counted(number: int, noun: str) -> str:
    """``1 cell`` or ``2 cells``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """A time for a person: ``0.4 ms``, ``4 s``, ``3 min``, ``2 h``, ``5 d``."""
    if seconds < _SECOND:
        return f"{seconds * 1000:.2g} ms" if seconds < _SECOND / 100 else f"{seconds * 1000:.0f} ms"
    if seconds < _MINUTE * 2:
        return f"{seconds:.3g} s"
    for unit, length in (("d", _DAY), ("h", _HOUR)):
        if seconds >= length * 2:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / _MINUTE:.0f} min"


def size(count: int) -> str:
    """A number of bytes for a person: ``12 B``, ``4.1 MB``, ``310 GB``."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < _THOUSAND:
            break
        amount, unit = amount / _THOUSAND, larger
    return f"{amount:.2g} {unit}" if amount < _TEN and unit != "B" else f"{amount:.0f} {unit}"
