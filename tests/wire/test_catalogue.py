"""The catalogue of messages holds together."""

from __future__ import annotations

from harness.wire.catalogue import NEVER, Field, Kind, catalogue


def test_the_catalogue_is_consistent() -> None:
    assert len(catalogue().by_id) == len(catalogue().by_name)
    for kind in catalogue().by_name.values():
        paths = [path for field in kind.fields for path in wire_paths(field)]
        assert len(paths) == len(set(paths)), kind.name
        seen: set[str] = set()
        for field in kind.fields:
            assert (field.const is None) is bool(field.name)
            assert field.when is None or field.when in seen, f"{kind.name}.{field.name} depends on a later field"
            assert 0 <= field.since < field.until <= NEVER
            assert field.escaped_since == NEVER or field.kind is Kind.STR
            assert (field.kind is Kind.LIST) is bool(field.items)
            assert len(field.items) <= 1 or any(item.path for item in field.items) is bool(field.path)
            assert field.const is None or not field.path
            seen.add(field.name)


def wire_paths(field: Field) -> list[tuple[int, ...]]:
    """Return where a field is as protobuf; for a list, where its items' fields are."""
    if not field.path:
        return []
    return [field.path + item.path for item in field.items] or [field.path]
