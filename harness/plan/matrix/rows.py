"""Reads the rows of a matrix file: one library version on one Python, as the environment builder needs them.

``noxfile.py`` reads its parameters here, so this module uses only the standard library. It checks the ``[[library]]``
tables as far as it needs them; ``harness.plan.matrix.load`` checks the whole file.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import tomllib

from harness.plan.matrix.origins import ORIGINS, refuse_gateways, refuse_missing, requirement, version_label
from harness.shared.bounded_reading import MOST_TYPED, parse_toml, read_bytes
from harness.shared.errors import InputError, MatrixError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ADAPTERS = ("ib_async", "ib_insync", "ibapi")

LIBRARY_KEYS = ("adapter", "distribution", "name", "versions", "version", "extra", "pythons", *ORIGINS)

LATEST = "latest"
HOST = "host"
"""The word in ``pythons`` that means the running Python."""

OLDEST_MINOR = 10
"""The oldest minor version of Python 3 that can parse our code in a row's environment."""

_PYTHON = re.compile(r"3\.\d+t?")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
"""Matches valid names and versions, which become parts of ids, folder names and pip's arguments."""
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One library version on one Python: one virtual environment.

    ``version`` is what the file asks for and may be ``latest``; ``requirements`` is what pip is given.
    """

    adapter: str
    name: str
    distribution: str
    version: str
    python: str
    requirements: tuple[str, ...]

    @property
    def library(self) -> str:
        """Name and version as people write them: ``ib_async==2.1.0``."""
        return f"{self.name}=={self.version}"

    @property
    def id(self) -> str:
        """``ib_async==2.1.0/py3.11``."""
        return f"{self.library}/py{self.python}"

    @property
    def environment(self) -> str:
        """The id as a folder name that every file system takes: ``ib_async-2-1-0-py3-11``."""
        return re.sub(r"\W+", "-", self.id).strip("-").lower()


def read_rows(file: Path, *, host_python: str | None = None) -> tuple[Row, ...]:
    """Return the rows of a matrix file.

    Gateways are checked, too, so that nothing is built for a file that cannot be used.

    Args:
        file: a TOML file as described in ``docs/reference/matrix.md``.
        host_python: the Python that ``host`` means, such as ``3.11`` [default: the running Python]

    Raises:
        MatrixError: the file or one of its ``[[library]]`` tables is wrong, or a gateway is impossible.
    """
    document = read_document(file)
    refuse_gateways(document, file)
    refuse_missing(document, file)
    return rows_of(document, file, host_python=host_python)


def running_python() -> str:
    """Return the running Python, as written in ``pythons``: ``3.11``."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def read_document(file: Path) -> dict[str, Any]:
    """Return the TOML document, not validated; raises MatrixError if the file cannot be read or parsed."""
    try:
        return parse_toml(read_bytes(file, MOST_TYPED).decode("utf-8"), str(file))
    except FileNotFoundError:
        raise MatrixError(f"{file}: no such matrix file", hint="Name one with --matrix FILE.") from None
    except InputError as error:
        raise MatrixError(str(error), hint=error.hint) from None
    except UnicodeDecodeError:
        raise MatrixError(f"{file}: is not text in UTF-8, as TOML must be") from None
    except tomllib.TOMLDecodeError as error:
        raise MatrixError(f"{file}: is not TOML: {error}") from None


def rows_of(document: Mapping[str, Any], file: Path, *, host_python: str | None = None) -> tuple[Row, ...]:
    """The rows of a document read from ``file``; raises MatrixError as ``read_rows`` does."""
    host = host_python or running_python()
    libraries = document.get("library", [])
    if not isinstance(libraries, list) or not all(isinstance(table, dict) for table in libraries):
        raise MatrixError(f"{file}: library: expected [[library]] tables, found {libraries!r}")
    rows: dict[str, Row] = {}
    for number, table in enumerate(libraries, start=1):
        for row in _Library(file, number, table).rows(_default_pythons(document, file), host):
            if row.id in rows:
                raise MatrixError(f"{file}: [[library]] {number}: duplicate row {row.id!r}; give one a 'name'")
            rows[row.id] = row
    return tuple(rows.values())


def _default_pythons(document: Mapping[str, Any], file: Path) -> list[str]:
    defaults = document.get("defaults", {})
    pythons = defaults.get("pythons", [HOST]) if isinstance(defaults, dict) else [HOST]
    return _pythons(pythons, f"{file}: [defaults]: pythons")


