"""What a distribution brings: the packages that it installs, and what it asks for beside itself; from its metadata."""

from __future__ import annotations

import io
import tarfile
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement

from harness.results.decide.package_index import fetch, read_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.results.decide.libraries_used import Used
    from harness.results.decide.package_index import IndexFile

_SECONDS = 5.0
"""How long one answer of the index may take: nobody waits long for what is only a caution."""

_MOST = 1 << 20
"""Bytes of a file that are read to see what is in it; of a larger one the metadata alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a version brings: names of importable packages, ``None`` where nobody looked, and its requirements."""

    version: str
    packages: frozenset[str] | None
    requirements: tuple[Requirement, ...]


def read_contents(index: str, used: Used) -> Contents | None:
    """What the index says of a package at the version that a file names, or at the newest that it admits.

    Returns ``None`` where it has none, or where what it has cannot be looked into.

    Raises:
        IndexUnreachableError: it does not answer.
    """
    files = [file for file in read_files(index, used.name, seconds=_SECONDS) if _is_admitted(file, used)]
    versions = [version for file in files if (version := file.version_of(used.name))]
    if not versions:
        return None
    newest = max(versions, key=lambda version: (not version.is_prerelease, version))
    of_it = [file for file in files if file.version_of(used.name) == newest]
    return next((found for file in _cheapest_first(of_it) if (found := _read(file, str(newest)))), None)


def _is_admitted(file: IndexFile, used: Used) -> bool:
    version = file.version_of(used.name)
    if version is None:
        return False
    if used.version is not None:
        return str(version) == used.version or used.admits(str(version))
    return file.withdrawn is None and used.admits(str(version))


def _cheapest_first(files: Sequence[IndexFile]) -> Iterator[IndexFile]:
    """Small wheels, which tell all; then what has its metadata beside it; then small source archives."""
    wheels = [file for file in files if file.name.endswith(".whl")]
    small = [file for file in wheels if (file.size or 0) <= _MOST]
    yield from small[:1]
    yield from [file for file in wheels if file.metadata][:1]
    yield from [file for file in files if file.name.endswith(".tar.gz") and (file.size or 0) <= _MOST][:1]


def _read(file: IndexFile, version: str) -> Contents | None:
    if file.size is None or file.size <= _MOST:
        whole = fetch(file.url, seconds=_SECONDS, most=_MOST + 1)
        if whole and len(whole[1]) <= _MOST:
            return _inside(file.name, whole[1], version)
    if not file.metadata:
        return None
    beside = fetch(f"{file.url}.metadata", seconds=_SECONDS, most=_MOST)
    return Contents(version=version, packages=None, requirements=_requirements(beside[1])) if beside else None


def _inside(name: str, data: bytes, version: str) -> Contents | None:
    try:
        return _of_wheel(data, version) if name.endswith(".whl") else _of_source(data, version)
    except (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, ValueError, StopIteration):
        return None


def _of_wheel(data: bytes, version: str) -> Contents:
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        names = wheel.namelist()
        metadata = next(name for name in names if name.endswith(".dist-info/METADATA"))
        with wheel.open(metadata) as file:
            text = file.read(_MOST)
    return Contents(
        version=version, packages=_packages(name.split("/") for name in names), requirements=_requirements(text)
    )


def _of_source(data: bytes, version: str) -> Contents:
    """A source archive: every folder with an ``__init__.py`` counts, wherever it lies; all below one folder."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        names = archive.getnames()
        metadata = archive.extractfile(min((name for name in names if name.endswith("/PKG-INFO")), key=len))
        text = metadata.read(_MOST) if metadata else b""
    folders = (name.split("/")[-2:] for name in names if name.endswith("/__init__.py"))
    return Contents(version=version, packages=_packages(folders), requirements=_requirements(text))


def _packages(paths: Iterable[Sequence[str]]) -> frozenset[str]:
    return frozenset(path[0].removesuffix(".py") for path in paths if not path[0].endswith((".dist-info", ".data")))


def _requirements(metadata: bytes) -> tuple[Requirement, ...]:
    lines = parse_email(metadata.decode("utf-8", "replace"))[0].get("requires_dist", [])
    return tuple(found for line in lines if (found := _requirement(line)))


def _requirement(line: str) -> Requirement | None:
    try:
        return Requirement(line)
    except InvalidRequirement:
        return None
