"""Reads the names in a program's code, what stands before each, and what its own names come from."""

from __future__ import annotations

import ast
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LIBRARIES = frozenset({"ib_async", "ib_insync", "ibapi"})
"""Packages whose names are looked for."""

_OTHERS_COME = frozenset({"util"})
"""What returns other people's things, though it is the library's: a frame of pandas, an event loop."""

_ITSELF = frozenset({"self", "cls", "super"})

_TELLING = frozenset(
    {
        *(ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef, ast.arg),
        *(ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.withitem, ast.For, ast.AsyncFor, ast.comprehension),
        *(ast.Name, ast.Attribute, ast.Call, ast.keyword),
    }
)
"""Nodes that have names; half of all have none, and are passed over at once."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A line of the program's code."""

    file: Path
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in the code.

    Args:
        name: the name.
        place: where it is.
        owner: what stands before its point, of ``self`` its class; empty if that has no name, ``None`` if there is
            no point.
    """

    name: str
    place: Place
    owner: str | None


@dataclass(slots=True)
class Reading:
    """What is in the files of a program.

    Args:
        libraries: the libraries that it imports.
        mentions: its names.
        imported: what it imports from a library, by what it calls that; ``*`` stands for all.
        modules: what it calls a library that it imports whole.
        others: what is not the library's: what it imports of Python itself, and its own classes.
        bound: names that it gives to something else.
        stems: the names from which each of its own comes: ``ib`` from ``IB``, and ``ticker`` from ``ib``.
        arguments: the names of the arguments with which each name is called.
        lines: how many lines there are.
    """

    libraries: set[str] = field(default_factory=set)
    mentions: set[Mention] = field(default_factory=set)
    imported: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)
    bound: set[str] = field(default_factory=set)
    stems: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    arguments: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    lines: int = 0


def read_code(file: Path, found: Reading) -> None:
    """Add what is in a file.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError: it is no Python.
        OSError: it cannot be read.
    """
    source = file.read_bytes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python thinks of the program's escapes is not asked
        tree = ast.parse(source, str(file))
    found.lines += len(source.splitlines())
    for node, classes in _named(tree):
        _take_import(node, found)
        _take_origin(node, found)
        if isinstance(node, ast.Call) and node.keywords:
            found.arguments[_name(node.func)].update(each.arg for each in node.keywords if each.arg)
        for name, owner, line in _names(node, classes):
            found.mentions.add(Mention(name, Place(file, line), owner))


def _named(tree: ast.AST) -> Iterator[tuple[ast.AST, tuple[str, ...]]]:
    """Yield the nodes that have names, each with the names of the classes that it is in."""
    waiting: list[tuple[ast.AST, tuple[str, ...]]] = [(tree, ())]
    while waiting:
        node, classes = waiting.pop()
        if type(node) in _TELLING:
            yield node, classes
        if isinstance(node, ast.ClassDef):
            classes = (*classes, node.name)
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                waiting.extend((each, classes) for each in value if isinstance(each, ast.AST))
            elif isinstance(value, ast.AST) and value._fields:  # without any, it only says how: a sum, a load
                waiting.append((value, classes))


def _take_import(node: ast.AST, found: Reading) -> None:
    match node:
        case ast.Import(names=names):
            for each in names:
                package = each.name.partition(".")[0]
                _take_name(package, each.asname or package, found)
        case ast.ImportFrom(module=module, names=names, level=level):
            package = (module or "").partition(".")[0] if level == 0 else ""
            for each in names:
                _take_name(package, each.asname or each.name, found, each.name)
        case _:
            pass


def _take_name(package: str, local: str, found: Reading, name: str = "") -> None:
    """Take an imported package, or a name that is imported from it."""
    if package not in LIBRARIES:
        found.bound.add(local)
        if package in sys.stdlib_module_names:
            found.others.add(local)
        return
    found.libraries.add(package)
    if name:
        found.imported[local] = name
    else:
        found.modules.add(local)


def _take_origin(node: ast.AST, found: Reading) -> None:
    """Take what names the program gives, and from which others they come."""
    for target, stems in _origins(node):
        for name in _targets(target):
            found.stems[name] |= stems - _ITSELF
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            found.bound.add(name)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            found.bound.add(name)
        case ast.ClassDef(name=name):
            found.bound.add(name)
            found.others.add(name)
        case _:
            pass


def _origins(node: ast.AST) -> Iterator[tuple[ast.expr, set[str]]]:
    """Yield what is given a name in a statement, with the names that it comes from."""
    match node:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _pairs(target, value)
        case ast.AnnAssign(target=target, annotation=kind, value=value):
            yield target, _kinds(kind) | _stems(value)
        case ast.NamedExpr(target=target, value=value):
            yield target, _stems(value)
        case ast.arg(arg=name, annotation=ast.expr() as kind):
            yield ast.Name(name), _kinds(kind)
        case ast.withitem(context_expr=value, optional_vars=ast.expr() as target):
            yield target, _stems(value)
        case ast.For(target=target, iter=value) | ast.AsyncFor(target=target, iter=value):
            yield target, _stems(value)
        case ast.comprehension(target=target, iter=value):
            yield target, _stems(value)
        case ast.ClassDef(name=name, bases=bases):
            yield ast.Name(name), set().union(*map(_kinds, bases))
        case _:
            pass


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, set[str]]]:
    """Yield each target with what it comes from: of ``a, b = IB(), {}`` both apart."""
    match target, value:
        case (ast.Tuple(elts=first) | ast.List(elts=first), ast.Tuple(elts=second) | ast.List(elts=second)) if len(
            first
        ) == len(second):
            for one, other in zip(first, second, strict=True):
                yield from _pairs(one, other)
        case _:
            yield target, _stems(value)


def _targets(target: ast.expr) -> Sequence[str]:
    match target:
        case ast.Tuple(elts=several) | ast.List(elts=several):
            return [name for each in several for name in _targets(each)]
        case _:
            name = _name(target)
            return [name] if name else []


def _stems(value: ast.expr | None) -> set[str]:
    """Return the names from which a value comes: ``ib`` and ``reqMktData`` of ``self.ib.reqMktData(stock)``."""
    match value:
        case ast.BoolOp(values=several) | ast.Tuple(elts=several) | ast.List(elts=several):
            return set().union(*map(_stems, several))
        case ast.IfExp(body=one, orelse=other):
            return _stems(one) | _stems(other)
        case ast.Name(id=name):
            return {name}
        case ast.Attribute(attr=name, value=owner):
            before = _stems(owner)
            return set() if before & _OTHERS_COME else {name, *before}
        case ast.Call(func=inner) | ast.Subscript(value=inner) | ast.Await(value=inner) | ast.Starred(value=inner):
            return _stems(inner)
        case _:
            return set()


def _kinds(annotation: ast.expr) -> set[str]:
    """Return the names in an annotation, be it a text: ``IB`` of ``"ib_async.IB | None"``."""
    found: set[str] = set()
    for node in ast.walk(annotation):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                found.add(name)
            case ast.Constant(value=str(text)):
                with suppress(SyntaxError, ValueError):
                    found |= _kinds(ast.parse(text, mode="eval").body)
            case _:
                pass
    return found


def _names(node: ast.AST, classes: Sequence[str]) -> Iterator[tuple[str, str | None, int]]:
    """Yield the names in a node, each with what stands before it and its line."""
    match node:
        case ast.ImportFrom(names=names, lineno=line, level=0, module=str(module)):
            if module.partition(".")[0] in LIBRARIES:
                yield from ((each.asname or each.name, None, line) for each in names)
        case ast.Name(id=name, ctx=ast.Load(), lineno=line):
            yield name, None, line
        case ast.Attribute(attr=name, value=owner, lineno=line):
            yield name, "" if _name(owner) in _ITSELF else _name(owner), line
            if classes and _is_itself(owner):
                yield from ((name, each, line) for each in classes)
        case ast.keyword(arg=str(name), value=value):
            yield name, "", value.lineno
        case ast.FunctionDef(name=name, lineno=line) | ast.AsyncFunctionDef(name=name, lineno=line):
            yield name, "", line  # a wrapper's method, such as openOrder
        case ast.ClassDef(name=name, body=body):
            methods = (each for each in body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef))
            yield from ((each.name, name, each.lineno) for each in methods)
        case _:
            pass


def _is_itself(owner: ast.expr) -> bool:
    """Return whether this is ``self``, or ``super()``: what follows it is of the class."""
    inner = owner.func if isinstance(owner, ast.Call) else owner
    return isinstance(inner, ast.Name) and inner.id in _ITSELF


def _name(node: ast.expr) -> str:
    """Return the last name of an expression: ``ib`` of ``ib``, of ``self.ib`` and of ``ib[0]``, ``IB`` of ``IB()``."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=inner) | ast.Subscript(value=inner) | ast.Await(value=inner):
            return _name(inner)
        case _:
            return ""
