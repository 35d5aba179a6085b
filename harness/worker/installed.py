"""What is installed in the row's environment, read from the names of its ``.dist-info`` folders.

``importlib.metadata`` says the same and costs 25 ms of CPU to import, as much as a whole cell; it is asked only where
the folders do not tell (an older kind of installation).
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

SUFFIX = ".dist-info"
"""Such a folder is called ``<name>-<version>.dist-info``, by the specification of installed projects."""


def installed() -> dict[str, str]:
    """Give the versions of all installed distributions by their normalised names."""
    found: dict[str, str] = {}
    for place in sys.path:
        folder = Path(place)
        if folder.is_dir():
            for entry in folder.glob(f"*{SUFFIX}"):
                name, _, version = entry.name.removesuffix(SUFFIX).rpartition("-")
                found.setdefault(normal(name), version)  # as for imports, the first place counts
    return dict(sorted(found.items()))


def version_of(distribution: str, among: dict[str, str]) -> str | None:
    """Give the version of one distribution; None where it is not installed."""
    version = among.get(normal(distribution))
    if version is not None:
        return version
    from importlib import metadata  # noqa: PLC0415 - see the top of this module

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def normal(name: str) -> str:
    """Give a name as all names are compared: lower case, every run of ``-_.`` one dash."""
    return re.sub(r"[-_.]+", "-", name).lower()
