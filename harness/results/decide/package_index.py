"""Reads which versions a package index has, and compares a matrix with them.

It reads the simple API, as pip and uv do: JSON (PEP 691, PEP 700) or HTML (PEP 503).
"""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import Version

from harness.plan.matrix.rows import LATEST
from harness.shared.bounded_reading import MOST, parse_json
from harness.shared.errors import ExitCode, IbCompatError, InputError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from harness.plan.matrix.rows import Row

PYPI = "https://pypi.org/simple"
_VARIABLES = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL")
_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, text/html;q=0.1"
_SECONDS = 20.0
_MISSING = 404


class IndexUnreachableError(IbCompatError):
    """The package index could not be read, so what it has is not known."""

    exit_code = ExitCode.HARNESS_FAILED


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version.

    ``uploaded`` is the day of its first file, ISO 8601, if the index gives it. ``withdrawn`` is the reason why all of
    its files were yanked (PEP 592), ``""`` if there is no reason, and ``None`` if they were not.
    """

    version: Version
    uploaded: str | None
    withdrawn: str | None


@dataclass(frozen=True, slots=True)
class IndexFile:
    """A file of a package, as the index lists it.

    ``url`` is absolute; ``size`` is in bytes, if the index says so; ``metadata`` says that it serves the file's
    metadata beside it, at ``url`` and ``.metadata`` (PEP 658).
    """

    name: str
    uploaded: str | None
    withdrawn: str | None
    url: str = ""
    size: int | None = None
    metadata: bool = False

    def version_of(self, distribution: str) -> Version | None:
        """The version in its name; ``None`` if it is of another kind, such as an egg or an installer."""
        return _version(self.name, distribution)


def index_url(named: str | None) -> str:
    """The index to use: the named one, else that of uv's or pip's variables, else PyPI."""
    url = named or next((os.environ[name] for name in _VARIABLES if os.environ.get(name)), PYPI)
    if not url.startswith(("https://", "http://")):
        raise UsageError(f"{url!r} is not the address of an index", hint=f"Expected an address such as {PYPI}.")
    return url.rstrip("/")


def read_releases(index: str, distribution: str) -> tuple[Release, ...]:
    """The versions of a package in an index, in order; none if it does not have the package.

    Raises:
        IndexUnreachableError: it does not answer, or not as an index does.
    """
    return tuple(_releases(read_files(index, distribution), distribution))


def read_files(index: str, distribution: str, *, seconds: float = _SECONDS) -> tuple[IndexFile, ...]:
    """The files of a package in an index; none if it does not have the package.

    Args:
        index: the address of the simple API.
        distribution: the package.
        seconds: how long to wait for it.

    Raises:
        IndexUnreachableError: it does not answer, or not as an index does.
    """
    address = f"{index}/{canonicalize_name(distribution)}/"
    found = fetch(address, seconds=seconds)
    if found is None:
        return ()
    kind, body, at = found
    try:
        text = body.decode("utf-8")
        files = _files_of_json(parse_json(text, address)) if kind.endswith("json") else _files_of_html(text)
        return tuple(replace(file, url=urljoin(at, file.url)) for file in files)
    except (InputError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreachable(address, f"its answer is not a package index: {error}") from None


def fetch(address: str, *, seconds: float, most: int | None = None) -> tuple[str, bytes, str] | None:
    """Read an address.

    Args:
        address: the URL.
        seconds: how long to wait.
        most: the most bytes to read [default: all]

    Returns:
        The media type, the data, and the final address; ``None`` if the index says that there is nothing.

    Raises:
        IndexUnreachableError: the index does not answer.
    """
    if not address.startswith(("https://", "http://")):
        raise _unreachable(address, "it is not the address of an index")
    request = urllib.request.Request(address, headers={"Accept": _ACCEPT})  # noqa: S310 - seen above
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
            return answer.headers.get_content_type(), answer.read(MOST if most is None else most), answer.url
    except urllib.error.HTTPError as error:
        with error:
            if error.code == _MISSING:
                return None
        raise _unreachable(address, f"HTTP {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(address, str(getattr(error, "reason", error))) from None


def _unreachable(address: str, why: str) -> IndexUnreachableError:
    hint = "Without the index this is not known. Try again online, or name another index with --index URL."
    return IndexUnreachableError(f"{address}: cannot be read: {why}", hint=hint)


def _files_of_json(document: Mapping[str, Any]) -> Iterable[IndexFile]:
    for file in document["files"]:
        yanked = file.get("yanked", False)
        withdrawn = None if yanked is False else yanked if isinstance(yanked, str) else ""
        yield IndexFile(
            name=str(file["filename"]),
            uploaded=file.get("upload-time"),
            withdrawn=withdrawn,
            url=str(file.get("url", "")),
            size=file.get("size"),
            metadata=bool(file.get("core-metadata", file.get("dist-info-metadata", False))),
        )


class _Links(HTMLParser):
    """Collects the links of a page, each with its attributes and its text."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[IndexFile] = []
        self._open: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = dict(attrs) if tag == "a" else self._open

    def handle_data(self, data: str) -> None:
        if self._open is not None and data.strip():
            yanked = self._open.get("data-yanked", "") or "" if "data-yanked" in self._open else None
            self.found.append(
                IndexFile(
                    name=data.strip(),
                    uploaded=self._open.get("data-upload-time"),
                    withdrawn=yanked,
                    url=self._open.get("href") or "",
                    metadata=bool({"data-core-metadata", "data-dist-info-metadata"} & self._open.keys()),
                )
            )

    def handle_endtag(self, tag: str) -> None:
        self._open = None if tag == "a" else self._open


