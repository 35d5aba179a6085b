"""Parses ``--set KEY=VALUE``, which sets how a simulated gateway behaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tomllib
from pydantic import ValidationError

from harness.known.scenarios import Behaviour
from harness.plan.matrix.problems import expected
from harness.shared.bounded_reading import parse_toml
from harness.shared.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable

_TEXTS = frozenset(key for key, field in Behaviour.model_fields.items() if field.annotation in (str, str | None))
"""Keys whose values are texts, which need no quotes here; the values of other keys are written as in TOML."""

_HINT = "docs/reference/matrix.md lists the keys of behaviour."


def behaviour_of(settings: Iterable[str]) -> Behaviour:
    """Return the behaviour from settings such as ``bytes_per_second=5`` or ``banner=SSH-2.0-x``.

    If a key is set several times, the last setting counts.

    Raises:
        UsageError: a setting is not ``key=value``, its key does not exist, or its value does not fit the key.
    """
    pairs = dict(_pair(setting) for setting in settings)
    try:
        return Behaviour.model_validate(pairs)
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
        key = str(details["loc"][0])
        raise UsageError(f"--set {key}: {pairs[key]!r}: expected {expected(details)}", hint=_HINT) from None


def _pair(setting: str) -> tuple[str, object]:
    key, equals, text = setting.partition("=")
    if not equals:
        raise UsageError(f"--set {setting}: expected KEY=VALUE, as bytes_per_second=5", hint=_HINT)
    if key not in Behaviour.model_fields:
        advice = did_you_mean(key, Behaviour.model_fields)
        raise UsageError(f"--set {setting}: unknown key {key!r}{advice}", hint=_HINT)
    return key, text if key in _TEXTS else _value(text)


def _value(text: str) -> object:
    """Parse a value as TOML; anything else is text, such as the name of a door."""
    try:
        document = parse_toml(f"value = {text}", "--set")
    except tomllib.TOMLDecodeError:
        return text
    return document["value"] if len(document) == 1 else text
