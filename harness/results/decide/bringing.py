"""Finds which packages of a user's file install a library, from our data, the lock file, and the package index."""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from packaging.metadata import parse_email
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from harness.results.decide.libraries import Brings, adapters, related, unrelated
from harness.results.decide.libraries_used import is_meant
from harness.results.decide.package_index import IndexUnreachableError, fetch, read_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from packaging.markers import Marker

    from harness.results.decide.libraries_used import Used
    from harness.results.decide.package_index import IndexFile

_MAY = re.compile(r"(^|-)(py|python-)?ib-?(api|py|async|insync)|(^|-)(tws|ibkr|ib|ibgw)(-|$|api)|interactive-?brokers")
"""Matches names that suggest IBKR's API. As long as such a package was not examined, nothing is known."""

_MOST_PACKAGES = 40
"""The most packages that are looked up for one answer; those with a suggestive name come first."""

_AT_ONCE = 4

_SECONDS = 5.0
"""Seconds that the index may take for one answer. The look-up is only a precaution, so the wait is short."""

_MOST_BYTES = 1 << 20
"""The largest file, in bytes, that is read whole; only the metadata of a larger one is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bringer:
    """A package of the user's file that brings a library along; ``brings`` is ``None`` if it only may."""

    used: Used
    brings: Brings | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a file brings along; ``unseen`` are packages with other names that could not be looked up, and why."""

    bringers: tuple[Bringer, ...] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)


def look_up(used: Sequence[Used], index: str, *, python: str) -> Looked:
    """Find what each package of a file brings along, other than the libraries themselves.

    Args:
        used: all packages that the file names.
        index: address of the package index, which is asked if neither our data nor the lock knows.
        python: the Python for which markers are evaluated, such as ``3.11``.
    """
    open_ = [each for each in used if not each.own and not each.source and each.name not in {*adapters(), *unrelated()}]
    told = {each.name: brings for each in open_ if (brings := _known(each)) is not None}
    untold = [each for each in open_ if each.name not in told]
    hidden = {each.name: each.why for each in untold if each.index and _may(each)}
    ask = [each for each in untold if each.name not in hidden and (each.needs is None or _may(each))]
    ask.sort(key=lambda each: not _may(each))
    answers = hidden | _ask(ask[:_MOST_PACKAGES], index, python)
    answers |= {each.name: f"only {_MOST_PACKAGES} packages are looked up" for each in ask[_MOST_PACKAGES:]}
    bringers, unseen = [], {}
    for each in open_:
        answer = told.get(each.name) or answers.get(each.name, "")
        if isinstance(answer, Brings):
            bringers.append(Bringer(used=each, brings=answer))
        elif answer and _may(each):
            bringers.append(Bringer(used=each, brings=None, why=answer))
        elif answer:
            unseen[each.name] = answer
    return Looked(bringers=tuple(bringers), unseen=unseen)


def _may(used: Used) -> bool:
    """Whether its name, or a requested extra's, suggests a library, as in ``nautilus_trader[ib]``."""
    return any(_MAY.search(name) for name in (used.name, *map(canonicalize_name, used.extras)))


def _known(used: Used) -> Brings | None:
    """Return what our data and the lock say about a package; ``None`` if they say nothing."""
    if used.name in related():
        return related()[used.name]
    uses = _libraries(used.needs or ())
    return Brings(uses=uses, source=used.place) if uses else None


def _libraries(names: Iterable[str]) -> tuple[str, ...]:
    """Those names that are libraries, or are known to install one."""
    known = {*adapters(), *(name for name, brings in related().items() if brings.installs)}
    return tuple(dict.fromkeys(name for name in map(canonicalize_name, names) if name in known))


def _ask(packages: Sequence[Used], index: str, python: str) -> dict[str, Brings | str]:
    """Ask the index about each: what it installs, ``""`` for nothing, or why that is not known."""
    down: list[str] = []

    def ask(used: Used) -> Brings | str:
        if down:  # one answer that does not come is waited for, not forty
            return down[0]
        try:
            contents = _read_contents(index, used)
        except IndexUnreachableError as error:
            down.append(str(error))
            return down[0]
        return f"{index} has nothing of it that can be looked into" if contents is None else _of(used, contents, python)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip([each.name for each in packages], pool.map(ask, packages), strict=True))


def _of(used: Used, contents: Contents, python: str) -> Brings | str:
    needs = [each.name for each in contents.requirements if _asks(each.marker, used.extras, python)]
    installs = sorted(set(adapters().values()) & (contents.packages or frozenset()))
    uses = _libraries(needs)
    if not installs and not uses:
        return ""
    return Brings(installs=tuple(installs), uses=uses, source=f"{contents.version} on the package index")


def _asks(marker: Marker | None, extras: Iterable[str], python: str) -> bool:
    return marker is None or any(is_meant(marker, python, extra) for extra in ("", *extras))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What a version brings: names of importable packages, ``None`` if not looked at, and its requirements."""

    version: str
    packages: frozenset[str] | None
    requirements: tuple[Requirement, ...]


def _read_contents(index: str, used: Used) -> Contents | None:
    """Return the contents of a package, at the version that the file names or the newest that it allows.

    ``None`` if the index has no such version, or if its files cannot be read.

    Raises:
        IndexUnreachableError: the index does not answer.
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
    """Yield files in order of cost: small wheels, which say everything, files with metadata, small source archives."""
    wheels = [file for file in files if file.name.endswith(".whl")]
    small = [file for file in wheels if (file.size or 0) <= _MOST_BYTES]
    yield from small[:1]
    yield from [file for file in wheels if file.metadata][:1]
    yield from [file for file in files if file.name.endswith(".tar.gz") and (file.size or 0) <= _MOST_BYTES][:1]


def _read(file: IndexFile, version: str) -> Contents | None:
    if file.size is None or file.size <= _MOST_BYTES:
        whole = fetch(file.url, seconds=_SECONDS, most=_MOST_BYTES + 1)
        if whole and len(whole[1]) <= _MOST_BYTES:
            return _inside(file.name, whole[1], version)
    if not file.metadata:
        return None
    beside = fetch(f"{file.url}.metadata", seconds=_SECONDS, most=_MOST_BYTES)
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
            text = file.read(_MOST_BYTES)
    return Contents(
        version=version, packages=_packages(name.split("/") for name in names), requirements=_requirements(text)
    )


def _of_source(data: bytes, version: str) -> Contents:
    """A source archive, all in one folder: every folder in it with an ``__init__.py`` counts."""
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
        names = archive.getnames()
        metadata = archive.extractfile(min((name for name in names if name.endswith("/PKG-INFO")), key=len))
        text = metadata.read(_MOST_BYTES) if metadata else b""
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
