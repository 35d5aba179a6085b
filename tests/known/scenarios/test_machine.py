"""What a simulated gateway may declare of its machine is what a look at a machine gives."""

from __future__ import annotations

from dataclasses import fields

from harness.diagnose.gateway_facts import OF_THE_HOST, Facts, declared
from harness.known.scenarios import ANY_MACHINE, Machine
from harness.known.scenarios import load as scenarios


def test_a_machine_declares_the_facts_of_the_host_and_its_system() -> None:
    assert set(Machine.model_fields) - {"system"} == OF_THE_HOST


def test_the_facts_of_the_host_are_facts() -> None:
    assert {each.name for each in fields(Facts)} >= OF_THE_HOST


def test_what_is_not_given_is_not_declared() -> None:
    assert ANY_MACHINE.declared == {}
    assert Machine(system="macos", local=True, runs=None).declared == {"local": True, "runs": None}


def test_what_is_laid_over_a_machine_wins_and_the_rest_stays() -> None:
    under = Machine(local=True, runs=True, system="linux")
    assert under.under(Machine(runs=False)) == Machine(local=True, runs=False, system="linux")
    assert under.under(ANY_MACHINE) == under


def test_what_every_scenario_declares_becomes_a_fact() -> None:
    played = [each for each in scenarios().values() if each.machine.declared]
    assert played
    for scenario in played:
        facts = declared(Facts(), scenario.machine.declared)
        assert {key: getattr(facts, key) for key in scenario.machine.declared} == scenario.machine.declared


def test_nothing_but_facts_of_the_host_can_be_declared() -> None:
    assert declared(Facts(), {"stage": "tcp", "runs": True}) == Facts(runs=True)
