"""Which engine is used, and at which address its ports are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from harness.gateways.docker.engine import Engine, Place, find, published_at
from harness.gateways.docker.engine_calls import EngineError, told
from harness.known.images import BootFailure
from tests.gateways.docker.bringing import docker, failing
from tests.gateways.docker.played import PlayedEngine


@pytest.fixture
def contexts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of docker's own settings, without contexts."""
    folder = tmp_path / "docker"
    folder.mkdir()
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return folder


def make_context(folder: Path, name: str, url: str) -> None:
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    document = {"Name": name, "Metadata": {}, "Endpoints": {"docker": {"Host": url, "SkipTLSVerify": False}}}
    (meta / "meta.json").write_text(json.dumps(document), encoding="utf-8")


def use_context(folder: Path, name: str) -> None:
    (folder / "config.json").write_text(json.dumps({"currentContext": name}), encoding="utf-8")


@pytest.mark.parametrize(
    ("environment", "current", "url"),
    [
        ({"DOCKER_HOST": "tcp://10.0.0.1:2375", "DOCKER_CONTEXT": "other"}, "third", "tcp://10.0.0.1:2375"),
        ({"DOCKER_CONTEXT": "other"}, "third", "tcp://10.0.0.2:2375"),
        ({}, "third", "tcp://10.0.0.3:2375"),
    ],
)
def test_the_engine_is_found_as_the_docker_command_finds_it(
    environment: Mapping[str, str], current: str, url: str, contexts: Path
) -> None:
    make_context(contexts, "other", "tcp://10.0.0.2:2375")
    make_context(contexts, "third", "tcp://10.0.0.3:2375")
    use_context(contexts, current)
    assert find(environment).address == url


def test_where_nothing_is_said_it_is_the_usual_one(contexts: Path) -> None:
    assert contexts.exists()
    assert find({}).host is None


def test_a_context_that_does_not_exist_is_no_other_one(contexts: Path) -> None:
    assert contexts.exists()
    with pytest.raises(EngineError, match="docker context 'gone'") as raised:
        find({"DOCKER_CONTEXT": "gone"})
    assert raised.value.code is BootFailure.ENGINE_UNREACHABLE


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("unix:///var/run/docker.sock", None),
        ("npipe:////./pipe/docker_engine", None),
        ("tcp://127.0.0.1:2375", None),
        ("tcp://localhost:2375", None),
        ("tcp://[::1]:2375", None),
        ("tcp://127.1:2375", None),
        ("tcp://10.0.0.1:2375", "10.0.0.1"),
        ("ssh://me@box.example", "box.example"),
    ],
)
def test_an_engine_is_remote_unless_it_is_reached_on_this_machine(url: str, host: str | None) -> None:
    assert find({"DOCKER_HOST": url}).host == host


def place(host: str | None) -> Place:
    arguments: Mapping[str, Any] = {}
    return Place(address="x", arguments=arguments, host=host)


@pytest.mark.parametrize(
    ("host", "publish", "reached"),
    [
        (None, "127.0.0.1", "127.0.0.1"),
        (None, "0.0.0.0", "127.0.0.1"),  # noqa: S104 - nothing is bound
        ("box.example", "0.0.0.0", "box.example"),  # noqa: S104 - as above
        ("box.example", "10.0.0.1", "10.0.0.1"),
    ],
)
def test_a_port_is_reached_where_it_is_published(host: str | None, publish: str, reached: str) -> None:
    assert published_at(place(host), publish) == reached


def test_a_port_that_only_the_engine_s_machine_reaches_is_refused() -> None:
    with pytest.raises(EngineError, match=r"runs on box\.example") as raised:
        published_at(place("box.example"), "127.0.0.1")
    assert raised.value.code is BootFailure.PORT_OUT_OF_REACH
    assert "tunnel" in raised.value.hint


def test_nothing_is_started_where_the_port_would_be_out_of_reach(
    engine: PlayedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.gateways.docker.engine._host", lambda _: "box.example")
    assert failing(engine, docker()).record.failure == "port-out-of-reach"
    assert "create" not in engine.calls()


@pytest.mark.skipif(find_spec("paramiko") is not None, reason="paramiko is installed")
def test_ssh_without_its_library_says_what_to_install() -> None:
    with pytest.raises(EngineError) as raised:
        Engine.connect({"DOCKER_HOST": "ssh://me@box.example"})
    assert "paramiko" in raised.value.hint


def test_a_socket_that_this_user_may_not_open_is_told() -> None:
    with pytest.raises(EngineError) as raised, told("greet it", "unix:///x"):
        raise ConnectionError("Connection aborted.", PermissionError(13, "Permission denied"))
    assert raised.value.code is BootFailure.ENGINE_FORBIDDEN
    assert "group docker" in raised.value.hint
