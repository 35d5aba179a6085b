"""Turns the records of ``results.json`` and ``plan.json`` into JSON and back, and makes their JSON Schema.

The records are plain dataclasses: most commands that read results need no pydantic, which takes long to import.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ConfigDict, TypeAdapter
from pydantic_core import to_json, to_jsonable_python

from harness.results.results_model import Results

RecordT = TypeVar("RecordT")

_DESCRIBED = ConfigDict(use_attribute_docstrings=True)
"""Docstrings of fields describe them in the schema; reading them takes long, so nothing else does."""


def json_text(record: object) -> str:
    """Return the JSON of a record, or of data with records in it, in one line."""
    return to_json(record, inf_nan_mode="null").decode()


def json_data(record: object) -> Any:
    """Return a record, or data with records in it, as plain JSON data."""
    return to_jsonable_python(record, inf_nan_mode="null")


def record_of(kind: type[RecordT], document: object) -> RecordT:
    """Return the record of a kind that JSON data holds.

    Raises:
        pydantic.ValidationError: it holds none.
    """
    if kind not in _READERS:
        _READERS[kind] = TypeAdapter(kind)
    reader: TypeAdapter[RecordT] = _READERS[kind]
    return reader.validate_python(document)


_READERS: dict[type[Any], TypeAdapter[Any]] = {}
"""What reads each kind of record, made when the first one is read."""


def results_schema() -> dict[str, Any]:
    """The JSON Schema of ``results.json``, published as ``docs/reference/results.schema.json``."""
    within = TypeAdapter(tuple[Results], config=_DESCRIBED)  # a dataclass itself takes no configuration
    parts = within.json_schema(mode="serialization")["$defs"]
    whole = parts.pop(Results.__name__)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": parts, **whole}
