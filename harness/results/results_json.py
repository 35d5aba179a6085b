"""Turns the records of ``results.json`` and ``plan.json`` into JSON and back, and makes their JSON Schema.

The records are plain dataclasses: most commands that read results need no pydantic, which takes long to import.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from harness.results.results_model import Results

if TYPE_CHECKING:
    from pydantic import TypeAdapter

RecordT = TypeVar("RecordT")


def json_text(record: object) -> str:
    """Return the JSON of a record, or of data with records in it, in one line."""
    from pydantic_core import to_json  # noqa: PLC0415 - takes long, and most commands need none

    return to_json(record, inf_nan_mode="null").decode()


def json_data(record: object) -> Any:
    """Return a record, or data with records in it, as plain JSON data."""
    from pydantic_core import to_jsonable_python  # noqa: PLC0415 - as above

    return to_jsonable_python(record, inf_nan_mode="null")


def record_of(kind: type[RecordT], document: object) -> RecordT:
    """Return the record of a kind that JSON data holds.

    Raises:
        pydantic.ValidationError: it holds none.
    """
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    if kind not in _READERS:
        _READERS[kind] = TypeAdapter(kind)
    reader: TypeAdapter[RecordT] = _READERS[kind]
    return reader.validate_python(document)


_READERS: dict[type[Any], TypeAdapter[Any]] = {}
"""What reads each kind of record, made when the first one is read."""


def results_schema() -> dict[str, Any]:
    """The JSON Schema of ``results.json``, published as ``docs/reference/results.schema.json``."""
    from pydantic import ConfigDict, TypeAdapter  # noqa: PLC0415 - as above

    described = ConfigDict(use_attribute_docstrings=True)  # takes long, so nothing else does that
    within = TypeAdapter(tuple[Results], config=described)  # a dataclass itself takes no configuration
    parts = within.json_schema(mode="serialization")["$defs"]
    whole = parts.pop(Results.__name__)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": parts, **whole}
