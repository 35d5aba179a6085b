"""Reads a world's files; a mistake is told with file, key, value, and what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any, Protocol

import tomllib
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.gateways.simulator.world.tables import Document
from harness.plan.matrix.problems import expected
from harness.shared.errors import UsageError, did_you_mean

_SHOWN = 60
_LISTS = ("listing", "future", "chain", "market_rule")
_TABLES = ("session", "kind")
_HINT = "The comments of data/world/*.toml in the package harness.gateways.simulator say what each key means."


class File(Protocol):
    """A file with a name, here or in the package."""

    @property
    def name(self) -> str:
        """Its name without its folder."""

    def read_text(self, encoding: str) -> str:
        """Return its text."""


class Problem(Exception):  # noqa: N818 - it is told as a `UsageError`, with its file
    """A value that is wrong for what other tables say.

    Args:
        location: table, place or name in it, key.
        value: what is there.
        expected: what should be, in words.
    """

    def __init__(self, location: tuple[int | str, ...], value: object, expected: str) -> None:
        super().__init__(expected)
        self.location = location
        self.value = value
        self.expected = expected


def builtin() -> tuple[File, ...]:
    """Return the files that come with the package."""
    folder = resources.files("harness.gateways.simulator") / "data" / "world"
    return tuple(sorted((file for file in folder.iterdir() if file.name.endswith(".toml")), key=lambda file: file.name))


class Source:
    """The tables of some files together, and which file each is from.

    Args:
        files: what is read; lists go on from one file to the next.

    Raises:
        UsageError: a file cannot be read, or something in it is wrong.
    """

    def __init__(self, files: Iterable[File]) -> None:
        self._origins: dict[tuple[str, int | str], tuple[str, int | str]] = {}
        tables: dict[str, Any] = {}
        names = [self._add(tables, file) for file in files]
        self._files = ", ".join(names)
        try:
            self.document = Document.model_validate(tables)
        except ValidationError as error:
            lines = [self._line(details) for details in error.errors(include_url=False)]
            raise UsageError("\n".join(lines), hint=_HINT) from None

    def error(self, problem: Problem) -> UsageError:
        """Return the error that says where a problem is."""
        text = f"{_shown(problem.value)}: expected {problem.expected}"
        return UsageError(f"{self._place(problem.location)}: {text}", hint=_HINT)

    def _add(self, tables: dict[str, Any], file: File) -> str:
        for name, value in _read(file).items():
            if name in _LISTS and isinstance(value, list):
                rows = tables.setdefault(name, [])
                self._origins |= {(name, len(rows) + place): (file.name, place + 1) for place in range(len(value))}
                rows += value
            elif name in _TABLES and isinstance(value, dict):
                self._origins |= {(name, key): (file.name, key) for key in value}
                tables.setdefault(name, {}).update(value)
            else:
                self._origins[name, ""] = (file.name, "")
                tables[name] = value
        return file.name

    def _line(self, error: ErrorDetails) -> str:
        place = self._place(error["loc"])
        match error["type"]:
            case "extra_forbidden":
                return f"{place}: unknown key{did_you_mean(str(error['loc'][-1]), _keys(error['loc']))}"
            case "missing":
                return f"{place}: is missing"
            case _:
                return f"{place}: {_shown(error['input'])}: expected {expected(error)}"

    def _place(self, location: tuple[int | str, ...]) -> str:
        top, *steps = location
        first = steps[0] if steps else ""
        file, entry = self._origins.get((str(top), first)) or self._origins.get((str(top), "")) or (self._files, "")
        if entry == "":
            return f"{file}: {'.'.join(map(str, location))}"
        header = f"[[{top}]] {entry}" if isinstance(entry, int) else f"[{top}.{entry}]"
        return ": ".join([file, header, *([".".join(map(str, steps[1:]))] if steps[1:] else [])])


def _read(file: File) -> Mapping[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file.name} cannot be read: {error}", hint=_HINT) from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{file.name} is no TOML: {error}", hint=_HINT) from None


def _keys(location: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the keys that the table of a wrong key may have."""
    if len(location) == 1:
        yield from Document.model_fields
    else:
        annotation = Document.model_fields[str(location[0])].annotation
        for model in getattr(annotation, "__args__", ()):
            yield from getattr(model, "model_fields", ())


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def one_of(location: tuple[int | str, ...], value: str, known: Iterable[str]) -> None:
    """Make sure that a name is known.

    Raises:
        Problem: it is not.
    """
    names = list(known)
    if value not in names:
        raise Problem(location, value, f"one of {', '.join(names)}{did_you_mean(value, names)}")
