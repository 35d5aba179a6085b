"""A view as plain JSON data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass

from harness.shared.evidence.machine_view import HostView


def document(view: HostView) -> dict[str, object]:
    """Return the view as objects, lists, texts, numbers, true, false and null, under the names of its fields."""
    return {field.name: _plain(getattr(view, field.name)) for field in fields(view)}


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
