"""What a file says of its cells is judged again when it is read; what a run writes, whatever it saw, always follows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.results.follows import refuse_contradictions
from harness.results.results_files import read_results
from harness.results.results_json import json_text
from harness.shared.errors import ExitCode, InputError
from harness.shared.evidence import CellOutcome, CheckRecord, ProbeRecord, RunOutcome
from harness.shared.status import Status
from tests.conftest import TWO_BY_TWO, Maker

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.plan.plan_model import Plan
    from harness.results.results_model import Results

WELL = "ib_async==2.1.0/py3.10/gateway-10.45-paper"
EXPECTED = "ib_async==1.0.3/py3.10/gateway-10.45-paper"
RED = "ib_async==2.1.0/py3.10/tws-10.37-live"
UNASKED = "ib_async==1.0.3/py3.10/tws-10.37-live"
RULES = """
[[expect]]
library = "ib_async"
versions = "==1.0.3"
check = "executions"
status = "degraded"
reason = "the time zone is not read"
since = 2026-11-20
review = 2027-05-20

[[expect]]
library = "ib_async"
versions = "==1.0.3"
gateway = "tws-*"
status = ["fail", "timeout"]
reason = "it is too old"
since = 2026-11-20
review = 2027-05-20
"""

Document = dict[str, Any]
"""``results.json``, to be changed."""


def planned(folder: Path, text: str = TWO_BY_TWO + RULES) -> Plan:
    """Two rows against two gateways, with rules, unless another matrix file is wanted."""
    file = folder / "follows.toml"
    file.write_text(text, encoding="utf-8")
    return build_plan(load_matrix(file), allow_live=True)


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return planned(tmp_path)


@pytest.fixture
def results(make: Maker, plan: Plan) -> Results:
    """A pass, a cell that is degraded as expected, one that is red though nobody expected it, one never asked."""
    asked = {cell.id: cell for cell in plan.cells}
    degraded = CheckRecord(name="executions", status=Status.DEGRADED, reason="not the truth: time")
    failed = CheckRecord(name="positions", status=Status.FAIL, reason="it raised")
    outcomes = (
        make.outcome(asked[WELL]),
        make.outcome(asked[EXPECTED], checks=make.checks(asked[EXPECTED], executions=degraded)),
        make.outcome(asked[RED], checks=make.checks(asked[RED], positions=failed)),
    )
    gateways = tuple(make.gateway(gateway.name) for gateway in plan.gateways)
    return make.results(plan, RunOutcome(outcomes=outcomes, gateways=gateways))


def cell(name: str, **changes: Any) -> Callable[[Document], None]:
    """A change of a cell."""
    return lambda document: document["cells"][name].update(changes)


def check(name: str, which: str, **changes: Any) -> Callable[[Document], None]:
    """A change of a check of a cell."""

    def change(document: Document) -> None:
        (found,) = (each for each in document["cells"][name]["checks"] if each["name"] == which)
        found.update(changes)

    return change


def without(name: str, which: str) -> Callable[[Document], None]:
    """A cell without one of its checks."""

    def change(document: Document) -> None:
        checks = document["cells"][name]["checks"]
        document["cells"][name]["checks"] = [each for each in checks if each["name"] != which]

    return change


def both(*changes: Callable[[Document], None]) -> Callable[[Document], None]:
    """Several changes."""

    def change(document: Document) -> None:
        for each in changes:
            each(document)

    return change


def run(**changes: Any) -> Callable[[Document], None]:
    """A change of what the file says of the whole."""
    return lambda document: document["run"].update(changes)


def lost(name: str) -> Callable[[Document], None]:
    """The file without a cell, which was planned."""
    return lambda document: document["cells"].pop(name)


UNEXPECTED = {"verdict": "unexpected-fail", "status": ["pass"], "rule": None}
BY_RULE = {"verdict": "as-expected", "status": ["degraded"], "rule": 1}

LIES: dict[str, tuple[Callable[[Document], None], str]] = {
    "a pass without checks": (cell(WELL, checks=[]), f"{WELL}: pass, but it has no check"),
    "a pass without a login": (without(WELL, "ready"), f"{WELL}: pass, but there is no check ready"),
    "a pass without a version": (cell(WELL, negotiated=None), "version is pass: no negotiated version was recorded"),
    "a pass at another version": (cell(WELL, negotiated=100), "version is pass: negotiated 100, predicted 178"),
    "a prediction of its own": (cell(WELL, negotiated=100, predicted=100), "predicted 100, and the lower .* is 178"),
    "a pass that nothing predicts": (cell(WELL, predicted=None), "negotiated 178, which cannot be predicted"),
    "a login without an account": (check(WELL, "ready", detail={}), "ready is pass: no account was read"),
    "a pass with a failed check": (
        check(WELL, "positions", status="fail", expected=UNEXPECTED),
        f"{WELL}: pass, and positions is fail",
    ),
    "a failed check that should fail": (
        check(WELL, "positions", status="fail"),
        f"{WELL}: positions is fail, which is not as-expected",
    ),
    "a red cell called a pass": (cell(RED, status="pass", stage=None), f"{RED}: pass, and positions is fail"),
    "a red cell called degraded": (cell(RED, status="degraded"), "degraded at positions, and positions is fail"),
    "a red at another check": (cell(RED, stage="close"), f"{RED}: fail at close, and positions is fail"),
    "a red that all checks passed": (cell(WELL, status="fail", stage="positions"), "positions, and every check passed"),
    "a red that somebody expected": (
        cell(RED, expected={"verdict": "as-expected", "rules": []}),
        f"{RED}: as-expected, and its checks make it unexpected-fail",
    ),
    "a check by a rule of others": (
        check(RED, "positions", expected=BY_RULE),
        r"positions is fail, which is not as-expected by \[\[expect\]\] 1",
    ),
    "a rule that is not there": (
        cell(EXPECTED, expected={"verdict": "as-expected", "rules": [9]}),
        rf"{EXPECTED}: \[\[expect\]\] 9 does not exist",
    ),
    "a check by a rule that is not there": (
        check(EXPECTED, "executions", expected={**BY_RULE, "rule": 9}),
        r"executions is degraded, which is not as-expected by \[\[expect\]\] 9",
    ),
    "a rule that no check needed": (
        both(without(WELL, "executions"), cell(WELL, expected={"verdict": "as-expected", "rules": [1]})),
        rf"{WELL}: no check of it is one of which \[\[expect\]\] 1 speaks",
    ),
    "a check by no rule, though one counted": (
        cell(RED, expected={"verdict": "unexpected-fail", "rules": [2]}),
        f"{RED}: positions is fail, which is not unexpected-fail",
    ),
    "an unasked cell called a pass": (cell(UNASKED, status="pass"), f"{UNASKED}: pass, but it has no check"),
    "an unasked cell that nobody misses": (
        cell(UNASKED, expected={"verdict": "as-expected", "rules": []}),
        f"{UNASKED}: as-expected, and its checks make it unexpected-fail",
    ),
    "an unasked cell with a stage": (cell(UNASKED, stage="ready"), "not-run at ready, but there is no such check"),
    "a cell of another gateway": (cell(WELL, gateway="tws-10.37-live"), f"{WELL}: is of row .* gateway tws-10.37-live"),
    "no such gateway": (lambda document: document["gateways"].pop("tws-10.37-live"), "gateway tws-10.37"),
    "a cell that was taken away": (lost(RED), f"{RED}: was planned, and is not there"),
    "counts of its own": (run(counts={"pass": 4}), "run.counts: 4 pass, and its cells are 1 pass, 1 degraded, 1 fail"),
    "verdicts of its own": (run(verdicts={"as-expected": 4}), "run.verdicts: 4 as-expected, and its cells are"),
    "complete though it is not": (run(complete=True), "run.complete: it was interrupted, or has cells that are"),
}
"""A change of what a run wrote, and what is said of it."""


@pytest.mark.parametrize("name", LIES)
def test_what_does_not_follow_is_refused(name: str, results: Results, tmp_path: Path) -> None:
    change, says = LIES[name]
    document = json.loads(json_text(results))
    change(document)
    file = tmp_path / "results.json"
    file.write_text(json.dumps(document), encoding="utf-8")

    with pytest.raises(InputError, match=f"(?s)^{re.escape(str(file))}: contradicts itself:\n.*{says}") as raised:
        read_results(tmp_path)

    assert raised.value.exit_code is ExitCode.HARNESS_FAILED


def test_a_file_that_contradicts_itself_throughout_names_the_first_ten(make: Maker) -> None:
    twelve = TWO_BY_TWO.replace('["3.10"]', '["3.10", "3.11", "3.12"]')
    honest = make.results(planned(make.folder, twelve))
    cells = {name: replace(each, negotiated=None) for name, each in honest.cells.items()}

    with pytest.raises(InputError) as raised:
        refuse_contradictions(replace(honest, cells=cells), Path("results.json"))

    assert str(raised.value).count("no negotiated version") == 10
    assert str(raised.value).endswith(f"… and {len(cells) - 10} more")


STATUSES = st.sampled_from(Status)
NO_ANSWER = ProbeRecord(when="before", passed=False, stage="ready", server_version=223)
CHECKS = ("install", "import", "tcp", "version", "ready", "positions", "executions", "close")


def outcomes() -> st.SearchStrategy[dict[str, Any]]:
    """What may be seen of a cell beside an ordinary pass: checks that end otherwise, or are missing, and all else."""
    return st.fixed_dictionaries(
        {},
        optional={
            "checks": st.dictionaries(st.sampled_from(CHECKS), st.none() | STATUSES, max_size=4),
            "negotiated": st.sampled_from([None, -1, 100, 178]),
            "announced": st.none(),
            "resolved": st.none(),
            "exit_code": st.sampled_from([None, 0, 1, 3, -9, -11]),
            "killed": st.booleans(),
            "worker_error": st.none() | st.just("the worker is gone"),
            "skipped": st.none() | st.just("the gateway is wedged"),
            "began": st.none() | st.sampled_from(CHECKS),
        },
    )


def seen(make: Maker, plan: Plan, number: int, changes: dict[str, Any]) -> CellOutcome:
    cell = plan.cells[number]
    ends = changes.get("checks", {})
    records = {each.name: each for each in make.checks(cell)}
    changed = {name: None if to is None else replace(records[name], status=to) for name, to in ends.items()}
    return make.outcome(cell, **{**changes, "checks": make.checks(cell, **changed)})


@given(
    st.lists(st.none() | outcomes(), min_size=4, max_size=4),
    st.sampled_from([{}, {"error": "no port"}, {"server_version": None}, {"probes": ()}, {"probes": (NO_ANSWER,)}]),
)
def test_whatever_was_seen_what_a_run_makes_of_it_follows(
    tmp_path_factory: pytest.TempPathFactory, each: list[dict[str, Any] | None], gateway: dict[str, Any]
) -> None:
    make = Maker(tmp_path_factory.getbasetemp())
    plan = planned(make.folder)
    told = tuple(seen(make, plan, number, changes) for number, changes in enumerate(each) if changes is not None)
    gateways = tuple(make.gateway(spec.name, **gateway) for spec in plan.gateways)

    made = make.results(plan, RunOutcome(outcomes=told, gateways=gateways, interrupted=None in each))

    refuse_contradictions(made, Path("results.json"))
