"""Compares the public calls, names and bases of two versions from their source, without importing either."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Any

import griffe

from harness.changes.change import SIGNATURES, Change, Group

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_GROUPS = {
    griffe.BreakageKind.PARAMETER_CHANGED_DEFAULT: Group.DEFAULT,
    griffe.BreakageKind.ATTRIBUTE_CHANGED_VALUE: Group.DEFAULT,
    griffe.BreakageKind.CLASS_REMOVED_BASE: Group.TYPE,
}
_NAMED = 4
"""How many parameters of one call are named; a dataclass that got a field in its middle moves all behind it."""

_EVENTS = "events"
"""The attribute in which a class of ib_insync and ib_async names its events; each object then has them."""


def signature_changes(before: Path, after: Path, packages: tuple[str, str]) -> Iterator[Change]:
    """Yield what of the first version's calls is gone, or called differently in the second.

    Args:
        before: the ``site-packages`` of the first.
        after: that of the second.
        packages: the name of the package in each.
    """
    old, new = _load(before, packages[0]), _load(after, packages[1])
    found = sorted(griffe.find_breaking_changes(old, new), key=lambda each: (_path(each), each.kind.value))
    for (path, kind), several in groupby(found, key=lambda each: (_path(each), each.kind)):
        kept = [each for each in several if not _is_by_the_way(each)]
        if kept and not _is_private(path):
            yield _change(path, kind, kept)


def public_names(folder: Path, package: str) -> frozenset[str]:
    """Return the public names in a package: of classes, functions, attributes, events and parameters.

    Args:
        folder: its ``site-packages``.
        package: its name.
    """
    return frozenset(_names(griffe.load(package, search_paths=[folder], allow_inspection=False)))


def _names(within: Any) -> Iterator[str]:
    for name, member in within.members.items():
        if member.is_alias or _is_private(name):
            continue
        if not member.is_module:
            yield name
        if name == _EVENTS and member.is_attribute:
            yield from re.findall(r"\w+", str(member.value))
        if member.is_function:
            yield from (each.name for each in member.parameters)
        elif member.is_class or member.is_module:
            yield from _names(member)


def _load(folder: Path, package: str) -> Any:
    loaded = griffe.load(package, search_paths=[folder], allow_inspection=False)
    _forget_class_variables(loaded)
    return loaded


def _forget_class_variables(within: Any) -> None:
    """Take bare ``ClassVar`` out of the calls of dataclasses; griffe 2.4 takes it for a field."""
    for member in within.members.values():
        if member.is_alias or not (member.is_class or member.is_module):
            continue
        _forget_class_variables(member)
        call = member.members.get("__init__")
        if call is not None and call.is_function:
            kept = (each for each in call.parameters if not _is_class_variable(member.members.get(each.name)))
            call.parameters = griffe.Parameters(*kept)


def _is_class_variable(member: Any) -> bool:
    return member is not None and member.is_attribute and str(member.annotation) == "ClassVar"


def _path(breakage: griffe.Breakage) -> str:
    """Return the path of what has changed, without that of the package, which differs between libraries."""
    return str(breakage.obj.path).partition(".")[2]


def _is_private(path: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in path.split("."))


def _is_by_the_way(breakage: griffe.Breakage) -> bool:
    """Whether a name is gone that a module had only since it took all of another module, as those of ibapi do."""
    gone = breakage.kind is griffe.BreakageKind.OBJECT_REMOVED
    return gone and isinstance(breakage.old_value, griffe.Alias) and breakage.old_value.wildcard_imported


def _change(path: str, kind: griffe.BreakageKind, several: list[griffe.Breakage]) -> Change:
    pairs = [(_text(each.old_value), _text(each.new_value)) for each in several]
    if kind in {griffe.BreakageKind.PARAMETER_MOVED, griffe.BreakageKind.PARAMETER_REMOVED}:
        return _of_parameters(path, kind, [str(each.old_value.name) for each in several])
    return Change(
        group=_GROUPS.get(kind, Group.SIGNATURE),
        what=f"{path}: {kind.value.lower()}",
        before="; ".join(old for old, _ in pairs),
        after="; ".join(new for _, new in pairs),
        situations=(SIGNATURES,),
    )


def _of_parameters(path: str, kind: griffe.BreakageKind, names: list[str]) -> Change:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    gone = kind is griffe.BreakageKind.PARAMETER_REMOVED
    return Change(
        group=Group.SIGNATURE,
        what=f"{path}: {kind.value.lower()}",
        before=f"takes {', '.join(names[:_NAMED])}{more}",
        after="does not" if gone else "takes them at other places: pass them by name",
        situations=(SIGNATURES,),
    )


def _text(value: object) -> str:
    """Return what a breakage has of one side: a parameter, an object, the bases of a class, or nothing."""
    match value:
        case None | []:
            return "none"
        case list():
            return ", ".join(map(str, value))
        case griffe.Parameter():
            return str(value.name) if value.default is None else f"{value.name}={value.default}"
        case griffe.Object() | griffe.Alias():
            return f"has {value.name}"
        case _:
            return str(value)
