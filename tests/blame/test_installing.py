"""A library that could not be installed: index up or down, the verdict names who was in the way, or nobody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.plan.build_plan import build_plan
from harness.plan.matrix.load import load_matrix
from harness.shared.evidence import CellOutcome, CheckRecord, GatewayOutcome, ProbeRecord
from harness.shared.status import Fault, Status
from tests.blame.evidence import LACKING, sides
from tests.blame.recording import GATEWAY, LIBRARIES, VERSION, Met
from tests.diagnose.test_install_failures import SAID

SIDES = {
    "no-such-release": Fault.PACKAGING,
    "index-not-reached": Fault.NETWORK,
    "index-refuses": Fault.SETTINGS,
    "machine-cannot": Fault.SETTINGS,
    "no-compiler": Fault.SETTINGS,
    None: Fault.UNKNOWN,
}
"""Who may be named: only what an index that is up said proves something of a release."""

WELL = ProbeRecord(when="before", passed=True)
ILL = replace(WELL, passed=False, stage="version")


@pytest.mark.parametrize(("said", "why"), SAID)
@pytest.mark.parametrize("probes", [(WELL, replace(WELL, when="after")), (ILL,), ()], ids=["well", "ill", "not asked"])
def test_whoever_is_in_the_way_of_an_install_is_named_or_nobody(
    said: str, why: str | None, probes: tuple[ProbeRecord, ...], tmp_path: Path
) -> None:
    file = tmp_path / "mine.toml"
    gateway = GATEWAY.format(name="g", version=VERSION, more='kind = "simulator"')
    file.write_text(LIBRARIES.format(checks='"positions"') + gateway, encoding="utf-8")
    met = GatewayOutcome(name="g", host="127.0.0.1", port=4002, probes=probes)
    checks = (CheckRecord(name="install", status=Status.ERROR, seconds=0.0, reason=said),)
    cells = [Met(each, CellOutcome(cell=each.id, checks=checks), met) for each in build_plan(load_matrix(file)).asked]

    found = {lacking: {each[-1] for each in sides(cells, lacking) if each[1]} for lacking in LACKING}
    assert found == {lacking: {SIDES[why]} for lacking in LACKING}
