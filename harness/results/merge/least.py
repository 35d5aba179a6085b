"""One of several records that say the same: always the same one, in whatever order they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Iterable

RecordT = TypeVar("RecordT", bound=BaseModel)


def least(records: Iterable[RecordT]) -> RecordT:
    """The record whose JSON sorts first."""
    found = list(records)
    return found[0] if all(each == found[0] for each in found) else min(found, key=lambda each: each.model_dump_json())
