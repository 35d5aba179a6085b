"""What another version answered is no proof, and real and simulated gateways of one name are never pooled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from harness.known.gateway_versions import server_version_of
from harness.results.decide.measured import collect
from harness.results.decide.row_judging import Standing
from harness.results.decide.upgrade_answer import Outcome
from harness.shared.status import Status
from tests.results.decide.making import MATRIX, NEW, OLD, Making, making, upgraded

if TYPE_CHECKING:
    from harness.results.results_model import Results

__all__ = ["making"]

REAL = MATRIX.replace(
    'version = "10.50"\nkind = "simulator"', 'version = "10.50"\nkind = "address"\nport = 4002\nmode = "paper"'
)


def spoke(run: Results, gateway: str, server_version: int | None, **more: Any) -> Results:
    """The run in which a gateway spoke another server version."""
    changed = replace(run.gateways[gateway], server_version=server_version, **more)
    return replace(run, gateways={**run.gateways, gateway: changed})


@pytest.mark.parametrize("matrix", [MATRIX, REAL], ids=["simulated", "real"])
def test_a_gateway_that_answers_as_another_version_proves_nothing_of_its_own(making: Making, matrix: str) -> None:
    run = making.run(matrix=matrix)
    before = upgraded(collect([run]))
    after = upgraded(collect([spoke(run, NEW, server_version_of("gateway", "10.40"))]))
    assert before.standing is Standing.WORKS
    assert after.standing is Standing.UNKNOWN
    counting = [each for each in after.answers if each.counts]
    assert {each.outcome for each in counting} == {Outcome.UNKNOWN}
    assert all("as 10.40 does" in each.why for each in counting)


def test_it_is_no_proof_of_a_break_either(making: Making) -> None:
    run = making.run(("ib_async==2.1.0", NEW, "positions", Status.TIMEOUT))
    assert upgraded(collect([spoke(run, NEW, server_version_of("gateway", "10.40"))])).standing is Standing.UNKNOWN


def test_a_version_of_which_nobody_knows_what_it_speaks_is_not_doubted(making: Making) -> None:
    run = spoke(making.run(), NEW, 999, version="10.99")
    assert upgraded(collect([run])).standing is Standing.WORKS
    silent = spoke(making.run(), NEW, None)
    assert upgraded(collect([silent])).standing is Standing.WORKS


def test_a_real_gateway_says_nothing_of_a_simulated_one_of_its_name(making: Making) -> None:
    simulated, real = making.run(), making.run(matrix=REAL, days=1, only=OLD)
    assert upgraded(collect([simulated])).standing is Standing.WORKS
    assert upgraded(collect([real, simulated])).standing is Standing.UNKNOWN
