"""``ib-compat clean``: what it removes of what runs have left, and what it leaves alone."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping

import psutil
import pytest

from harness.cli import main
from harness.gateways.docker.container_files import owner_archive
from harness.gateways.docker.our_containers import (
    CREATED,
    GATEWAY,
    OURS,
    OWNER,
    REUSE,
    RUN,
    labels_of,
    name_of,
    owner_of,
    this_process,
)
from tests.gateways.docker.played import Played, PlayedEngine

HOUR = 3_600.0


def dead() -> str:
    """The owner label of a process of this machine that is over."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        started = psutil.Process(process.pid).create_time()
        process.communicate()
    machine = owner_of(labels_of("", "", None))
    assert machine is not None
    return f"{process.pid} {started:.3f} {machine.machine}"


@pytest.fixture(scope="module")
def over() -> str:
    return dead()


def left(
    engine: PlayedEngine,
    owner: str,
    *,
    age: float = 1_800.0,
    running: bool = True,
    more: Mapping[str, str] | None = None,
) -> Played:
    """A container that was left, with an owner and an age in seconds."""
    labels = {OURS: "1", RUN: "run-1", GATEWAY: "gateway-10.45", OWNER: owner, CREATED: f"{time.time() - age:.0f}"}
    name = name_of("run-1", "gateway-10.45")
    container = Played(name, {"Labels": {**labels, **(more or {})}}, started=True, exit_code=None if running else 1)
    engine.containers[name] = container
    return container


def cleaned(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["clean", *words]) == 0
    return capsys.readouterr().out


def test_what_a_run_left_that_is_over_is_stopped_and_removed(
    over: str, engine: PlayedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    container = left(engine, over)
    other = Played("somebody-s", {"Labels": {"mine": "1"}}, started=True)
    engine.containers["somebody-s"] = other
    assert cleaned(capsys) == f"removed {container.name} (gateway-10.45, 30 min, running)\n"
    assert engine.gone == [container]
    assert container.stopped
    assert [*engine.containers.values()] == [other]


def test_a_dry_run_removes_nothing(over: str, engine: PlayedEngine, capsys: pytest.CaptureFixture[str]) -> None:
    container = left(engine, over, running=False)
    assert cleaned(capsys, "--dry-run") == f"would remove {container.name} (gateway-10.45, 30 min, ended)\n"
    assert engine.gone == []


@pytest.mark.parametrize("words", [(), ("--older-than", "1s")])
def test_that_of_a_run_that_goes_on_is_spared_whatever_is_said(
    words: tuple[str, ...], engine: PlayedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    left(engine, labels_of("run-1", "x", None)[OWNER], age=9 * HOUR)
    assert "its run is going on (process " in cleaned(capsys, *words)
    assert engine.gone == []


def test_a_process_number_that_was_given_again_spares_nothing(
    engine: PlayedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    pid, started, machine = labels_of("run-1", "x", None)[OWNER].split(" ", 2)
    container = left(engine, f"{pid} {float(started) - 100:.3f} {machine}")
    cleaned(capsys)
    assert engine.gone == [container]


@pytest.mark.parametrize(
    ("age", "words", "goes"),
    [
        (2 * HOUR, ("--older-than", "1h"), True),
        (2 * HOUR, ("--older-than", "121m"), False),
        (2 * HOUR, ("--older-than", "1d"), False),
        (2 * HOUR, ("--older-than", "7100s"), True),
    ],
)
def test_younger_ones_are_spared_where_an_age_is_given(
    *,
    age: float,
    words: tuple[str, ...],
    goes: bool,
    over: str,
    engine: PlayedEngine,
    capsys: pytest.CaptureFixture[str],
) -> None:
    left(engine, over, age=age)
    assert ("it is younger" in cleaned(capsys, *words)) is not goes
    assert bool(engine.gone) is goes


@pytest.mark.parametrize("owner", ["4242 1.000 another-machine", "not as we write it"])
def test_that_of_another_machine_is_spared_unless_an_age_is_given(
    owner: str, engine: PlayedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    left(engine, owner, age=2 * HOUR)
    assert "--older-than removes it" in cleaned(capsys)
    assert engine.gone == []
    cleaned(capsys, "--older-than", "1h")
    assert len(engine.gone) == 1


@pytest.mark.parametrize(
    ("age", "running", "words", "goes"),
    [
        (HOUR, True, (), False),
        (25 * HOUR, True, (), True),
        (HOUR, False, (), True),
        (HOUR, True, ("--older-than", "30m"), True),
    ],
)
def test_one_that_is_kept_for_the_next_run_stays_for_a_day(
    *,
    age: float,
    running: bool,
    words: tuple[str, ...],
    goes: bool,
    over: str,
    engine: PlayedEngine,
    capsys: pytest.CaptureFixture[str],
) -> None:
    left(engine, over, age=age, running=running, more={REUSE: "abc"})
    assert ("it is kept for the next run" in cleaned(capsys, *words)) is not goes
    assert bool(engine.gone) is goes


def test_one_whose_age_nobody_knows_is_old(over: str, engine: PlayedEngine, capsys: pytest.CaptureFixture[str]) -> None:
    left(engine, over, more={CREATED: "?"})
    assert "age unknown" in cleaned(capsys, "--older-than", "1d")
    assert len(engine.gone) == 1


def test_the_answer_may_be_json(over: str, engine: PlayedEngine, capsys: pytest.CaptureFixture[str]) -> None:
    gone = left(engine, over)
    spared = left(engine, "1 1.000 elsewhere")
    first, second = json.loads(cleaned(capsys, "--json"))
    assert first == {
        "name": gone.name,
        "gateway": "gateway-10.45",
        "run": "run-1",
        "seconds": pytest.approx(1_800, abs=60),
        "running": True,
        "removed": True,
        "failed": None,
        "spared": None,
    }
    assert (second["name"], second["removed"]) == (spared.name, False)
    assert isinstance(second["spared"], str)


def test_nothing_to_clean_is_said(engine: PlayedEngine, capsys: pytest.CaptureFixture[str]) -> None:
    assert engine.containers == {}
    assert cleaned(capsys) == "there are no containers of ib-compat\n"


def test_an_engine_that_does_not_do_it_ends_with_3(
    over: str, engine: PlayedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        left(engine, over)
    engine.refuses["remove"] = (500, "driver failed")
    assert main(["clean"]) == 3
    said = capsys.readouterr()
    assert said.out.count("driver failed") == 2  # one that stays keeps nobody from trying the next
    assert "did not remove all containers" in said.err


@pytest.mark.parametrize("words", ["1", "h", "1w", "-1h", ""])
def test_an_age_that_is_none_is_wrong_use(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clean", "--older-than", words]) == 2
    assert "write a number and s, m, h or d" in capsys.readouterr().err


def test_labels_tell_the_truth_about_this_process() -> None:
    labels: Mapping[str, str] = labels_of("run-1", "x", None)
    owner = owner_of(labels)
    assert owner is not None
    assert (owner.here, owner.alive) == (True, True)


def test_what_a_run_that_goes_on_has_taken_is_spared(
    over: str, engine: PlayedEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    container = left(engine, over)
    container.archives.append(owner_archive(this_process()))
    assert "its run is going on" in cleaned(capsys)
    container.archives.append(owner_archive(over))
    assert "removed" in cleaned(capsys)
    assert engine.containers == {}
