"""Resolves where gateways and libraries of a matrix file come from; refuses a wrong place before anything is built.

IBKR's own client may not be redistributed, so users bring it: as a wheel, as the folder or the zip of IBKR's
download, or from a git repository. ``noxfile.py`` imports this module before it builds an environment, so it uses only
the standard library.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from harness.known.gateway_versions import known_versions
from harness.shared.errors import MatrixError, did_you_mean
from harness.shared.hosts import LOOPBACK, one_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ORIGINS = ("wheel", "source", "zip", "git")

_PYTHONCLIENT = "IBJts/source/pythonclient"
"""The folder of the Python client in IBKR's download."""


def requirement(origin: str, value: str, *, distribution: str, folder: Path) -> str:
    """Return the pip requirement for an origin; paths are relative to ``folder``, that of the matrix file."""
    if origin == "git":
        return f"{distribution} @ {value if value.startswith('git+') else f'git+{value}'}"
    path = (folder / Path(value).expanduser()).resolve()
    if origin == "zip":
        return f"{distribution} @ {path.as_uri()}#subdirectory={_client_folder(path)}"
    return str(path)


def is_missing(origin: str, value: str, folder: Path) -> bool:
    """Return whether an origin is a path, relative to ``folder``, that does not exist."""
    try:
        return origin != "git" and not (folder / Path(value).expanduser()).exists()
    except RuntimeError:  # the home of a user who is not there
        return True


_IN_ZIP = re.compile(r"\S+ @ (?P<archive>file:\S+)#subdirectory=(?P<client>.+)")


def installable(requirements: Iterable[str], folder: Path) -> list[str]:
    """The requirements in a form that every installer takes: a zip is unpacked into ``folder``.

    uv ignores the ``#subdirectory`` of a local archive, and pip looks for it elsewhere where the archive has one folder
    at its top (uv 0.13, pip 26). An archive that cannot be read is left for the installer to complain about.
    """
    return [_unpacked(each, folder) for each in requirements]


def _unpacked(requirement: str, folder: Path) -> str:
    found = _IN_ZIP.fullmatch(requirement)
    if found is None:
        return requirement
    try:
        with zipfile.ZipFile(url2pathname(urlsplit(found["archive"]).path)) as archive:
            client = [name for name in archive.namelist() if name.startswith(f"{found['client']}/")]
            archive.extractall(folder, client)
    except (OSError, zipfile.BadZipFile):
        return requirement
    return str(folder / found["client"]) if client else requirement


def version_label(origin: str, value: str) -> str:
    """Return a word that identifies an origin in ids, for rows without a ``version`` in the file."""
    if origin == "git":
        _, _, path = value.split("#", maxsplit=1)[0].rpartition("://")[2].partition("/")
        _, at, ref = path.rpartition("@")  # in the path: before a host's @ there is a user
        return _safe(ref) if at else "git"
    name = PurePosixPath(value.replace("\\", "/")).name
    if origin == "wheel" and name.count("-") >= 2:  # noqa: PLR2004 - name-version-tags.whl
        return _safe(name.split("-")[1])
    return _safe(name.removesuffix(".zip")) or origin


def _safe(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.+!_-]+", "-", text).strip("-.")


def _client_folder(archive: Path) -> str:
    """The folder of the Python client inside IBKR's zip; a zip that cannot be read is pip's to complain about."""
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except (OSError, zipfile.BadZipFile):
        return _PYTHONCLIENT
    found = (PurePosixPath(name).parent for name in names if name.endswith("/setup.py"))
    clients = [str(parent) for parent in found if parent.name == "pythonclient"]
    return clients[0] if clients else _PYTHONCLIENT


def refuse_gateways(document: Mapping[str, Any], file: Path) -> None:
    """Refuse what is certainly wrong in the ``[[gateway]]`` tables of a document that was not validated yet.

    Raises:
        MatrixError: something is; the error names file, table and key.
    """
    tables = document.get("gateway")
    numbered = [
        (f"{file}: [[gateway]] {number}", table)
        for number, table in enumerate(tables if isinstance(tables, list) else (), start=1)
        if isinstance(table, dict)
    ]
    for where, table in numbered:
        if table.get("kind") == "simulator":
            refuse_profile(table.get("profile", f"{table.get('product')}-{table.get('version')}"), where)
    refuse_same_place((where, table.get("host", LOOPBACK), table.get("port", 0)) for where, table in numbered)


def refuse_missing(document: Mapping[str, Any], file: Path) -> None:
    """Raise MatrixError if a ``[[library]]`` names a file or folder that does not exist."""
    tables = document.get("library")
    for number, table in enumerate(tables if isinstance(tables, list) else (), start=1):
        for origin, value in table.items() if isinstance(table, dict) else ():
            if origin in ORIGINS and isinstance(value, str) and value and is_missing(origin, value, file.parent):
                raise MatrixError(f"{file}: [[library]] {number}: {origin}: {value!r}: no such file or folder")


def refuse_profile(profile: object, where: str) -> None:
    """Raise MatrixError if there is no profile of a simulated gateway with that name."""
    known = known_versions()
    if isinstance(profile, str) and profile not in known:
        near = did_you_mean(profile, known)
        hint = f"There are: {', '.join(known)}."
        raise MatrixError(f"{where}: no simulated gateway is called {profile!r}{near}", hint=hint)


def refuse_same_place(places: Iterable[tuple[str, object, object]]) -> None:
    """Raise MatrixError if two gateways have the same host and port, so that one of them has a wrong name.

    Args:
        places: for each gateway its place in the file, its host and its port. Port 0 means any free port, and is
            ignored.
    """
    taken: dict[tuple[str, int], str] = {}
    for where, host, port in places:
        if not isinstance(host, str) or not isinstance(port, int) or port == 0:
            continue
        first = taken.setdefault((one_form(host), port), where)
        if first != where:
            other = first.rpartition(": ")[2]
            raise MatrixError(
                f"{where}: {host}:{port} is also the address of {other}, and one Gateway cannot be both",
                hint="Give each gateway its own host and port, or keep one of the two tables.",
            )