def _pythons(value: object, where: str) -> list[str]:
    pythons = _strings(value, where)
    for python in pythons:
        if python != HOST and not _PYTHON.fullmatch(python):
            raise MatrixError(f'{where}: {python!r}: expected a version such as "3.11", or "{HOST}"')
        if python != HOST:
            _refuse_minor(int(python[2:].rstrip("t")), f"{where}: {python!r}")
    return pythons


def _refuse_minor(minor: int, where: str) -> None:
    if minor > _newest_minor():
        raise MatrixError(f"{where}: no such Python")
    if minor < OLDEST_MINOR:
        raise MatrixError(f"{where}: what asks a library needs Python 3.{OLDEST_MINOR} or newer")


def _newest_minor() -> int:
    """Return the newest minor version that may be named: that of the coming year, as each October has one (PEP 602)."""
    return datetime.now(UTC).year - 2010


def _strings(value: object, where: str) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        raise MatrixError(f"{where}: {value!r}: expected a list of strings")
    return list(value)


@dataclass(frozen=True, slots=True)
class _Library:
    """One ``[[library]]`` table; its methods raise MatrixError that names file, table and key."""

    file: Path
    number: int
    table: Mapping[str, Any]

    @property
    def where(self) -> str:
        return f"{self.file}: [[library]] {self.number}"

    def rows(self, default_pythons: list[str], host: str) -> Iterator[Row]:
        self._refuse_unknown_keys()
        adapter = self._adapter()
        distribution = self._name("distribution", adapter)
        name = self._name("name", distribution)
        pythons = _pythons(self.table.get("pythons", default_pythons), f"{self.where}: pythons")
        extra = tuple(_strings(self.table["extra"], f"{self.where}: extra")) if self.table.get("extra") else ()
        for version, base in self._versions(distribution):
            for python in pythons:
                yield Row(
                    adapter=adapter,
                    name=name,
                    distribution=distribution,
                    version=version,
                    python=host if python == HOST else python,
                    requirements=(base, *extra),
                )

    def _refuse_unknown_keys(self) -> None:
        for key in self.table:
            if key not in LIBRARY_KEYS:
                raise MatrixError(f"{self.where}: unknown key {key!r}{did_you_mean(key, LIBRARY_KEYS)}")

    def _adapter(self) -> str:
        adapter = self._text("adapter", None)
        if adapter not in ADAPTERS:
            known = ", ".join(ADAPTERS)
            raise MatrixError(f"{self.where}: adapter: {adapter!r} is unknown; expected one of {known}")
        return adapter

    def _text(self, key: str, default: str | None) -> str:
        value = self.table.get(key, default)
        if value is None:
            raise MatrixError(f"{self.where}: {key}: is missing; expected a string")
        if not isinstance(value, str) or not value:
            raise MatrixError(f"{self.where}: {key}: {value!r}: expected a string")
        return value

    def _name(self, key: str, default: str) -> str:
        value = self._text(key, default)
        if not _NAME.fullmatch(value):
            raise MatrixError(f"{self.where}: {key}: {value!r}: expected letters, digits and . _ + - only")
        return value

    def _versions(self, distribution: str) -> Iterator[tuple[str, str]]:
        """Each version with the requirement that installs it."""
        given = [key for key in ("versions", *ORIGINS) if key in self.table]
        if len(given) != 1:
            found = " and ".join(given) or "none"
            choices = ", ".join(("versions", *ORIGINS))
            raise MatrixError(f"{self.where}: expected exactly one of {choices}; found {found}")
        if given == ["versions"]:
            yield from self._published(distribution)
        else:
            yield self._brought(given[0], distribution)

    def _published(self, distribution: str) -> Iterator[tuple[str, str]]:
        if "version" in self.table:
            raise MatrixError(f"{self.where}: version: names what a file or repository holds; use 'versions'")
        for version in _strings(self.table["versions"], f"{self.where}: versions"):
            self._check_version("versions", version)
            yield version, distribution if version == LATEST else f"{distribution}=={version}"

    def _brought(self, origin: str, distribution: str) -> tuple[str, str]:
        value = self._text(origin, None)
        label = self._text("version", version_label(origin, value))
        self._check_version("version", label)
        return label, requirement(origin, value, distribution=distribution, folder=self.file.parent)

    def _check_version(self, key: str, version: str) -> None:
        if not _VERSION.fullmatch(version):
            expected = f'expected an exact version such as "2.1.0", or "{LATEST}"'
            raise MatrixError(f"{self.where}: {key}: {version!r}: {expected}")
