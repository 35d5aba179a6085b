"""A range of versions is answered from all that was measured within it."""

from __future__ import annotations

import pytest

from harness.results.decide.libraries_used import Used
from harness.results.decide.row_judging import Standing
from harness.results.decide.upgrade_answer import Outcome
from harness.shared.status import Status
from tests.results.decide.making import MATRIX, NEW, Making, making, upgraded

__all__ = ["making"]

OLDER = """
[[library]]
adapter = "ibapi"
distribution = "nautilus-ibapi"
name = "older"
versions = ["10.30.1"]
"""


def using(name: str, specifier: str) -> Used:
    return Used(name=name, version=None, specifier=specifier, place="requirements.txt:1")


def broken(*versions: str) -> list[tuple[str, str, str, Status]]:
    return [(f"ib_async=={version}", NEW, "positions", Status.TIMEOUT) for version in versions]


@pytest.mark.parametrize(
    ("specifier", "breaking", "outcome", "standing"),
    [
        ("", (), Outcome.WORKS, Standing.WORKS),
        (">=2", (), Outcome.WORKS, Standing.WORKS),
        (">=2", ("1.0.3",), Outcome.WORKS, Standing.WORKS),
        ("", ("1.0.3",), Outcome.UNKNOWN, Standing.UNKNOWN),
        (">=2", ("2.1.0",), Outcome.UNKNOWN, Standing.UNKNOWN),
        (">=2", ("2.0.1", "2.1.0"), Outcome.BREAKS, Standing.BREAKS),
        (">=3", (), Outcome.UNKNOWN, Standing.UNKNOWN),
    ],
)
def test_every_version_within_counts_and_none_beyond(
    making: Making, specifier: str, breaking: tuple[str, ...], outcome: Outcome, standing: Standing
) -> None:
    upgrade = upgraded(making.evidence(making.run(*broken(*breaking))), [using("ib-async", specifier)])
    (answer,) = upgrade.answers
    assert (answer.outcome, upgrade.standing) == (outcome, standing)


def test_the_versions_are_told(making: Making) -> None:
    evidence = making.evidence(making.run(*broken("2.1.0")))
    (works,) = upgraded(evidence, [using("ib-async", "<2.1")]).answers
    (mixed,) = upgraded(evidence, [using("ib-async", "")]).answers
    assert works.why == "every measured version within it works: 1.0.3, 2.0.1"
    assert "1.0.3, 2.0.1: works; 2.1.0: breaks" in mixed.why
    assert mixed.measure == (f"ib-compat pins --gateway {NEW}",)


def test_a_version_that_needs_what_the_file_lacks_is_not_left_out(making: Making) -> None:
    """The installer takes the newest, and nobody measured that one without protobuf."""
    matrix = MATRIX[: MATRIX.index('[[library]]\nadapter = "ibapi"\ndistribution = "nautilus-ibapi"\nname')] + OLDER
    matrix += MATRIX[MATRIX.index("[[gateway]]") :]
    evidence = making.evidence(making.run(matrix=matrix))
    bare = upgraded(evidence, [using("nautilus-ibapi", ">=10.30")])
    beside = upgraded(evidence, [using("nautilus-ibapi", ">=10.30"), using("protobuf", ">=5.29.5")])
    assert bare.standing is Standing.UNKNOWN
    assert "protobuf, which your file lacks" in bare.answers[0].why
    assert beside.standing is Standing.WORKS