def _files_of_html(text: str) -> Iterable[IndexFile]:
    links = _Links()
    links.feed(text)
    return links.found


def _releases(files: Iterable[IndexFile], distribution: str) -> Iterable[Release]:
    by_version: dict[Version, list[IndexFile]] = {}
    for file in files:
        version = file.version_of(distribution)
        if version is not None:
            by_version.setdefault(version, []).append(file)
    for version, several in sorted(by_version.items()):
        uploads = [file.uploaded for file in several if file.uploaded]
        reasons = [file.withdrawn for file in several]
        whole = None if None in reasons else next((reason for reason in reasons if reason), "")
        yield Release(version=version, uploaded=min(uploads)[:10] if uploads else None, withdrawn=whole)


def _version(file: str, distribution: str) -> Version | None:
    try:
        name, version = parse_wheel_filename(file)[:2] if file.endswith(".whl") else parse_sdist_filename(file)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return version if name == canonicalize_name(distribution) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How the versions of a package in the matrix compare with those in the index.

    Args:
        distribution: the package, as the matrix file writes it.
        pinned: the versions that the matrix pins, in order.
        newer: versions in the index above the newest pinned one, without withdrawn ones. Pre-releases are included only
            if the matrix pins one.
        older: other versions in the index that the matrix lacks, with the same exceptions.
        withdrawn: pinned versions that are withdrawn from the index.
        missing: pinned versions that are not in the index at all.
        follows: whether the matrix asks for ``latest``, too, so that it lacks nothing newer.
    """

    distribution: str
    pinned: tuple[Version, ...]
    newer: tuple[Release, ...]
    older: tuple[Release, ...]
    withdrawn: tuple[Release, ...]
    missing: tuple[Version, ...]
    follows: bool

    @property
    def fresh(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.withdrawn or self.missing or (self.newer and not self.follows))


def freshness(rows: Iterable[Row], read: Callable[[str], Sequence[Release]]) -> tuple[Freshness, ...]:
    """Compare the rows that come from an index with what it has.

    Args:
        rows: the matrix file's. Those of files, folders and repositories are left out.
        read: the releases of a package.
    """
    packages: dict[str, set[str]] = {}
    for row in rows:
        if row.requirements[0] in {row.distribution, f"{row.distribution}=={row.version}"}:
            packages.setdefault(row.distribution, set()).add(row.version)
    return tuple(_freshness_of(name, versions, read(name)) for name, versions in packages.items())


def _freshness_of(distribution: str, versions: set[str], releases: Sequence[Release]) -> Freshness:
    pinned = sorted(Version(version) for version in versions if version != LATEST)
    previews = any(version.is_prerelease for version in pinned)
    lacking = [
        each
        for each in releases
        if each.version not in pinned and each.withdrawn is None and (previews or not each.version.is_prerelease)
    ]
    known = {each.version for each in releases}
    return Freshness(
        distribution=distribution,
        pinned=tuple(pinned),
        newer=tuple(each for each in lacking if not pinned or each.version > pinned[-1]),
        older=tuple(each for each in lacking if pinned and each.version < pinned[-1]),
        withdrawn=tuple(each for each in releases if each.version in pinned and each.withdrawn is not None),
        missing=tuple(version for version in pinned if version not in known),
        follows=LATEST in versions,
    )
