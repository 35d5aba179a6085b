"""What runs against containers leave: nothing, and what a killed one leaves is cleaned up."""

from __future__ import annotations

import json
import signal

import pytest

from tests.docker.images import Images
from tests.docker.product import Command, gateway, matrix
from tests.docker.running import until

SLOW = {"PLAY_DIALOG_AFTER": "6000"}
"""Comes up long after any test is over."""


def running(images: Images) -> list[str]:
    """The containers of the tests' images that run, by id."""
    return [
        str(container.id) for container in images.engine.containers.list(filters=images.filter, ignore_removed=True)
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_no_container(images: Images, command: Command, number: signal.Signals) -> None:
    process = command.run(matrix(command.folder, gateway(images, **SLOW)))
    until(lambda: running(images), "a container runs")
    process.send_signal(number)
    command.ended(process, code=130)
    assert not images.engine.containers.list(all=True, filters=images.filter, ignore_removed=True)


def test_a_doctor_that_is_interrupted_leaves_no_container(images: Images, command: Command) -> None:
    process = command.start("doctor", "--matrix", str(matrix(command.folder, gateway(images, **SLOW))))
    until(lambda: running(images), "a container runs")
    process.terminate()
    command.ended(process, code=130)
    assert not images.engine.containers.list(all=True, filters=images.filter, ignore_removed=True)


def test_what_a_killed_run_leaves_is_cleaned_up_and_nothing_else(images: Images, command: Command) -> None:
    others = images.engine.containers.create(images.ib_gateway(), name=f"not-of-a-run-{images.session}")
    file = matrix(command.folder, gateway(images, f"of-{images.session}", **SLOW))
    killed, living = command.run(file), command.run(file)
    until(lambda: len(running(images)) == 2, "both run")
    killed.kill()
    killed.communicate()
    assert _cleaned(images, command, "--dry-run") == [(False, False), (False, True)]
    assert len(running(images)) == 2
    assert _cleaned(images, command) == [(False, True), (True, False)]
    assert len(running(images)) == 1
    assert images.engine.containers.get(str(others.id)).name == f"not-of-a-run-{images.session}"
    living.terminate()
    command.ended(living, code=130)
    others.remove()


def _cleaned(images: Images, command: Command, *options: str) -> list[tuple[bool, bool]]:
    """Of this session's containers: whether it was removed, and whether it was spared because its run goes on."""
    process = command.start("clean", "--json", *options)
    told, _ = process.communicate()
    ours = [each for each in json.loads(told) if each["gateway"] == f"of-{images.session}"]
    return sorted((each["removed"], "is going on" in (each["spared"] or "")) for each in ours)


def test_ten_runs_in_a_row_leave_nothing(images: Images, command: Command) -> None:
    file = matrix(command.folder, gateway(images))
    before = _everything(images)
    for _ in range(10):
        command.ended(command.run(file))
    assert _everything(images) == before


def _everything(images: Images) -> list[object]:
    """What the engine has; of containers and images those of this session, since other tests make some meanwhile."""
    engine = images.engine
    return [
        {container.id for container in engine.containers.list(all=True, filters=images.filter, ignore_removed=True)},
        {network.id for network in engine.networks.list()},
        {volume.id for volume in engine.volumes.list()},
        {image.id for image in engine.images.list(all=True, filters=images.filter)},
    ]
