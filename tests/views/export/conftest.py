"""A run with a cell of every kind that an export tells apart."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.diagnose.verdict import Diagnosis, Sureness
from harness.plan.build_plan import build_plan
from harness.plan.matrix.expect import Verdict
from harness.results.results_model import Expected, Results
from harness.results.run_standing import tally
from harness.shared.status import Fault, Status
from tests.results.compare.changing import EXPECTED_RED, RED, SURPRISE, with_cell
from tests.results.program_cells import KINDS as PROGRAMS
from tests.results.program_cells import program_of, with_programs

if TYPE_CHECKING:
    from tests.conftest import Maker

RULE = """
[[expect]]
gateway = "gateway-*-live"
status = "fail"
reason = "known <since> 2026 & always"
since = 2026-01-01
review = 2027-01-01
"""
NASTY = 'it said "<b>&|` in Zürich" \x00\x1b[31m\ud800\ufffe and ]]>\n| a | b |'
"""What may break no export: markup, control characters, half a surrogate pair, the end of a section, a table row."""

DIAGNOSIS = Diagnosis(
    code="same-as-control",
    title="the library is not the cause",
    fault=Fault.GATEWAY,
    sure=Sureness.CERTAIN,
    usable=False,
    says=NASTY,
    because=(NASTY,),
    decides=None,
    next=("Restart it: `ib-compat doctor`",),
)

UNEXPECTED = Expected(verdict=Verdict.UNEXPECTED_FAIL, rules=[])

KINDS: dict[str, dict[str, Any]] = {
    "pass": {},
    "fail": {**RED, "reason": NASTY, "fault": Fault.GATEWAY, "diagnosis": DIAGNOSIS},
    "expected-fail": EXPECTED_RED,
    "unexpected-pass": SURPRISE,
    "skipped": {"status": Status.SKIPPED, "reason": "no interpreter", "checks": [], "artifacts": []},
    "unsupported": {"status": Status.UNSUPPORTED, "stage": "version", "reason": "needs 197, negotiated 178"},
    "error": {"status": Status.ERROR, "stage": "close", "reason": "the worker broke", "expected": UNEXPECTED},
    "not-run": {"status": Status.NOT_RUN, "reason": "the run ended", "expected": UNEXPECTED, "checks": []},
    "our-fail": {**RED, "fault": Fault.HARNESS},
}
COLUMNS = "".join(
    f"[[gateway]]\nname = '{kind}'\nproduct = 'gateway'\nversion = '10.45'\nkind = 'simulator'\n" for kind in KINDS
)
MATRIX = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0", "1.0.3"]
pythons = ["3.10"]
"""


@pytest.fixture
def run(make: Maker) -> Results:
    """Two rows; the first has a cell of each kind, the other passes throughout."""
    from harness.plan.matrix.load import load_matrix  # noqa: PLC0415

    file = make.folder / "mine.toml"
    file.write_text(MATRIX + COLUMNS + RULE, encoding="utf-8")
    results = make.results(build_plan(load_matrix(file)))
    for kind, changes in KINDS.items():
        results = with_cell(results, f"ib_async==2.1.0/py3.10/{kind}", **changes)
    return counted(results)


@pytest.fixture
def with_program(run: Results) -> Results:
    """The same, with a program that has a cell of each kind."""
    return with_programs(run, bot=program_of(PROGRAMS))


def counted(results: Results) -> Results:
    counts, verdicts = tally(results.cells.values())
    return replace(results, run=replace(results.run, counts=counts, verdicts=verdicts))
