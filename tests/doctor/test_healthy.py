"""A gateway that is well is never called sick, be it of whatever product, version and mode, on a busy machine."""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.doctor.examine import Examination, examine
from harness.gateways.simulator.gateway_profiles import load
from harness.shared.status import Fault
from tests.doctor.looking import side_by_side, spec_of, up
from tests.virtual import run_virtually

MODES = ("paper", "live")
RUNS = 40
LAST_TEXT = 200
"""The last server version of which everything is text; those above speak protobuf."""


@contextmanager
def busy_core() -> Iterator[None]:
    """Keep a core busy, by a process of its own."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
        try:
            yield
        finally:
            child.kill()


async def look_at_profile(profile: str, mode: str) -> Examination:
    async with up(spec_of(profile, mode)) as subject:
        return await examine(subject)


@pytest.fixture(scope="module")
def looked_at() -> list[Examination]:
    kinds = itertools.islice(itertools.cycle(itertools.product(load(), MODES)), RUNS)
    return run_virtually(side_by_side((look_at_profile(*kind) for kind in kinds), at_once=RUNS))


def test_on_a_busy_machine_nobody_but_that_is_at_fault() -> None:
    with busy_core():
        seen = asyncio.run(look_at_profile("gateway-10.45", "paper"))

    assert (seen.verdict.code, seen.verdict.fault) in {("healthy", None), ("machine-too-busy", Fault.HARNESS)}


@pytest.mark.slow
@pytest.mark.parametrize("number", range(RUNS))
def test_a_gateway_that_is_well_is_called_healthy(number: int, looked_at: list[Examination]) -> None:
    seen = looked_at[number]

    assert (seen.verdict.code, seen.verdict.fault, seen.verdict.sure) == ("healthy", None, "certain")
    assert seen.verdict.usable


@pytest.mark.slow
def test_both_products_modes_and_encodings_are_among_them(looked_at: list[Examination]) -> None:
    plain = [seen.case.found.plain for seen in looked_at]

    assert {seen.subject.product for seen in looked_at} == {"gateway", "tws"}
    assert {each.server_version is not None and each.server_version > LAST_TEXT for each in plain} == {True, False}
    assert {each.accounts[0][:2] for each in plain} == {"DU", "U9"}
