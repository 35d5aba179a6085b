"""Containers that are left running for the next run, and who takes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.gateways.docker import container_files, our_containers
from harness.gateways.docker.container import Container
from harness.shared.evidence import BootRecord
from tests.gateways.docker.bringing import Told, brought_up, docker
from tests.gateways.docker.played import IMAGE, Played, PlayedEngine


@pytest.fixture(autouse=True)
def _the_run_before_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process plays both runs; a container of a run that is going on is nobody else's."""
    monkeypatch.setattr(our_containers.Owner, "alive", property(lambda _: False))


def boot(engine: PlayedEngine, **changes: Any) -> BootRecord:
    record = brought_up(engine, docker(reuse=True, **changes)).boot
    assert record is not None
    return record


@pytest.mark.slow
def test_one_that_answers_is_left_running_and_taken_by_the_next_run(engine: PlayedEngine) -> None:
    assert not boot(engine).reused
    (left,) = engine.containers.values()
    assert left.running
    engine.requests.clear()
    again = boot(engine)
    assert (again.reused, list(again.seconds)) == (True, ["image", "container", "hello"])
    assert [*engine.containers.values()] == [left]
    assert left.running
    assert not {"create", "start", "stop", "remove"} & set(engine.calls())


def test_the_log_of_one_that_is_taken_is_kept_too(engine: PlayedEngine, tmp_path: Path) -> None:
    boot(engine)
    opened = brought_up(engine, docker(reuse=True), Told().opening(tmp_path))
    assert opened.artifacts == ("gateways/gateway-10.45.1j-paper/container.log",)


@pytest.mark.slow
def test_only_what_the_next_run_says_itself_stands_in_its_log(engine: PlayedEngine) -> None:
    boot(engine)
    engine.requests.clear()
    boot(engine)
    (log,) = (request.line for request in engine.requests if request.call == "log")
    assert "since=" in log


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [{"mode": "live"}, {"environment": {"READ_ONLY_API": "no"}}],
)
def test_another_gateway_does_not_take_it_but_its_place(changes: dict[str, Any], engine: PlayedEngine) -> None:
    """It has the same login, which has one session."""
    boot(engine)
    (left,) = engine.containers.values()
    assert not boot(engine, **changes).reused
    assert left in engine.gone
    assert len(engine.containers) == 1


@pytest.mark.slow
def test_another_login_leaves_it_alone(engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("USERID", "PASSWORD"):
        monkeypatch.setenv(f"OTHER_{name}", "somebodyelse")
    boot(engine)
    assert not boot(engine, credential="OTHER").reused
    assert len(engine.containers) == 2


@pytest.mark.slow
def test_another_user_does_not_take_it(engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    boot(engine)
    monkeypatch.setenv("TWS_USERID", "somebodyelse")
    assert not boot(engine).reused
    assert len(engine.containers) == 2


@pytest.mark.slow
def test_a_newer_image_is_booted_anew(engine: PlayedEngine) -> None:
    boot(engine)
    engine.images[IMAGE] = {**engine.images[IMAGE], "Id": f"sha256:{'b' * 64}"}
    assert not boot(engine).reused


@pytest.mark.slow
def test_one_that_does_not_answer_goes_and_another_is_booted(engine: PlayedEngine) -> None:
    boot(engine)
    (left,) = engine.containers.values()
    engine.ends(left, 1)
    assert not boot(engine).reused
    assert left in engine.gone
    assert len(engine.containers) == 1


def test_without_reuse_none_is_taken_and_one_that_holds_the_login_is_ended(engine: PlayedEngine) -> None:
    boot(engine)
    (left,) = engine.containers.values()
    told = Told()
    opened = brought_up(engine, docker(), told.opening())
    assert opened.boot is not None
    assert not opened.boot.reused
    assert left in engine.gone
    assert [note for note in told.notes if "holds the same login, and is ended" in note]


def test_that_of_a_run_that_is_going_on_is_not_taken(engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    boot(engine)
    monkeypatch.setattr(our_containers.Owner, "alive", property(lambda _: True))
    assert not boot(engine).reused


@pytest.fixture
def left(engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch) -> Played:
    """The container of run-1, which was killed."""

    async def killed(_: Container) -> None:
        """Do nothing: nobody is there who could."""

    with monkeypatch.context() as patch:
        patch.setattr(Container, "close", killed)
        brought_up(engine, docker(), Told().opening())
    (container,) = engine.containers.values()
    assert container.running
    engine.requests.clear()
    return container


def test_a_run_that_goes_on_takes_what_it_left_and_ends_it(engine: PlayedEngine, left: Played) -> None:
    opened = brought_up(engine, docker(), Told().opening())
    assert opened.boot is not None
    assert opened.boot.reused
    assert "create" not in engine.calls()
    assert left.content("ib-compat/owner").decode() == our_containers.this_process()
    assert engine.gone == [left]


def test_another_run_leaves_it_alone(engine: PlayedEngine, left: Played) -> None:
    opened = brought_up(engine, docker(), Told().opening(run_id="run-2"))
    assert opened.boot is not None
    assert not opened.boot.reused
    assert [*engine.containers.values()] == [left]


def test_another_gateway_of_the_run_ends_it_since_the_login_has_one_session(engine: PlayedEngine, left: Played) -> None:
    opened = brought_up(engine, docker(name="other"), Told().opening())
    assert opened.boot is not None
    assert not opened.boot.reused
    assert left in engine.gone


def test_one_whose_taker_lives_is_nobody_elses(
    engine: PlayedEngine, left: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    left.archives.append(container_files.owner_archive("4242 1.000 here"))
    monkeypatch.setattr(our_containers.Owner, "alive", property(lambda owner: owner.pid == 4242))
    opened = brought_up(engine, docker(), Told().opening())
    assert opened.boot is not None
    assert not opened.boot.reused
    assert [*engine.containers.values()] == [left]
