"""Which packages of an index ib-compat has an adapter for."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import tomllib
from packaging.utils import canonicalize_name

from harness.errors import UsageError
from harness.matrix.nearest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def distributions() -> Mapping[str, str]:
    """Each package as people write it, with its adapter."""
    text = (resources.files("harness.decide") / "libraries.toml").read_text("utf-8")
    table: dict[str, str] = tomllib.loads(text)["distributions"]
    return table


@cache
def adapters() -> Mapping[str, str]:
    """The adapters by the normalised names of their packages."""
    return {str(canonicalize_name(name)): adapter for name, adapter in distributions().items()}


def adapter_of(distribution: str) -> str:
    """The adapter of a package; raises UsageError where there is none."""
    adapter = adapters().get(canonicalize_name(distribution))
    if adapter is None:
        near = did_you_mean(distribution, distributions())
        raise UsageError(
            f"{distribution!r} is no library that ib-compat can drive{near}",
            hint=f"There are: {', '.join(distributions())}.",
        )
    return adapter
