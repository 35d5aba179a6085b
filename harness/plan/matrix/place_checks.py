"""Where gateways and libraries of a matrix file are, and what is simulated: refused before anything is built or asked.

``noxfile.py`` looks at this before it builds an environment, so this module lives on the standard library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.known.gateway_versions import known_versions
from harness.plan.matrix.library_origins import ORIGINS, is_missing
from harness.shared.errors import MatrixError, did_you_mean
from harness.shared.hosts import LOOPBACK, one_form

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


def refuse_gateways(document: Mapping[str, Any], file: Path) -> None:
    """Refuse what is surely wrong with the ``[[gateway]]`` tables of a document that was not validated.

    Raises MatrixError that names file, table and key.
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
    """Raise MatrixError where a ``[[library]]`` is to come from a file or folder that is not there."""
    tables = document.get("library")
    for number, table in enumerate(tables if isinstance(tables, list) else (), start=1):
        for origin, value in table.items() if isinstance(table, dict) else ():
            if origin in ORIGINS and isinstance(value, str) and value and is_missing(origin, value, file.parent):
                raise MatrixError(f"{file}: [[library]] {number}: {origin}: {value!r}: there is no such file or folder")


def refuse_profile(profile: object, where: str) -> None:
    """Raise MatrixError where nothing of that name can be simulated."""
    known = known_versions()
    if isinstance(profile, str) and profile not in known:
        near = did_you_mean(profile, known)
        hint = f"There are: {', '.join(known)}."
        raise MatrixError(f"{where}: no simulated gateway is called {profile!r}{near}", hint=hint)


def refuse_same_place(places: Iterable[tuple[str, object, object]]) -> None:
    """Raise MatrixError where two gateways are at one host and port, so that one of them is not what it is called.

    Args:
        places: for each where it stands in the file, its host and its port; port 0 is a free one, and no place.
    """
    taken: dict[tuple[str, int], str] = {}
    for where, host, port in places:
        if not isinstance(host, str) or not isinstance(port, int) or port == 0:
            continue
        first = taken.setdefault((one_form(host), port), where)
        if first != where:
            other = first.rpartition(": ")[2]
            raise MatrixError(
                f"{where}: {host}:{port} is where {other} is, and one Gateway cannot be both",
                hint="Give each gateway its own host and port, or keep one of the two tables.",
            )
