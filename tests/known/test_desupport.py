"""Until when a version can be used: a minimum rules out all below it, and nobody's word is taken but the world's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from harness.gateways.simulator import gateway_profiles
from harness.known.gateway_versions import End, end_of, ends
from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.shared.desupport_text import Desupport
from harness.shared.evidence import BootRecord, Notice, ProbeRecord, RunOutcome

if TYPE_CHECKING:
    from pathlib import Path

    from harness.results.results_model import DesupportInfo
    from tests.conftest import Maker

TOLD = Desupport("1099.1", "2031-02-03", "1101.1")
END = End(day=date(2026, 12, 15), minimum="1050.1", source="somebody", seen=date(2026, 11, 29))


@pytest.mark.parametrize(
    ("version", "ended"),
    [
        ("10.19", True),
        ("10.30", True),
        ("10.44", True),
        ("10.45.1j", True),
        ("10.49.2", True),
        ("9.81", True),
        ("10.50", False),
        ("10.50.0", True),
        ("10.50.1d", False),
        ("10.51", False),
        ("11.1", False),
        ("unknown", False),
        ("sv223", False),
    ],
)
def test_a_minimum_rules_out_all_below_it(version: str, ended: bool) -> None:  # noqa: FBT001
    assert END.rules_out(version) is ended


def test_every_end_has_a_source_and_the_day_on_which_somebody_looked() -> None:
    assert ends()
    for end in ends():
        assert end.source
        assert end.seen >= date(2026, 11, 29)


def test_the_earliest_end_that_rules_a_version_out_is_its_own() -> None:
    first, *_, last = ends()
    assert end_of("10.19") == first
    assert end_of("10.45") == last
    assert first.day < last.day


def test_every_simulated_version_below_the_minimum_ends_whether_it_plays_the_notice_or_not() -> None:
    silent = [each for each in gateway_profiles.load().values() if each.desupport is None and end_of(each.version)]
    assert {"10.19", "10.30", "10.39", "10.41", "10.43"} <= {each.version for each in silent}
    for each in gateway_profiles.load().values():
        if each.desupport is not None:
            end = end_of(each.version)
            assert end is not None
            assert (each.desupport.date, each.desupport.minimum) == (end.day.isoformat(), end.minimum)


MATRIX = """
[[library]]
adapter = "ib_async"
versions = ["2.1.0"]

[[gateway]]
product = "gateway"
version = "{version}"
name = "it"
{kind}
"""
ADDRESS = 'kind = "address"\nport = 4002'
SIMULATED = 'kind = "simulator"\nprofile = "gateway-10.50"'


def told(
    make: Maker, folder: Path, version: str, kind: str, *, notice: bool, build: str | None = None
) -> DesupportInfo | None:
    file = folder / "mine.toml"
    file.write_text(MATRIX.format(version=version, kind=kind), encoding="utf-8")
    plan = build_plan(load_matrix(file))
    notices = (Notice(code=2172, message=TOLD.text),) if notice else ()
    heard = ProbeRecord(when="before", passed=True, server_version=223, notices=notices)
    boot = None if build is None else BootRecord(image="some", digest=None, build=build, ibc=None)
    gateway = replace(make.gateway("it"), probes=(heard,), boot=boot)
    outcomes = tuple(make.outcome(cell) for cell in plan.cells)
    return make.results(plan, RunOutcome(outcomes=outcomes, gateways=(gateway,))).gateways["it"].desupport


def test_what_a_real_gateway_says_of_itself_counts(make: Maker, tmp_path: Path) -> None:
    said = told(make, tmp_path, "10.45", ADDRESS, notice=True)
    assert said is not None
    assert (said.version, said.date, said.minimum, said.seen) == ("1099.1", "2031-02-03", "1101.1", "2026-11-20")


def test_what_a_simulated_gateway_plays_is_no_news(make: Maker, tmp_path: Path) -> None:
    assert told(make, tmp_path, "10.50", SIMULATED, notice=True) is None
    known = told(make, tmp_path, "10.40", SIMULATED, notice=True)
    end = end_of("10.40")
    assert known is not None
    assert end is not None
    assert (known.date, known.source) == (end.day.isoformat(), end.source)


def test_of_a_container_the_build_that_came_up_counts(make: Maker, tmp_path: Path) -> None:
    assert told(make, tmp_path, "10.45", ADDRESS, notice=False, build="10.50.1d") is None
    assert told(make, tmp_path, "10.50", ADDRESS, notice=False, build="10.45.1j") is not None
