"""Rows whose Python has no data of time zones, with the real libraries: no verdict says that a library is at fault."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.plan.matrix.environments import MARKER, RowEnvironment, find_environments
from harness.plan.matrix.rows import read_rows
from tests.rows import DEFAULT, VARIABLE, library_rows, need_row

NEED_IT = {"ib_async==1.0.3", "ib_async==2.0.1", "ib_insync==0.9.86"}
"""They look zones up and bring no data; ib_async 2.1.0 requires tzdata, ib_insync 0.9.70 and ibapi look none up."""

WHOLE_ALONE = {"ib_insync==0.9.70"}
"""It reads the size of a holding as a whole number, wherever it runs."""


def without_tzdata(environment: RowEnvironment, folder: Path) -> None:
    """Play the environment of a row in which tzdata is not installed: links to all else that is."""
    built, python = environment.folder, environment.python
    assert python is not None
    copy = folder / built.name
    site = next(built.glob("lib/python3*/site-packages"))
    there = copy / site.relative_to(built)
    there.mkdir(parents=True)
    for entry in site.iterdir():
        if not entry.name.startswith("tzdata"):
            (there / entry.name).symlink_to(entry)
    (copy / "bin").mkdir()
    (copy / "bin/python").symlink_to(python.resolve())
    shutil.copy(built / "pyvenv.cfg", copy)
    row = json.loads((built / MARKER).read_text("utf-8"))
    (copy / MARKER).write_text(json.dumps({**row, "python": str(copy / "bin/python")}), "utf-8")


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Environments of the default matrix without data of time zones, the system's or the package's."""
    need_row(None)
    rows = {row.id for row in read_rows(DEFAULT)}
    for row, environment in find_environments(Path(os.environ[VARIABLE])).items():
        if row in rows and environment.python is not None:
            without_tzdata(environment, tmp_path / "environments")
    monkeypatch.setenv("PYTHONTZPATH", "")
    return tmp_path / "environments"


def cells_of(results: Path) -> dict[str, dict[str, Any]]:
    document = json.loads((results / "latest/results.json").read_text("utf-8"))
    return {f"{cell['library']}=={cell['requested']['version']}": cell for cell in document["cells"].values()}


@pytest.mark.slow
def test_no_library_is_blamed_where_the_machine_has_no_data_of_time_zones(nowhere: Path, tmp_path: Path) -> None:
    matrix = tmp_path / "matrix.toml"
    text = DEFAULT.read_text("utf-8").replace("request_timeout = 5.0", "request_timeout = 2.0")
    matrix.write_text(text, "utf-8")
    options = [
        "--environments",
        str(nowhere),
        "--results",
        str(tmp_path / "results"),
        "--gateway",
        "gateway-10.45-paper",
    ]
    main(["run", "--no-build", "--matrix", str(matrix), *options])

    cells = {name: cell for name, cell in cells_of(tmp_path / "results").items() if name in library_rows()}
    assert {cell["resolved"]["zone_data"] for cell in cells.values()} == {"none"}
    blamed = {name: cell["diagnosis"] for name, cell in cells.items() if cell["diagnosis"]}
    assert {name for name, verdict in blamed.items() if verdict["code"] == "no-time-zone-data"} == {
        *(NEED_IT & cells.keys()),
        *({"ib_async==2.1.0"} & cells.keys()),
    }
    too_old = {name for name, verdict in blamed.items() if verdict["code"] == "too-old-for-fractions"} | WHOLE_ALONE
    assert {verdict["fault"] for name, verdict in blamed.items() if name not in too_old} <= {"packaging", None}
