"""``docker/Dockerfile``: the simulated gateway as an image for users' own CI.

No registry can be reached, so the base is made of this machine's interpreter; and containers of a test engine reach no
index, so what pip installs is a folder of wheels in the build context, as docker/README.md says.
"""

from __future__ import annotations

import argparse
import asyncio
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest
from docker.models.containers import Container

from harness.diagnose.control import probe
from harness.shared.evidence import ProbeRecord
from tests.docker.images import Images
from tests.docker.rootfs import ROOT, bundled_pip, interpreter, write_interpreter
from tests.docker.running import PATIENCE, Running

README = (ROOT / "docker" / "README.md").read_text("utf-8")
NOT_COPIED = shutil.ignore_patterns("__pycache__")


@pytest.fixture(scope="module")
def image(images: Images, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The image, built as docker/README.md says for where no index can be reached."""
    checkout = tmp_path_factory.mktemp("checkout")
    for folder in ("adapters", "docker", "harness", "matrices"):
        shutil.copytree(ROOT / folder, checkout / folder, ignore=NOT_COPIED)
    for file in (".dockerignore", "LICENSE", "README.md", "pyproject.toml"):
        shutil.copy2(ROOT / file, checkout / file)
    command = documented("pip wheel")
    subprocess.run([sys.executable, str(bundled_pip()) + "/pip", *command[1:]], cwd=checkout, check=True)
    arguments = dict(word.split("=", 1) for word in documented("docker build") if word.startswith("PIP_"))
    base = images.imported("interpreter", write_interpreter, f"ENV PATH={interpreter().parent}:/usr/bin:/bin")
    return images.built(checkout, "docker/Dockerfile", "simulator", {"BASE": base, **arguments})


def documented(start: str) -> list[str]:
    """Return the words of the last command in docker/README.md that starts so."""
    return shlex.split([line for line in README.splitlines() if line.startswith(start)][-1])


RUNS = [line for line in README.splitlines() if line.startswith("docker run")]
ORDINARY = RUNS[0]


@pytest.fixture
def serving(images: Images, image: str, request: pytest.FixtureRequest, nothing_left: None) -> Iterator[Running]:
    """A container of it, started as a command of docker/README.md says, but for the port on this machine."""
    del nothing_left
    options, words = as_documented(request.param)
    container: Container = images.engine.containers.run(
        image, words, environment=options.env, ports={"4002/tcp": ("127.0.0.1", 0)}, detach=True
    )
    yield Running(container)
    container.remove(force=True)


def as_documented(command: str) -> tuple[argparse.Namespace, list[str] | None]:
    """Return the options of a ``docker run``, and what follows the image's name; other options are a mistake."""
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--rm", action="store_true")
    parser.add_argument("-p", choices=["127.0.0.1:4002:4002"])
    parser.add_argument("-e", dest="env", action="append", default=[])
    before, _, after = command.removeprefix("docker run ").partition("ib-compat-simulator")
    return parser.parse_args(shlex.split(before)), shlex.split(after) or None


def asked(running: Running) -> ProbeRecord:
    """Ask the gateway as the control does."""
    return asyncio.run(probe("127.0.0.1", running.port(4002), client_id=7301, timeout=PATIENCE))


@pytest.mark.parametrize("serving", [ORDINARY], indirect=True)
def test_it_becomes_healthy_and_answers_the_control_and_ends_when_it_is_stopped(serving: Running) -> None:
    serving.becomes("healthy")
    seen = asked(serving)
    assert (seen.passed, seen.server_version, seen.accounts) == (True, 223, ("DU9000001",))
    assert {user for _, user in serving.container.top(ps_args="-o pid,uid")["Processes"]} == {"1000"}
    serving.container.stop(timeout=int(PATIENCE))
    assert serving.exits() == 130


SAYS = ["tws-10.37 paper listens on 0.0.0.0:4002", "gateway-10.45 live listens", "plays silent"]


@pytest.mark.parametrize(("serving", "says"), list(zip(RUNS[1:], SAYS, strict=True)), indirect=["serving"])
def test_a_documented_command_plays_what_it_says(serving: Running, says: str) -> None:
    serving.says(says)
