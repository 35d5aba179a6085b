"""Measures what a program of a user takes as a row of a matrix file, against the same program alone."""

from __future__ import annotations

import json
import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.matrices import simulated_gateway
from benchmarks.processes import ROOT, Cost, run
from harness.plan.matrix.environments import find_environments
from harness.plan.matrix.rows import Row
from harness.run.programs.environments import requirements_row

GATEWAYS = 4
"""Gateways of a row: a run of the program with each, and one more with that of today."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A program that is measured.

    Args:
        name: for a person.
        folder: where it is, below the project's folder.
        command: its words, after its environment's Python; they may name the address as in a matrix file.
        requirements: of its environment.
    """

    name: str
    folder: str
    command: tuple[str, ...]
    requirements: tuple[str, ...]

    @property
    def row(self) -> Row:
        """Its environment."""
        return requirements_row(self.name, None, self.requirements)


PROGRAMS = (
    Measured(
        name="bare",
        folder="benchmarks/bare",
        command=("connect_ib_async.py", "{host}", "{port}", "{client_id}"),
        requirements=("ib_async==2.1.0",),
    ),
    Measured(
        name="ib-data-sdk",
        folder="matrices/programs",
        command=("ib_data.py",),
        requirements=("ib-data-sdk==0.1.8", "ibapi==9.81.1.post1", "pydantic==2.11.7"),
    ),
)
"""A script of ten lines, and an application from PyPI, which is installed for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What a program took: processor seconds of it as a row, alone, and of all of its row for each of its runs."""

    row: float
    alone: float
    all_of_it: float


def took(program: Measured, run_row: Callable[..., Cost], environments: Path, port: int, repeat: int) -> Took:
    """Measure a program.

    Args:
        program: the program.
        run_row: runs ``ib-compat run`` with these arguments.
        environments: the folder of the environments.
        port: that of a simulated gateway, which the program alone asks.
        repeat: how often it is run alone; the median counts.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "matrix.toml"
        file.write_text("\n".join([table_of(program), *map(simulated_gateway, range(GATEWAYS))]), "utf-8")
        run_row("--matrix", str(file))  # builds its environment, and lets its Python compile it
        cost = run_row("--matrix", str(file), "--json")
    cells = _cells(cost.output)
    if {cell["status"] for cell in cells} != {"pass"}:
        raise RuntimeError(f"{program.name}: does not do the same with the same gateway")
    words = _alone(program, environments, port)
    return Took(
        row=statistics.median(cell["cpu_seconds"] for cell in cells),
        alone=statistics.median(run(words).cpu for _ in range(max(GATEWAYS, repeat))),
        all_of_it=cost.cpu / (GATEWAYS + 1),
    )


def _cells(output: str) -> list[dict[str, Any]]:
    found = json.loads(output)["programs"]
    return [cell for each in found.values() for cell in each["cells"].values()]


def table_of(program: Measured) -> str:
    """Return the table of a program; JSON's strings and lists of strings are TOML's too."""
    keys = {
        "name": program.name,
        "command": ["python", *program.command],
        "folder": str(ROOT / program.folder),
        "beside": list(program.requirements),
    }
    return "\n".join(["[[program]]", *(f"{key} = {json.dumps(value)}" for key, value in keys.items()), ""])


def _alone(program: Measured, environments: Path, port: int) -> list[str]:
    python = find_environments(environments, [program.row])[program.row.id].python
    filled = [word.format(host="127.0.0.1", port=port, client_id=900) for word in program.command[1:]]
    address = ["TWS_HOST=127.0.0.1", f"TWS_PORT={port}", "TWS_CLIENT_ID=900"]
    return ["env", *address, str(python), str(ROOT / program.folder / program.command[0]), *filled]
