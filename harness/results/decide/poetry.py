"""What ``[tool.poetry]`` of a pyproject.toml asks for, as requirements that pip would read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from harness.results.decide.libraries_used import releases

if TYPE_CHECKING:
    from collections.abc import Iterator

_SHORT = re.compile(r"(?P<sign>\^|~(?!=))\s*(?P<version>\d+(?:\.\d+)*)\S*")
_ELSEWHERE = ("git", "url", "path", "file")


def poetry_groups(poetry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The dependencies of each group beside those that the project always has."""
    for group in poetry.get("group", {}).values():
        yield group.get("dependencies", {})
    yield poetry.get("dev-dependencies", {})


def poetry_lines(dependencies: dict[str, Any], python: str) -> Iterator[str]:
    """Each dependency of a table that is meant for a Python, as a requirement."""
    for name, value in dependencies.items():
        for each in value if isinstance(value, list) else [value]:
            wanted = each if isinstance(each, dict) else {"version": str(each)}
            if name.lower() != "python" and _is_meant(wanted, python):
                yield _line(name, wanted)


def _is_meant(wanted: dict[str, Any], python: str) -> bool:
    try:
        pythons = SpecifierSet(_specifier(str(wanted.get("python", "*"))))
        return any(pythons.contains(release) for release in releases(python))
    except InvalidSpecifier:
        return True


def _line(name: str, wanted: dict[str, Any]) -> str:
    extras = f"[{','.join(wanted['extras'])}]" if wanted.get("extras") else ""
    marker = f" ; {wanted['markers']}" if wanted.get("markers") else ""
    where = next((str(wanted[key]) for key in _ELSEWHERE if key in wanted), None)
    if where is not None:
        return f"{name}{extras} @ {where.replace(' ', '%20')}{marker}"
    return f"{name}{extras}{_specifier(str(wanted.get('version', '*')))}{marker}"


def _specifier(constraint: str) -> str:
    """A constraint of Poetry in pip's words; alternatives (``||``) become any version, so that all of them count."""
    if "|" in constraint:
        return ""
    parts = (part.strip() for part in re.split(r",|\s+(?=[<>=!^~])", constraint))
    return ",".join(said for part in parts if part and (said := _part(part)))


def _part(part: str) -> str:
    short = _SHORT.fullmatch(part)
    if short:
        version = part[len(short["sign"]) :].strip()
        return f">={version},<{_end(short['sign'], short['version'])}"
    if part == "*":
        return ""
    return f"=={part}" if part[0].isdigit() else part


def _end(sign: str, version: str) -> str:
    """The first version that is meant no more: ``^`` keeps the first number that is not zero, ``~`` the second."""
    numbers = [int(each) for each in version.split(".")]
    at = next((at for at, each in enumerate(numbers) if each), len(numbers) - 1) if sign == "^" else 1
    at = min(at, len(numbers) - 1)
    return ".".join(map(str, [*numbers[:at], numbers[at] + 1]))
