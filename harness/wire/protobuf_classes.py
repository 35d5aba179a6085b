"""Creates protobuf classes at run time from the catalogue's field numbers.

It uses nobody else's definition files. A field keeps its name in the catalogue; a message inside is
``nested_<number>``, a repeated field ``list_<number>``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message as Record

from harness.wire.catalogue import Field, Kind, catalogue

_Proto = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    Kind.STR: _Proto.TYPE_STRING,
    Kind.INT: _Proto.TYPE_INT32,
    Kind.LONG: _Proto.TYPE_INT64,
    Kind.FLOAT: _Proto.TYPE_DOUBLE,
    Kind.DECIMAL: _Proto.TYPE_STRING,
    Kind.NUMBER: _Proto.TYPE_DOUBLE,
    Kind.BOOL: _Proto.TYPE_BOOL,
}

_Placed = tuple[tuple[int, ...], Field]
"""A field and what is left of its path."""


@cache
def record_class(name: str) -> type[Record]:
    """Return the class of a message of the catalogue."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package="ib_compat", syntax="proto3")
    _describe(file.message_type.add(), name, [(field.path, field) for field in catalogue().by_name[name].fields])
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"ib_compat.{name}"))


def nested_name(number: int) -> str:
    """Return the name of a message inside, by its field number."""
    return f"nested_{number}"


def list_name(number: int) -> str:
    """Return the name of a repeated field, by its number."""
    return f"list_{number}"


def _describe(target: descriptor_pb2.DescriptorProto, name: str, fields: Sequence[_Placed]) -> None:
    target.name = name
    below: dict[int, list[_Placed]] = {}
    lists: dict[int, list[Field]] = {}
    for path, field in fields:
        if len(path) > 1:
            below.setdefault(path[0], []).append((path[1:], field))
        elif path and field.kind is Kind.LIST:
            lists.setdefault(path[0], []).append(field)
        elif path:
            _add_optional(target, field.name, path[0], _TYPES[field.kind])
    for number, rest in below.items():
        _add_message(target, nested_name(number), number, rest, _Proto.LABEL_OPTIONAL)
    for number, columns in lists.items():
        _add_list(target, number, columns)


def _add_list(target: descriptor_pb2.DescriptorProto, number: int, columns: Sequence[Field]) -> None:
    name = list_name(number)
    if columns[0].scalar is None:
        items = [(item.path, item) for column in columns for item in column.items]
        _add_message(target, name, number, items, _Proto.LABEL_REPEATED)
    else:
        kind = _TYPES[columns[0].scalar.kind]
        target.field.add(name=name, number=number, type=kind, label=_Proto.LABEL_REPEATED)


def _add_message(
    target: descriptor_pb2.DescriptorProto,
    name: str,
    number: int,
    fields: Sequence[_Placed],
    label: descriptor_pb2.FieldDescriptorProto.Label.ValueType,
) -> None:
    _describe(target.nested_type.add(), name.title(), fields)
    target.field.add(name=name, number=number, type=_Proto.TYPE_MESSAGE, label=label, type_name=name.title())


def _add_optional(
    target: descriptor_pb2.DescriptorProto,
    name: str,
    number: int,
    kind: descriptor_pb2.FieldDescriptorProto.Type.ValueType,
) -> None:
    """Add a proto3 ``optional`` field: it has presence, which takes a oneof of its own."""
    index = len(target.oneof_decl)
    target.oneof_decl.add(name=f"_{name}")
    target.field.add(
        name=name,
        number=number,
        type=kind,
        label=_Proto.LABEL_OPTIONAL,
        proto3_optional=True,
        oneof_index=index,
    )
