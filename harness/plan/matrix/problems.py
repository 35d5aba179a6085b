"""Describes what is wrong with a matrix file: table, key, value, and what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.plan.matrix.tables import keys_of
from harness.shared.errors import MatrixError, did_you_mean

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_KINDS = ("simulator", "address", "docker", "replay")
_WORDS = f"{', '.join(_KINDS[:-1])} or {_KINDS[-1]}"
_SHOWN = 60
"""Characters of a wrong value that are shown."""

_RENAMED = {("expect", "stage"): "'check', which may be a list, and speaks of those checks alone"}
"""Keys of earlier versions, by table, and what to write instead."""

_EXPECTED = {
    "bool_type": "true or false",
    "date_type": "a date without quotes, such as 2026-11-20",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_type": "a whole number",
    "model_attributes_type": "a table",
    "model_type": "a table",
    "string_pattern_mismatch": "letters, digits and . _ + - only",
    "string_too_short": "some text",
    "string_type": 'a string, in quotes: "…"',
    "too_short": "at least one",
    "tuple_type": "a list: […]",
}


def matrix_error(lines: list[str], file: object) -> MatrixError:
    """Return an error that lists everything that is wrong with a matrix file."""
    return MatrixError("\n".join(lines), hint=f"Correct {file}; docs/reference/matrix.md lists every key.")


def problem_lines(error: ValidationError, file: object) -> list[str]:
    """Return a line for each problem; each begins with the file."""
    return [f"{file}: {_line(details)}" for details in error.errors(include_url=False)]


def _line(error: ErrorDetails) -> str:
    place = _Place(error["loc"])
    key = place.key
    match error["type"]:
        case "extra_forbidden":
            return _unknown_key(place)
        case "missing" if not place.header:
            return f"[[{key}]]: is missing; expected at least one"
        case "missing":
            return f"{place.header}: {key}: is missing"
        case "union_tag_not_found":
            return f"{place.header}: kind: is missing; expected {_WORDS}"
        case "union_tag_invalid":
            return f"{place.header}: kind: {_wrong_kind(error['ctx'])}"
        case _:
            return f"{place.words}: {_shown(error['input'])}: expected {expected(error)}"


def _unknown_key(place: _Place) -> str:
    where = f" in {place.header}" if place.header else ""
    now = _RENAMED.get((place.table, place.key))
    advice = f"; write {now}" if now else did_you_mean(place.name, keys_of(place.table))
    return f"unknown key {place.key!r}{where}{advice}"


class _Place:
    """A place in the document: its table as the file writes it, and the key in it."""

    def __init__(self, location: tuple[int | str, ...]) -> None:
        """``location`` is pydantic's: keys, indexes from 0, and the gateway's kind."""
        steps: list[int | str] = list(location)
        top = str(steps.pop(0)) if steps else ""
        tag = ""
        self.header = ""
        self.table = ""
        if steps and isinstance(steps[0], int):
            self.header = f"[[{top}]] {int(steps.pop(0)) + 1}"
            if top == "gateway" and steps:
                tag = f".{steps.pop(0)}"
        elif steps:
            self.header = f"[{top}]"
        if self.header:
            self.table = f"{top}{tag}"
        names = [str(step) for step in steps if isinstance(step, str)]
        if names[0:1] == ["behaviour"] and len(names) > 1:
            self.table = f"{self.table}.{names[0]}"
        self.name = names[-1] if names else top
        self.key = ".".join(names) or (top if not self.header else "")

    @property
    def words(self) -> str:
        """Table and key, or the one of them that there is."""
        return ": ".join(part for part in (self.header, self.key) if part)


def _wrong_kind(context: dict[str, Any]) -> str:
    kind = context["tag"]
    return f"{kind!r} is unknown; expected {_WORDS}{did_you_mean(kind, _KINDS)}"


def expected(error: ErrorDetails) -> str:
    """The expected value of a key, in words, after "expected"."""
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error":
            return str(context["error"]).removeprefix("expected ")
        case "literal_error" | "enum":
            value = error["input"]
            choices = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
            return f"one of {', '.join(choices)}{did_you_mean(value, choices) if isinstance(value, str) else ''}"
        case other:
            return _EXPECTED.get(other, error["msg"].removeprefix("Input should be "))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
