"""The engine, the images on it, and what must not be left there."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn, Protocol

import docker
import pytest
from docker import DockerClient
from docker.errors import DockerException
from docker.models.containers import Container

from tests.docker.images import Images
from tests.docker.product import LOGIN, SECOND_LOGIN, Command
from tests.docker.running import Running

REQUIRE = "IB_COMPAT_REQUIRE_ENGINE"
"""Set in CI: a missing engine fails the tests instead of skipping them."""

FORWARDED = (4003, 4004)
ACCOUNT = {"TWS_USERID": "edemo", "TWS_PASSWORD": "demouser"}  # what the played IBKR knows


class Start(Protocol):
    """Creates a container of a played version, lets ``before`` see it, and starts it; ``play`` is its environment."""

    def __call__(
        self, before: Callable[[Container], object] = ..., /, *, version: str = ..., **play: str
    ) -> Running: ...


@pytest.fixture(scope="session")
def engine() -> Iterator[DockerClient]:
    """A client of the engine that DOCKER_HOST names, or of the usual one."""
    if sys.platform != "linux":
        pytest.skip("the image is made of this machine's own files, and only Linux has such that a container can run")
    client = _connected()
    if isinstance(client, str):
        _no_engine(client)
    yield client
    client.close()


def _connected() -> DockerClient | str:
    """Return a client of an engine that answers, or why there is none."""
    try:
        return docker.from_env()
    except DockerException as problem:
        return str(problem)


def _no_engine(problem: str) -> NoReturn:
    with warnings.catch_warnings():  # the SDK leaves the socket open that found nobody
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    where = os.environ.get("DOCKER_HOST", "the usual socket")
    reason = f"no engine answers at {where} ({problem}): `bash .ci/engine start FOLDER` starts one and says where"
    if os.environ.get(REQUIRE):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def images(engine: DockerClient) -> Iterator[Images]:
    """The images of this session; each is built when it is asked for first."""
    images = Images(engine)
    yield images
    images.remove()
    assert leftovers(images) == []
    assert engine.images.list(all=True, filters=images.filter) == []


@pytest.fixture(autouse=True)
def nothing_left(images: Images) -> Iterator[None]:
    """After each test no container, network or volume of its session is on the engine, whoever made it."""
    yield
    left = leftovers(images)
    for container in images.engine.containers.list(all=True, filters=images.filter, ignore_removed=True):
        container.remove(force=True)  # the next test begins with nothing
    assert left == []


def leftovers(images: Images) -> list[str]:
    """Name what is of this session and no image."""
    engine = images.engine
    found = [
        *engine.containers.list(all=True, filters=images.filter, ignore_removed=True),
        *engine.networks.list(filters=images.filter),
        *engine.volumes.list(filters=images.filter),
    ]
    return [f"{type(each).__name__} {each.attrs['Name']}" for each in found]


@pytest.fixture
def start(images: Images, nothing_left: None) -> Iterator[Start]:
    """Starts containers of played versions, paper and with the right account unless told otherwise; removes them."""
    del nothing_left  # looks when they are gone
    started: list[Running] = []

    def start(
        before: Callable[[Container], object] = lambda container: container,
        /,
        *,
        version: str = "10.45.1j",
        **play: str,
    ) -> Running:
        container = images.engine.containers.create(
            images.ib_gateway(version),
            environment={"TRADING_MODE": "paper", **ACCOUNT, **play},
            ports={f"{port}/tcp": ("127.0.0.1", 0) for port in FORWARDED},
        )
        started.append(Running(container))
        before(container)
        container.start()
        return started[-1]

    yield start
    for running in started:
        running.container.remove(force=True)


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path, {**LOGIN, **SECOND_LOGIN})
