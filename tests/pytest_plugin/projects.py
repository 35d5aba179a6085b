"""Projects of other people that use the plugin: their tests are run by a pytest of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.limits import PATIENCE
from tests.rows import need_row

WITHOUT = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest")
"""Plugins of ours that such a project has no use for; the second takes as long to load as pytest."""

_SITE = "import sys, sysconfig; print(sys.version_info[:2], sysconfig.get_path('purelib'))"


@dataclass
class Project:
    """A folder with tests; ``library`` is the row whose packages they may import besides those of ib-compat."""

    folder: Path
    library: str | None = None
    files: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        if self.library is not None:
            (self.folder / "conftest.py").write_text(
                f"import sys\nsys.path.append({site_of(self.library)!r})\n", "utf-8"
            )
        for name, text in self.files.items():
            (self.folder / name).write_text(textwrap.dedent(text), "utf-8")
        return subprocess.run(
            [sys.executable, *python, "-m", "pytest", *WITHOUT, "--strict-markers", *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )


def site_of(library: str) -> str:
    """Give the folder of a row's packages; skips where they are for another Python than this one."""
    row = need_row(library)
    told = subprocess.run([row.python, "-c", _SITE], capture_output=True, text=True, check=True).stdout.strip()
    version, _, folder = told.rpartition(" ")
    if version != str(sys.version_info[:2]):
        pytest.skip(f"{library} was built for Python {version}")
    return folder
