"""Defines what many keys of a matrix file have in common: types, bounds, and what a table is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

_SECRET = re.compile(r"passw|secret|token|credential|user_?(id|name)|private|passphrase", re.IGNORECASE)


def as_tuple(value: object) -> object:
    """Return a list as a tuple, and anything else as it is: TOML has lists."""
    return tuple(value) if isinstance(value, list) else value


def one_or_many(value: object) -> object:
    """Return a string as a tuple of one, and a list as a tuple."""
    return (value,) if isinstance(value, str) else as_tuple(value)


def nothing_secret(value: Mapping[str, str]) -> Mapping[str, str]:
    """Refuse variables whose names say that they are secret: the file is shared, and so is what a run leaves."""
    for name in value:
        if _SECRET.search(name):
            raise ValueError(
                f"expected nothing secret: {name} belongs into the environment of the command; see credential"
            )
    return value


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(as_tuple)]
Globs = Annotated[tuple[Text, ...], BeforeValidator(one_or_many)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]*$")]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Variables = Annotated[Mapping[Text, str], AfterValidator(nothing_secret)]


class Table(BaseModel):
    """A table that allows only its own keys, and converts no types, because TOML has types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)
