"""Every fault that a simulated gateway can play gets the verdict that its table names, and so does every seed case."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

import pytest

from harness.diagnose.host import look, machine_look
from harness.doctor.subjects import Asked
from harness.known import scenarios
from harness.known.local_gateways import UsualPort, known
from harness.shared.status import Fault
from tests.doctor.looking import look_at, scenario, seed, seed_names

PLAYABLE = [name for name in scenarios.load() if sys.platform == "linux" or name != "queue-full"]
"""Only Linux leaves a connect unanswered."""

AT_FAULT = {
    "a-accepted-and-silent": ("wedged-by-port-checks", Fault.SETTINGS),
    "b-never-read": ("wedged-by-port-checks", Fault.SETTINGS),
    "c-wrong-hello": ("probe-malformed", Fault.HARNESS),
    "d-every-library": ("accepted-and-silent", Fault.GATEWAY),
    "e-pending-dialog": ("answers-late", Fault.SETTINGS),
    "f-untrusted-address": ("untrusted-address", Fault.SETTINGS),
    "g-client-id-held": ("client-id-held", Fault.GATEWAY),
    "h-read-only": ("read-only-api", Fault.SETTINGS),
    "i-forwarder-only": ("forwarder-without-gateway", Fault.GATEWAY),
    "j-lost-ibkr": ("disconnected-from-ibkr", Fault.NETWORK),
}
USABLE = {"e-pending-dialog", "h-read-only"}


@pytest.mark.parametrize("name", scenarios.load())
def test_a_scenario_gets_the_verdict_that_its_table_names(name: str) -> None:
    if name not in PLAYABLE:
        pytest.skip(f"{name} needs Linux")
    seen = scenario(name)

    assert (seen.verdict.code, seen.subject.expected) == (scenarios.find(name).verdict,) * 2
    assert seen.as_expected


@pytest.mark.parametrize("name", scenarios.load())
def test_a_verdict_that_is_not_certain_names_what_would_decide(name: str) -> None:
    if name not in PLAYABLE:
        pytest.skip(f"{name} needs Linux")
    verdict = scenario(name).verdict

    assert (verdict.decides is None) == (verdict.sure == "certain")
    assert bool(verdict.next) == (verdict.fault is not None)
    assert not any("{" in text for text in (verdict.says, *verdict.because, *verdict.next))
    assert verdict.fault is not Fault.LIBRARY


def test_what_else_listens_on_this_machine_is_no_evidence_about_a_simulated_gateway(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def beside_another() -> str:
        async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as other:
            port = other.sockets[0].getsockname()[1]
            usual = replace(known(), ports=(UsualPort(number=port, product="gateway", mode="paper"),))
            monkeypatch.setattr(machine_look, "known", lambda: usual)
            assert [each.port for each in look("127.0.0.1", None).listeners] == [port]
            return (await look_at(Asked(scenario="refuses"))).verdict.code

    assert asyncio.run(beside_another()) == "not-running"


def test_every_seed_case_is_known_here() -> None:
    assert set(seed_names()) == set(AT_FAULT)


@pytest.mark.parametrize("name", AT_FAULT)
def test_a_seed_case_gets_its_code_and_names_who_is_at_fault(name: str) -> None:
    seen = seed(name)

    assert (seen.verdict.code, seen.verdict.fault) == AT_FAULT[name]
    assert seen.subject.expected == seen.verdict.code
    assert seen.verdict.usable == (name in USABLE)


def test_the_silence_of_a_seed_case_is_laid_at_no_library() -> None:
    """Two libraries time out, on both address families, with any client id: none of that is the cause."""
    verdict = seed("d-every-library").verdict

    assert "The library is not the cause, and neither is the client id" in verdict.says


def test_a_seed_case_is_advised_in_its_own_product_and_system() -> None:
    silent, held = seed("d-every-library").verdict, seed("b-never-read").verdict

    assert any("Global Configuration" in step for step in silent.next)
    assert not any("Configure > Settings" in step for step in silent.next)
    assert any("netstat -ano" in step for step in held.next)
    assert any("netstat -an -p tcp" in step for step in silent.next)
    assert not any("`ss " in step for step in silent.next)
