"""What the benchmark compares: a program as a row, and the same program alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.matrices import simulated_gateway
from benchmarks.programs import PROGRAMS, Measured, table_of
from harness.plan.matrix.load import load_matrix
from harness.run.programs.environments import program_environments


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda each: each.name)
def test_alone_it_has_the_environment_of_its_row(program: Measured, tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text(f"{table_of(program)}\n{simulated_gateway(0)}", encoding="utf-8")
    (spec,) = load_matrix(file).programs
    assert program_environments(spec) == [program.row]
    assert (spec.program.folder / program.command[0]).is_file()
