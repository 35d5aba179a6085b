"""Each fault, met by each library, is laid where it belongs or nowhere, whatever evidence is missing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from itertools import count
from pathlib import Path

import pytest
import tomllib

from harness.known import scenarios
from harness.plan.matrix.environments import find_environments
from harness.shared.status import Fault
from tests.blame.evidence import LACKING, PLAYED_BUSY, sides
from tests.blame.recording import ROWS, Recorded, addressed, simulated
from tests.rows import BUSY, LOOKS, VARIABLE
from tests.run.test_no_zone_data import without_tzdata

pytestmark = pytest.mark.slow

NO_FAULT = frozenset(
    {
        *("split-frames", "drops", "loses-connectivity", "several-accounts", "non-ascii", "large", "white-label"),
        *("order-preset", "utc-times", "operator-times", "fractions", "own-settings", "paced", "restarts"),
    }
)
"""Scenarios in which all is well: checks of their own ask for what is different."""

FAULTS = tuple(
    name for name in scenarios.load() if name not in NO_FAULT and (sys.platform == "linux" or name != "queue-full")
)
TABLE = Path(__file__).with_name("faults.toml")
ADDRESSED = (
    *("answers-older-clients", "closes-on-first-request", "early-notice", "no-executions-end", "no-open-orders-end"),
    *("no-positions-end", "old-version", "read-only", "split-version-reply"),
)
"""Faults that are met at a real gateway's address, too: where the control fails, no library of one is asked."""

ZONELESS = ("disconnected", "early-notice", "no-executions-end", "no-historical-data-end", "no-open-orders-end")
"""Faults that are met by Pythons that have no data of time zones, too: checks of times pass here, or wait."""

Meet = Callable[[str], Recorded]


@cache
def allowed() -> dict[str, frozenset[str]]:
    """Who may be named for each fault."""
    table = tomllib.loads(TABLE.read_text("utf-8"))
    return {name: frozenset(table.get(name, {"sides": ["gateway"]})["sides"]) for name in FAULTS}


def at_leisure(meet: Callable[[tuple[str, ...], Path], Recorded], faults: tuple[str, ...], folder: Path) -> Recorded:
    """Meet all the faults, and again those where the product says that it was starved itself."""
    recorded: Recorded = {}
    left = faults
    for look in range(LOOKS):
        recorded |= meet(left, folder / str(look))
        left = tuple(
            name for (name, _), cells in recorded.items() if BUSY in {each[2] for each in sides(cells, "whole")}
        )
        if not left:
            break
    return recorded


@pytest.fixture(scope="module")
def met(tmp_path_factory: pytest.TempPathFactory) -> Meet:
    """Meet all faults at a kind of gateway, once."""
    if VARIABLE not in os.environ:
        pytest.skip("needs the real libraries: run the tests with nox -s tests")
    environments, numbers = Path(os.environ[VARIABLE]), count()

    @cache
    def recorded(kind: str) -> Recorded:
        folder = tmp_path_factory.mktemp(f"faults{next(numbers)}")
        if kind == "address":
            return at_leisure(lambda left, into: addressed(left, environments, into), ADDRESSED, folder)
        if kind == "simulator":
            return at_leisure(lambda left, into: simulated(left, environments, into), FAULTS, folder)
        bare = folder / "environments"
        for row, environment in find_environments(environments).items():
            if row.partition("/")[0] in ROWS and environment.python is not None:
                without_tzdata(environment, bare)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONTZPATH", "")
            return at_leisure(lambda left, into: simulated(left, bare, into), ZONELESS, folder)

    return recorded


def test_the_table_is_of_faults_that_there_are_and_gives_its_reasons() -> None:
    table = tomllib.loads(TABLE.read_text("utf-8"))

    assert set(table) <= set(FAULTS)
    assert all(each["why"] and {*each["sides"]} <= {*Fault} for each in table.values())
    assert not any("library" in sides for sides in allowed().values())


def wrong_sides(fault: str, kind: str, met: Meet) -> set[tuple[str, ...]]:
    """Give what names a side that may not be named, by what is missing: cell, check, code and side."""
    cells = met(kind)[fault, "address" if kind == "address" else "simulator"]
    assert {each.cell.row.id.partition("/")[0] for each in cells} == ROWS
    machine = {Fault.PACKAGING} if kind == "no zone data" else set()
    right = {*allowed()[fault], *machine, Fault.UNKNOWN}
    return {
        (lacking, *found)
        for lacking in LACKING
        for found in sides(cells, lacking)
        if found[-1] not in right | ({Fault.HARNESS} if lacking in PLAYED_BUSY else set()) and found[-2] != BUSY
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_is_missing_the_side_is_right_or_unknown(fault: str, met: Meet) -> None:
    assert wrong_sides(fault, "simulator", met) == set()
