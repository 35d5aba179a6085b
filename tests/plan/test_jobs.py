"""A plan as jobs of a CI system: every cell in one, one gateway each, what shares a login together, never too many."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.plan.build_plan import LIVE_REFUSED
from harness.plan.jobs import ANYWHERE, job_plan, jobs_of
from harness.plan.matrix.gateway_spec import GatewaySpec
from harness.plan.plan_model import Plan
from harness.shared.errors import UsageError
from tests.plan.making import LOGINS, OTHER, REAL, SIMULATED, planned

AT_HOME = ("self-hosted", "tws-paper")
LABELLED = replace(REAL, labels=AT_HOME)
LIVE = replace(REAL, name="tws-10.45-live", mode="live")


def names(plan: Plan, most: int = 255) -> list[list[str]]:
    return [[gateway.name for gateway in job.gateways] for job in jobs_of(plan, most)]


def refused(plan: Plan, gateway: GatewaySpec) -> Plan:
    cells = [replace(cell, skip=LIVE_REFUSED) if cell.gateway == gateway else cell for cell in plan.cells]
    return replace(plan, cells=tuple(cells))


@given(
    gateways=st.permutations([SIMULATED, OTHER, LABELLED, *LOGINS]),
    most=st.integers(2, 6),
    skip=st.frozensets(st.integers(0, 19)),
)
def test_each_cell_is_in_one_job_and_every_machine_makes_the_same_jobs(
    gateways: list[GatewaySpec], most: int, skip: frozenset[int]
) -> None:
    plan = planned(*gateways, skip=skip)
    elsewhere = planned(*gateways)

    jobs = jobs_of(plan, most)
    parts = [job_plan(elsewhere, index, len(jobs)) for index in range(1, len(jobs) + 1)]

    assert 1 <= len(jobs) <= most
    assert sorted(cell.id for job in jobs for cell in job.cells) == sorted(cell.id for cell in plan.cells)
    for job, part in zip(jobs, parts, strict=True):
        assert [cell.id for cell in part.cells] == [cell.id for cell in job.cells]
        assert {cell.id for cell in part.absent} == {cell.id for cell in plan.cells} - {cell.id for cell in job.cells}
    shared = {gateway.name for gateway in LOGINS}
    assert sum(any(cell.gateway.name in shared for cell in job.cells) for job in jobs) == 1


def test_each_gateway_has_a_job_but_those_of_one_login_share_theirs() -> None:
    assert names(planned(SIMULATED, LOGINS[0], OTHER, LABELLED, LOGINS[1])) == [
        [SIMULATED.name],
        [each.name for each in LOGINS],
        [OTHER.name],
        [REAL.name],
    ]


def test_a_job_runs_on_a_machine_with_the_labels_of_its_gateway() -> None:
    jobs = jobs_of(planned(SIMULATED, LABELLED))

    assert [job.runs_on for job in jobs] == [ANYWHERE, AT_HOME]


def test_a_job_of_an_address_without_labels_says_that_it_has_none() -> None:
    assert [job.runs_on for job in jobs_of(planned(REAL))] == [()]


def test_three_hundred_gateways_are_255_jobs() -> None:
    jobs = jobs_of(planned(*(replace(SIMULATED, name=f"gateway-{number}") for number in range(300))))

    assert len(jobs) == 255
    assert {len(job.gateways) for job in jobs} == {1, 2}


def test_the_smallest_jobs_are_joined() -> None:
    small = [replace(SIMULATED, name=f"gateway-{number}") for number in range(3)]
    plan = planned(*small, *LOGINS)

    assert names(plan, 2) == [[each.name for each in small], [each.name for each in LOGINS]]


def test_gateways_on_machines_of_different_kinds_never_share_a_job() -> None:
    plan = planned(SIMULATED, LABELLED, OTHER)

    assert names(plan, 2) == [[SIMULATED.name, OTHER.name], [REAL.name]]
    with pytest.raises(UsageError, match="2 kinds of machines"):
        jobs_of(plan, 1)


def test_gateways_of_one_login_on_different_machines_are_refused() -> None:
    with pytest.raises(UsageError, match=r"login DEMO .*gateway-10.30-paper \(home\)"):
        jobs_of(planned(replace(LOGINS[0], labels=("home",)), LOGINS[1]))


def test_what_nobody_may_ask_has_no_job_of_its_own_and_is_in_the_first() -> None:
    plan = refused(planned(LIVE, SIMULATED, OTHER), LIVE)

    assert names(plan) == [[SIMULATED.name], [OTHER.name]]
    assert {cell.gateway.name for cell in jobs_of(plan)[0].cells} == {LIVE.name, SIMULATED.name}


def test_where_nobody_may_ask_anything_one_job_is_left_to_say_so() -> None:
    (job,) = jobs_of(refused(planned(LIVE), LIVE))

    assert [cell.skip for cell in job.cells] == [LIVE_REFUSED] * 4
    assert (job.name, job.runs_on) == (LIVE.name, ANYWHERE)


def test_a_part_of_another_number_of_jobs_is_refused() -> None:
    with pytest.raises(UsageError, match="there are 2"):
        job_plan(planned(SIMULATED, OTHER), 1, 3)
