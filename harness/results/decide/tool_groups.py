"""Requirements that a ``pyproject.toml`` keeps for one tool: of uv, PDM, Rye and Hatch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_LISTS = (("uv", "dev-dependencies"), ("rye", "dev-dependencies"))
_OF_HATCH = ("dependencies", "extra-dependencies")


def groups_of_tools(tool: dict[str, Any]) -> Iterator[list[str]]:
    """Each list of them."""
    for name, key in _LISTS:
        yield tool.get(name, {}).get(key, [])
    yield from tool.get("pdm", {}).get("dev-dependencies", {}).values()
    for environment in tool.get("hatch", {}).get("envs", {}).values():
        for key in _OF_HATCH:
            yield environment.get(key, [])


def overrides_of_tools(tool: dict[str, Any]) -> Iterator[str]:
    """What is installed whatever else asks for another version."""
    yield from tool.get("uv", {}).get("override-dependencies", [])
    for name, said in tool.get("pdm", {}).get("resolution", {}).get("overrides", {}).items():
        yield _override(name, str(said))


def _override(name: str, said: str) -> str:
    if "/" in said:
        return f"{name} @ {said}"
    return f"{name}=={said}" if said[:1].isdigit() else f"{name}{said}"
