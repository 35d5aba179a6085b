"""Finds and reads days; a mistake is told with file, table, key, value, and what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import tomllib
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from harness.gateways.simulator.days.tables import AnyEvent, Document
from harness.plan.matrix.problems import expected
from harness.shared import bounded_reading
from harness.shared.errors import InputError, SelectionError, UsageError, did_you_mean

_SHOWN = 60
_HINT = "docs/reference/days.md lists every key; `ib-compat days NAME` shows a day that is built in."
_SUFFIX = ".toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day.

    Args:
        name: a built-in day's name, or its file.
        says: what happens, in a sentence.
        zone: whose time of day it means.
        idle: names of the farms that are idle at the start.
        events: what happens, in the order of the file.
    """

    name: str
    says: str
    zone: str
    idle: tuple[str, ...]
    events: tuple[AnyEvent, ...]


def builtin() -> dict[str, Day]:
    """Return the days that come with the package, by name."""
    return {name: read(text, name) for name, text in sorted(_texts().items())}


def find(wanted: str) -> Day:
    """Return a day by its name, or from a file of that name.

    Raises:
        SelectionError: there is neither.
        UsageError: the file cannot be read, or something in it is wrong.
    """
    texts = _texts()
    if wanted in texts:
        return read(texts[wanted], wanted)
    if not wanted.endswith(_SUFFIX) and not Path(wanted).is_file():
        raise SelectionError(
            f"no day is called {wanted!r}{did_you_mean(wanted, texts)}",
            hint=f"Built in are {', '.join(sorted(texts))}; or name a file.",
        )
    try:
        text = bounded_reading.read_text(Path(wanted), bounded_reading.MOST_TYPED)
    except FileNotFoundError:
        raise UsageError(f"{wanted}: there is no such file") from None
    except InputError as error:
        raise UsageError(str(error), hint=error.hint) from None
    return read(text, wanted)


def read(text: str, name: str) -> Day:
    """Return the day that a file's text describes.

    Raises:
        UsageError: something in it is wrong.
    """
    try:
        document = Document.model_validate(bounded_reading.parse_toml(text, name))
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name} is no TOML: {error}", hint=_HINT) from None
    except InputError as error:
        raise UsageError(str(error), hint=error.hint) from None
    except ValidationError as error:
        lines = [f"{name}: {_line(details)}" for details in error.errors(include_url=False)]
        raise UsageError("\n".join(lines), hint=_HINT) from None
    return Day(name=name, says=document.says, zone=document.zone, idle=document.idle, events=document.event)


def _texts() -> dict[str, str]:
    folder = resources.files("harness.gateways.simulator") / "data" / "days"
    files = (file for file in folder.iterdir() if file.name.endswith(_SUFFIX))
    return {file.name.removesuffix(_SUFFIX): file.read_text("utf-8") for file in files}


def kinds() -> Mapping[str, frozenset[str]]:
    """Return the kinds of events, and the keys of each."""
    union = Document.model_fields["event"].annotation
    return dict(_kinds(union))


def _kinds(annotation: Any) -> Iterator[tuple[str, frozenset[str]]]:
    for part in getattr(annotation, "__args__", ()):
        fields = getattr(part, "model_fields", None)
        if fields is None:
            yield from _kinds(part)
        else:
            for what in fields["what"].annotation.__args__:
                yield what, frozenset(fields)


def _line(error: ErrorDetails) -> str:
    location = error["loc"]
    if location[0] != "event" or len(location) == 1:
        return _of_key([], str(location[0]), error, frozenset(Document.model_fields))
    header = [f"[[event]] {int(location[1]) + 1}"]
    keys = location[2:]
    if error["type"] == "union_tag_not_found":
        return f"{header[0]}: what: is missing; expected one of {', '.join(kinds())}"
    if error["type"] == "union_tag_invalid":
        what = str(error["ctx"]["tag"])
        return f"{header[0]}: what: {what!r}: expected one of {', '.join(kinds())}{did_you_mean(what, kinds())}"
    if len(keys) > 1:
        return _of_key(header, str(keys[1]), error, kinds()[str(keys[0])])
    return f"{header[0]}: {_shown(error['input'])}: expected {expected(error)}"


def _of_key(header: list[str], key: str, error: ErrorDetails, known: frozenset[str]) -> str:
    place = ": ".join([*header, key])
    match error["type"]:
        case "extra_forbidden":
            return f"{place}: unknown key{did_you_mean(key, known)}"
        case "missing":
            return f"{place}: is missing"
        case _:
            return f"{place}: {_shown(error['input'])}: expected {expected(error)}"


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
