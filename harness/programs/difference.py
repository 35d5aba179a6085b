"""Something that a program did differently in two runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What differs."""

    END = "how it ended"
    CONTACT = "whether it connected"
    EXCEPTION = "an exception"
    CLIENTS = "its client ids"
    REQUEST = "a request"
    FIELD = "what a request says"
    OUTCOME = "what came of a request"
    ORDER = "the order of its requests"
    OUTPUT = "what it wrote"
    NUMBER = "a number that it wrote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Something that a program did differently.

    Args:
        kind: what differs.
        where: the request, and its field after a point, if it is about one; the class of an exception.
        before: in the one run.
        after: in the other.
    """

    kind: Kind
    where: str = ""
    before: str
    after: str
