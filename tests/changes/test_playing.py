"""What is of our making is never a change."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from harness.changes.change import DEFAULT_GATEWAY
from harness.changes.performer import Cast
from harness.changes.playing import play
from harness.situations.all import situations
from tests.changes.sides import between, named, side

NEW = "ib_async==2.1.0"


def test_a_situation_that_does_not_come_to_its_end_is_not_known() -> None:
    """This Python has no library at all."""
    (situation,) = named("unknown_symbol_is_qualified")
    nobody = Cast(adapter="ib_async", library="ib_async==0", python=Path(sys.executable), gateway=DEFAULT_GATEWAY)
    ((played,),) = play([nobody], [situation])
    assert played.reason.startswith("ModuleNotFoundError: No module named 'ib_async'")


def test_a_gateway_that_cannot_be_is_not_known_and_no_change() -> None:
    (situation,) = named("unknown_symbol_is_qualified")
    wrong = replace(situation, gateway={"scenario": "nosuch"})
    found = between(NEW, "ib_async==1.0.3", [wrong])
    assert found.changes == ()
    assert {each.library for each in found.not_known} == {NEW, "ib_async==1.0.3"}
    assert "the name of a scenario" in found.not_known[0].reason


def test_what_it_says_is_in_the_order_of_the_script() -> None:
    situations = named("unknown_symbol_is_qualified")
    ((played,),) = play([side(NEW).cast], situations)
    assert played.reason == ""
    words = [each.what for each in played.observations if each.kind != "log"]
    assert words[:2] == ["qualifyContracts(known, unknown)", "length of what it returns"]


@pytest.mark.slow
def test_a_situation_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.changes.performer.DEADLINE", 0.001)
    ((played,),) = play([side(NEW).cast], named("unknown_symbol_is_qualified"))
    assert "took more than 0.001 s" in played.reason


def test_whoever_interrupts_it_leaves_no_process() -> None:
    def interrupt(_done: int, _count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play([side(NEW).cast], situations("ib_async"), interrupt)
    ours = psutil.Process().children(recursive=True)
    assert [each for each in ours if "harness.situations.process" in each.cmdline()] == []


def test_one_process_plays_several_and_nothing_of_one_reaches_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of the second has the same number as that of the first, and no other beside it."""
    monkeypatch.setattr("harness.changes.playing.AT_ONCE", 1)
    (situation,) = named("order_is_cancelled")
    first, second = play([side(NEW).cast], [situation] * 2)[0]
    assert first == second
    assert first.reason == ""
