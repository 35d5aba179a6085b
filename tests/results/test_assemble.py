"""Results: one record a planned cell, whatever happened."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from harness.plan.matrix.expect import Verdict
from harness.results.assemble import RunFacts, assemble
from harness.results.results_json import json_text
from harness.shared.evidence import (
    BootRecord,
    CellOutcome,
    CheckNotice,
    CheckRecord,
    Moment,
    Notice,
    ProbeRecord,
    RunOutcome,
    Search,
    What,
)
from harness.shared.status import Fault, Status
from tests.conftest import RESOLVED, STARTED

if TYPE_CHECKING:
    from tests.conftest import Maker

ID = "ib_async==2.1.0/py3.10/gateway-10.45-paper"
SECOND = '[[gateway]]\nproduct = "tws"\nversion = "10.37"\nkind = "simulator"\n'
EXPECT = "[[expect]]\nversions = '>=2'\ncheck = 'import'\nstatus = 'fail'\nreason = 'known'\n"
DATES = "since = 2026-01-01\nreview = 2026-07-01\n"


def test_a_passing_cell_shows_what_proves_it(make: Maker) -> None:
    cell = make.results().cells[ID]

    assert (cell.status, cell.stage, cell.reason, cell.fault) == (Status.PASS, None, None, None)
    assert (cell.negotiated, cell.predicted, cell.gateway_max) == (178, 178, 223)
    assert cell.client_range is not None
    assert (cell.client_range.min, cell.client_range.max) == (157, 178)
    assert [check.name for check in cell.checks][-1] == "close"


def test_what_a_run_took_does_not_follow_from_a_clock_that_was_set(make: Maker) -> None:
    facts = RunFacts(id="run", started=STARTED, command=(), ib_compat="0.1.0")
    seen = RunOutcome(outcomes=(), gateways=())

    run = assemble(make.plan(), seen, facts, ended=STARTED - timedelta(hours=5), seconds=3.0).run

    assert (run.seconds, run.ended) == (3.0, STARTED - timedelta(hours=5))


def test_what_was_asked_for_and_what_was_installed_stand_side_by_side(make: Maker) -> None:
    cell = make.results().cells[ID]

    assert (cell.requested.version, cell.requested.requirements) == ("2.1.0", ["ib_async==2.1.0"])
    assert cell.resolved is not None
    assert (cell.resolved.version, cell.resolved.python, cell.resolved.requirements) == (
        "2.1.0",
        "3.10.7",
        {"numpy": "2.3"},
    )


def test_every_planned_cell_has_a_record_and_nobody_else(make: Maker) -> None:
    plan = make.plan(SECOND)
    stranger = CellOutcome(cell="ib_async==9/py3.10/gateway-10.45-paper")
    run = RunOutcome(outcomes=(make.outcome(plan.cells[0]), stranger), gateways=(make.gateway(),), interrupted=True)

    results = make.results(plan, run)

    assert list(results.cells) == [cell.id for cell in plan.cells]
    assert results.cells["ib_async==2.1.0/py3.10/tws-10.37-paper"].status is Status.NOT_RUN
    assert results.run.interrupted
    assert results.run.counts == {Status.PASS: 1, Status.NOT_RUN: 1}
    assert results.run.verdicts == {Verdict.AS_EXPECTED: 1, Verdict.UNEXPECTED_FAIL: 1}


def test_gateways_are_keyed_by_name_with_what_the_control_read(make: Maker) -> None:
    gateway = make.results().gateways["gateway-10.45-paper"]

    assert (gateway.host, gateway.port, gateway.server_version) == ("127.0.0.1", 40_001, 223)
    assert gateway.server_version_evidence.startswith("inferred")
    assert [(probe.when, probe.passed) for probe in gateway.probes] == [("before", True)]


def test_a_gateway_that_was_never_met_is_still_there(make: Maker) -> None:
    plan = make.plan(SECOND)

    results = make.results(plan, RunOutcome(outcomes=(), gateways=()))

    assert list(results.gateways) == ["gateway-10.45-paper", "tws-10.37-paper"]
    assert (results.gateways["tws-10.37-paper"].host, results.gateways["tws-10.37-paper"].port) == ("127.0.0.1", None)


def test_the_rerun_command_names_row_gateway_and_file(make: Maker) -> None:
    plan = make.plan()

    (cell,) = make.results(plan).cells.values()

    begin = 'nox -s "compat(ib_async==2.1.0/py3.10)" -- --gateway gateway-10.45-paper'
    assert cell.rerun == f"{begin} --matrix {plan.matrix}"
    spaced = make.results(replace(plan, matrix=plan.matrix.with_name("my own.toml"))).cells[ID]
    assert spaced.rerun == f'{begin} --matrix "{plan.matrix.with_name("my own.toml")}"'


def test_a_row_on_the_python_that_runs_is_rerun_by_its_library(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.results.file_records.running_python", lambda: "3.10")

    assert make.results().cells[ID].rerun.startswith('nox -s "compat(ib_async==2.1.0)" -- --gateway')


def test_the_default_matrix_need_not_be_named(make: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = make.plan()
    monkeypatch.setattr("harness.plan.matrix.default_file.IN_CHECKOUT", plan.matrix)

    assert make.results(plan).cells[ID].rerun.endswith(" -- --gateway gateway-10.45-paper")


def test_rerunning_a_live_cell_asks_for_it(make: Maker) -> None:
    live = '[[gateway]]\nproduct = "tws"\nversion = "1"\nmode = "live"\nkind = "address"\nport = 7496'

    cell = make.results(make.plan(live)).cells["ib_async==2.1.0/py3.10/tws-1-live"]

    assert cell.status is Status.SKIPPED
    assert cell.rerun.endswith(" --allow-live")


def test_an_expectation_is_shown_beside_what_was_seen(make: Maker) -> None:
    plan = make.plan(EXPECT + DATES)
    cell = plan.cells[0]
    checks = (CheckRecord(name="install", status=Status.PASS), CheckRecord(name="import", status=Status.FAIL))
    run = RunOutcome(outcomes=(make.outcome(cell, checks=checks),), gateways=(make.gateway(),))

    results = make.results(plan, run)

    cell_info = results.cells[ID]
    assert (cell_info.expected.verdict, cell_info.expected.rules) == (Verdict.AS_EXPECTED, [1])
    install, imported = (check.expected for check in cell_info.checks)
    assert install is None, "no rule speaks of it, and it passed"
    assert imported is not None
    assert (imported.verdict, imported.status, imported.rule) == (Verdict.AS_EXPECTED, [Status.FAIL], 1)
    (rule,) = results.expectations
    assert (rule.rule, rule.check, rule.reason) == (1, ["import"], "known")
    assert rule.overdue, "the review date was in July and the run was in November"


def test_checks_that_could_not_be_asked_are_named(make: Maker) -> None:
    plan = make.plan()
    gated = CheckRecord(name="positions", status=Status.UNSUPPORTED, reason="needs server version 197, negotiated 178")
    outcome = make.outcome(plan.cells[0], checks=make.checks(plan.cells[0], positions=gated))

    cell = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),))).cells[ID]

    assert (cell.status, cell.unsupported) == (Status.PASS, ["positions"])


def test_a_red_check_that_no_rule_speaks_of_says_so(make: Maker) -> None:
    plan = make.plan()
    checks = make.checks(plan.cells[0], close=CheckRecord(name="close", status=Status.FAIL))
    run = RunOutcome(outcomes=(make.outcome(plan.cells[0], checks=checks),), gateways=(make.gateway(),))

    expected = make.results(plan, run).cells[ID].checks[-1].expected

    assert expected is not None
    assert (expected.verdict, expected.status, expected.rule) == (Verdict.UNEXPECTED_FAIL, [Status.PASS], None)


def test_a_pass_that_nobody_expected_is_told(make: Maker) -> None:
    results = make.results(make.plan(EXPECT + DATES.replace("2026-07", "2027-07")))

    assert results.cells[ID].expected.verdict is Verdict.UNEXPECTED_PASS
    assert not results.expectations[0].overdue
    assert results.run.verdicts == {Verdict.UNEXPECTED_PASS: 1}


@pytest.mark.parametrize(("installed", "rules"), [("2.1.0", [1]), ("1.0.3", [])])
def test_the_expectation_of_latest_is_that_of_what_was_installed(installed: str, rules: list[int], make: Maker) -> None:
    plan = make.plan(EXPECT + DATES, version="latest")
    cell = plan.cells[0]
    outcome = make.outcome(cell, resolved=replace(RESOLVED, version=installed))

    results = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))

    assert cell.expectations() == (), "nobody knows before the installer"
    assert results.cells[cell.id].expected.rules == rules


def test_a_version_that_is_known_keeps_its_expectation_whatever_was_installed(make: Maker) -> None:
    plan = make.plan(EXPECT + DATES)
    outcome = make.outcome(plan.cells[0], resolved=replace(RESOLVED, version="1.0.3"))

    results = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))

    assert results.cells[ID].expected.rules == [1]


def test_an_account_that_only_a_library_was_told_is_masked_too(make: Maker) -> None:
    plan = make.plan()
    cell = plan.cells[0]
    ready = CheckRecord(name="ready", status=Status.PASS, detail={"accounts": ["Family.Trust"]})
    told = CheckRecord(name="positions", status=Status.FAIL, reason="nothing of Family.Trust")
    outcome = make.outcome(cell, checks=make.checks(cell, ready=ready, positions=told))

    results = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),)))

    assert results.cells[ID].reason == "nothing of Fam***st"


def test_no_account_is_left_anywhere(make: Maker) -> None:
    """Canaries in every place where a person, a library or a gateway can put one; one is not like an account."""
    plan = make.plan((EXPECT + DATES).replace("'known'", "'Family.Trust and DU9876543 have no data'"))
    cell = plan.cells[0]
    canary, odd = "DU9876543", "Family.Trust"
    checks = make.checks(
        cell,
        ready=CheckRecord(name="ready", status=Status.PASS, detail={"accounts": [canary, odd]}),
        positions=CheckRecord(
            name="positions",
            status=Status.DEGRADED,
            reason=f"{odd} is missing",
            detail={canary: [{"account": odd, "text": f"\n{canary}"}]},
        ),
    )
    notices = (Notice(code=321, message=f"invalid account {canary} of {odd}"),)
    probe = ProbeRecord(
        when="before",
        passed=False,
        reason=f"not {canary}",
        server_version=223,
        accounts=(canary, odd),
        notices=notices,
    )
    run = RunOutcome(
        outcomes=(make.outcome(cell, checks=checks, notices=tuple(CheckNotice(notice=each) for each in notices)),),
        gateways=(make.gateway(probes=(probe,), error=f"{odd} is in use"),),
    )

    text = json_text(make.results(plan, run))

    assert canary not in text
    assert odd not in text
    assert "DU9***43" in text
    assert "Fam***st" in text


def test_what_is_told_of_a_gateway_has_no_account_in_any_field(make: Maker) -> None:
    """An account that only a further attempt of the reference client read is known, too."""
    told = "DU9876543 of Family.Trust"
    later = ProbeRecord(when="later", passed=False, reason=told, unasked=told, accounts=("Family.Trust",))
    first = replace(later, when="before", accounts=())
    met = make.gateway(
        probes=(first,),
        search=Search(attempts=(first, later), seconds=1.0),
        error=told,
        passed_over=told,
        boot=BootRecord(image="gateway", line=told),
    )
    waits = Moment(gateway=met.name, what=What.WAITS, at=0.0, why=told)

    results = make.results(make.plan(), RunOutcome(outcomes=(), gateways=(met,), timeline=(waits,)))

    gateway = results.gateways[met.name]
    assert gateway.boot is not None
    (before,), (_, tried) = gateway.probes, gateway.tried
    masked = "DU9***43 of Fam***st"
    assert {"error": gateway.error, "passed over": gateway.passed_over, "line": gateway.boot.line} == {
        "error": masked,
        "passed over": masked,
        "line": masked,
    }
    assert (before.reason, before.unasked) == (masked, masked)
    assert (tried.reason, tried.unasked, tried.accounts) == (masked, masked, ["Fam***st"])
    assert [moment.why for moment in results.timeline] == [masked]


def test_a_red_cell_has_its_reason_and_who_is_at_fault(make: Maker) -> None:
    plan = make.plan()
    outcome = CellOutcome(cell=ID, worker_error="the worker ended")

    cell = make.results(plan, RunOutcome(outcomes=(outcome,), gateways=(make.gateway(),))).cells[ID]

    assert (cell.status, cell.reason, cell.fault) == (Status.ERROR, "the worker ended", Fault.HARNESS)
    assert (cell.resolved, cell.client_range, cell.negotiated) == (None, None, None)


@pytest.mark.slow
def test_what_a_thousand_cells_are_written_as_stays_small(make: Maker) -> None:
    more = "".join(
        f'[[gateway]]\nname = "gateway-10.50-{number}"\nproduct = "gateway"\nversion = "10.50"\nkind = "simulator"\n'
        for number in range(999)
    )
    plan = make.plan(more)

    results = make.results(plan)
    size = len(json_text(results))

    assert len(results.cells) == 1_000
    assert size < 1_000 * (1_900 + 130 * len(plan.cells[0].checks)), "a line for each check, and what a cell has once"
