"""What pip is told to install when a library comes from a file, a folder or a repository.

IBKR's own client may not be redistributed, so users bring it: as a wheel, as the folder or the zip of IBKR's
download, or from a git repository. The standard library only.
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

if TYPE_CHECKING:
    from collections.abc import Iterable

ORIGINS = ("wheel", "source", "zip", "git")

_PYTHONCLIENT = "IBJts/source/pythonclient"
"""Where IBKR's download keeps its Python client."""


def requirement(origin: str, value: str, *, distribution: str, folder: Path) -> str:
    """The pip requirement for an origin; paths are relative to ``folder``, the matrix file's."""
    if origin == "git":
        return f"{distribution} @ {value if value.startswith('git+') else f'git+{value}'}"
    path = (folder / Path(value).expanduser()).resolve()
    if origin == "zip":
        return f"{distribution} @ {path.as_uri()}#subdirectory={_client_folder(path)}"
    return str(path)


def is_missing(origin: str, value: str, folder: Path) -> bool:
    """Whether an origin is a path, relative to ``folder``, at which there is nothing."""
    return origin != "git" and not (folder / Path(value).expanduser()).exists()


_IN_ZIP = re.compile(r"\S+ @ (?P<archive>file:\S+)#subdirectory=(?P<client>.+)")


def installable(requirements: Iterable[str], folder: Path) -> list[str]:
    """The requirements as every installer takes them: what is in a zip is unpacked into ``folder``.

    uv passes over the ``#subdirectory`` of a local archive, and pip looks for it elsewhere where the archive has one
    folder at its top (uv 0.13, pip 26). An archive that cannot be read is left for the installer to complain about.
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
    """A word that tells rows from origins apart in ids, where the file gives no ``version`` of its own."""
    if origin == "git":
        _, _, path = value.split("#", maxsplit=1)[0].rpartition("://")[2].partition("/")
        _, at, ref = path.rpartition("@")  # in the path: what stands before a host's @ is a user
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
